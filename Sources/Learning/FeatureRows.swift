import PipelineCore

/// A table of numbers: named columns, rows one after another. Every number in it is finite, for rows are checked
/// when they are added.
public struct FeatureRows: Hashable, Sendable {
  /// The columns' names, in order; distinct.
  public let names: [String]
  /// How many rows there are.
  public private(set) var count = 0
  /// The numbers, row after row.
  private(set) var values: [Double] = []

  /// Numbers of this size and more are refused: their squares could leave the range of a Double.
  public static let limit = 1e100

  /// An empty table. Throws `learning-columns` when there are no names or one occurs twice.
  public init(names: [String]) throws {
    var seen: Set<String> = []
    if let twice = names.first(where: { !seen.insert($0).inserted }) {
      throw Diagnostic(
        code: "learning-columns", "the column \"\(twice)\" is named twice",
        help: "give every feature a name of its own")
    }
    guard !names.isEmpty else {
      throw Diagnostic(code: "learning-columns", "there are no columns to learn from")
    }
    self.names = names
  }

  /// Adds a row. `label` names it in an error, such as a group id and an index.
  ///
  /// Throws `learning-row-length` when there are more or fewer numbers than columns, `learning-not-finite` naming
  /// row and column for NaN, an infinity or a number beyond ``limit``; the table is then as it was.
  public mutating func append(_ row: some Collection<Double>, label: @autoclosure () -> String? = nil) throws
  {
    guard row.count == names.count else {
      throw Diagnostic(
        code: "learning-row-length",
        "\(rowName(label())) has \(row.count) numbers, but there are \(names.count) columns")
    }
    // Not `max()`: it passes over NaN.
    for (column, value) in row.enumerated() where !(value.magnitude < Self.limit) {
      throw Diagnostic(
        code: "learning-not-finite",
        "\(rowName(label())), column \"\(names[column])\", is \(value): not a number to learn from",
        help: "leave the row out and say why, or give a missing value a column of its own")
    }
    values.append(contentsOf: row)
    count += 1
  }

  /// Takes back the last rows, so that `count` are left.
  mutating func shorten(to count: Int) {
    values.removeLast((self.count - count) * names.count)
    self.count = count
  }

  /// Makes room for so many rows, to save time.
  public mutating func reserve(rows: Int) { values.reserveCapacity(rows * names.count) }

  /// The numbers of a row, from 0.
  public subscript(row: Int) -> ArraySlice<Double> { values[row * names.count..<(row + 1) * names.count] }

  private func rowName(_ label: String?) -> String { label.map { "row \(count) (\($0))" } ?? "row \(count)" }
}
