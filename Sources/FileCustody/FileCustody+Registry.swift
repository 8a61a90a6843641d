public import FileSystem
import PipelineCore
import GRDB

extension FileCustody {
  /// Takes in files that a scan saw, in one transaction: new ones, changed contents, refreshed statuses. Nothing is
  /// forgotten. A file that custody moved is known at its new place; another file at the old one is a new file.
  public func register(_ files: [SeenFile], project: String) throws {
    if files.isEmpty { return }
    let now = clock()
    try disk.before("commit files")
    try journal.write { try FileRegistry(db: $0).register(files, project: project, at: now) }
  }

  /// Takes in that files are not at these places any more, relative to the project's root.
  public func markMissing(_ origins: [RelativePath], project: String) throws {
    if origins.isEmpty { return }
    try disk.before("commit files")
    try journal.write { try FileRegistry(db: $0).markMissing(origins, project: project) }
  }

  /// Every file of a project that was ever seen, sorted by the bytes of its origin, then by generation.
  public func files(project: String) throws -> [KnownFile] {
    try journal.read { try FileRegistry(db: $0).files(project: project) }
  }

  /// All that is known of the files with this name, in all projects.
  public func history(ofName name: String) throws -> [FileHistory] {
    try journal.read { db in
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT \(FileRegistry.columns), project FROM files WHERE name = ? ORDER BY project, origin, generation
          """, arguments: [name])
      return try rows.map { row in
        let known = try FileRow(row)
        return FileHistory(
          project: row[20], file: known.file,
          receipts: try CustodyJournal.receipts(.init(file: known.id), db).reversed(),
          acceptances: try AcceptanceTable(db: db).rows(file: known.id).map(\.acceptance))
      }
    }
  }
}
