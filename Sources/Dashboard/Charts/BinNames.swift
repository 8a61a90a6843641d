import PipelineCore

extension TimeBin {
  /// The bar's name in full.
  func name(_ unit: BinUnit) -> String {
    switch unit {
    case .day: Format.day(start)
    case .week:
      "Week of \(Format.plainDay(start))"
        + (dayCount < 7 ? " (\(Format.plural(dayCount, "day", "days")))" : "")
    case .month: "\(Format.month(start)) \(start.civil.year)"
    case .year: String(start.civil.year)
    }
  }
}

extension [TimeBin] {
  /// Names for the axis: few enough to stand side by side, half of them marked as minor.
  func labels(_ unit: BinUnit) -> [BarChart.Label] {
    let candidates: [(bar: Int, text: String)] =
      switch unit {
      case .day where count <= 9: indices.map { ($0, Format.shortDay(self[$0].start)) }
      // Mondays: a rhythm that people know.
      case .day: indices.filter { self[$0].start.weekday == 0 }.map { ($0, Format.shortDay(self[$0].start)) }
      case .week:
        firsts { $0.days.upperBound.civil.month }.map { ($0, monthOrYear(self[$0].days.upperBound)) }
      case .month: indices.map { ($0, monthOrYear(self[$0].start)) }
      case .year: indices.map { ($0, String(self[$0].start.civil.year)) }
      }
    let step = Swift.max(1, (candidates.count + 12) / 13)
    let thinned = candidates.enumerated().filter { $0.offset.isMultiple(of: step) }.map(\.element)
    return thinned.enumerated().map { offset, candidate in
      BarChart.Label(
        bar: candidate.bar, text: candidate.text,
        isMinor: thinned.count > 6
          && (thinned.count > 9 ? !offset.isMultiple(of: 3) : !offset.isMultiple(of: 2)))
    }
  }

  private func firsts(_ key: (TimeBin) -> Int) -> [Int] {
    indices.dropFirst().filter { key(self[$0]) != key(self[$0 - 1]) }
  }

  private func monthOrYear(_ day: Day) -> String {
    day.civil.month == 1 ? "Jan \(day.civil.year)" : Format.month(day)
  }
}
