import PipelineCore

/// The lengths of slices.
enum SliceWidth: String, CaseIterable {
  case quarterHour = "15min"
  case hour = "1H"
  case day = "D"
  /// Monday to Sunday (ISO 8601).
  case week = "W"
  case month = "M"
}

/// Slices of the wall clock's time as spans of UTC, in seconds since 1970.
///
/// Slices follow each other without gap or overlap, whatever the clock does:
/// - A quarter hour is one of UTC. (Every zone's offset has been a multiple of 15 minutes since 1972.)
/// - An hour is the time in which the clock shows one hour under one offset. Where the clock is put back, the hour
///   that it shows twice is two slices; where it is put forward within an hour, the rest is a shorter one.
/// - A day starts when the clock first reaches its midnight or passes it, so a day without midnight starts later and a
///   day that the clock falls back into does not start again. A date that a zone left out has no slice.
/// - Weeks and months consist of such days.
struct SliceCalendar {
  let zone: ZoneRules

  /// The slice that holds `second`.
  func slice(_ width: SliceWidth, containing second: Int64) -> Range<Int64> {
    switch width {
    case .quarterHour:
      let start = floorDivide(second, 900) * 900
      return start..<start + 900
    case .hour: return hour(containing: second)
    case .day:
      let day = day(containing: second)
      return start(of: day)..<start(of: day.advanced(by: 1))
    case .week:
      let day = day(containing: second)
      let monday = day.advanced(by: -day.weekday)
      return start(of: monday)..<start(of: monday.advanced(by: 7))
    case .month:
      let day = day(containing: second)
      let (year, month, dayOfMonth) = day.civil
      let first = day.advanced(by: 1 - dayOfMonth)
      // A month later is at most 31 days away and never less than 28.
      let next = (28...31).lazy.map { first.advanced(by: $0) }.first { $0.civil.month != month }
      assert(next != nil, "month \(year)-\(month) does not end")
      return start(of: first)..<start(of: next ?? first.advanced(by: 31))
    }
  }

  private func hour(containing second: Int64) -> Range<Int64> {
    let index = zone.index(at: second)
    let offset = Int64(zone.spans[index].offset)
    let full = floorDivide(second + offset, 3600) * 3600 - offset
    return max(full, zone.spans[index].start)..<min(full + 3600, zone.end(ofSpan: index))
  }

  /// The local day whose slice holds `second`.
  private func day(containing second: Int64) -> Day {
    var day = Day(number: Int(floorDivide(second + Int64(zone.offset(at: second)), 86_400)))
    while start(of: day.advanced(by: 1)) <= second { day = day.advanced(by: 1) }
    return day
  }

  /// The first second at which the wall clock shows the local midnight of `day` or a later time.
  private func start(of day: Day) -> Int64 {
    let midnight = Int64(day.number) * 86_400
    var index = zone.index(at: midnight - 2 * 86_400)
    while true {
      let start = max(zone.spans[index].start, midnight - Int64(zone.spans[index].offset))
      if start < zone.end(ofSpan: index) { return start }
      index += 1
    }
  }
}
