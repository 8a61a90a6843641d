import PipelineCore

/// What the report of a run calls things: one place for words, symbols and colours.
enum StageWords {
  static func word(_ state: StageRecord.State) -> String {
    switch state {
    case .waiting: "waiting"
    case .running: "running"
    case .succeeded: "done"
    case .upToDate: "up to date"
    case .failed: "failed"
    case .blocked: "blocked"
    case .skipped: "left out"
    case .stopped: "stopped"
    }
  }

  static func colour(_ state: StageRecord.State) -> Style.Colour? {
    switch state {
    case .succeeded: .green
    case .failed: .red
    case .blocked, .stopped: .yellow
    case .upToDate, .skipped, .waiting: .dim
    case .running: .cyan
    }
  }

  static func symbol(_ state: StageRecord.State, _ style: Style) -> String {
    guard style.hasSymbols else { return "" }
    let (unicode, ascii) =
      switch state {
      case .succeeded: ("✓", "+")
      case .upToDate: ("=", "=")
      case .failed: ("✗", "x")
      case .blocked: ("⊘", "!")
      case .stopped: ("■", "!")
      case .skipped: ("-", "-")
      case .waiting: ("·", ".")
      case .running: ("▸", ">")
      }
    return (style.isUnicode ? unicode : ascii) + " "
  }

  static func word(_ state: RunRecord.State) -> String {
    switch state {
    case .running: "running"
    case .succeeded: "done"
    case .failed: "failed"
    case .interrupted: "interrupted"
    case .stopped: "stopped"
    }
  }

  static func colour(_ state: RunRecord.State) -> Style.Colour? {
    switch state {
    case .running: .cyan
    case .succeeded: .green
    case .failed: .red
    case .interrupted, .stopped: .yellow
    }
  }

  /// How many units did what: `3 of 12 units failed, 9 done`.
  static func units(_ record: StageRecord) -> String {
    let all = record.unitsDone + record.unitsUpToDate + record.unitsFailed + record.unitsBlocked
    var rest: [String] = []
    func add(_ number: Int, _ word: String) {
      if number > 0 { rest.append("\(HumanText.count(number)) \(word)") }
    }
    switch record.state {
    case .failed where record.unitsFailed > 0 && all > 1:
      add(record.unitsDone, "done")
      add(record.unitsUpToDate, "up to date")
      add(record.unitsBlocked, "not finished")
      let head = "\(HumanText.count(record.unitsFailed)) of \(HumanText.count(all, "unit")) failed"
      return ([head] + rest).joined(separator: ", ")
    case .stopped, .blocked:
      add(record.unitsDone, "done")
      add(record.unitsUpToDate, "up to date")
      add(record.unitsBlocked, "not finished")
      return rest.isEmpty ? "" : rest.joined(separator: ", ")
    case .failed: return ""
    case .upToDate: return all == 0 ? "no units" : HumanText.count(all, "unit")
    default:
      add(record.unitsUpToDate, "up to date")
      return ([HumanText.count(record.unitsDone, "unit")] + rest).joined(separator: ", ")
    }
  }

  /// What people look at first; the rest follows by name.
  private static let firstCounters = [
    "lines", "accepted", "duplicates", "quarantined", "events", "sessions", "rows", "files", "bytes",
  ]

  /// The main counters: `12,345 lines, 3 quarantined, 4.5 MB`; those that are zero are left out.
  static func counters(_ counters: [String: Int64], limit: Int = 4) -> String {
    let known = firstCounters.filter { counters[$0] != nil }
    let others = counters.keys.filter { !firstCounters.contains($0) }.sorted()
    let shown = (known + others).filter { counters[$0] != 0 }.prefix(limit)
    return shown.map { name in
      let value = counters[name] ?? 0
      if name == "bytes" { return HumanText.bytes(value) }
      // Counters have plural names; one of them is said in the singular.
      let noun = value == 1 && name.hasSuffix("s") && !name.hasSuffix("ss") ? String(name.dropLast()) : name
      return "\(HumanText.count(value)) \(noun)"
    }.joined(separator: ", ")
  }
}
