import PipelineCore
import PipelineEngine
import PipelineSpec

/// Why the units of a stage run or are skipped: now, or in a past run.
struct Explanation {
  var pipeline: String
  var stage: StageID
  var units: [ExplainedUnit] = []
  /// Whether every part is shown even when it did not change: one unit was asked for.
  var isComplete = false
  var isDeferred = false
  var waitsFor: [StageID] = []
  var findings: [Diagnostic] = []
  /// The past run; `nil` for now.
  var run: RunRecord?
  var record: StageRecord?

  /// How many units are told one by one.
  static let mostUnits = 20

  func text(style: Style) -> String {
    var text = heading(style)
    for finding in findings { text += RunReport.indented(finding.description, "  ") }
    let running = units.filter { $0.verdict?.runs ?? false }
    let isSingle = isComplete || units.count == 1
    if isSingle, let unit = units.first { return text + unit.text(style: style) }
    for unit in running.prefix(Self.mostUnits) {
      text += HumanText.printable("  \(unit.id.key): \(unit.verdictText)") + "\n"
    }
    if running.count > Self.mostUnits {
      text += "  and \(HumanText.count(running.count - Self.mostUnits, "more unit"))\n"
    }
    let current = units.count - running.count
    if current > 0 { text += "  \(HumanText.count(current, "unit")) up to date\n" }
    if let example = running.first ?? units.first {
      text +=
        "field by field: `darkroom explain \(stage)/\(example.id.key)\(run.map { " --run \($0.id)" } ?? "")`\n"
    }
    return text
  }

  private func heading(_ style: Style) -> String {
    let name = units.count == 1 && isComplete ? units[0].id.description : stage.rawValue
    var text = style.paint(HumanText.printable("\(name) of \(pipeline)"), .bold)
    if let run {
      text += " in run \(run.id), \(HumanText.localTime(run.startedAt))"
      if let record {
        text += ": \(StageWords.word(record.state))\n"
        for error in record.errors.prefix(3) where record.state == .blocked { text += "  \(error)\n" }
      } else {
        text += run.stages.isEmpty && run.state == .succeeded ? ": the run found nothing to do\n" : "\n"
      }
      if units.isEmpty {
        text +=
          run.stages.isEmpty && run.state == .succeeded
          ? "  its units were up to date; name one (\(name)/UNIT) to see the checkpoint it had then\n"
          : "  no unit of it ran, and it had no checkpoint\n"
      }
      return text
    }
    text += "\n"
    if isDeferred {
      let names = HumanText.list(waitsFor.map(\.rawValue))
      text +=
        "  \(names.isEmpty ? "stages it needs" : names) would run first; what follows holds if they change nothing\n"
    }
    if units.isEmpty, findings.isEmpty { text += "  it has no units now\n" }
    return text
  }

  var json: JSONValue {
    .members([
      "pipeline": .string(pipeline), "stage": .string(stage.rawValue),
      "run": run.map { .integer($0.id.rawValue) }, "state": record.map { .string($0.state.rawValue) },
      "waitsFor": isDeferred ? .array(waitsFor.map { .string($0.rawValue) }) : nil,
      "findings": findings.isEmpty ? nil : .array(findings.map(\.json)),
      "units": .array(units.map(\.json)),
    ])
  }
}

/// One part of a fingerprint, before and after.
struct ExplainedPart: Equatable {
  let name: String
  let before: String?
  let after: String?
  var isChanged: Bool { before != after }

  /// How many columns a value may take.
  private static let width = 48

  /// Both values in short: of long texts the place where they begin to differ.
  var shown: (before: String, after: String) {
    guard isChanged, let before, let after, before.count > Self.width || after.count > Self.width,
      Digest(hex: after) == nil
    else { return (Self.short(before), Self.short(after)) }
    let common = zip(before, after).prefix { $0 == $1 }.count
    let cut = max(0, common - 16)
    let mark = cut > 0 ? "…" : ""
    return (
      HumanText.fitted(HumanText.printable(mark + before.dropFirst(cut)), Self.width),
      HumanText.fitted(HumanText.printable(mark + after.dropFirst(cut)), Self.width)
    )
  }

  private static func short(_ value: String?) -> String {
    guard let value else { return "-" }
    if Digest(hex: value) != nil { return String(value.prefix(12)) }
    return HumanText.fitted(HumanText.printable(value), width)
  }

  /// `setting timeZone` for `setting:timeZone`.
  var title: String {
    guard let colon = name.firstIndex(of: ":") else { return name }
    return HumanText.printable("\(name[..<colon]) \(name[name.index(after: colon)...])")
  }
}

/// One unit with the parts of its fingerprint.
struct ExplainedUnit {
  let id: UnitID
  /// `nil` for a past run in which it did not run.
  let verdict: Verdict?
  let parts: [ExplainedPart]
  /// What is compared, as headings of the two columns.
  let columns: (before: String, after: String)
  /// The run that made the checkpoint.
  let checkpointRun: RunID?
  let outputs: [OutputFile]
  let attempt: AttemptRecord?

