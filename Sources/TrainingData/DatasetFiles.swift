import FileSystem
import PipelineCore
import PipelineSpec

/// A published dataset of one project, `data/training/datasets/PROJECT/current`, opened at one moment: it stays the same
/// while later joins publish others.
public struct DatasetFiles: Sendable {
  /// Where the datasets lie, relative to the workspace.
  public static let folder = "data/training/datasets"
  /// A project's datasets, relative to the workspace.
  public static func folder(project: String) -> String { "\(folder)/\(project)" }
  /// The name of the file that lists the others.
  public static let manifestName = "manifest.json"

  /// The dataset's folder, absolute.
  public let path: String

  /// - Parameter path: of a version's folder, absolute.
  public init(path: String) { self.path = path }

  /// Opens the dataset that is published at this moment; `nil` when there is none.
  /// - Parameter workspace: absolute.
  public static func current(workspace: String, project: String) throws -> DatasetFiles? {
    let folder = "\(workspace)/\(folder(project: project))"
    guard try FileStatus("\(folder)/current") != nil else { return nil }
    return DatasetFiles(path: "\(folder)/\(try FileSystem.linkTarget("\(folder)/current"))")
  }

  /// Reads a file row by row. One pass; nothing but the current row is kept.
  /// - Throws: `Diagnostics` or `Diagnostic` with the file and line of a row that cannot be read; `FileError`. What
  ///   `body` throws.
  public func forEach<Row: TrainingRow>(_ type: Row.Type, _ body: (Row) throws -> Void) throws {
    let file = "\(path)/\(Row.fileName)"
    try FileSystem.forEachLine(file) { line, number in
      try body(try Self.row(line, number, file))
    }
  }

  /// One row from its line.
  /// - Parameters:
  ///   - number: of the line, from 1, for the message.
  ///   - file: its path, for the message.
  /// - Throws: as ``forEach(_:_:)``.
  public static func row<Row: TrainingRow>(_ line: [UInt8], _ number: Int, _ file: String) throws -> Row {
    let (tree, problems) = JSONDocument.parse(line, path: file)
    guard let members = tree?.value.objectValue, problems.isEmpty else {
      throw Diagnostic(
        code: "training-row", problems.first?.message ?? "this row is no object",
        at: SourceLocation(path: file, line: number),
        help: "run `training.join` again: something else wrote or changed the dataset")
    }
    do {
      return try Row(RowCells(members, table: Row.table))
    } catch var problem as Diagnostic {
      problem.location = SourceLocation(path: file, line: number)
      throw problem
    }
  }

  /// All rows of a file, in its order.
  public func rows<Row: TrainingRow>(_ type: Row.Type) throws -> [Row] {
    var rows: [Row] = []
    try forEach(type) { rows.append($0) }
    return rows
  }
}
