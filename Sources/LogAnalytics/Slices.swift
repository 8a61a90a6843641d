import PipelineCore

/// The bins of all days, added up over projects and destinations, ready to be cut into slices.
struct SliceSource {
  struct Entry: Equatable {
    /// Seconds since 1970, UTC: the start of a quarter hour.
    let start: Int64
    var script: UInt32
    var operation: UInt32
    var tally: Tally
  }
  /// Sorted by bytes.
  private(set) var names = NameTable()
  /// Sorted by (start, script, operation).
  private(set) var entries: [Entry] = []

  /// Adds a day's table; days come in ascending order.
  mutating func add(_ table: BinTable) {
    let numbers = table.names.map { names.insert($0) }
    let added = table.bins.map { bin in
      Entry(
        start: floorDivide(bin.start, 1_000_000), script: numbers[Int(bin.script)],
        operation: numbers[Int(bin.operation)], tally: bin.tally)
    }
    let first = entries.count
    for entry in added.sorted(by: Self.isEarlier) {
      if entries.count > first, let last = entries.last, !Self.isEarlier(last, entry) {
        entries[entries.count - 1].tally += entry.tally
      } else {
        entries.append(entry)
      }
    }
  }

  /// Brings names and entries into their order, once all days are there.
  mutating func finish() {
    let sorted = names.sort()
    for index in entries.indices {
      entries[index].script = sorted[Int(entries[index].script)]
      entries[index].operation = sorted[Int(entries[index].operation)]
    }
    entries.sort(by: Self.isEarlier)
  }

  private static func isEarlier(_ a: Entry, _ b: Entry) -> Bool {
    (a.start, a.script, a.operation) < (b.start, b.script, b.operation)
  }

  /// The parts of the time that are filled: a gap of more than `days` days between two entries is left open.
  func stretches(maximumGap days: Int64) -> [Range<Int>] {
    var stretches: [Range<Int>] = []
    var start = 0
    for index in entries.indices.dropFirst()
    where entries[index].start - entries[index - 1].start > days * 86_400 {
      stretches.append(start..<index)
      start = index
    }
    if start < entries.count { stretches.append(start..<entries.count) }
    return stretches
  }
}

/// One slice with what happened in it.
struct Slice: Equatable {
  /// UTC, in seconds since 1970.
  var span: Range<Int64>
  var total = Tally()
  /// By script (upper half) and operation (lower half); what has nothing is absent.
  private(set) var tallies: [UInt64: Tally] = [:]

  mutating func add(_ entry: SliceSource.Entry) {
    total += entry.tally
    tallies[UInt64(entry.script) << 32 | UInt64(entry.operation), default: Tally()] += entry.tally
  }

  /// Hands every slice from the first to the last that has anything to `body`, empty ones between them included.
  static func each(
    _ width: SliceWidth, of source: SliceSource, in stretch: Range<Int>, _ calendar: SliceCalendar,
    _ body: (Slice) throws -> Void
  ) rethrows {
    guard let first = source.entries[stretch].first else { return }
    var slice = Slice(span: calendar.slice(width, containing: first.start))
    for entry in source.entries[stretch] {
      while entry.start >= slice.span.upperBound {
        try body(slice)
        slice = Slice(span: calendar.slice(width, containing: slice.span.upperBound))
      }
      slice.add(entry)
    }
    try body(slice)
  }
}

/// Writes slices as lines. What is zero in a slice is left out of `by_script`, and machine counts that are zero
/// everywhere.
struct SliceWriter {
  private let zone: ZoneRules
  private let quoted: [[UInt8]]
  private(set) var line = JSONLine()

  init(zone: ZoneRules, names: NameTable) {
    self.zone = zone
    quoted = names.names.map(JSONLine.quoted)
  }

  mutating func clear() { line.clear() }

  mutating func append(_ slice: Slice) {
    let start = slice.span.lowerBound
    line.open()
    line.key("by_script")
    line.open()
    var rest = slice.tallies.sorted { $0.key < $1.key }[...]
    while let script = rest.first.map({ $0.key >> 32 }) {
      let operations = rest.prefix { $0.key >> 32 == script }
      rest = rest.dropFirst(operations.count)
      append(script: Int(script), operations)
    }
    line.close()
    counts(slice.total)
    line.key("start")
    line.value(TimestampText.local(start * 1_000_000, offset: zone.offset(at: start)))
    line.key("start_utc")
    line.value(TimestampText.utcSeconds(start * 1_000_000))
    work(slice.total)
    line.close()
    line.endLine()
  }

  private mutating func append(script: Int, _ operations: ArraySlice<(key: UInt64, value: Tally)>) {
    let total = operations.reduce(into: Tally()) { $0 += $1.value }
    line.key(quoted: quoted[script])
    line.open()
    counts(total)
    line.key("operations")
    line.open()
    for (key, tally) in operations {
      line.key(quoted: quoted[Int(UInt32(truncatingIfNeeded: key))])
      line.open()
      counts(tally)
      work(tally)
      line.close()
    }
    line.close()
    work(total)
    line.close()
  }

  private mutating func counts(_ tally: Tally) {
    line.key("events")
    line.value(tally.events)
    line.key("files")
    line.value(tally.files)
    if tally.machineEvents > 0 {
      line.key("machine_events")
      line.value(tally.machineEvents)
    }
    if tally.machineFiles > 0 {
      line.key("machine_files")
      line.value(tally.machineFiles)
    }
  }

  private mutating func work(_ tally: Tally) {
    line.key("work_seconds")
    line.value(seconds: tally.workMicroseconds)
  }
}
