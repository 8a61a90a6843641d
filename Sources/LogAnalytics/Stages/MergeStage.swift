import OperationLog
public import PipelineCore

/// `logs.merge`: the events of all logs, each once, by UTC day.
public struct MergeStage: Stage {
  public static let description = StageDescription(
    kind: "logs.merge", version: 1,
    summary: "Unite the events of all logs by UTC day, each event once.",
    discussion: """
      An event that several logs have, such as a log and its archive, stays where the first log in path order has it. \
      Makes `internal/rows`, which the analytics read, `operation_events_v2/day=…/<log>.jsonl` with the normalised records, and \
      `internal/accounting.json` with each log's share of the day. Needs a stage of kind `logs.extract`.
      """,
    unit: "a UTC day",
    observesItsExpansion: true)

  public init(_ definition: StageDefinition) {}

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    var days: [Day: [String: DayFiles]] = [:]
    for stage in context.upstream where stage.kind == ExtractStage.description.kind {
      for unit in try stage.units() {
        for output in unit.outputs {
          guard let (day, name) = Self.dayFile(output.name) else { continue }
          let reference = InputReference(path: output.path, digest: output.digest)
          switch name {
          case "rows": days[day, default: [:]][unit.key.rawValue, default: DayFiles()].rows = reference
          case "events.jsonl":
            days[day, default: [:]][unit.key.rawValue, default: DayFiles()].text = reference
          default: continue
          }
        }
      }
    }
    return days.sorted { $0.key < $1.key }.map { day, logs in
      var unit = UnitDefinition(key: UnitKey(day.description))
      let sorted = logs.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      for (index, (log, files)) in sorted.enumerated() {
        let inputs = [files.rows, files.text].compactMap { $0 }
        unit.values["log.\(index)"] = log
        unit.values["files.\(index)"] = String(inputs.count)
        unit.inputs += inputs
      }
      return unit
    }
  }

  /// What one log has of one day.
  private struct DayFiles {
    var rows: InputReference?
    var text: InputReference?
  }

  /// The day and the last part of `internal/day=YYYY-MM-DD/NAME`.
  private static func dayFile(_ name: String) -> (Day, Substring)? {
    guard name.hasPrefix("internal/day=") else { return nil }
    let rest = name.dropFirst("internal/day=".count)
    guard let day = Day(rest.prefix(10)), rest.dropFirst(10).first == "/" else { return nil }
    return (day, rest.dropFirst(11))
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    guard let day = Day(order.unit.key.rawValue) else {
      throw Diagnostic(code: "wrong-unit", "\(order.unit) is not a day")
    }
    var sources: [DayMerge.Source] = []
    var inputs = order.inputs[...]
    while let log = order.values["log.\(sources.count)"], let rows = inputs.popFirst() {
      let hasText = order.values["files.\(sources.count)"] == "2"
      sources.append(DayMerge.Source(log: log, rows: rows, text: hasText ? inputs.popFirst() : nil))
    }
    return try DayMerge(day: day, sources: sources, context: context).run()
  }
}
