import FileSystem

/// Which groups of a dataset are in another split than in the one before: what connects two lineages gives the younger one
/// the older one's, and decisions that are taken back or entered late can do the same.
public enum SplitMoves {
  /// The groups that are in both datasets, in different splits, in the order of their ids' bytes.
  /// - Throws: `FileError`.
  public static func groups(from earlier: DatasetFiles, to later: DatasetFiles) throws -> [String] {
    var places = PlaceTable()
    try forEachGroup(earlier) { group, split, line in
      _ = places.first(PlaceTable.name(group), PlaceTable.Row(file: 0, line: line, split: split))
    }
    var moved: [String] = []
    try forEachGroup(later) { group, split, line in
      let row = PlaceTable.Row(file: 1, line: line, split: split)
      let first = places.first(PlaceTable.name(group), row)
      if first.split != split { moved.append(String(decoding: group, as: UTF8.self)) }
    }
    return moved
  }

  /// Rows that cannot be read are passed over: this only tells of what is known of both.
  private static func forEachGroup(
    _ dataset: DatasetFiles, _ body: (UnsafeRawBufferPointer, Split, Int) -> Void
  ) throws {
    try FileSystem.forEachLine("\(dataset.path)/\(SelectionRow.fileName)") { line, number in
      line.withUnsafeBytes { bytes in
        var fields = RowFields(bytes)
        guard let group = fields.text(",\"group_id\":"), let word = fields.text(",\"split\":"),
          let split = Split.allCases.first(where: { $0.rawValue.utf8.elementsEqual(word) })
        else { return }
        body(group, split, number)
      }
    }
  }
}
