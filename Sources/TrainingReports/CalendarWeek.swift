public import PipelineCore

/// A week of ISO 8601: from Monday, named by the year that has its Thursday.
public struct CalendarWeek: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let monday: Day

  /// The week that has `day`.
  public init(of day: Day) { monday = day.advanced(by: -day.weekday) }

  /// Such as `2026-W05`.
  public var description: String {
    let thursday = monday.advanced(by: 3)
    let year = thursday.civil.year
    // The first of January always exists.
    let start = Day(year: year, month: 1, day: 1) ?? thursday
    let number = start.distance(to: thursday) / 7 + 1
    return "\(thursday.description.prefix(4))-W\(number < 10 ? "0" : "")\(number)"
  }

  public static func < (a: Self, b: Self) -> Bool { a.monday < b.monday }
}

/// When something was decided, to the second.
struct DecisionTime: Comparable {
  /// The UTC day.
  let day: Day
  /// Since 1970-01-01T00:00:00Z.
  let seconds: Int64

  /// Reads the first 19 characters of an RFC 3339 time in UTC, `2026-01-02T03:04:05`; `nil` for anything else.
  init?(_ text: String) {
    let bytes = Array(text.utf8.prefix(19))
    guard bytes.count == 19, text.utf8.last == UInt8(ascii: "Z"), bytes[10] == UInt8(ascii: "T"),
      let day = Day(String(decoding: bytes[..<10], as: UTF8.self))
    else { return nil }
    var seconds = 0
    for (start, limit) in [(11, 24), (14, 60), (17, 60)] {
      let digits = bytes[start..<start + 2].map { Int($0) - Int(UInt8(ascii: "0")) }
      guard digits.allSatisfy((0...9).contains), digits[0] * 10 + digits[1] < limit,
        start == 17 || bytes[start + 2] == UInt8(ascii: ":")
      else { return nil }
      seconds = seconds * 60 + digits[0] * 10 + digits[1]
    }
    self.day = day
    self.seconds = Int64(day.number) * 86_400 + Int64(seconds)
  }

  static func < (a: Self, b: Self) -> Bool { a.seconds < b.seconds }
}
