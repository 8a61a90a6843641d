public import OperationLog
public import PipelineCore

/// A chain of a script's file operations within one UTC day, with no gap of ``WorkTime/sessionGap`` in it:
/// a session, or the part of one that lies in that day.
public struct SessionFragment: Sendable, Equatable {
  public let script: String
  /// The first and the last event, in microseconds since 1970.
  public var start: Int64
  public var end: Int64
  /// Work time between the events of the fragment, in microseconds.
  public var activeMicroseconds: Int64
  public var files: Int64
  public var events: Int64
  /// How many events each operation has, by name.
  public var operations: [String: Int64]

  public init(
    script: String, start: Int64, end: Int64, activeMicroseconds: Int64, files: Int64, events: Int64,
    operations: [String: Int64]
  ) {
    self.script = script
    self.start = start
    self.end = end
    self.activeMicroseconds = activeMicroseconds
    self.files = files
    self.events = events
    self.operations = operations
  }

  /// Takes in the script's next event or fragment when it belongs to the same session.
  /// - Returns: whether it did; otherwise nothing has changed.
  mutating func join(_ next: SessionFragment) -> Bool {
    guard let work = WorkTime.contribution(from: end, to: next.start) else { return false }
    end = next.end
    activeMicroseconds += work + next.activeMicroseconds
    files += next.files
    events += next.events
    operations.merge(next.operations, uniquingKeysWith: +)
    return true
  }

  /// The order by (start, script).
  static func isEarlier(_ a: SessionFragment, _ b: SessionFragment) -> Bool {
    a.start == b.start ? a.script.precedes(b.script) : a.start < b.start
  }

  /// The fragments of a day, sorted by (start, script). Machine events and other record types are left out.
  public static func fragments(of events: DayEvents) -> [SessionFragment] {
    var finished: [SessionFragment] = []
    var chains: [OpenChain] = []
    /// For each script, by its number among the strings, the position of its chain.
    var positions = [Int32](repeating: -1, count: events.strings.count)
    for row in events.rows where row.isWork {
      let position = Int(positions[Int(row.script)])
      if position < 0 {
        positions[Int(row.script)] = Int32(chains.count)
        chains.append(OpenChain(row))
      } else if let work = WorkTime.contribution(from: chains[position].end, to: row.timestamp) {
        chains[position].add(row, work: work)
      } else {
        finished.append(chains[position].fragment(events.strings))
        chains[position] = OpenChain(row)
      }
    }
    for chain in chains { finished.append(chain.fragment(events.strings)) }
    return finished.sorted(by: isEarlier)
  }
}

/// A chain that still grows, with numbers instead of names.
private struct OpenChain {
  let script: UInt32
  var start: Int64
  var end: Int64
  var active: Int64 = 0
  var files: Int64
  var events: Int64 = 1
  /// Operation and count; a chain has few operations, mostly the last one again.
  var operations: [(operation: UInt32, count: Int64)]

  init(_ row: EventRow) {
    script = row.script
    start = row.timestamp
    end = row.timestamp
    files = row.files
    operations = [(row.operation, 1)]
  }

  mutating func add(_ row: EventRow, work: Int64) {
    end = row.timestamp
    active += work
    files += row.files
    events += 1
    if let index = operations.lastIndex(where: { $0.operation == row.operation }) {
      operations[index].count += 1
    } else {
      operations.append((row.operation, 1))
    }
  }

  func fragment(_ strings: [String]) -> SessionFragment {
    SessionFragment(
      script: strings[Int(script)], start: start, end: end, activeMicroseconds: active, files: files,
      events: events,
      operations: Dictionary(operations.map { (strings[Int($0.operation)], $0.count) }, uniquingKeysWith: +))
  }
}

/// A person's session with one script (`derived_session_v1`); it belongs to the UTC day in which it starts,
/// and midnight does not split it.
public struct Session: Sendable, Equatable {
  /// All of the session as one chain, which may span several days.
  public let chain: SessionFragment

  /// `ses:` and 32 hexadecimal digits, from script and start: the same session keeps its id when its end grows.
  public var id: String {
    "ses:" + Digest(of: "derived_session_v1\n\(chain.start)\n\(chain.script)").hex.prefix(32)
  }
  public var day: Day { Day(utcMicroseconds: chain.start) }

  /// Joins the fragments of consecutive days over midnight. The result is the same as for all events at once.
  ///
  /// - Parameter days: each day's fragments, days ascending, in the order of ``SessionFragment/fragments(of:)``.
  /// - Returns: sessions sorted by (start, script).
  public static func merge(_ days: some Sequence<[SessionFragment]>) -> [Session] {
    var sessions: [Session] = []
    var open: [String: SessionFragment] = [:]
    for day in days {
      for fragment in day {
        if open[fragment.script]?.join(fragment) == true { continue }
        if let ended = open.updateValue(fragment, forKey: fragment.script) {
          sessions.append(Session(chain: ended))
        }
      }
    }
    sessions.append(contentsOf: open.values.map(Session.init))
    return sessions.sorted { SessionFragment.isEarlier($0.chain, $1.chain) }
  }

  /// Appends the session's line of `sessions.jsonl`.
  func write(into line: inout JSONLine) {
    line.open()
    line.key("active_seconds")
    line.value(seconds: chain.activeMicroseconds)
    line.key("day")
    line.value(day.description)
    line.key("duration_seconds")
    line.value(seconds: chain.end - chain.start)
    line.key("end_ts_utc")
    line.value(TimestampText.utc(chain.end))
    line.key("event_count")
    line.value(chain.events)
    line.key("files_processed")
    line.value(chain.files)
    line.key("operations")
    line.open()
    for (operation, count) in chain.operations.sorted(by: { $0.key.precedes($1.key) }) {
      line.key(quoted: JSONLine.quoted(operation))
      line.value(count)
    }
    line.close()
    line.key("script_id")
    line.value(chain.script)
    line.key("session_id")
    line.value(id)
    line.key("start_ts_utc")
    line.value(TimestampText.utc(chain.start))
    line.close()
    line.endLine()
  }
}
