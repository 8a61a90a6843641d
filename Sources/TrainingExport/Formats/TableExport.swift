import FileSystem
import PipelineCore
import TrainingData

/// The dataset's three tables, one after the other.
struct TableExport {
  let dataset: DatasetFiles
  let folder: ExportFolder
  /// Called for every row.
  let check: (Int) throws -> Void

  /// As JSON lines: the bytes of the dataset.
  func writeLines() throws -> [String: ExportAccount] {
    [
      SelectionRow.table: try lines(SelectionRow.self, \.split),
      CropRow.table: try lines(CropRow.self, \.split),
      ImageRow.table: try lines(ImageRow.self, \.split),
    ]
  }

  /// As RFC 4180 has it.
  func writeCSV() throws -> [String: ExportAccount] {
    [
      SelectionRow.table: try csv(SelectionRow.self, \.split), CropRow.table: try csv(CropRow.self, \.split),
      ImageRow.table: try csv(ImageRow.self, \.split),
    ]
  }

  private func lines<Row: TrainingRow>(_ type: Row.Type, _ split: (Row) -> Split) throws -> ExportAccount {
    try write(type, split, to: Row.fileName, heading: "") { line, _, bytes in
      bytes.append(contentsOf: line)
      bytes.append(UInt8(ascii: "\n"))
    } row: { row in
      var line = ""
      row.append(to: &line)
      return line
    }
  }

  private func csv<Row: TrainingRow>(_ type: Row.Type, _ split: (Row) -> Split) throws -> ExportAccount {
    let heading = CSVText.record(Row.columns.map { .text($0.name) })
    return try write(type, split, to: "\(Row.table).csv", heading: heading) { line, taken, bytes in
      taken.appendRecord(line, to: &bytes)
    } row: { row in
      CSVText.record(row.cells)
    }
  }

  /// Writes a table's rows, one after the other.
  /// - Parameters:
  ///   - append: appends a line that is written as the join does; gets it taken apart, too.
  ///   - row: a row whose line is written in another way, as text.
  private func write<Row: TrainingRow>(
    _ type: Row.Type, _ splitOf: (Row) -> Split, to name: String, heading: String,
    append: (UnsafeRawBufferPointer, RowLine, inout [UInt8]) -> Void, row: (Row) -> String
  ) throws -> ExportAccount {
    var account = ExportAccount()
    let file = try folder.begin(name)
    try file.append(heading)
    let source = "\(dataset.path)/\(Row.fileName)"
    var taken = RowLine(type)
    var bytes: [UInt8] = []
    try FileSystem.forEachLine(source) { line, number in
      let split = line.withUnsafeBytes { buffer -> Split? in
        guard let split = taken.take(buffer) else { return nil }
        bytes.removeAll(keepingCapacity: true)
        append(buffer, taken, &bytes)
        return split
      }
      if let split {
        try file.append(bytes)
        account.export(split)
      } else {
        let other: Row = try DatasetFiles.row(line, number, source)
        try file.append(row(other))
        account.export(splitOf(other))
      }
      try check(number)
    }
    try folder.end(file, rows: account.seen)
    return account
  }
}

/// Records as RFC 4180 defines them: fields between commas, those with a comma, a quote or a line end between quotes with
/// quotes doubled, CRLF at the end.
///
/// The data wins: no cell gets a quote mark or a tab in front to keep a spreadsheet from taking it for a formula.
enum CSVText {
  static func record(_ cells: [Cell]) -> String {
    cells.map(field).joined(separator: ",") + "\r\n"
  }

  /// Null is nothing, an empty text is a pair of quotes; lists are JSON.
  static func field(_ cell: Cell) -> String {
    switch cell {
    case .text(let text): quoted(text)
    case .texts, .numbers, .integers: quoted(cell.json.canonical)
    // A number that is none is null, too.
    case .null, .truth, .integer, .number: plain(cell.json.canonical)
    }
  }

  private static func plain(_ text: String) -> String { text == "null" ? "" : text }

  private static func quoted(_ text: String) -> String {
    let needsQuotes =
      text.isEmpty || text.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
    guard needsQuotes else { return text }
    var result = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" { result += "\"\"" } else { result.unicodeScalars.append(scalar) }
    }
    return result + "\""
  }
}
