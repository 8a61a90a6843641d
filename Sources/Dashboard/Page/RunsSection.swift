import PipelineCore

/// The latest runs with their stages; the newest is open.
struct RunsSection {
  let history: ShownHistory
  /// Stages that the table of the newest run, and of each older one, has at most.
  private static let stages = (newest: 60, older: 20)

  var fields: Fields {
    [
      "hasRuns": .flag(!history.runs.isEmpty),
      "count": .text(Format.plural(history.runs.count, "run", "runs")),
      "runs": .list(history.runs.enumerated().map { run($1, isNewest: $0 == 0) }),
    ]
  }

  private func run(_ run: ShownRun, isNewest: Bool) -> Fields {
    let limit = isNewest ? Self.stages.newest : Self.stages.older
    let order = run.stages.indices.sorted { a, b in
      // Trouble first when not all fit; otherwise the order of the pipeline.
      let (left, right) = (Self.rank(run.stages[a].state), Self.rank(run.stages[b].state))
      return run.stages.count <= limit || left == right ? a < b : left < right
    }
    let shown = order.prefix(limit).map { run.stages[$0] }
    return [
      "id": .text("\(run.id)"), "open": .flag(isNewest), "outcome": .text(run.outcome.rawValue),
      "label": .text(Self.label(run.outcome)), "pipeline": .text(EscapedText.shortened(run.pipeline, 60)),
      "started": .markup(Format.timeMarkup(run.startedAt)),
      "took": .text(run.endedAt.map { Format.elapsed($0 - run.startedAt) } ?? "no end recorded"),
      "units": .text(Self.units(run)), "stages": .list(shown.map { stage($0, run) }),
      "hasStages": .flag(!shown.isEmpty),
      "leftOut": .optional(
        run.stages.count > shown.count
          ? "\(run.stages.count - shown.count) of \(run.stages.count) stages are not listed: darkroom show \(run.id)"
          : nil),
    ]
  }

  private static func rank(_ state: StageRecord.State) -> Int {
    switch state {
    case .failed: 0
    case .stopped, .running, .waiting: 1
    case .blocked: 2
    case .succeeded: 3
    case .upToDate: 4
    case .skipped: 5
    }
  }

  private static func label(_ outcome: ShownRun.Outcome) -> String {
    switch outcome {
    case .succeeded: "Succeeded"
    case .failed: "Failed"
    case .stopped: "Stopped"
    case .interrupted: "Interrupted"
    case .unfinished: "No failure"
    }
  }

  private static func units(_ run: ShownRun) -> String {
    func sum(_ count: (StageRecord) -> Int) -> Int { run.stages.reduce(0) { $0 + count($1) } }
    let parts = [
      (sum(\.unitsDone), "done"), (sum(\.unitsUpToDate), "up to date"), (sum(\.unitsFailed), "failed"),
      (sum(\.unitsBlocked), "blocked"),
    ].filter { $0.0 > 0 }.map { "\(Format.count(Int64($0.0))) \($0.1)" }
    return parts.isEmpty ? "no units" : "Units: " + parts.joined(separator: ", ")
  }

  private func stage(_ stage: StageRecord, _ run: ShownRun) -> Fields {
    func units(_ name: String, _ value: Int) -> Fields.Value {
      .markup(FigureMarkup.count("run/\(run.id)/\(stage.id)/\(name)", Int64(value)))
    }
    let counters = stage.counters.sorted { $0.key < $1.key }
    return [
      "name": .text(EscapedText.shortened(stage.id.rawValue)),
      "kind": .text(EscapedText.shortened(stage.kind, 60)),
      "state": .text(stage.state.rawValue), "label": .text(Self.label(stage.state, run.outcome)),
      "took": .text(Self.took(stage)), "done": units("done", stage.unitsDone),
      "upToDate": units("up_to_date", stage.unitsUpToDate), "failed": units("failed", stage.unitsFailed),
      "blocked": units("blocked", stage.unitsBlocked), "hasDone": .flag(stage.unitsDone > 0),
      "hasUpToDate": .flag(stage.unitsUpToDate > 0), "hasFailed": .flag(stage.unitsFailed > 0),
      "hasBlocked": .flag(stage.unitsBlocked > 0), "hasCounters": .flag(!counters.isEmpty),
      "counters": .text(
        counters.isEmpty
          ? "–"
          : counters.prefix(8).map(Self.counter).joined(separator: " · ") + (counters.count > 8 ? " · …" : "")
      ),
      "errors": .list(stage.errors.prefix(5).map { ["text": .text(ErrorText.firstLines($0))] }),
      "hasErrors": .flag(!stage.errors.isEmpty),
    ]
  }

  private static func counter(_ counter: (key: String, value: Int64)) -> String {
    let name = EscapedText.shortened(counter.key, 40)
    let value =
      counter.key.lowercased().hasSuffix("bytes") ? Format.bytes(counter.value) : Format.count(counter.value)
    return "\(name) \(value)"
  }

  private static func took(_ stage: StageRecord) -> String {
    guard let start = stage.startedAt, let end = stage.endedAt else { return "–" }
    return Format.elapsed(end - start)
  }

  private static func label(_ state: StageRecord.State, _ outcome: ShownRun.Outcome) -> String {
    switch state {
    case .waiting: outcome == .unfinished ? "Not yet started" : "Never started"
    case .running: outcome == .unfinished ? "Not yet ended" : "Did not end"
    case .succeeded: "Succeeded"
    case .upToDate: "Up to date"
    case .failed: "Failed"
    case .blocked: "Blocked"
    case .skipped: "Left out"
    case .stopped: "Stopped"
    }
  }
}
