public import OperationLog
public import PipelineCore
import Projects

/// The figures of one UTC day (`daily_aggregate_v1`).
///
/// Counts of file operations, images and work time are sums of the day's bins, so the two always agree;
/// `event_count` counts the records of every type.
public struct DailyAggregate: Sendable {
  /// What the rows say of a script besides its bins.
  private struct ScriptRecords {
    var events: Int64 = 0
    var firstOperation: Int64?
    var lastOperation: Int64?
  }
  public let day: Day
  private let bins: BinTable
  private var scripts: [String: ScriptRecords] = [:]
  private var types: [EventType: Int64] = [:]
  private let first: Int64?
  private let last: Int64?

  /// - Parameter bins: the bins of the same day.
  public init(_ events: DayEvents, bins: BinTable) {
    day = events.day
    self.bins = bins
    first = events.rows.first?.timestamp
    last = events.rows.last?.timestamp
    var records = [ScriptRecords](repeating: ScriptRecords(), count: events.strings.count)
    var counts = [Int64](repeating: 0, count: EventType.allCases.count)
    for row in events.rows {
      counts[Int(row.type.rawValue)] += 1
      let script = Int(row.script)
      records[script].events += 1
      if row.type == .fileOperation {
        if records[script].firstOperation == nil { records[script].firstOperation = row.timestamp }
        records[script].lastOperation = row.timestamp
      }
    }
    for (name, record) in zip(events.strings, records) where record.events > 0 { scripts[name] = record }
    for type in EventType.allCases where counts[Int(type.rawValue)] > 0 {
      types[type] = counts[Int(type.rawValue)]
    }
  }

  /// The content of `aggregate.json`.
  public var json: JSONValue {
    let total = bins.total
    var totals = Self.members(total)
    totals["event_count"] = .integer(types.values.reduce(0, +))
    return .object([
      "schema": "daily_aggregate_v1", "day": .string(day.description), "first_ts_utc": .instant(first),
      "last_ts_utc": .instant(last), "totals": .object(totals), "by_script": byScript,
      "by_operation": Self.object(tallies { $0.operation }),
      "by_project": Self.object(tallies { $0.project }),
      "by_type": .object(
        Dictionary(uniqueKeysWithValues: types.map { ($0.key.name, .integer($0.value)) })),
      "projects_touched": .array(projectsTouched.map { .string($0) }),
    ])
  }

  /// The ids of the projects with a file operation in the day, in the order of their bytes.
  public var projectsTouched: [String] {
    tallies { $0.project }.filter { $0.value.events > 0 && $0.key != ProjectCatalog.unassigned }.keys
      .sorted { $0.precedes($1) }
  }

  private var byScript: JSONValue {
    var sums: [UInt64: Tally] = [:]
    for bin in bins.bins {
      sums[UInt64(bin.script) << 32 | UInt64(bin.operation), default: Tally()] += bin.tally
    }
    var operations: [String: [String: Tally]] = [:]
    for (key, tally) in sums {
      let operation = bins.names[Int(UInt32(truncatingIfNeeded: key))]
      operations[bins.names[Int(key >> 32)], default: [:]][operation] = tally
    }
    var all: [String: JSONValue] = [:]
    for script in Set(scripts.keys).union(operations.keys) {
      let byOperation = operations[script] ?? [:]
      var members = Self.members(byOperation.values.reduce(into: Tally()) { $0 += $1 })
      members["operations"] = Self.object(byOperation)
      members["event_count"] = .integer(scripts[script]?.events ?? 0)
      members["first_op_ts"] = .instant(scripts[script]?.firstOperation)
      members["last_op_ts"] = .instant(scripts[script]?.lastOperation)
      all[script] = .object(members)
    }
    return .object(all)
  }

  private func tallies(by name: (TimeBin) -> UInt32) -> [String: Tally] {
    var sums = [Tally](repeating: Tally(), count: bins.names.count)
    for bin in bins.bins { sums[Int(name(bin))] += bin.tally }
    return Dictionary(uniqueKeysWithValues: zip(bins.names, sums).filter { $0.1 != Tally() })
  }

  private static func object(_ tallies: [String: Tally]) -> JSONValue {
    .object(tallies.mapValues { .object($0.members) })
  }

  private static func members(_ tally: Tally) -> [String: JSONValue] {
    [
      "file_operations": .integer(tally.events), "files_processed": .integer(tally.files),
      "machine_file_operations": .integer(tally.machineEvents), "machine_files": .integer(tally.machineFiles),
      "human_file_operations": .integer(tally.events - tally.machineEvents),
      "human_files": .integer(tally.files - tally.machineFiles),
      "work_seconds": .seconds(tally.workMicroseconds),
    ]
  }
}
