import PipelineCore

/// Compares the shares of a column's values in the last seven days with those of the weeks before.
///
/// The last seven days end with the newest day in the table, so that no clock is asked and no week is half full. For
/// each value, the two-proportion z-test with pooled variance (Agresti, "Categorical Data Analysis", 3.1) is made.
/// Holds a count for each day and value; more than ``mostValues`` values are no categories.
struct DriftEvaluation: Evaluation {
  /// The most distinct values of a column whose shares mean something.
  static let mostValues = 1_000

  private struct Group: Hashable {
    let day: Int
    let value: Int
  }

  private let column: ColumnPath
  private let time: ColumnPath
  private let drift: Expectation.Drift
  private var values: [String: Int] = [:]
  private var counts: [Group: Int] = [:]
  /// Where a value occurs first on a day.
  private var places: [Group: TableRow.Place] = [:]
  private var newest = Int.min
  private var verdict = Verdict()
  private var isNoCategory = false

  init(_ column: ColumnPath, time: ColumnPath, _ drift: Expectation.Drift) {
    self.column = column
    self.time = time
    self.drift = drift
  }

  mutating func take(_ row: TableRow, of table: String) {
    guard let value = column.value(in: row), let when = time.value(in: row) else { return }
    guard let day = when.stringValue.flatMap(Instant.init)?.day.number else {
      return verdict.add(row.place, when.shown + ", which is no time")
    }
    let text = value.scalarText ?? value.canonical
    let number = values[text] ?? values.count
    guard number < Self.mostValues else {
      isNoCategory = true
      return
    }
    values[text] = number
    newest = max(newest, day)
    let group = Group(day: day, value: number)
    counts[group, default: 0] += 1
    if places[group] == nil { places[group] = row.place }
  }

  mutating func finish() -> Verdict {
    if isNoCategory {
      verdict.violations += 1
      verdict.observed = "more than \(Self.mostValues) values: they are no categories"
      return verdict
    }
    let recent = sums(of: newest == .min ? 0..<0 : newest - 6..<newest + 1)
    let before = sums(of: newest == .min ? 0..<0 : newest - 6 - 7 * drift.weeks..<newest - 6)
    let (many, few) = (before.values.reduce(0, +), recent.values.reduce(0, +))
    guard few >= drift.minimum, many >= drift.minimum else {
      verdict.observed =
        "\(few) values in the last 7 days and \(many) before: fewer than \(drift.minimum) say nothing"
      return verdict
    }
    var greatest: (change: Double, text: String)?
    for (text, number) in values.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      let now = Double(recent[number] ?? 0) / Double(few)
      let then = Double(before[number] ?? 0) / Double(many)
      let change = abs(now - then)
      let score = Self.score(recent[number] ?? 0, few, before[number] ?? 0, many)
      let said = Self.text(text, now, few, then, many, score)
      if change > greatest?.change ?? -1 { greatest = (change, said) }
      if change >= drift.change, abs(score) >= drift.score { verdict.add(place(of: number), said) }
    }
    verdict.observed = greatest?.text ?? ""
    return verdict
  }

  private func sums(of days: Range<Int>) -> [Int: Int] {
    var sums: [Int: Int] = [:]
    for (group, count) in counts where days.contains(group.day) { sums[group.value, default: 0] += count }
    return sums
  }

  /// Where the value occurs first in the last seven days, or, when it does not, on its last day before them.
  private func place(of value: Int) -> TableRow.Place {
    let days = counts.keys.filter { $0.value == value }.map(\.day)
    let day = days.filter { $0 > newest - 7 }.min() ?? days.max() ?? newest
    return places[Group(day: day, value: value)] ?? TableRow.Place(bits: 0)
  }

  /// z of the difference of two shares; 0 when all values are the same.
  static func score(_ hits: Int, _ count: Int, _ otherHits: Int, _ otherCount: Int) -> Double {
    let pooled = Double(hits + otherHits) / Double(count + otherCount)
    let variance = pooled * (1 - pooled) * (1 / Double(count) + 1 / Double(otherCount))
    guard variance > 0 else { return 0 }
    return (Double(hits) / Double(count) - Double(otherHits) / Double(otherCount)) / variance.squareRoot()
  }

  private static func text(
    _ value: String, _ now: Double, _ few: Int, _ then: Double, _ many: Int, _ score: Double
  ) -> String {
    let (share, former) = (Expectation.Rule.percent(now), Expectation.Rule.percent(then))
    let rounded = Expectation.Rule.text((score * 10).rounded() / 10)
    return "\(value): \(share) of \(few), before \(former) of \(many), z = \(rounded)"
  }
}
