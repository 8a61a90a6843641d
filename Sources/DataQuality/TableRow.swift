import PipelineCore

/// One row while it is looked at.
struct TableRow {
  /// Where a row is: the number of its file among all files of the check, and its line. Ordered as rows are read.
  struct Place: Hashable, Comparable {
    /// The file's number in the high 24 bits, the line in the low 40.
    let bits: UInt64

    init(file: Int, line: Int) { bits = UInt64(file) << 40 | UInt64(line) }
    init(bits: UInt64) { self.bits = bits }
    var file: Int { Int(bits >> 40) }
    var line: Int { Int(bits & 0xFF_FFFF_FFFF) }
    static func < (a: Self, b: Self) -> Bool { a.bits < b.bits }
  }

  let place: Place
  /// The wanted columns; one that the row lacks is not there.
  let cells: [String: JSONValue]
  /// Whether numbers are written as text, as in CSV.
  let isText: Bool

  /// The number that a value is; `nil` for any other.
  func number(_ value: JSONValue) -> Double? {
    if let number = value.doubleValue { return number }
    guard isText, let text = value.stringValue, let number = Double(text), number.isFinite else { return nil }
    return number
  }
}
