public import PipelineCore

/// What is expected of the rows of a table.
public struct Expectation: Sendable, Equatable {
  /// What becomes of a unit whose rows break it.
  public enum Severity: String, Sendable, CaseIterable { case warn, fail }

  /// What is expected. Values that are absent or null break `notNull` and nothing else.
  public enum Rule: Sendable, Equatable {
    /// Numbers lie in the range, ends included; of arrays, every item does.
    case range(ColumnPath, ClosedRange<Double>)
    /// Every row has values in all these columns.
    case notNull([ColumnPath])
    /// No two rows have the same values in all these columns. A row that lacks one of them is not looked at.
    case unique([ColumnPath])
    /// Values are among these; numbers and booleans are compared by their text. Of arrays, every item is.
    case oneOf(ColumnPath, Set<String>)
    /// Texts match the regular expression as a whole; of arrays, every item does.
    case pattern(ColumnPath, String)
    /// The values occur together in a row of the other table. Of one column with arrays, every item does.
    case referential([ColumnPath], table: String, [ColumnPath])
    /// The table has so many rows.
    case rows(ClosedRange<Int>)
    /// The newest time of the column is at most so many days older than `reference`.
    case freshness(ColumnPath, days: Double, reference: Reference)
    /// The shares of the column's values in the last seven days are those of the weeks before.
    case drift(ColumnPath, time: ColumnPath, Drift)
    /// Each value is at least `gap` more than the one before, and with gap 0 just more. Numbers by value, times by
    /// instant (`gap` in seconds), other texts by their bytes (without a gap).
    case ordered([ColumnPath], gap: Double, allowsEqual: Bool)
    /// The column is a whole number from 0 to one less than the number of items of the other.
    case index(ColumnPath, of: ColumnPath)
    /// Rows with the same key have the same value, in all these tables. Of one key column with arrays, every item is a
    /// key.
    case sameWithin(keys: [ColumnPath], value: ColumnPath, tables: [String])
    /// Every line of the table's files is a row.
    case readable
  }

  /// What the newest time is compared with; never a clock, so that the same rows give the same result.
  public enum Reference: Sendable, Equatable {
    /// The newest time of a column of a table.
    case newest(table: String, ColumnPath)
    /// The end of a UTC day.
    case day(Day)
  }

  /// When a share counts as changed.
  public struct Drift: Sendable, Equatable {
    /// How many weeks before the last seven days are compared with; at least 1.
    public var weeks: Int
    /// The least number of values in both times; with fewer, nothing is said.
    public var minimum: Int
    /// The least difference of the shares, 0–1.
    public var change: Double
    /// The least score of the two-proportion z-test.
    public var score: Double

    public init(weeks: Int = 8, minimum: Int = 50, change: Double = 0.1, score: Double = 4) {
      self.weeks = weeks
      self.minimum = minimum
      self.change = change
      self.score = score
    }
  }

  /// What a person calls it; unique in a check.
  public let name: String
  /// The table; for ``Rule/sameWithin(keys:value:tables:)`` the first of its tables.
  public let table: String
  public let rule: Rule
  public let severity: Severity
  /// What to do when it is broken.
  public let help: String?

  /// - Parameter name: `nil` makes one of the table and the rule.
  public init(
    name: String? = nil, table: String, _ rule: Rule, severity: Severity = .fail, help: String? = nil
  ) {
    self.name = name ?? "\(table): \(rule.expected)"
    self.table = table
    self.rule = rule
    self.severity = severity
    self.help = help
  }

  /// The columns of the tables that it looks at.
  var columns: [(table: String, ColumnPath)] {
    let own: [ColumnPath]
    switch rule {
    case .range(let column, _), .oneOf(let column, _), .pattern(let column, _): own = [column]
    case .notNull(let columns), .unique(let columns), .ordered(let columns, _, _): own = columns
    case .referential(let columns, let other, let others):
      return columns.map { (table, $0) } + others.map { (other, $0) }
    case .rows, .readable: own = []
    case .freshness(let column, _, let reference):
      guard case .newest(let other, let newest) = reference else { return [(table, column)] }
      return [(table, column), (other, newest)]
    case .drift(let column, let time, _): own = [column, time]
    case .index(let column, let list): own = [column, list]
    case .sameWithin(let keys, let value, let tables):
      return tables.flatMap { table in (keys + [value]).map { (table, $0) } }
    }
    return own.map { (table, $0) }
  }

  /// The tables whose rows may break it.
  var ownTables: [String] {
    if case .sameWithin(_, _, let tables) = rule { tables } else { [table] }
  }

  /// All tables that it looks at, its own first.
  public var tables: [String] {
    var tables = [table]
    for (other, _) in columns where !tables.contains(other) { tables.append(other) }
    return tables
  }
}