  init(now unit: JudgedUnit, of stage: StageID) {
    let made = unit.checkpoint
    id = UnitID(stage: stage, key: unit.definition.key)
    verdict = unit.verdict
    checkpointRun = made?.run
    outputs = made?.outputs ?? []
    attempt = nil
    columns = (made.map { "CHECKPOINT (RUN \($0.run))" } ?? "CHECKPOINT", "NOW")
    parts = Self.parts(made?.components, unit.fingerprint?.components)
  }

  init(_ id: UnitID, attempt: AttemptRecord?, after: Checkpoint?, before: Checkpoint?) {
    self.id = id
    self.attempt = attempt
    verdict = attempt?.verdict
    checkpointRun = after?.run
    outputs = after?.outputs ?? []
    let isNew = after != nil && after?.run != before?.run
    columns = (
      before.map { "BEFORE (RUN \($0.run))" } ?? "BEFORE",
      isNew ? "COMMITTED (RUN \(after?.run ?? RunID(0)))" : "KEPT"
    )
    parts = Self.parts(before?.components, after?.components)
  }

  /// The parts side by side, sorted by name; of a configuration, each setting is a part of its own.
  static func parts(_ before: [Fingerprint.Component]?, _ after: [Fingerprint.Component]?) -> [ExplainedPart]
  {
    let old = table(before ?? [])
    let new = table(after ?? [])
    return Set(old.keys).union(new.keys).sorted().map {
      ExplainedPart(name: $0, before: old[$0], after: new[$0])
    }
  }

  private static func table(_ components: [Fingerprint.Component]) -> [String: String] {
    var table: [String: String] = [:]
    for part in components {
      if part.name == "configuration",
        let settings = JSONDocument.parse(Array(part.value.utf8), path: "").0?.value.objectValue
      {
        for (name, value) in settings { table["setting:\(name)"] = value.canonical }
      } else {
        table[part.name] = part.value
      }
    }
    return table
  }

  var verdictText: String {
    switch verdict {
    case nil: "up to date"
    case .upToDate?: "up to date"
    case .run(let reasons)?: reasons.map(\.description).joined(separator: "; ")
    }
  }

  func text(style: Style) -> String {
    var text = ""
    switch verdict {
    case .run(let reasons)?:
      text += "  \(style.paint(attempt == nil ? "would run" : "ran", .cyan)), because:\n"
      for reason in reasons { text += reasonText(reason) }
    case .upToDate?, nil:
      let since = checkpointRun.map { " since run \($0)" } ?? ""
      text += "  \(style.paint("up to date", .green))\(since): nothing that it depends on has changed\n"
    }
    if let attempt {
      text +=
        "  attempt \(attempt.attempt) \(attempt.state.rawValue) after \(HumanText.duration(attempt.duration))\n"
      for finding in attempt.findings { text += RunReport.indented(finding.description, "    ") }
    }
    text += "\n" + partTable(style)
    if !outputs.isEmpty {
      text += "\n"
      var table = TextTable(style: style)
      table.addHeader("OUTPUT", "BYTES", "ROWS", "SHA-256")
      for output in outputs.prefix(Explanation.mostUnits) {
        table.add(
          (HumanText.printable(output.path), nil), (HumanText.count(output.bytes), nil),
          (output.rows.map { HumanText.count($0) } ?? "", nil), (output.digest.short, nil))
      }
      text += table.text(indent: "  ")
      if outputs.count > Explanation.mostUnits {
        text += "  and \(HumanText.count(outputs.count - Explanation.mostUnits, "more output"))\n"
      }
    }
    return text
  }

  private func reasonText(_ reason: RunReason) -> String {
    guard case .changed(let changes) = reason else {
      return "    \(HumanText.printable(reason.description))\n"
    }
    let settings = parts.filter { $0.isChanged && $0.name.hasPrefix("setting:") }
    var text = ""
    for change in changes {
      if case .changed("configuration", _, _) = change, !settings.isEmpty {
        for part in settings {
          text += "    \(part.title) changed (\(part.shown.before) → \(part.shown.after))\n"
        }
      } else {
        text += "    \(HumanText.printable(change.description))\n"
      }
    }
    return text
  }

  private func partTable(_ style: Style) -> String {
    var table = TextTable(style: style)
    table.addHeader("", "DEPENDS ON", columns.after, columns.before)
    for part in parts {
      let mark = !part.isChanged ? "" : part.before == nil ? "+" : part.after == nil ? "-" : "*"
      let colour: Style.Colour? = part.isChanged ? .yellow : nil
      table.add(
        (mark, colour), (part.title, colour), (part.shown.after, colour),
        part.isChanged ? (part.shown.before, colour) : ("same", .dim))
    }
    return table.text(indent: "  ")
  }

  var json: JSONValue {
    .members([
      "unit": .string(id.key.rawValue), "verdict": verdict?.json ?? ["state": "up-to-date"],
      "checkpointRun": checkpointRun.map { .integer($0.rawValue) }, "attempt": attempt?.json,
      "parts": .array(
        parts.map { part in
          .members([
            "name": .string(part.name), "before": part.before.map { .string($0) },
            "after": part.after.map { .string($0) }, "changed": .bool(part.isChanged),
          ])
        }),
      "outputs": .array(
        outputs.map { output in
          .members([
            "path": .string(output.path), "sha256": .string(output.digest.hex),
            "bytes": .integer(output.bytes),
            "rows": output.rows.map { .integer($0) },
          ])
        }),
    ])
  }
}
