public import FileSystem
import GRDB
import PipelineCore

/// A record of the operation log that the journal knows of.
public struct JournalledRecord: Sendable, Equatable {
  /// Its `op_id`.
  public var id: String
  /// The log that it was written to, a name in the folder of the logs.
  public var file: String
  /// The project of its order.
  public var project: String
  /// Whether it has to be in the log by now: its pass is done.
  public var isDue: Bool
}

/// A known file with its status when it was last seen where it is.
public struct PlacedFile: Sendable {
  /// Names it in the registry.
  public var id: Int64
  /// What is known of it.
  public var file: KnownFile
  /// Its status at ``KnownFile/place``.
  public var status: FileStatus
}

/// A file whose content was found to be what the registry has, though its status had changed.
public struct ConfirmedFile: Sendable {
  /// Names it in the registry.
  public var id: Int64
  /// Its status when it was read.
  public var status: FileStatus

  public init(id: Int64, status: FileStatus) {
    self.id = id
    self.status = status
  }
}

/// What the audit compares with the disk.
extension FileCustody {
  /// The records of all orders and acceptances of all projects, each kind in the order in which they began.
  public func logRecords() throws -> [JournalledRecord] {
    try journal.read { db in
      var records: [JournalledRecord] = []
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT orders.id, project, direction, passes.state, log_file, json_array_length(log_lines)
          FROM passes JOIN orders ON sequence = order_sequence ORDER BY passes.id
          """)
      while let row = try rows.next() {
        guard let direction = Pass.Direction(rawValue: row[2]) else { throw FileRow.damaged("a pass") }
        let id = OrderID(rawValue: row[0])
        for operation in 0..<(row[5] as Int) {
          records.append(
            JournalledRecord(
              id: id.recordName(operation, isUndo: direction == .undo), file: row[4], project: row[1],
              isDue: row[3] == "done"))
        }
      }
      guard try AcceptanceTable.isThere(db) else { return records }
      let accepted = try Row.fetchCursor(
        db,
        sql: """
          SELECT acceptances.id, log_file, project, state FROM acceptances JOIN files ON file = files.id
          WHERE log_line IS NOT NULL ORDER BY sequence
          """)
      while let row = try accepted.next() {
        records.append(
          JournalledRecord(
            id: OrderID(rawValue: row[0]).recordName(0, isUndo: false), file: row[1], project: row[2],
            isDue: row[3] == "done"))
      }
      return records
    }
  }

  /// Every file of a project that was ever seen, as ``files(project:)`` gives them, with their statuses.
  public func placedFiles(project: String) throws -> [PlacedFile] {
    try journal.read { db in
      var files: [PlacedFile] = []
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT \(FileRegistry.columns) FROM files WHERE project = ? ORDER BY origin, generation
          """, arguments: [project])
      while let row = try rows.next() {
        let row = try FileRow(row)
        files.append(PlacedFile(id: row.id, file: row.file, status: row.file.placeStatus))
      }
      return files
    }
  }

  /// Takes in statuses of files that were read and found to be as they were, so that the next look need not read them. The
  /// caller holds the workspace, and read the files while it did.
  public func confirm(_ files: [ConfirmedFile]) throws {
    if files.isEmpty { return }
    try disk.before("commit files")
    try journal.write { db in
      for file in files { try FileRegistry(db: db).setStatus(file.id, file.status) }
    }
  }
}
