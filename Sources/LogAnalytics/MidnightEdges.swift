public import OperationLog
import PipelineCore

/// The events of the neighbouring days that lie so near to a day's midnights that work time can cross them.
public struct MidnightEdges: Sendable, Equatable {
  /// A person's first event of the next day.
  struct NextEvent: Sendable, Equatable {
    let timestamp: Int64
    let script: String
    let operation: String
    let source: String
    let destination: String
  }
  /// For each script the time of a person's last event of the previous day.
  private(set) var last: [String: Int64] = [:]
  /// For each script a person's first event of the next day, in the order of time.
  private(set) var first: [NextEvent] = []

  /// No neighbours.
  public init() {}

  public init(previous: DayEvents?, next: DayEvents?) {
    if let previous { setPrevious(previous) }
    if let next { setNext(next) }
  }

  /// Takes the last events of the day before.
  public mutating func setPrevious(_ events: DayEvents) {
    let midnight = events.day.advanced(by: 1).utcMicroseconds
    last = [:]
    for row in events.rows.reversed() {
      if midnight - row.timestamp >= WorkTime.sessionGap { break }
      if row.isWork, last[events.strings[Int(row.script)]] == nil {
        last[events.strings[Int(row.script)]] = row.timestamp
      }
    }
  }

  /// Takes the first events of the day after.
  public mutating func setNext(_ events: DayEvents) {
    let midnight = events.day.utcMicroseconds
    first = []
    var met: Set<UInt32> = []
    for row in events.rows {
      if row.timestamp - midnight >= WorkTime.sessionGap { break }
      guard row.isWork, met.insert(row.script).inserted else { continue }
      first.append(
        NextEvent(
          timestamp: row.timestamp, script: events.strings[Int(row.script)],
          operation: events.strings[Int(row.operation)], source: events.strings[Int(row.sourceDirectory)],
          destination: events.strings[Int(row.destinationDirectory)]))
    }
  }
}
