import OperationLog
import PipelineCore
import Projects
import Testing

@testable import LogAnalytics

@Suite struct TimeBinsTests {
  /// The bins of each day, with its neighbours, as the stage computes them.
  private func tables(_ days: [DayEvents], _ catalog: ProjectCatalog = ProjectCatalog([])) -> [BinTable] {
    days.indices.map { index in
      let previous =
        index > 0 && days[index - 1].day == days[index].day.advanced(by: -1) ? days[index - 1] : nil
      let next =
        index + 1 < days.count && days[index + 1].day == days[index].day.advanced(by: 1)
        ? days[index + 1] : nil
      return BinTable(days[index], edges: MidnightEdges(previous: previous, next: next), catalog: catalog)
    }
  }

  private struct Flat: Equatable {
    let start: String
    let operation: String
    let events: Int64
    let work: Int64
  }

  private func flat(_ events: [FakeEvent]) -> [Flat] {
    tables(FakeLog.days(events)).flatMap { table in
      table.bins.map {
        Flat(
          start: TimestampText.utcSeconds($0.start), operation: table.names[Int($0.operation)],
          events: $0.tally.events, work: $0.tally.workMicroseconds)
      }
    }
  }

  @Test func workIsSplitAtTheQuarterHour() {
    // 100 seconds apart, so 60 count: from 09:59:40 to 10:00:40.
    let bins = flat([
      .at("2025-10-10", 35_940) { $0.operation = "move" }, .at("2025-10-10", 36_040),
    ])
    #expect(
      bins == [
        Flat(start: "2025-10-10T09:45:00Z", operation: "crop", events: 0, work: 20_000_000),
        Flat(start: "2025-10-10T09:45:00Z", operation: "move", events: 1, work: 0),
        Flat(start: "2025-10-10T10:00:00Z", operation: "crop", events: 1, work: 40_000_000),
      ])
  }

  @Test func workIsSplitAtMidnight() {
    // 23:59:00 and 00:00:10: the minute before the second event is 23:59:10 to 00:00:10.
    let bins = flat([.at("2025-10-10", 86_340), .at("2025-10-11", 10)])
    #expect(
      bins == [
        Flat(start: "2025-10-10T23:45:00Z", operation: "crop", events: 1, work: 50_000_000),
        Flat(start: "2025-10-11T00:00:00Z", operation: "crop", events: 1, work: 10_000_000),
      ])
  }

  @Test func eventAtMidnightGivesItsWorkToTheDayBefore() {
    let bins = flat([.at("2025-10-10", 86_390), .at("2025-10-11", 0)])
    #expect(bins.map(\.work) == [10_000_000, 0])
  }

  @Test func machineEventsCountButDoNotWork() throws {
    let table = BinTable(
      try #require(
        FakeLog.days([
          .at("2025-10-10", 1), .at("2025-10-10", 2) { $0.isMachine = true }, .at("2025-10-10", 4),
        ]).first))
    #expect(table.total.events == 3)
    #expect(table.total.machineEvents == 1)
    #expect(table.total.workMicroseconds == 3_000_000)
  }

  @Test func fullQuarterHourHas900Seconds() {
    let bins = flat((0...120).map { FakeEvent.at("2025-10-10", Double($0) * 15) })
    #expect(bins.map(\.work) == [900_000_000, 900_000_000, 0])
  }

  /// Nothing is lost or counted twice, no bin is overfull, and bins, sessions and aggregates agree exactly.
  @Test(arguments: UInt64(1)...40)
  func everythingIsConserved(seed: UInt64) throws {
    let events = FakeLog.random(seed: seed, count: 800)
    let days = FakeLog.days(events)
    let tables = tables(days)
    let operations = events.filter { $0.type == .fileOperation }
    let total = tables.reduce(into: Tally()) { $0 += $1.total }
    #expect(total.events == Int64(operations.count))
    #expect(total.files == operations.reduce(0) { $0 + Int64($1.count ?? 1) })
    #expect(total.machineEvents == Int64(operations.count { $0.isMachine }))

    var workOfScript: [String: Int64] = [:]
    for table in tables {
      var workOfBin: [[Int64]: Int64] = [:]
      for bin in table.bins {
        workOfScript[table.names[Int(bin.script)], default: 0] += bin.tally.workMicroseconds
        workOfBin[[bin.start, Int64(bin.script)], default: 0] += bin.tally.workMicroseconds
        #expect(bin.tally != Tally(), "a bin has something in it")
        #expect(bin.start % BinTable.width == 0)
      }
      #expect(workOfBin.values.allSatisfy { $0 <= 900_000_000 })
      #expect(table.names == table.names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }
    var activeOfScript: [String: Int64] = [:]
    for session in Session.merge(days.map(SessionFragment.fragments)) {
      activeOfScript[session.chain.script, default: 0] += session.chain.activeMicroseconds
    }
    #expect(workOfScript.filter { $0.value > 0 } == activeOfScript.filter { $0.value > 0 })

    for (day, table) in zip(days, tables) {
      let totals = DailyAggregate(day, bins: table).json["totals"]
      #expect(totals?["event_count"] == .integer(Int64(day.rows.count)))
      #expect(totals?["file_operations"] == .integer(table.total.events))
      #expect(totals?["work_seconds"] == .seconds(table.total.workMicroseconds))
      for bin in table.bins { #expect(Day(utcMicroseconds: bin.start) == day.day) }
    }
  }

  /// An hour's work in fine steps, computed by a different method: a second of time is worked when it lies in some
  /// counted interval.
  @Test(arguments: UInt64(1)...10)
  func secondBySecond(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var second = 0
    let events = (0..<60).map { _ in
      second += [1, 5, 59, 60, 61, 120, 299, 300, 301].randomElement(using: &random) ?? 1
      return FakeEvent.at("2025-10-10", Double(second))
    }
    var worked = Set<Int64>()
    for (a, b) in zip(events, events.dropFirst()) {
      let (from, to) = (a.timestamp / 1_000_000, b.timestamp / 1_000_000)
      if to - from < 300 { worked.formUnion(max(from, to - 60)..<to) }
    }
    let table = BinTable(try #require(FakeLog.days(events).first))
    for bin in table.bins {
      let start = bin.start / 1_000_000
      #expect(
        bin.tally.workMicroseconds == Int64(worked.count { $0 >= start && $0 < start + 900 }) * 1_000_000)
    }
  }

  @Test func internalFileRoundTrip() throws {
    for table in tables(FakeLog.days(FakeLog.random(seed: 3, count: 500))) {
      #expect(try BinTable(table.bytes, path: "x") == table)
      #expect(throws: Diagnostic.self) { try BinTable(Array(table.bytes.dropLast()), path: "x") }
      for line in lines(String(decoding: table.lines, as: UTF8.self)) {
        #expect(try json(line).canonical == line)
      }
    }
  }
}

@Suite struct TextTests {
  /// Lines are written by hand; they must be what the canonical tree gives.
  @Test func secondsAreCanonical() {
    var random = SeededGenerator(seed: 1)
    var values: [Int64] = [
      0, 1, 9, 99, 100, 101, 999_999, 1_000_000, 1_000_001, 1_500_000, 86_400_000_000, -5,
    ]
    values += [1_000_000_000_000_001, 999_999_999_999_999, -1_000_000]
    for _ in 0..<3000 {
      values.append(Int64.random(in: 0...(1 << Int64.random(in: 1...52, using: &random)), using: &random))
    }
    for value in values {
      var line = JSONLine()
      line.value(seconds: value)
      #expect(String(decoding: line.bytes, as: UTF8.self) == JSONValue.seconds(value).canonical)
    }
  }

  @Test func instants() {
    #expect(TimestampText.utc(-1) == "1969-12-31T23:59:59.999999Z")
    #expect(TimestampText.utc(1_759_949_252_429_632) == "2025-10-08T18:47:32.429632Z")
    #expect(TimestampText.local(0, offset: -34_200) == "1969-12-31T14:30:00-09:30")
    #expect(TimestampText.utcSeconds(253_402_300_799_000_000) == "9999-12-31T23:59:59Z")
  }
}
