import PipelineCore

/// The sentence at the top: whether the night went well, and what to do if not.
struct VerdictSection {
  let history: ShownHistory
  let figures: Figures

  /// How the banner looks.
  private enum Tone: String {
    case good, bad, warn, neutral
    /// A word for those who do not see the colour.
    var word: String {
      switch self {
      case .good: "OK"
      case .bad: "Failed"
      case .warn: "Look at this"
      case .neutral: "No runs yet"
      }
    }
  }

  var fields: Fields {
    guard let run = history.runs.first else { return withoutRuns }
    let tone = tone(run)
    var fields = common(tone: tone, headline: headline(run, tone))
    fields["hasRun"] = .flag(true)
    fields["pipeline"] = .text(EscapedText.shortened(run.pipeline))
    fields["started"] = .markup(Format.timeMarkup(run.startedAt))
    fields["took"] = .optional(run.endedAt.map { Format.elapsed($0 - run.startedAt) })
    fields["since"] = .text(Format.machineTime(run.endedAt ?? run.startedAt))
    fields["summary"] = .optional(summary(run))
    fields["failures"] = .list(failures(run))
    fields["hasFailures"] = .flag(!failures(run).isEmpty)
    fields["blocked"] = .optional(blocked(run))
    fields["streak"] = .optionalMarkup(streak(run))
    let commands = commands(run)
    fields["commands"] = .list(commands)
    fields["hasCommands"] = .flag(!commands.isEmpty)
    fields["stale"] = .optional(stale(run))
    fields["also"] = .list(also.map { ["text": .text($0)] })
    return fields
  }

  private func common(tone: Tone, headline: String) -> Fields {
    [
      "tone": .text(tone.rawValue), "word": .text(tone.word), "headline": .text(headline),
      "warnings": .list(figures.findings.prefix(12).map(Self.warning)),
      "hasWarnings": .flag(!figures.findings.isEmpty),
      "moreWarnings": .optional(
        figures.findings.count > 12
          ? "\(Format.plural(figures.findings.count - 12, "more warning", "more warnings")): see data/dashboard/dashboard.json"
          : nil),
      "warningCount": .text(Format.plural(figures.findings.count, "warning", "warnings")),
      "dataState": .text(dataState),
    ]
  }

  private var withoutRuns: Fields {
    var fields = common(
      tone: figures.findings.isEmpty ? .neutral : .warn, headline: "No run is recorded in this workspace yet")
    fields["hasRun"] = .flag(false)
    fields["failures"] = .list([])
    fields["hasFailures"] = .flag(false)
    fields["blocked"] = .flag(false)
    fields["summary"] = .flag(false)
    fields["streak"] = .flag(false)
    fields["stale"] = .flag(false)
    fields["also"] = .list([])
    fields["hasCommands"] = .flag(true)
    fields["commands"] = .list([Self.command("Start the first run", "darkroom run nightly")])
    return fields
  }

  private static func warning(_ finding: Diagnostic) -> Fields {
    [
      "text": .text(
        EscapedText.shortened((finding.location.map { "line \($0.line): " } ?? "") + finding.message, 400)),
      "help": .optional(finding.help),
    ]
  }

  private var dataState: String {
    guard figures.snapshot != nil else {
      return figures.findings.isEmpty
        ? "No snapshot is published yet, so there are no figures." : "The published snapshot cannot be used."
    }
    guard let last = figures.days?.range.upperBound else {
      return "The published snapshot has no daily figures."
    }
    return "Latest day with data: \(Format.day(last))."
  }

  private func tone(_ run: ShownRun) -> Tone {
    switch run.outcome {
    case .failed: .bad
    case .interrupted, .stopped: .warn
    case .succeeded, .unfinished: figures.findings.isEmpty && also.isEmpty ? .good : .warn
    }
  }

  private func headline(_ run: ShownRun, _ tone: Tone) -> String {
    let name = "Run \(run.id)"
    switch run.outcome {
    case .failed:
      let failed = run.stages.filter { $0.state == .failed }.map { EscapedText.shortened($0.id.rawValue, 40) }
      switch failed.count {
      case 0: return "\(name) failed"
      case 1, 2, 3: return "\(name) failed in \(failed.joined(separator: ", "))"
      default: return "\(name) failed in \(failed[0]), \(failed[1]) and \(failed.count - 2) more stages"
      }
    case .interrupted: return "\(name) was interrupted before it ended"
    case .stopped: return "\(name) was stopped before it ended"
    case .unfinished, .succeeded:
      if !also.isEmpty { return "\(name) succeeded, but an earlier failure is still open" }
      return tone == .good ? "\(name) succeeded" : "\(name) succeeded, but the figures need a look"
    }
  }

