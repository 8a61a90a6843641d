import OperationLog
import PipelineCore
import Testing

@testable import LogAnalytics

@Suite struct SlicesTests {
  private func calendar(_ zone: String, _ day: String) throws -> SliceCalendar {
    let second = try #require(Day(day)).utcMicroseconds / 1_000_000
    return SliceCalendar(zone: try ZoneRules(zone, stretches: [second...second + 86_400]))
  }

  /// The local labels of the slices that touch a UTC instant and the following ones.
  private func labels(
    _ width: SliceWidth, _ zone: String, from: String, hour: Int, count: Int
  ) throws -> [String] {
    let calendar = try calendar(zone, from)
    var second = try #require(Day(from)).utcMicroseconds / 1_000_000 + Int64(hour) * 3600
    return (0..<count).map { _ in
      let slice = calendar.slice(width, containing: second)
      second = slice.upperBound
      let label = TimestampText.local(
        slice.lowerBound * 1_000_000, offset: calendar.zone.offset(at: slice.lowerBound))
      return "\(label) \((slice.upperBound - slice.lowerBound) / 60)"
    }
  }

  @Test func hoursInBerlinInSpringAndAutumn() throws {
    #expect(
      try labels(.hour, "Europe/Berlin", from: "2025-03-30", hour: 0, count: 3) == [
        "2025-03-30T01:00:00+01:00 60", "2025-03-30T03:00:00+02:00 60", "2025-03-30T04:00:00+02:00 60",
      ])
    #expect(
      try labels(.hour, "Europe/Berlin", from: "2025-10-26", hour: 0, count: 3) == [
        "2025-10-26T02:00:00+02:00 60", "2025-10-26T02:00:00+01:00 60", "2025-10-26T03:00:00+01:00 60",
      ])
  }

  @Test func daysInNewYork() throws {
    #expect(
      try labels(.day, "America/New_York", from: "2025-03-09", hour: 12, count: 2) == [
        "2025-03-09T00:00:00-05:00 1380", "2025-03-10T00:00:00-04:00 1440",
      ])
    #expect(
      try labels(.day, "America/New_York", from: "2025-11-02", hour: 12, count: 2) == [
        "2025-11-02T00:00:00-04:00 1500", "2025-11-03T00:00:00-05:00 1440",
      ])
  }

  @Test func halfAnHourInLordHowe() throws {
    #expect(
      try labels(.hour, "Australia/Lord_Howe", from: "2025-10-04", hour: 14, count: 4) == [
        "2025-10-05T00:00:00+10:30 60", "2025-10-05T01:00:00+10:30 60", "2025-10-05T02:30:00+11:00 30",
        "2025-10-05T03:00:00+11:00 60",
      ])
    #expect(
      try labels(.hour, "Australia/Lord_Howe", from: "2025-04-05", hour: 14, count: 3) == [
        "2025-04-06T01:00:00+11:00 60", "2025-04-06T01:30:00+10:30 30", "2025-04-06T02:00:00+10:30 60",
      ])
  }

  @Test func aDayWithoutMidnight() throws {
    #expect(
      try labels(.day, "America/Sao_Paulo", from: "2017-10-14", hour: 12, count: 3) == [
        "2017-10-14T00:00:00-03:00 1440", "2017-10-15T01:00:00-02:00 1380", "2017-10-16T00:00:00-02:00 1440",
      ])
    // The clock falls back from midnight to 23:00 of the day before.
    #expect(
      try labels(.day, "Africa/Cairo", from: "2025-10-30", hour: 12, count: 2) == [
        "2025-10-30T00:00:00+03:00 1500", "2025-10-31T00:00:00+02:00 1440",
      ])
  }

  @Test func aDateThatWasLeftOut() throws {
    #expect(
      try labels(.day, "Pacific/Apia", from: "2011-12-29", hour: 20, count: 3) == [
        "2011-12-29T00:00:00-10:00 1440", "2011-12-31T00:00:00+14:00 1440", "2012-01-01T00:00:00+14:00 1440",
      ])
  }

  @Test func weeksStartOnMondayAndMonthsOnTheFirst() throws {
    #expect(
      try labels(.week, "Europe/Berlin", from: "2025-10-26", hour: 12, count: 2) == [
        "2025-10-20T00:00:00+02:00 10140", "2025-10-27T00:00:00+01:00 10080",
      ])
    #expect(
      try labels(.month, "Asia/Kathmandu", from: "2024-02-29", hour: 12, count: 2) == [
        "2024-02-01T00:00:00+05:45 41760", "2024-03-01T00:00:00+05:45 44640",
      ])
  }

  @Test func unknownZoneIsAnError() {
    let error = #expect(throws: Diagnostics.self) { try ZoneRules("Europe/Atlantis", stretches: []) }
    #expect(error?.items.first?.code == "unknown-time-zone")
  }

  @Test func nearStretchesShareTheirMargins() throws {
    let start = try #require(Day("2025-01-01")).utcMicroseconds / 1_000_000
    let month: Int64 = 31 * 86_400
    let pieces = (0..<24).map { start + $0 * month...start + $0 * month + 86_400 }
    let whole = try ZoneRules("Europe/Berlin", stretches: [start...start + 24 * month])
    #expect(try ZoneRules("Europe/Berlin", stretches: pieces) == whole)
    #expect(whole.spans.count > 3)
  }
}
