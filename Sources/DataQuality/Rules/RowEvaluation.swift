import PipelineCore

/// The rules that look at one row at a time.
struct RowEvaluation: Evaluation {
  private let rule: Expectation.Rule
  /// Only for `pattern`. Compiled once for each check.
  private let regex: Regex<AnyRegexOutput>?
  private var verdict = Verdict()
  private var rows = 0
  private var least = Double.infinity
  private var greatest = -Double.infinity

  init(_ rule: Expectation.Rule) throws {
    self.rule = rule
    if case .pattern(_, let pattern) = rule {
      regex = try Regex(pattern)
    } else {
      regex = nil
    }
  }

  mutating func take(_ row: TableRow, of table: String) {
    rows += 1
    guard let value = violation(row) else { return }
    verdict.add(row.place, value.shown)
  }

  mutating func finish() -> Verdict {
    if case .range = rule, least <= greatest {
      verdict.observed = "\(Expectation.Rule.text(least)) to \(Expectation.Rule.text(greatest))"
    } else {
      verdict.observed = "\(verdict.violations) of \(rows) rows differ"
    }
    return verdict
  }

  /// What of the row breaks the rule; `nil` when nothing does.
  private mutating func violation(_ row: TableRow) -> JSONValue? {
    switch rule {
    case .range(let column, let range):
      return firstItem(column.value(in: row)) { evaluation, item in
        guard let number = row.number(item) else { return false }
        evaluation.least = min(evaluation.least, number)
        evaluation.greatest = max(evaluation.greatest, number)
        return range.contains(number)
      }
    case .notNull(let columns):
      let lacking = columns.filter { $0.value(in: row) == nil }
      return lacking.isEmpty ? nil : Self.object(columns, row)
    case .oneOf(let column, let values):
      return firstItem(column.value(in: row)) { _, item in item.scalarText.map(values.contains) ?? false }
    case .pattern(let column, _):
      return firstItem(column.value(in: row)) { evaluation, item in
        // `try?`: a match that fails inside the engine is no match.
        item.stringValue.map { (try? evaluation.regex?.wholeMatch(in: $0)) != nil } ?? false
      }
    case .ordered(let columns, let gap, let allowsEqual):
      return Self.isOrdered(columns, row, gap, allowsEqual) ? nil : Self.object(columns, row)
    case .index(let column, let list):
      guard let value = column.value(in: row) else { return nil }
      let count = list.value(in: row)?.arrayValue?.count ?? 0
      guard let number = row.number(value), let index = Int(exactly: number), (0..<count).contains(index)
      else {
        return ["items": .integer(Int64(count)), column.text: value]
      }
      return nil
    default: return nil
    }
  }

  /// The first value that does not fit, of an array's items or of a single one; all of them are looked at.
  private mutating func firstItem(
    _ value: JSONValue?, _ fits: (inout RowEvaluation, JSONValue) -> Bool
  ) -> JSONValue? {
    guard let value, value != .null else { return nil }
    guard let items = value.arrayValue else { return fits(&self, value) ? nil : value }
    var isFit = true
    for item in items where firstItem(item, fits) != nil { isFit = false }
    return isFit ? nil : value
  }

  private static func object(_ columns: [ColumnPath], _ row: TableRow) -> JSONValue {
    .object(Dictionary(columns.map { ($0.text, $0.value(in: row) ?? .null) }) { first, _ in first })
  }

  private static func isOrdered(
    _ columns: [ColumnPath], _ row: TableRow, _ gap: Double, _ allowsEqual: Bool
  ) -> Bool {
    let values = columns.compactMap { $0.value(in: row) }
    return zip(values, values.dropFirst()).allSatisfy { before, after in
      if let low = row.number(before), let high = row.number(after) {
        return gap > 0 ? high - low >= gap : allowsEqual ? low <= high : low < high
      }
      guard let early = before.stringValue, let late = after.stringValue else { return false }
      if let low = Instant(early), let high = Instant(late) {
        let distance = high.microseconds - low.microseconds
        return gap > 0 ? Double(distance) >= gap * 1_000_000 : allowsEqual ? distance >= 0 : distance > 0
      }
      if gap > 0 { return false }
      return early.utf8.lexicographicallyPrecedes(late.utf8) || (allowsEqual && early == late)
    }
  }
}

extension JSONValue {
  /// The text of a single value: a string's content, else the JSON text; `nil` for arrays and objects.
  var scalarText: String? {
    switch self {
    case .string(let text): text
    case .number(let number): Expectation.Rule.text(number)
    case .integer, .bool: canonical
    case .null, .array, .object: nil
    }
  }
}
