import PipelineCore

extension Expectation.Rule {
  /// The rule's name in pipeline files and results.
  public var kind: String {
    switch self {
    case .range: "range"
    case .notNull: "notNull"
    case .unique: "unique"
    case .oneOf: "oneOf"
    case .pattern: "pattern"
    case .referential: "referential"
    case .rows: "rows"
    case .freshness: "freshness"
    case .drift: "drift"
    case .ordered: "ordered"
    case .index: "index"
    case .sameWithin: "sameWithin"
    case .readable: "readable"
    }
  }

  /// Whether it says something of each row, and not of the table as a whole.
  var isOfRows: Bool {
    switch self {
    case .rows, .freshness, .drift: false
    default: true
    }
  }

  /// What is expected, as a person says it.
  var expected: String {
    switch self {
    case .range(let column, let range): return "\(column.quoted) is \(Self.text(range))"
    case .notNull(let columns): return "\(Self.list(columns)) \(columns.count == 1 ? "has" : "have") a value"
    case .unique(let columns):
      return "\(Self.list(columns)) \(columns.count == 1 ? "is" : "are together") unique"
    case .oneOf(let column, let values):
      return "\(column.quoted) is one of \(values.sorted().joined(separator: ", "))"
    case .pattern(let column, let pattern): return "\(column.quoted) matches /\(pattern)/"
    case .referential(let columns, let table, let others):
      return "\(Self.list(columns)) is among \(Self.list(others)) of \(table)"
    case .rows(let range):
      switch (range.lowerBound, range.upperBound) {
      case (let low, .max): return "at least \(low) rows"
      case (..<1, let high): return "at most \(high) rows"
      case (let low, let high): return "\(low) to \(high) rows"
      }
    case .freshness(let column, let days, let reference):
      let place =
        switch reference {
        case .newest(let table, let other): "the newest \(other.quoted) of \(table)"
        case .day(let day): "the end of \(day)"
        }
      return "the newest \(column.quoted) is at most \(Self.text(days)) days older than \(place)"
    case .drift(let column, _, let drift):
      return
        "the shares of \(column.quoted) in the last 7 days differ by less than \(Self.percent(drift.change)) from the \(drift.weeks) weeks before, or z is below \(Self.text(drift.score))"
    case .ordered(let columns, let gap, let allowsEqual):
      let names = columns.map(\.quoted).joined(separator: gap > 0 ? ", " : allowsEqual ? " ≤ " : " < ")
      return gap > 0 ? "\(names) rise by at least \(Self.text(gap))" : names
    case .index(let column, let list): return "\(column.quoted) is the place of an item of \(list.quoted)"
    case .sameWithin(let keys, let value, let tables):
      let place = tables.count > 1 ? " in " + tables.joined(separator: ", ") : ""
      return "rows with the same \(Self.list(keys)) have the same \(value.quoted)\(place)"
    case .readable: return "every line is a row"
    }
  }

  private static func list(_ columns: [ColumnPath]) -> String {
    columns.map(\.quoted).joined(separator: ", ")
  }

  private static func text(_ range: ClosedRange<Double>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (let low, .infinity): "at least \(text(low))"
    case (-.infinity, let high): "at most \(text(high))"
    case (let low, let high): "\(text(low)) to \(text(high))"
    }
  }

  /// A number without a needless `.0`.
  static func text(_ number: Double) -> String { Int64(exactly: number).map(String.init) ?? "\(number)" }

  /// A share as per cent with one decimal.
  static func percent(_ share: Double) -> String { text((share * 1000).rounded() / 10) + " %" }
}

extension ColumnPath {
  var quoted: String { "`\(text)`" }
}
