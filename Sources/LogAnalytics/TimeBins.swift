public import OperationLog
import PipelineCore
public import Projects

/// The sums of one combination of quarter hour, project, script, operation and destination.
public struct TimeBin: Sendable, Equatable {
  /// The start of the quarter hour, in microseconds since 1970, UTC.
  public var start: Int64
  /// Numbers in ``BinTable/names``.
  public var project: UInt32
  public var script: UInt32
  public var operation: UInt32
  public var category: DestinationCategory
  public var tally: Tally
}

/// The 15-minute bins of one UTC day (`time_bins_v1`).
///
/// A bin counts every file operation in it, and all work time that lies in it, so its work can come from an
/// event just after its end: then the bin may have work and no event. The work of one script never exceeds
/// the 900 seconds of the quarter hour, and the work of all bins of a script is exactly the active time of its
/// sessions.
public struct BinTable: Sendable, Equatable {
  /// 15 minutes in microseconds.
  public static let width: Int64 = 900_000_000

  /// Sorted by bytes, without repeats.
  public let names: [String]
  /// Sorted by (start, project, script, operation, category), names by their bytes; no combination twice.
  public let bins: [TimeBin]

  init(names: [String], bins: [TimeBin]) {
    self.names = names
    self.bins = bins
  }

  /// Sums up a day.
  /// - Parameters:
  ///   - edges: what the neighbouring days have near midnight.
  ///   - catalog: the projects.
  ///   - folders: the meaning of destination folders outside projects.
  public init(
    _ events: DayEvents, edges: MidnightEdges = MidnightEdges(), catalog: ProjectCatalog = ProjectCatalog([]),
    folders: DestinationFolders = DestinationFolders()
  ) {
    var placer = EventPlacer(catalog: catalog, folders: folders)
    let places = placer.places(of: events)
    self.init(events, edges: edges, places: places, placer: &placer)
  }

  init(_ events: DayEvents, edges: MidnightEdges, places: [EventPlace], placer: inout EventPlacer) {
    var builder = BinBuilder(day: events.day)
    builder.add(events, places: places, projects: placer.projects, previous: edges.last)
    for event in edges.first {
      let place = placer.place(
        operation: event.operation, source: event.source, destination: event.destination)
      builder.add(event, project: placer.projects.names[Int(place.project)], category: place.category)
    }
    self = builder.table()
  }

  /// All bins added up.
  public var total: Tally { bins.reduce(into: Tally()) { $0 += $1.tally } }
}

private struct BinBuilder {
  struct Slot: Hashable {
    var bin: Int32
    var project: UInt32
    var script: UInt32
    var operation: UInt32
    var category: DestinationCategory

    /// Two words instead of five values: this is looked up for every event.
    func hash(into hasher: inout Hasher) {
      hasher.combine(UInt64(script) << 32 | UInt64(operation))
      hasher.combine(
        UInt64(project) << 32 | UInt64(UInt32(bitPattern: bin) & 0xFF) << 8 | UInt64(category.rawValue))
    }
  }
  let dayStart: Int64
  let dayEnd: Int64
  var names = NameTable()
  var indices: [Slot: Int] = [:]
  var slots: [Slot] = []
  var tallies: [Tally] = []
  /// The slot that was used last, which the next event mostly uses again.
  var latest: (slot: Slot, index: Int)?
  /// For each script (by number in `names`) a person's latest event.
  var latestEvent: [UInt32: Int64] = [:]

  init(day: Day) {
    dayStart = day.utcMicroseconds
    dayEnd = day.advanced(by: 1).utcMicroseconds
  }

  mutating func add(_ events: DayEvents, places: [EventPlace], projects: NameTable, previous: [String: Int64])
  {
    for (script, timestamp) in previous { latestEvent[names.insert(script)] = timestamp }
    let projectNumbers = projects.names.map { names.insert($0) }
    var numbers = [UInt32](repeating: .max, count: events.strings.count)
    for (row, place) in zip(events.rows, places) where row.type == .fileOperation {
      for string in [row.script, row.operation] where numbers[Int(string)] == .max {
        numbers[Int(string)] = names.insert(events.strings[Int(string)])
      }
      let slot = Slot(
        bin: bin(of: row.timestamp), project: projectNumbers[Int(place.project)],
        script: numbers[Int(row.script)], operation: numbers[Int(row.operation)], category: place.category)
      count(row, in: index(of: slot))
      if !row.isMachine { addWork(endingAt: row.timestamp, slot) }
    }
  }

  /// Adds the work before midnight that ends at an event of the next day.
  mutating func add(_ event: MidnightEdges.NextEvent, project: String, category: DestinationCategory) {
    let slot = Slot(
      bin: 0, project: names.insert(project), script: names.insert(event.script),
      operation: names.insert(event.operation), category: category)
    addWork(endingAt: event.timestamp, slot)
  }

  private mutating func count(_ row: EventRow, in index: Int) {
    tallies[index].events += 1
    tallies[index].files += row.files
    if row.isMachine {
      tallies[index].machineEvents += 1
      tallies[index].machineFiles += row.files
    }
  }

  /// Spreads the work that ends at an event over the bins of this day that it lies in.
  private mutating func addWork(endingAt end: Int64, _ slot: Slot) {
    let before = latestEvent.updateValue(end, forKey: slot.script)
    guard let work = before.flatMap({ WorkTime.contribution(from: $0, to: end) }) else { return }
    var position = max(end - work, dayStart)
    let last = min(end, dayEnd)
    while position < last {
      var part = slot
      part.bin = bin(of: position)
      let border = min(last, dayStart + (Int64(part.bin) + 1) * BinTable.width)
      tallies[index(of: part)].workMicroseconds += border - position
      position = border
    }
  }

  private func bin(of timestamp: Int64) -> Int32 {
    Int32(truncatingIfNeeded: floorDivide(timestamp - dayStart, BinTable.width))
  }

  private mutating func index(of slot: Slot) -> Int {
    if let latest, latest.slot == slot { return latest.index }
    let index: Int
    if let known = indices[slot] {
      index = known
    } else {
      index = slots.count
      slots.append(slot)
      tallies.append(Tally())
      indices[slot] = index
    }
    latest = (slot, index)
    return index
  }

  /// The finished bins, with only the names that they use.
  func table() -> BinTable {
    var used = NameTable()
    for slot in slots {
      for name in [slot.project, slot.script, slot.operation] { used.insert(names.names[Int(name)]) }
    }
    used.sort()
    func number(_ name: UInt32) -> UInt32 { used.id(names.names[Int(name)]) }
    let bins = zip(slots, tallies).map { slot, tally in
      TimeBin(
        start: dayStart + Int64(slot.bin) * BinTable.width, project: number(slot.project),
        script: number(slot.script), operation: number(slot.operation), category: slot.category, tally: tally)
    }
    return BinTable(names: used.names, bins: bins.sorted(by: Self.isEarlier))
  }

  private static func isEarlier(_ a: TimeBin, _ b: TimeBin) -> Bool {
    (a.start, a.project, a.script, a.operation, a.category.rawValue)
      < (b.start, b.project, b.script, b.operation, b.category.rawValue)
  }
}
