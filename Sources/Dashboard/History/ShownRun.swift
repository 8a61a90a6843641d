import PipelineCore

/// A run as the page shows it.
///
/// The run that renders the page has not ended yet, and the rendering itself is one of its stages. So that the same
/// run reads the same a day later, its outcome and its end come from its other stages, and the rendering counts
/// only when it failed.
struct ShownRun: Equatable {
  enum Outcome: String {
    case succeeded, failed, stopped, interrupted
    /// Nothing failed, but some stage had not ended when the page was written.
    case unfinished
  }

  let id: RunID
  let pipeline: String
  let outcome: Outcome
  let startedAt: Int64
  /// The end of the last stage that is shown; `nil` for an interrupted run.
  let endedAt: Int64?
  let stages: [StageRecord]

  /// `nil` for a run that did nothing but draw the page again. Error texts lose the path of `workspace`.
  init?(_ record: RunRecord, workspace: String) {
    let stages = record.stages.filter { $0.kind != RenderStage.description.kind || $0.state == .failed }
      .map { stage in
        var stage = stage
        stage.errors = stage.errors.map { WorkspacePath.removing(workspace, from: $0) }
        return stage
      }
    let outcome = Self.outcome(record.state, stages)
    let didWork = stages.contains { $0.state != .upToDate && $0.state != .skipped }
    guard didWork || outcome != .succeeded else { return nil }
    id = record.id
    pipeline = record.pipeline
    self.outcome = outcome
    startedAt = record.startedAt
    endedAt = outcome == .interrupted ? nil : stages.compactMap(\.endedAt).max()
    self.stages = stages
  }

  private static func outcome(_ state: RunRecord.State, _ stages: [StageRecord]) -> Outcome {
    func has(_ states: StageRecord.State...) -> Bool { stages.contains { states.contains($0.state) } }
    if state == .interrupted { return .interrupted }
    if has(.failed, .blocked) { return .failed }
    if has(.stopped) || state == .stopped { return .stopped }
    if state == .failed { return .failed }
    return has(.waiting, .running) ? .unfinished : .succeeded
  }

  /// The record as canonical JSON, for the unit's fingerprint.
  var json: JSONValue {
    func time(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
    return [
      "id": .integer(id.rawValue), "pipeline": .string(pipeline), "outcome": .string(outcome.rawValue),
      "startedAt": .integer(startedAt), "endedAt": time(endedAt),
      "stages": .array(
        stages.map { stage in
          [
            "id": .string(stage.id.rawValue), "kind": .string(stage.kind),
            "state": .string(stage.state.rawValue),
            "startedAt": time(stage.startedAt), "endedAt": time(stage.endedAt),
            "units": .array(
              [stage.unitsDone, stage.unitsUpToDate, stage.unitsFailed, stage.unitsBlocked]
                .map { .integer(Int64($0)) }),
            "counters": .object(stage.counters.mapValues { .integer($0) }),
            "errors": .array(stage.errors.map { .string($0) }),
          ]
        }),
    ]
  }
}

/// The runs that the page shows, the newest first.
struct ShownHistory {
  let runs: [ShownRun]

  /// Asks for more records than are shown, because runs that only drew the page are left out.
  init(_ history: any RunHistory, limit: Int, workspace: String) throws {
    runs = Array(
      try history.recentRuns(limit: limit * 4).compactMap { ShownRun($0, workspace: workspace) }.prefix(limit)
    )
  }

  /// SHA-256 over the canonical JSON of the runs.
  var digest: Digest { Digest(of: JSONValue.array(runs.map(\.json)).canonical) }

  /// How many of the latest runs of the first run's pipeline failed, without one that succeeded between.
  var failuresInARow: Int {
    guard let latest = runs.first else { return 0 }
    return runs.filter { $0.pipeline == latest.pipeline }.prefix { $0.outcome == .failed }.count
  }

  /// The latest run of the same pipeline that succeeded.
  var lastSuccess: ShownRun? {
    runs.first { $0.pipeline == runs.first?.pipeline && $0.outcome == .succeeded }
  }

  /// Stages that the latest run left out and that failed when they last had their turn, with that run.
  var openFailures: [(stage: StageID, run: ShownRun)] {
    guard let latest = runs.first else { return [] }
    return latest.stages.filter { $0.state == .skipped }.compactMap { skipped in
      for run in runs.dropFirst() where run.pipeline == latest.pipeline {
        guard let stage = run.stages.first(where: { $0.id == skipped.id }), stage.state != .skipped else {
          continue
        }
        return stage.state == .failed || stage.state == .blocked ? (skipped.id, run) : nil
      }
      return nil
    }
  }

  /// The latest runs of other pipelines, where they failed.
  var otherFailures: [ShownRun] {
    var seen: Set<String> = runs.first.map { [$0.pipeline] } ?? []
    return runs.filter { seen.insert($0.pipeline).inserted && $0.outcome == .failed }
  }
}

/// Paths without the place of the workspace: the page may be copied anywhere.
enum WorkspacePath {
  /// `text` with `workspace/x` written as `x`, and the workspace alone as `the workspace`.
  static func removing(_ workspace: String, from text: String) -> String {
    guard workspace.utf8.count > 1 else { return text }
    var result = ""
    var rest = Substring(text)
    while let found = rest.firstRange(of: workspace) {
      result += rest[..<found.lowerBound]
      let after = rest[found.upperBound...]
      if after.first == "/" {
        rest = after.dropFirst()
      } else if after.first.map({ $0.isLetter || $0.isNumber || "-_.".contains($0) }) ?? false {
        // Another folder whose name begins the same.
        result += workspace
        rest = after
      } else {
        result += "the workspace"
        rest = after
      }
    }
    return result + rest
  }
}
