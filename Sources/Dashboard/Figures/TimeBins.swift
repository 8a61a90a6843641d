import PipelineCore

/// How long one bar of a chart lasts.
enum BinUnit: String {
  case day, week, month, year

  /// Days up to about four months, then weeks, months and years: at most 120 bars while the range allows.
  init(dayCount: Int) {
    switch dayCount {
    case ...120: self = .day
    case ...840: self = .week
    case ...3650: self = .month
    default: self = .year
    }
  }

  /// The first day of the bin that holds `day`. Weeks start on Monday.
  func start(of day: Day) -> Day {
    let (year, month, _) = day.civil
    return switch self {
    case .day: day
    case .week: day.advanced(by: -day.weekday)
    case .month: Day(year: year, month: month, day: 1) ?? day
    case .year: Day(year: year, month: 1, day: 1) ?? day
    }
  }
}

/// One bar of the charts.
struct TimeBin {
  /// The first day of the unit, which may lie before the range: the Monday of a week.
  let start: Day
  /// The days of the bin that lie in the range.
  var days: ClosedRange<Day>
  var activity: Activity
  /// Days of it whose aggregate cannot be used.
  var unreadableDays: Int

  var dayCount: Int { days.lowerBound.distance(to: days.upperBound) + 1 }
}

extension DaySeries {
  /// The range in bars, without gaps.
  func bins(_ unit: BinUnit, sessions: [Day: Int]?) -> [TimeBin] {
    var bins: [TimeBin] = []
    for (day, activity, isReadable) in activities(sessions: sessions) {
      let start = unit.start(of: day)
      if let last = bins.indices.last, bins[last].start == start {
        bins[last].days = bins[last].days.lowerBound...day
        bins[last].activity += activity
        bins[last].unreadableDays += isReadable ? 0 : 1
      } else {
        bins.append(
          TimeBin(start: start, days: day...day, activity: activity, unreadableDays: isReadable ? 0 : 1))
      }
    }
    return bins
  }
}

/// Seven days, and how many of them the range covers.
struct Week {
  let days: ClosedRange<Day>
  var activity = Activity()
  var coveredDays = 0

  /// The seven days that end with `last`.
  init(endingWith last: Day, of all: [(day: Day, activity: Activity, isReadable: Bool)]) {
    days = last.advanced(by: -6)...last
    for (day, part, _) in all.suffix(14) where days.contains(day) {
      activity += part
      coveredDays += 1
    }
  }
}
