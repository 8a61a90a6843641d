import PipelineCore
import PipelineEngine

/// The events of a run for programs: one JSON object per line, each with an `event` member.
///
/// Units that are up to date are counted in `stage-ended` and have no line of their own: a run that finds 100,000
/// of them says so in one.
struct RunEventJSON {
  /// Progress of one unit is told at most this often, in microseconds.
  static let progressInterval: Int64 = 200_000
  private var lastProgress: [UnitID: Int64] = [:]

  /// The line of an event, with its newline; empty for events that are not told.
  mutating func line(for event: RunEvent, now: Int64) -> String {
    guard let value = json(event, now) else { return "" }
    return value.canonical + "\n"
  }

  private mutating func json(_ event: RunEvent, _ now: Int64) -> JSONValue? {
    switch event {
    case .runStarted(let run, let pipeline):
      return ["event": "run-started", "run": .integer(run.rawValue), "pipeline": .string(pipeline)]
    case .stageStarted(let stage): return ["event": "stage-started", "stage": .string(stage.rawValue)]
    case .unitJudged(let unit, let verdict):
      guard verdict.runs else { return nil }
      return Self.unit("unit-judged", unit, ["verdict": verdict.json])
    case .unitStarted(let unit, let attempt):
      return Self.unit("unit-started", unit, ["attempt": .integer(Int64(attempt))])
    case .unitProgress(let unit, let done, let total):
      if let last = lastProgress[unit], now - last < Self.progressInterval { return nil }
      lastProgress[unit] = now
      var members: [String: JSONValue] = ["done": .integer(done)]
      members["total"] = total.map { .integer($0) }
      return Self.unit("unit-progress", unit, members)
    case .unitEnded(let attempt):
      lastProgress[attempt.unit] = nil
      return Self.merged("unit-ended", attempt.json)
    case .unitRetrying(let unit, let attempt, let wait):
      return Self.unit(
        "unit-retrying", unit,
        ["attempt": .integer(Int64(attempt)), "microseconds": .integer(wait.microseconds)])
    case .stageEnded(let record): return Self.merged("stage-ended", record.json)
    case .warning(let finding): return ["event": "finding", "finding": finding.json]
    case .stopping(let signal):
      return .members(["event": "stopping", "signal": signal.map { .integer(Int64($0)) }])
    case .runEnded(let run, let state):
      return ["event": "run-ended", "run": .integer(run.rawValue), "state": .string(state.rawValue)]
    }
  }

  private static func unit(_ event: String, _ unit: UnitID, _ members: [String: JSONValue]) -> JSONValue {
    var members = members
    members["event"] = .string(event)
    members["stage"] = .string(unit.stage.rawValue)
    members["unit"] = .string(unit.key.rawValue)
    return .object(members)
  }

  private static func merged(_ event: String, _ value: JSONValue) -> JSONValue {
    var members = value.objectValue ?? [:]
    members["event"] = .string(event)
    return .object(members)
  }
}

extension Duration {
  /// The length in whole microseconds.
  var microseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
  }
}
