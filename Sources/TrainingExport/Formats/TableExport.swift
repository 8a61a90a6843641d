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
      SelectionRow.table: try lines(SelectionRow.self) { $0.split },
      CropRow.table: try lines(CropRow.self) { $0.split },
      ImageRow.table: try lines(ImageRow.self) { $0.split },
    ]
  }

  /// As RFC 4180 has it.
  func writeCSV() throws -> [String: ExportAccount] {
    [
      SelectionRow.table: try csv(SelectionRow.self) { $0.split },
      CropRow.table: try csv(CropRow.self) { $0.split }, ImageRow.table: try csv(ImageRow.self) { $0.split },
    ]
  }

  private func lines<Row: TrainingRow>(_ type: Row.Type, split: (Row) -> Split) throws -> ExportAccount {
    var account = ExportAccount()
    let file = try folder.begin(Row.fileName)
    try dataset.forEach(type) { row in
      var line = ""
      row.append(to: &line)
      try file.append(line)
      account.export(split(row))
      try check(account.seen)
    }
    try folder.end(file, rows: account.seen)
    return account
  }

  private func csv<Row: TrainingRow>(_ type: Row.Type, split: (Row) -> Split) throws -> ExportAccount {
    var account = ExportAccount()
    let file = try folder.begin("\(Row.table).csv")
    try file.append(CSVText.record(Row.columns.map { .text($0.name) }))
    try dataset.forEach(type) { row in
      try file.append(CSVText.record(row.cells))
      account.export(split(row))
      try check(account.seen)
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
