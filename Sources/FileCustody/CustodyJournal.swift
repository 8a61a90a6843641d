import FileSystem
import GRDB
import PipelineCore

/// The journal and registry of custody, `data/state/custody.sqlite`: a SQLite database in WAL mode. One process writes at
/// a time, any number may read. Every commit is on the disk when it returns.
struct CustodyJournal: Sendable {
  /// The database's place in a workspace.
  static let relativePath = "data/state/custody.sqlite"
  /// How long a connection waits for a lock, in seconds. Each has to wait, the first look included: SQLite holds a
  /// database in WAL mode alone for a moment whenever its first connection comes and its last one goes.
  private static let patience = 5.0

  private let pool: DatabasePool
  private let path: String

  /// Opens the journal of a workspace.
  /// - Returns: `nil` when it is opened for reading and there is none yet.
  /// - Throws: `Diagnostics` when it is not a custody journal, newer than this program, damaged or not accessible; it is
  ///   untouched then.
  static func open(workspace: String, readOnly: Bool) throws -> CustodyJournal? {
    let path = "\(workspace)/\(relativePath)"
    let exists = try FileStatus(path).map { $0.size > 0 } ?? false && !isUnborn(path)
    if !exists, readOnly { return nil }
    do {
      if exists {
        guard try hasTables(path) || !readOnly else { return nil }
      } else {
        try FileSystem.makeDirectories("\(workspace)/data/state")
        // SQLite syncs its own folder; a commit is not durable while that folder's name is not.
        for folder in ["\(workspace)/data", workspace] { try FileSystem.sync(folder) }
      }
      return try CustodyJournal(path: path, readOnly: readOnly)
    } catch let error as DatabaseError {
      throw Diagnostics([Self.diagnostic(error, path)])
    }
  }

  private init(path: String, readOnly: Bool) throws {
    self.path = path
    var configuration = Configuration()
    configuration.busyMode = .timeout(Self.patience)
    configuration.foreignKeysEnabled = true
    configuration.readonly = readOnly
    configuration.prepareDatabase { db in
      if !db.configuration.readonly { try db.execute(sql: "PRAGMA synchronous = FULL") }
      // In KiB: the registry of 100,000 files, which SQLite's 2 MB would read page by page again and again.
      try db.execute(sql: "PRAGMA cache_size = -65536")
    }
    pool = try DatabasePool(path: path, configuration: configuration)
    if !readOnly { try migrate() }
  }

  /// Whether the transaction that makes the database was cut short: its rollback journal says that the database had
  /// no page before. Only a connection that may write can roll that back.
  private static func isUnborn(_ path: String) throws -> Bool {
    guard let status = try FileStatus("\(path)-journal"), status.kind == .file else { return false }
    let header = try FileSystem.read("\(path)-journal", first: 20)
    // https://www.sqlite.org/fileformat.html#the_rollback_journal: magic, records, nonce, pages before.
    let magic: [UInt8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]
    return header.count == 20 && header.starts(with: magic) && header.suffix(4).allSatisfy { $0 == 0 }
  }

  /// Looks at a database with a connection that cannot write, before anything could change it.
  /// - Returns: `false` for one whose very first migration was cut short.
  private static func hasTables(_ path: String) throws -> Bool {
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
    guard application == JournalSchema.applicationID || tables == 0 else {
      throw Diagnostics([
        Diagnostic(
          code: "foreign-database",
          "\(path) is not a custody journal (application id \(application)); it was not touched",
          help: "move that file away, or choose another workspace")
      ])
    }
    try refuseNewer(version, path)
    return tables > 0
  }

  private static func refuseNewer(_ version: Int, _ path: String) throws {
    guard version > JournalSchema.migrations.count else { return }
    throw Diagnostics([
      Diagnostic(
        code: "newer-database",
        "\(path) was written by a newer Darkroom (schema \(version), this program knows \(JournalSchema.migrations.count)); neither it nor any image was touched",
        help: "install the newer Darkroom")
    ])
  }

  private func migrate() throws {
    let version = try pool.read { try Int.fetchOne($0, sql: "PRAGMA user_version") ?? 0 }
    try Self.refuseNewer(version, path)
    for (index, migration) in JournalSchema.migrations.enumerated().dropFirst(version) {
      try pool.write { db in
        try db.execute(sql: migration)
        try db.execute(
          sql: "PRAGMA application_id = \(JournalSchema.applicationID); PRAGMA user_version = \(index + 1)")
      }
    }
  }

  private static func diagnostic(_ error: DatabaseError, _ path: String) -> Diagnostic {
    let reason = error.message ?? "result code \(error.resultCode.rawValue)"
    let help: String? =
      switch error.resultCode {
      case .SQLITE_FULL: "free some space on that disk, then give the same command again"
      case .SQLITE_NOTADB, .SQLITE_CORRUPT:
        "no image was touched; put back a copy of this file from a backup: it alone knows where every file came from"
      case .SQLITE_CANTOPEN:
        "check the permissions of the folder and the file, and the free space of the disk"
      case .SQLITE_READONLY, .SQLITE_PERM: "check the permissions of the folder and the file"
      case .SQLITE_BUSY, .SQLITE_LOCKED: "another program keeps it locked; end that program"
      case .SQLITE_IOERR: "the disk reports an error; check its health and free space"
      default: nil
      }
    return Diagnostic(
      code: "custody-journal", "the custody journal \(path) cannot be used: \(reason)", help: help)
  }

  /// One transaction, durable when it returns.
  func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
    do { return try pool.write(body) } catch let error as DatabaseError {
      throw Diagnostics([Self.diagnostic(error, path)])
    }
  }

  /// Reads one consistent state of the journal.
  func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
    do { return try pool.read(body) } catch let error as DatabaseError {
      throw Diagnostics([Self.diagnostic(error, path)])
    }
  }
}
