import PipelineCore

/// The evaluation of one expectation while rows go by. For one check; not kept.
protocol Evaluation {
  /// Gets every row of every table that the expectation names, in the order of reading.
  mutating func take(_ row: TableRow, of table: String) throws
  /// What came of it. Called once, after the last row.
  mutating func finish() throws -> Verdict
}

/// What an evaluation found.
struct Verdict {
  /// A row that breaks the expectation.
  struct Example {
    let place: TableRow.Place
    /// What it has; `nil` when only its place is known and the value is to be read again.
    var value: String?
    /// What is said behind the value, such as where the other row is.
    var other: TableRow.Place?
  }
  /// How many are kept.
  static let mostExamples = 5

  var violations = 0
  var observed = ""
  private(set) var examples: [Example] = []

  mutating func add(
    _ place: TableRow.Place, _ value: @autoclosure () -> String?, other: TableRow.Place? = nil
  ) {
    violations += 1
    guard examples.count < Self.mostExamples else { return }
    examples.append(Example(place: place, value: value(), other: other))
  }
}

extension Expectation {
  /// - Parameters:
  ///   - scratch: a folder for what does not fit into memory.
  ///   - keysInMemory: how many keys do.
  func evaluation(scratch: String, keysInMemory: Int) throws -> any Evaluation {
    switch rule {
    case .range, .notNull, .oneOf, .pattern, .ordered, .index: try RowEvaluation(rule)
    case .unique, .referential, .sameWithin:
      KeyEvaluation(rule, table: table, scratch: scratch, capacity: keysInMemory)
    case .rows(let range): CountEvaluation(range)
    case .freshness(let column, let days, let reference):
      FreshnessEvaluation(table: table, column: column, days: days, reference: reference)
    case .drift(let column, let time, let drift): DriftEvaluation(column, time: time, drift)
    case .readable: ReadableEvaluation()
    }
  }
}

/// Counts rows.
struct CountEvaluation: Evaluation {
  let range: ClosedRange<Int>
  private var count = 0

  init(_ range: ClosedRange<Int>) { self.range = range }

  mutating func take(_ row: TableRow, of table: String) { count += 1 }

  mutating func finish() -> Verdict {
    var verdict = Verdict()
    verdict.violations = range.contains(count) ? 0 : 1
    verdict.observed = "\(count) \(count == 1 ? "row" : "rows")"
    return verdict
  }
}

/// Stands for the lines that are no rows, which the check itself counts.
struct ReadableEvaluation: Evaluation {
  mutating func take(_ row: TableRow, of table: String) {}
  mutating func finish() -> Verdict { Verdict() }
}

extension JSONValue {
  /// How examples show the value: its canonical JSON, at most about 200 characters.
  var shown: String {
    let text = canonical
    return text.unicodeScalars.count <= 200 ? text : String(text.prefix(199)) + "…"
  }
}
