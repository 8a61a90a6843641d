import FileSystem
import GRDB
import PipelineCore
import PipelineSpec
import DatabaseFiles

/// The decisions of one project, `data/training/ai_training_decisions/PROJECT.db`: one row for each decided group.
///
/// A SQLite database with a rollback journal, since older tools open it and it may lie on a network disk; every change
/// is on the disk when its call returns. Several threads and processes may use it at the same time.
public final class DecisionDatabase: Sendable {
  let queue: DatabaseQueue
  /// The file, absolute.
  public let path: String
  /// The project's id.
  public let project: String
  /// What became of an older database's rows, when opening it took them over.
  public let migration: Migration?

  /// The account of a database that was taken over: `rows` = `kept` + `quarantined`, always.
  public struct Migration: Sendable, Equatable {
    /// Rows of the older table.
    public var rows: Int
    /// Rows that are in the present table.
    public var kept: Int
    /// Kept rows of which a value was repaired; what was changed is in the table `migration_notes`.
    public var repaired: Int
    /// Rows that break a constraint: verbatim in the table `quarantined_rows`.
    public var quarantined: Int
    /// The copy of the older database, beside it.
    public var backup: String
  }

  fileprivate static let file = ProjectDatabaseFile(
    folder: folder, noun: "decision database", code: "decision-database", rowCode: "decision-row-invalid",
    whenDamaged: { path in
      "restore it from a backup, or look at it with `sqlite3 \(path) .recover`; the inbox still has every decision"
    })

  /// Where the databases lie, relative to the workspace.
  public static let folder = "data/training/ai_training_decisions"
  /// A project's database, relative to the workspace.
  public static func path(project: String) -> String { file.path(project: project) }

  /// Opens a project's database; makes it when there is none, and takes over one of version 3, of which a copy is made
  /// beside it first.
  /// - Parameters:
  ///   - workspace: absolute.
  ///   - project: the project's id.
  /// - Throws: `Diagnostic` when it is newer, damaged, locked or not accessible; it is untouched then. `FileError`.
  public convenience init(workspace: String, project: String) throws {
    try self.init(workspace: workspace, project: project, patience: 5)
  }

  /// - Parameter patience: how long to wait for a lock, in seconds.
  init(workspace: String, project: String, patience: Double) throws {
    guard Decision.isProjectID(project) else {
      throw Diagnostic(code: "project-id", "\(FileSystem.shown(project)) cannot be a project's id")
    }
    path = "\(workspace)/\(Self.path(project: project))"
    self.project = project
    (queue, migration) = try Self.file.open(
      workspace: workspace, project: project, patience: patience, prepare: Self.prepare)
  }

  /// Opens a project's database to read it; `nil` when there is none.
  /// - Throws: as ``init(workspace:project:)``, and `decision-database-older` for one that was not taken over yet.
  public static func openForReading(workspace: String, project: String) throws -> DecisionDatabase? {
    let path = "\(workspace)/\(Self.path(project: project))"
    guard let status = try FileStatus(following: path), status.size > 0 else { return nil }
    return try reporting(path) {
      var configuration = ProjectDatabaseFile.configuration(patience: 5)
      configuration.readonly = true
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      switch try queue.read({ try Shape($0, path) }) {
      case .empty: return nil
      case .current: return DecisionDatabase(queue: queue, path: path, project: project)
      case .older:
        throw older(path)
      }
    }
  }

  static func older(_ path: String) -> Diagnostic {
    Diagnostic(
      code: "decision-database-older",
      "the decision database \(path) is of an older version; it was not touched",
      help: "`darkroom run` takes it over")
  }

  private init(queue: DatabaseQueue, path: String, project: String) {
    self.queue = queue
    self.path = path
    self.project = project
    migration = nil
  }

  /// What a file holds.
  enum Shape {
    case empty, older, current

    /// - Throws: `Diagnostic` for a newer database, and for one that is another program's.
    init(_ db: Database, _ path: String) throws {
      let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
      guard version <= DecisionSQL.version else {
        throw DecisionDatabase.file.newer(path, version: version, known: DecisionSQL.version)
      }
      let columns = Set(
        try String.fetchAll(db, sql: "SELECT name FROM pragma_table_info('ai_decisions')"))
      if columns.isEmpty {
        guard try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0, version == 0 else {
          throw Self.foreign(path, "it has no table ai_decisions")
        }
        self = .empty
        return
      }
      let needed =
        version == DecisionSQL.version
        ? DecisionRow.columns : ["group_id", "timestamp", "project_id", "images", "user_action"]
      let missing = needed.filter { !columns.contains($0) }
      guard missing.isEmpty else {
        throw Self.foreign(path, "its table ai_decisions lacks \(missing.joined(separator: ", "))")
      }
      self = version == DecisionSQL.version ? .current : .older
    }

    private static func foreign(_ path: String, _ reason: String) -> Diagnostic {
      Diagnostic(
        code: "decision-database-foreign",
        "\(path) is no decision database: \(reason); it was not touched", help: "move that file away")
    }
  }

  private static func prepare(_ queue: DatabaseQueue, _ path: String) throws -> Migration? {
    switch try queue.read({ try Shape($0, path) }) {
    case .current:
      try addOlderCrops(queue)
      return nil
    case .older: return try DecisionMigration(queue: queue, path: path).run()
    case .empty:
      try queue.writeWithoutTransaction { db in
        try db.inTransaction(.exclusive) {
          // Another process may have been first.
          if case .empty = try Shape(db, path) { try db.execute(sql: DecisionSQL.text) }
          return .commit
        }
      }
      return nil
    }
  }

  /// Makes the table that databases of version 4 lack when they were made before there was an import of all crops.
  private static func addOlderCrops(_ queue: DatabaseQueue) throws {
    if try queue.read({ try OlderCrop.isThere($0) }) { return }
    try queue.writeWithoutTransaction { db in
      try db.inTransaction(.immediate) {
        // Another process may have been first.
        if try !OlderCrop.isThere(db) { try db.execute(sql: DecisionSQL.olderCrops) }
        return .commit
      }
    }
  }

  /// Runs database work, turning its errors into findings.
  static func reporting<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    try file.reporting(path, body)
  }
}
