import FileSystem
import GRDB
import PipelineCore
public import PipelineEngine

/// The workspace's state: runs, checkpoints and cached digests in `data/state/darkroom.db`, a SQLite database in WAL
/// mode. One process writes at a time, under the workspace lock; any number may read.
public struct StateDatabase: CheckpointStore {
  let pool: DatabasePool
  let mirror = CheckpointMirror()
  private let path: String

  /// The database's place in a workspace.
  public static let relativePath = "data/state/darkroom.db"
  /// How long a connection waits for a lock, in seconds. Each has to wait, the first look included: SQLite holds a
  /// database in WAL mode alone for a moment whenever its first connection comes and its last one goes.
  private static let patience = 5.0

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
    let path = "\(workspace)/\(relativePath)"
    let exists = try FileStatus(path).map { $0.size > 0 } ?? false && !isUnborn(path)
    if !exists, access == .readOnly { return nil }
    if exists, try !isCurrent(path), try !hasTables(path), access == .readOnly { return nil }
    do {
      if !exists {
        try FileSystem.makeDirectories("\(workspace)/data/state")
        // SQLite syncs its own folder; a commit is not durable while that folder's name is not.
        for folder in ["\(workspace)/data", workspace] { try FileSystem.sync(folder) }
      }
      return try StateDatabase(path: path, access)
    } catch let error as DatabaseError {
      throw Diagnostics([Self.diagnostic(error, path)])
    }
  }

  private init(path: String, _ access: Access) throws {
    self.path = path
    var configuration = Configuration()
    configuration.busyMode = .timeout(Self.patience)
    configuration.foreignKeysEnabled = true
    configuration.readonly = access == .readOnly
    configuration.prepareDatabase { db in
      // Durability is raised to FULL for commits of results; see `durably`.
      if !db.configuration.readonly { try db.execute(sql: "PRAGMA synchronous = NORMAL") }
    }
    pool = try DatabasePool(path: path, configuration: configuration)
    if access == .readWrite { try migrate() }
  }

  /// Whether the transaction that makes the database was cut short: its rollback journal says that the database had
  /// no page before. There is nothing in it then, and only a connection that may write can roll it back.
  private static func isUnborn(_ path: String) throws -> Bool {
    let journal = path + "-journal"
    guard let status = try FileStatus(journal), status.kind == .file, status.size >= 20 else { return false }
    // The journal of an empty database is small; a large one belongs to another program's database.
    guard status.size <= 1 << 20 else { return false }
    let header = try FileSystem.read(journal).prefix(20)
    // https://www.sqlite.org/fileformat.html#the_rollback_journal: magic, records, nonce, pages before.
    let magic: [UInt8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]
    return header.prefix(8).elementsEqual(magic) && header.suffix(4).allSatisfy { $0 == 0 }
  }

  /// Whether the file's own header says that it is ours and of this program's version, so that nothing more has to be
  /// asked before it is opened: https://www.sqlite.org/fileformat.html#the_database_header.
  private static func isCurrent(_ path: String) throws -> Bool {
    let header = try FileSystem.read(path, first: 100)
    guard header.count == 100 else { return false }
    func number(_ offset: Int) -> UInt32 { header[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) } }
    return number(68) == UInt32(bitPattern: StateSchema.applicationID)
      && number(60) == UInt32(StateSchema.migrations.count)
  }

  /// Looks at a database with a connection that cannot write, before anything could change it.
  /// - Returns: `false` for one whose very first migration was cut short.
  private static func hasTables(_ path: String) throws -> Bool {
    do {
      var configuration = Configuration()
      configuration.readonly = true
      configuration.busyMode = .timeout(Self.patience)
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      let (application, version) = try queue.read { db in
        (
          try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0,
          try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        )
      }
      let isEmpty = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_master") == 0 }
      guard application == StateSchema.applicationID || isEmpty else {
        throw Diagnostics([
          Diagnostic(
            code: "foreign-database",
            "\(path) is not a Darkroom state database (application id \(application)); it was not touched",
            help: "move that file away, or choose another workspace")
        ])
      }
      guard version <= StateSchema.migrations.count else { throw newer(version, path) }
      return !isEmpty
    } catch let error as DatabaseError {
      throw Diagnostics([diagnostic(error, path)])
    }
  }

  private static func newer(_ version: Int, _ path: String) -> Diagnostics {
    Diagnostics([
      Diagnostic(
        code: "newer-database",
        "\(path) was written by a newer Darkroom (schema \(version), this program knows \(StateSchema.migrations.count)); it was not touched",
        help: "install the newer Darkroom")
    ])
  }

  private func migrate() throws {
    let version = try pool.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
    // The file's header may be older than what its write-ahead log holds.
    guard version <= StateSchema.migrations.count else { throw Self.newer(version, path) }
    for (index, migration) in StateSchema.migrations.enumerated().dropFirst(version) {
      try pool.write { db in
        try db.execute(sql: migration)
        try db.execute(
          sql: "PRAGMA application_id = \(StateSchema.applicationID); PRAGMA user_version = \(index + 1)")
      }
    }
  }

  static func diagnostic(_ error: DatabaseError, _ path: String) -> Diagnostic {
    let reason = error.message ?? "result code \(error.resultCode.rawValue)"
    let help: String? =
      switch error.resultCode {
      case .SQLITE_FULL: "free some space on that disk, then give the same command again"
      case .SQLITE_NOTADB, .SQLITE_CORRUPT:
        "it was not touched; restore it from a backup, or move it away: everything is then made anew from the inputs"
      // SQLite says no more than this when a full disk keeps it from making its files.
      case .SQLITE_CANTOPEN:
        "check the permissions of the folder and the file, and the free space of the disk"
      case .SQLITE_READONLY, .SQLITE_PERM: "check the permissions of the folder and the file"
      case .SQLITE_BUSY, .SQLITE_LOCKED: "another program keeps it locked; end that program"
      case .SQLITE_IOERR: "the disk reports an error; check its health and free space"
      default: nil
      }
    return Diagnostic(
      code: "state-database", "the state database \(path) cannot be used: \(reason)", help: help)
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
    do { return try body() } catch let error as DatabaseError {
      throw Diagnostics([Self.diagnostic(error, path)])
    }
  }
}
