import FileSystem
import PipelineCore
import PipelineSpec

/// Reads the rows of one file, one after the other.
struct TableReader {
  let file: Table.File
  /// The file's number among all files of the check.
  let number: Int
  /// The columns that somebody looks at.
  let columns: Set<String>

  enum Line {
    case row(TableRow)
    /// It is no row; the text says why.
    case unreadable(TableRow.Place, String)
  }

  /// Holds one row at a time.
  /// - Parameters:
  ///   - names: hears once of the columns of the first row.
  ///   - body: gets every row; blank lines are none.
  /// - Throws: `FileError`; what `body` throws.
  func forEach(names: ([String]) -> Void = { _ in }, _ body: (Line) throws -> Void) throws {
    file.isCSV ? try forEachRecord(names, body) : try forEachObject(names, body)
  }

  private func forEachObject(_ names: ([String]) -> Void, _ body: (Line) throws -> Void) throws {
    var isFirst = true
    try FileSystem.forEachLine(file.path) { bytes, line in
      if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { return }
      let place = TableRow.Place(file: number, line: line)
      let (tree, problems) = JSONDocument.parse(bytes, path: file.place)
      guard problems.isEmpty, let members = tree?.members else {
        return try body(.unreadable(place, problems.first?.message ?? "it is no JSON object"))
      }
      var cells: [String: JSONValue] = [:]
      var all: [String] = []
      for member in members {
        guard let name = member.key.value.stringValue else { continue }
        if isFirst { all.append(name) }
        if columns.contains(name) { cells[name] = member.value.value }
      }
      if isFirst { names(all) }
      isFirst = false
      try body(.row(TableRow(place: place, cells: cells, isText: false)))
    }
  }

  private func forEachRecord(_ names: ([String]) -> Void, _ body: (Line) throws -> Void) throws {
    var header: [String]?
    var record = CSVRecord()
    try FileSystem.forEachLine(file.path) { bytes, line in
      let begin = record.isOpen ? record.line : line
      guard let fields = record.take(bytes, line: line) else { return }
      guard let columns = header else {
        header = fields.map { $0 ?? "" }
        return names(header ?? [])
      }
      let place = TableRow.Place(file: number, line: begin)
      guard fields.count == columns.count else {
        return try body(
          .unreadable(place, "it has \(fields.count) fields, and the header has \(columns.count)"))
      }
      var cells: [String: JSONValue] = [:]
      for (name, field) in zip(columns, fields) where self.columns.contains(name) {
        cells[name] = field.map(JSONValue.string) ?? .null
      }
      try body(.row(TableRow(place: place, cells: cells, isText: true)))
    }
    if record.isOpen {
      try body(.unreadable(.init(file: number, line: record.line), "a quote in it is not closed"))
    }
  }
}