  private func summary(_ run: ShownRun) -> String? {
    func count(_ state: StageRecord.State) -> Int { run.stages.count { $0.state == state } }
    let parts = [
      (count(.succeeded), "did work"), (count(.upToDate), "had nothing to do"), (count(.failed), "failed"),
      (count(.blocked), "could not start"), (count(.stopped), "stopped"), (count(.skipped), "left out"),
      (count(.waiting) + count(.running), "not ended yet"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    if parts.isEmpty { return nil }
    return "\(Format.plural(run.stages.count, "stage", "stages")): \(parts.joined(separator: ", "))."
  }

  private func failures(_ run: ShownRun) -> [Fields] {
    run.stages.filter { $0.state == .failed }.prefix(5).map { stage in
      [
        "stage": .text(EscapedText.shortened(stage.id.rawValue)),
        "units": .optional(
          stage.unitsFailed > 0 ? Format.plural(stage.unitsFailed, "unit failed", "units failed") : nil),
        "errors": .list(stage.errors.prefix(3).map { ["text": .text(ErrorText.firstLines($0))] }),
        "hasErrors": .flag(!stage.errors.isEmpty),
      ]
    }
  }

  private func blocked(_ run: ShownRun) -> String? {
    let names = run.stages.filter { $0.state == .blocked }.map { EscapedText.shortened($0.id.rawValue, 40) }
    guard !names.isEmpty else { return nil }
    let more = names.count > 8 ? " and \(names.count - 8) more" : ""
    return names.prefix(8).joined(separator: ", ") + more
  }

  private func streak(_ run: ShownRun) -> String? {
    guard run.outcome == .failed else { return nil }
    let count = history.failuresInARow
    let many = count > 1 ? "\(count) runs in a row have failed. " : ""
    guard let success = history.lastSuccess else { return many.isEmpty ? nil : many }
    return
      "\(many)The last run that succeeded was run \(success.id), \(Format.timeMarkup(success.startedAt))."
  }

  /// What of the figures is not of this run.
  private func stale(_ run: ShownRun) -> String? {
    guard figures.snapshot != nil, let publish = run.stages.first(where: { $0.kind == "snapshot.publish" })
    else {
      return nil
    }
    switch publish.state {
    case .failed, .blocked, .stopped, .waiting, .running:
      return "Run \(run.id) published no new snapshot: the figures below are of an earlier one."
    case .skipped: return "Run \(run.id) left out the snapshot: the figures below are of an earlier one."
    case .succeeded, .upToDate: return nil
    }
  }

  /// Failures that the latest run did not touch.
  private var also: [String] {
    history.openFailures.prefix(5).map { failure in
      "\(EscapedText.shortened(failure.stage.rawValue, 60)) was left out of the latest run and has not succeeded since run \(failure.run.id)."
    }
      + history.otherFailures.map { run in
        "The latest run of \(EscapedText.shortened(run.pipeline, 60)), run \(run.id), failed."
      }
  }

  private func commands(_ run: ShownRun) -> [Fields] {
    let pipeline = ShellWord.quoted(run.pipeline)
    switch run.outcome {
    case .failed:
      let logs = run.stages.filter { $0.state == .failed }.prefix(2).map { stage in
        Self.command(
          "Read the log of \(EscapedText.shortened(stage.id.rawValue, 40))",
          "darkroom logs \(run.id) \(ShellWord.quoted(stage.id.rawValue))")
      }
      return logs + [
        Self.command(
          "When the cause is gone, run what failed and what waits for it", "darkroom run \(pipeline) --failed"
        )
      ]
    case .interrupted, .stopped: return [Self.command("Go on where it ended", "darkroom run \(pipeline)")]
    case .succeeded, .unfinished:
      guard let open = history.openFailures.first else { return [] }
      return [
        Self.command(
          "Read the log of \(EscapedText.shortened(open.stage.rawValue, 40))",
          "darkroom logs \(open.run.id) \(ShellWord.quoted(open.stage.rawValue))"),
        Self.command("Run what failed", "darkroom run \(pipeline) --failed"),
      ]
    }
  }

  private static func command(_ purpose: String, _ command: String) -> Fields {
    ["purpose": .text(purpose), "command": .text(command)]
  }
}
