import PipelineCore

/// Where in a row a value is: `crop`, `final_crop_coords[2]`, `extra.day`.
///
/// A column whose whole name is the text comes first, so that names with dots and brackets can be said, too.
public struct ColumnPath: Sendable, Equatable {
  enum Step: Sendable, Equatable {
    case member(String)
    case item(Int)
  }

  /// As it was written.
  public let text: String
  /// The column of the row that holds the value.
  public let column: String
  let steps: [Step]

  /// Every text is a path; one that is not made of names, dots and indices is a column's name.
  public init(_ text: String) {
    self.text = text
    var steps: [Step] = []
    for part in text.split(separator: ".", omittingEmptySubsequences: false) {
      guard let parsed = Self.steps(part) else {
        (column, self.steps) = (text, [])
        return
      }
      steps += parsed
    }
    guard case .member(let first)? = steps.first else {
      (column, self.steps) = (text, [])
      return
    }
    column = first
    self.steps = Array(steps.dropFirst())
  }

  private static func steps(_ part: Substring) -> [Step]? {
    let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
    guard let name = pieces.first, !name.isEmpty else { return nil }
    var steps = [Step.member(String(name))]
    for piece in pieces.dropFirst() {
      guard piece.hasSuffix("]"), let index = Int(piece.dropLast()), index >= 0 else { return nil }
      steps.append(.item(index))
    }
    return steps
  }

  /// The names of the columns that may hold the value.
  var columns: [String] { steps.isEmpty ? [text] : [text, column] }

  /// The value in a row; `nil` where there is none or it is null.
  func value(in row: TableRow) -> JSONValue? {
    let cell: JSONValue?
    if let whole = row.cells[text] {
      cell = whole
    } else if steps.isEmpty {
      return nil
    } else {
      cell = row.cells[column].flatMap { reach(from: $0) }
    }
    return cell == .null ? nil : cell
  }

  private func reach(from start: JSONValue) -> JSONValue? {
    var value = start
    for step in steps {
      let next: JSONValue? =
        switch step {
        case .member(let name): value[name]
        case .item(let index):
          value.arrayValue.flatMap { $0.indices.contains(index) ? $0[index] : nil }
        }
      guard let next else { return nil }
      value = next
    }
    return value
  }
}
