import FileSystem
import PipelineCore

/// The four weeks that a demo tells of: 28 days from a Monday to a Sunday.
struct DemoCalendar: Sendable {
  static let days = 28
  /// A Monday.
  let firstDay: Day

  /// The four weeks that end on the last Sunday up to `day`.
  init(until day: Day) {
    firstDay = day.advanced(by: -(day.weekday + 1) % 7 - Self.days + 1)
  }

  /// The weeks of the demo that a workspace has already; `nil` where there is none.
  init?(writtenIn root: String) throws {
    let folder = "\(root)/\(DemoLogs.archives)"
    guard try FileStatus(folder) != nil else { return nil }
    let first = try FileSystem.list(folder).filter { $0.hasPrefix(DemoLogs.prefix) }.min()
    guard let digits = first?.dropFirst(DemoLogs.prefix.count).prefix(8), digits.count == 8,
      let day = Day("\(digits.prefix(4))-\(digits.dropFirst(4).prefix(2))-\(digits.suffix(2))"),
      day.weekday == 0
    else { return nil }
    firstDay = day
  }

  /// The day with this number, from 0.
  func day(_ index: Int) -> Day { firstDay.advanced(by: index) }

  /// Minutes that the clocks of Berlin are ahead of UTC: an hour, and one more from the last Sunday of March to the last
  /// Sunday of October.
  static func offset(on day: Day) -> Int {
    func lastSunday(_ month: Int) -> Day? {
      Day(year: day.civil.year, month: month, day: 31).map { $0.advanced(by: -(($0.weekday + 1) % 7)) }
    }
    guard let begin = lastSunday(3), let end = lastSunday(10) else { return 60 }
    return begin <= day && day < end ? 120 : 60
  }
}
