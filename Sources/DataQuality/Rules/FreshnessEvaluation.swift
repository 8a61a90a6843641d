import PipelineCore

/// Compares the newest time of a column with a reference.
struct FreshnessEvaluation: Evaluation {
  let table: String
  let column: ColumnPath
  let days: Double
  let reference: Expectation.Reference
  private var newest: (time: Instant, text: String, place: TableRow.Place)?
  private var other: (time: Instant, text: String)?
  private var unreadable = Verdict()

  init(table: String, column: ColumnPath, days: Double, reference: Expectation.Reference) {
    self.table = table
    self.column = column
    self.days = days
    self.reference = reference
  }

  mutating func take(_ row: TableRow, of table: String) {
    if table == self.table, let (time, text) = time(column, row),
      newest.map({ $0.time < time }) ?? true
    {
      newest = (time, text, row.place)
    }
    if case .newest(table, let column) = reference, let (time, text) = time(column, row),
      other.map({ $0.time < time }) ?? true
    {
      other = (time, text)
    }
  }

  /// The time in a cell; one that is none breaks the expectation: it could have been the newest.
  private mutating func time(_ column: ColumnPath, _ row: TableRow) -> (Instant, String)? {
    guard let value = column.value(in: row) else { return nil }
    guard let text = value.stringValue, let time = Instant(text) else {
      unreadable.add(row.place, value.shown + ", which is no time")
      return nil
    }
    return (time, text)
  }

  mutating func finish() -> Verdict {
    var verdict = unreadable
    let end: (microseconds: Int64, text: String)?
    switch reference {
    case .day(let day): end = (day.advanced(by: 1).utcMicroseconds, "the end of \(day)")
    case .newest: end = other.map { ($0.time.microseconds, $0.text) }
    }
    guard let end else {
      verdict.observed = "nothing to compare with"
      return verdict
    }
    guard let newest else {
      verdict.violations += 1
      verdict.observed = "no time at all"
      return verdict
    }
    let age = Double(end.microseconds - newest.time.microseconds) / 86_400_000_000
    let rounded = (age * 100).rounded() / 100
    verdict.observed = "\(newest.text), \(Expectation.Rule.text(rounded)) days before \(end.text)"
    if age > days { verdict.add(newest.place, newest.text) }
    return verdict
  }
}
