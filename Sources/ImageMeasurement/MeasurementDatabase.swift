import FileSystem
import GRDB
import PipelineCore
import DatabaseFiles

/// The measurements of one project's images, `data/training/image_measurements/PROJECT.db`: one row per content.
///
/// A SQLite database with a rollback journal: after each call the file holds everything, so that its digest stands for
/// its rows, and it stays byte for byte the same while nothing new is recorded. Several threads and processes may use
/// it at the same time.
public final class MeasurementDatabase: Sendable {
  let queue: DatabaseQueue
  let waiting = WaitingRows()
  /// Whether it was opened with ``openForReading(workspace:project:)``.
  let isForReading: Bool
  /// The file, absolute.
  public let path: String

  private static let file = ProjectDatabaseFile(
    folder: folder, noun: "measurement database", code: "measurement-database",
    rowCode: "measurement-row-invalid",
    whenDamaged: { _ in
      "restore it from a backup, or move it away: images that are still there are then measured again (`--force`)"
    })

  /// Where the databases lie, relative to the workspace.
  public static let folder = "data/training/image_measurements"
  /// A project's database, relative to the workspace.
  public static func path(project: String) -> String { file.path(project: project) }

  /// Opens a project's database; makes it when there is none.
  /// - Parameters:
  ///   - workspace: absolute.
  ///   - project: the project's id.
  /// - Throws: `Diagnostic` when it is newer, damaged, locked, another program's or not accessible; it is untouched
  ///   then. `FileError`.
  public convenience init(workspace: String, project: String) throws {
    try self.init(workspace: workspace, project: project, patience: 5)
  }

  /// - Parameter patience: how long to wait for a lock, in seconds.
  init(workspace: String, project: String, patience: Double) throws {
    path = "\(workspace)/\(Self.path(project: project))"
    isForReading = false
    (queue, _) = try Self.file.open(
      workspace: workspace, project: project, patience: patience, prepare: Self.prepare)
  }

  /// Opens a project's database to read it; `nil` when there is none. ``record(_:)`` throws then.
  /// - Throws: as ``init(workspace:project:)``.
  public static func openForReading(workspace: String, project: String) throws -> MeasurementDatabase? {
    try openForReading(workspace: workspace, project: project, patience: 5)
  }

  static func openForReading(
    workspace: String, project: String, patience: Double
  ) throws -> MeasurementDatabase? {
    let path = "\(workspace)/\(path(project: project))"
    guard let status = try FileStatus(following: path), status.size > 0 else { return nil }
    return try reporting(path) {
      // Not a read-only connection: that could not look past what a kill in the middle of a commit left.
      let queue = try DatabaseQueue(
        path: path, configuration: ProjectDatabaseFile.configuration(patience: patience))
      return try queue.unsafeRead { try isEmpty($0, path) } ? nil : MeasurementDatabase(reading: queue, path)
    }
  }

  private init(reading queue: DatabaseQueue, _ path: String) {
    self.queue = queue
    self.path = path
    isForReading = true
  }

  private static func prepare(_ queue: DatabaseQueue, _ path: String) throws {
    guard try queue.unsafeRead({ try isEmpty($0, path) }) else { return }
    try queue.writeWithoutTransaction { db in
      try db.inTransaction(.exclusive) {
        // Another process may have been first.
        if try isEmpty(db, path) { try db.execute(sql: MeasurementSQL.text) }
        return .commit
      }
    }
  }

  /// Whether the file has no table yet.
  /// - Throws: `Diagnostic` for a newer database, and for one that is another program's.
  private static func isEmpty(_ db: Database, _ path: String) throws -> Bool {
    let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    guard version <= MeasurementSQL.version else {
      throw file.newer(path, version: version, known: MeasurementSQL.version)
    }
    let columns = try String.fetchAll(db, sql: "SELECT name FROM pragma_table_info('image_measurements')")
    if columns == MeasurementSQL.columns, version == MeasurementSQL.version { return false }
    guard try version == 0 && Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0 else {
      throw Diagnostic(
        code: "measurement-database-foreign",
        "\(path) is no measurement database: its table image_measurements is missing or another; it was not touched",
        help: "move that file away; the images are then measured again")
    }
    return true
  }

  /// Runs database work, turning its errors into findings.
  static func reporting<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    try file.reporting(path, body)
  }
}
