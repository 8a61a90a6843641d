import FileSystem
public import GRDB
import PipelineCore

/// A SQLite database in a workspace's `data/state`: in WAL mode, with an application id, and a schema that is a list of
/// migrations. One process writes at a time, any number may read.
public struct StateDatabaseFile: Sendable {
  /// Where it lies, relative to the workspace.
  public let relativePath: String
  /// What messages call it, with its article where one is needed: `custody journal`.
  public let noun: String
  /// The code of findings on it that have no code of their own.
  public let code: String
  /// Marks the file as ours: `PRAGMA application_id`.
  public let applicationID: Int32
  /// SQL that never changes once released; `PRAGMA user_version` counts them, so that any SQLite tool can see which
  /// version it has in hand.
  public let migrations: [String]
  /// What was not touched when it is refused, such as `neither it nor any image was touched`.
  public let untouched: String
  /// What to do when it is damaged.
  public let whenDamaged: String
  /// What each connection begins with.
  private let prepare: @Sendable (Database) throws -> Void

  /// How long a connection waits for a lock, in seconds. Each has to wait, the first look included: SQLite holds a
  /// database in WAL mode alone for a moment whenever its first connection comes and its last one goes.
  private static let patience = 5.0

  public init(
    relativePath: String, noun: String, code: String, applicationID: Int32, migrations: [String],
    untouched: String, whenDamaged: String, prepare: @escaping @Sendable (Database) throws -> Void
  ) {
    self.relativePath = relativePath
    self.noun = noun
    self.code = code
    self.applicationID = applicationID
    self.migrations = migrations
    self.untouched = untouched
    self.whenDamaged = whenDamaged
    self.prepare = prepare
  }

  /// The file's place in a workspace, absolute.
  public func path(workspace: String) -> String { "\(workspace)/\(relativePath)" }

  /// Opens the database of a workspace; for writing it is made when there is none, and an older one is migrated.
  /// - Returns: `nil` when it is opened for reading and there is none yet.
  /// - Throws: `Diagnostics` when it is not ours, newer than this program, damaged or not accessible; it is untouched
  ///   then.
  public func open(workspace: String, readOnly: Bool) throws -> DatabasePool? {
    let path = path(workspace: workspace)
    return try reporting(path) {
      let exists = try FileStatus(path).map { $0.size > 0 } ?? false && !Self.isUnborn(path)
      if !exists, readOnly { return nil }
      if exists, try !isCurrent(path), try !hasTables(path), readOnly { return nil }
      if !exists { try makeFolder(workspace) }
      let pool = try DatabasePool(path: path, configuration: configuration(readOnly: readOnly))
      if !readOnly { try migrate(pool, path) }
      return pool
    }
  }

  /// SQLite syncs its own folder; a commit is not durable while that folder's name is not.
  private func makeFolder(_ workspace: String) throws {
    var folder = RelativePath(relativePath).folder
    try FileSystem.makeDirectories("\(workspace)/\(folder)")
    while !folder.rawValue.isEmpty {
      folder = folder.folder
      try FileSystem.sync(folder.rawValue.isEmpty ? workspace : "\(workspace)/\(folder)")
    }
  }

  private func configuration(readOnly: Bool) -> Configuration {
    var configuration = Configuration()
    configuration.busyMode = .timeout(Self.patience)
    configuration.foreignKeysEnabled = true
    configuration.readonly = readOnly
    configuration.prepareDatabase(prepare)
    return configuration
  }

  // MARK: Before it is opened

  /// Whether the transaction that makes the database was cut short: its rollback journal says that the database had
  /// no page before. There is nothing in it then, and only a connection that may write can roll it back.
  private static func isUnborn(_ path: String) throws -> Bool {
    guard let status = try FileStatus("\(path)-journal"), status.kind == .file else { return false }
    let header = try FileSystem.read("\(path)-journal", first: 20)
    // https://www.sqlite.org/fileformat.html#the_rollback_journal: magic, records, nonce, pages before.
    let magic: [UInt8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]
    return header.count == 20 && header.starts(with: magic) && header.suffix(4).allSatisfy { $0 == 0 }
  }

  /// Whether the file's own header says that it is ours and of this program's version, so that nothing more has to be
  /// asked before it is opened: https://www.sqlite.org/fileformat.html#the_database_header.
  private func isCurrent(_ path: String) throws -> Bool {
    let header = try FileSystem.read(path, first: 100)
    guard header.count == 100 else { return false }
    func number(_ offset: Int) -> UInt32 { header[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) } }
    return number(68) == UInt32(bitPattern: applicationID) && number(60) == UInt32(migrations.count)
  }

  /// Looks at a database with a connection that cannot write, before anything could change it.
  /// - Returns: `false` for one whose very first migration was cut short.
  private func hasTables(_ path: String) throws -> Bool {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(Self.patience)
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    let (application, version, tables) = try queue.read { db in
      (
        try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0,
        try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0,
        try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
      )
    }
    guard application == applicationID || tables == 0 else {
      throw Diagnostics([
        Diagnostic(
          code: "foreign-database",
          "\(path) is no \(noun) of Darkroom (application id \(application)); it was not touched",
          help: "move that file away, or choose another workspace")
      ])
    }
    try refuseNewer(version, path)
    return tables > 0
  }

  private func refuseNewer(_ version: Int, _ path: String) throws {
    guard version > migrations.count else { return }
    throw Diagnostics([
      Diagnostic(
        code: "newer-database",
        "\(path) was written by a newer Darkroom (schema \(version), this program knows \(migrations.count)); \(untouched)",
        help: "install the newer Darkroom")
    ])
  }

  private func migrate(_ pool: DatabasePool, _ path: String) throws {
    let version = try pool.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
    // The file's header may be older than what its write-ahead log holds.
    try refuseNewer(version, path)
    for (index, migration) in migrations.enumerated().dropFirst(version) {
      try pool.write { db in
        try db.execute(sql: migration)
        try db.execute(
          sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(index + 1)")
      }
    }
  }

  // MARK: Errors

  /// Runs database work, turning SQLite's errors into findings.
  /// - Parameter path: the file's, for the findings.
  public func reporting<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as DatabaseError {
      throw Diagnostics([diagnostic(error, path)])
    }
  }

  private func diagnostic(_ error: DatabaseError, _ path: String) -> Diagnostic {
    let help: String? =
      switch error.resultCode {
      case .SQLITE_FULL: "free some space on that disk, then give the same command again"
      case .SQLITE_NOTADB, .SQLITE_CORRUPT: whenDamaged
      // SQLite says no more than this when a full disk keeps it from making its files.
      case .SQLITE_CANTOPEN:
        "check the permissions of the folder and the file, and the free space of the disk"
      case .SQLITE_READONLY where error.isOfMovedFile: DatabaseError.helpForMovedFile
      case .SQLITE_READONLY, .SQLITE_PERM:
        "check the permissions of the folder and the file, and the health of the disk"
      case .SQLITE_BUSY, .SQLITE_LOCKED: "another program keeps it locked; end that program"
      case .SQLITE_IOERR: "the disk reports an error; check its health and free space"
      default: nil
      }
    return Diagnostic(code: code, "the \(noun) \(path) cannot be used: \(error.reason)", help: help)
  }
}
