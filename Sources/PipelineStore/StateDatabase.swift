import DatabaseFiles
import GRDB
public import PipelineEngine

/// The workspace's state: runs, checkpoints and cached digests in `data/state/darkroom.db`, a SQLite database in WAL
/// mode. One process writes at a time, under the workspace lock; any number may read.
public struct StateDatabase: CheckpointStore {
  let pool: DatabasePool
  let mirror = CheckpointMirror()
  private let path: String

  /// The database's place in a workspace.
  public static let relativePath = "data/state/darkroom.db"
  private static let file = StateDatabaseFile(
    relativePath: relativePath, noun: "state database", code: "state-database",
    applicationID: StateSchema.applicationID, migrations: StateSchema.migrations,
    untouched: "it was not touched",
    whenDamaged:
      "it was not touched; restore it from a backup, or move it away: everything is then made anew from the inputs"
  ) { db in
    // Durability is raised to FULL for commits of results; see `durably`.
    if !db.configuration.readonly { try db.execute(sql: "PRAGMA synchronous = NORMAL") }
  }

  /// How a database is opened.
  public enum Access: Sendable {
    /// Makes the database when there is none, and migrates an older one.
    case readWrite
    /// Changes nothing; a workspace without a database gives `nil`.
    case readOnly
  }

  /// Opens the database of a workspace.
  /// - Throws: `Diagnostics` when it is not ours, newer than this program, damaged or not accessible; it is
  ///   untouched then.
  public static func open(workspace: String, _ access: Access) throws -> StateDatabase? {
    try file.open(workspace: workspace, readOnly: access == .readOnly).map {
      StateDatabase(pool: $0, path: file.path(workspace: workspace))
    }
  }

  private init(pool: DatabasePool, path: String) {
    self.pool = pool
    self.path = path
  }

  /// Runs one transaction whose commit is on the disk when it returns.
  func durably(_ body: (Database) throws -> Void) throws {
    try reporting {
      try pool.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA synchronous = FULL")
        defer {
          // `try?`: a connection that stays at FULL is slower, not wrong.
          try? db.execute(sql: "PRAGMA synchronous = NORMAL")
        }
        try db.inTransaction(.immediate) {
          try body(db)
          return .commit
        }
      }
    }
  }

  /// Runs database work, turning its errors into findings.
  func reporting<Result>(_ body: () throws -> Result) throws -> Result {
    try Self.file.reporting(path, body)
  }
}
