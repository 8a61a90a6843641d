import OperationLog
import PipelineCore
import Testing

@testable import LogAnalytics

@Suite struct SessionsTests {
  private func sessions(_ events: [FakeEvent]) -> [Session] {
    Session.merge(FakeLog.days(events).map(SessionFragment.fragments))
  }

  @Test func gapOfFiveMinutesStartsANewSession() {
    let found = sessions([
      .at("2025-10-10", 0), .at("2025-10-10", 299.999999), .at("2025-10-10", 599.999999),
    ])
    #expect(found.map(\.chain.events) == [2, 1])
    #expect(found.map(\.chain.activeMicroseconds) == [60_000_000, 0])
  }

  @Test func gapsCountUpToOneMinute() {
    let found = sessions([.at("2025-10-10", 0), .at("2025-10-10", 10.5), .at("2025-10-10", 200)])
    #expect(found.map(\.chain.activeMicroseconds) == [70_500_000])
    #expect(found.map { $0.chain.end - $0.chain.start } == [200_000_000])
  }

  @Test func missingCountIsOneFile() {
    let found = sessions([
      .at("2025-10-10", 0) { $0.count = nil }, .at("2025-10-10", 1) { $0.count = 5 },
      .at("2025-10-10", 2) { $0.count = -3 },
    ])
    #expect(found.map(\.chain.files) == [6])
  }

  @Test func machinesAndOtherRecordsDoNotCount() {
    let found = sessions([
      .at("2025-10-10", 0), .at("2025-10-10", 100) { $0.isMachine = true },
      .at("2025-10-10", 200) { $0.type = .userAction }, .at("2025-10-10", 301),
    ])
    #expect(found.map(\.chain.events) == [1, 1])
    #expect(found.map(\.chain.activeMicroseconds) == [0, 0])
  }

  @Test func midnightDoesNotSplit() {
    let found = sessions([.at("2025-10-10", 86_390), .at("2025-10-11", 20), .at("2025-10-11", 30)])
    #expect(found.count == 1)
    #expect(found.first?.day == Day("2025-10-10"))
    #expect(found.first?.chain.activeMicroseconds == 40_000_000)
  }

  @Test func oneSessionOverSeveralMidnights() {
    // An event every four minutes for three days.
    let events = (0..<1080).map { FakeEvent.at("2025-10-10", Double($0) * 240) }
    let found = sessions(events)
    #expect(found.count == 1)
    #expect(found.first?.chain.events == 1080)
    #expect(found.first?.chain.activeMicroseconds == Int64(1079 * 60_000_000))
  }

  @Test func idStaysWhenTheSessionGrows() {
    let short = sessions([.at("2025-10-10", 5)])
    let long = sessions([.at("2025-10-10", 5), .at("2025-10-10", 6)])
    #expect(short.first?.id == long.first?.id)
    #expect(short.first?.id != sessions([.at("2025-10-10", 5) { $0.script = "other" }]).first?.id)
    #expect(short.first?.id.count == 36)
  }

  /// Joining days must give what one pass over all events gives.
  @Test(arguments: UInt64(1)...30)
  func mergedFragmentsEqualOnePass(seed: UInt64) {
    let events = FakeLog.random(seed: seed, count: 600)
    // One pass: all events as if they were one day's.
    var all = DayEvents(day: Day(number: 0))
    for day in FakeLog.days(events) {
      let base = UInt32(all.strings.count)
      all.strings += day.strings
      all.rows += day.rows.map { row in
        var row = row
        row.script += base
        row.operation += base
        return row
      }
    }
    // The same name must have the same number, or its chain falls apart.
    all.rows = all.rows.map { row in
      var row = row
      let script = all.strings[Int(row.script)]
      row.script = UInt32(all.strings.firstIndex(of: script) ?? 0)
      return row
    }
    let direct = SessionFragment.fragments(of: all).map(Session.init)
    let merged = Session.merge(FakeLog.days(events).map(SessionFragment.fragments))
    #expect(merged == direct)
    #expect(
      merged.reduce(0) { $0 + $1.chain.events }
        == Int64(events.count { $0.type == .fileOperation && !$0.isMachine }))
  }

  @Test func cacheRoundTrip() throws {
    let days = FakeLog.days(FakeLog.random(seed: 7, count: 400))
    let cache = FragmentCache(
      days.map {
        .init(day: $0.day, rows: Digest(of: "\($0.day)"), fragments: SessionFragment.fragments(of: $0))
      })
    #expect(try FragmentCache(cache.bytes, path: "x") == cache)
  }

  @Test func damagedCacheIsAnError() throws {
    let days = FakeLog.days(FakeLog.random(seed: 8, count: 40))
    let bytes = FragmentCache(
      days.map { .init(day: $0.day, rows: Digest(of: ""), fragments: SessionFragment.fragments(of: $0)) }
    ).bytes
    for length in stride(from: 0, to: bytes.count, by: 7) {
      #expect(throws: Diagnostic.self) { try FragmentCache(Array(bytes.prefix(length)), path: "x") }
    }
    #expect(throws: Diagnostic.self) { try FragmentCache(bytes + [0], path: "x") }
  }
}
