import DatabaseFiles
import GRDB

/// The journal and registry of custody, `data/state/custody.sqlite`: a SQLite database in WAL mode. One process writes at
/// a time, any number may read. Every commit is on the disk when it returns.
struct CustodyJournal: Sendable {
  /// The database's place in a workspace.
  static let relativePath = "data/state/custody.sqlite"
  private static let file = StateDatabaseFile(
    relativePath: relativePath, noun: "custody journal", code: "custody-journal",
    applicationID: JournalSchema.applicationID, migrations: JournalSchema.migrations,
    untouched: "neither it nor any image was touched",
    whenDamaged:
      "no image was touched; put back a copy of this file from a backup: it alone knows where every file came from"
  ) { db in
    if !db.configuration.readonly { try db.execute(sql: "PRAGMA synchronous = FULL") }
    // In KiB: the registry of 100,000 files, which SQLite's 2 MB would read page by page again and again.
    try db.execute(sql: "PRAGMA cache_size = -65536")
  }

  private let pool: DatabasePool
  private let path: String

  /// Opens the journal of a workspace.
  /// - Returns: `nil` when it is opened for reading and there is none yet.
  /// - Throws: `Diagnostics` when it is not a custody journal, newer than this program, damaged or not accessible; it is
  ///   untouched then.
  static func open(workspace: String, readOnly: Bool) throws -> CustodyJournal? {
    try file.open(workspace: workspace, readOnly: readOnly).map {
      CustodyJournal(pool: $0, path: file.path(workspace: workspace))
    }
  }

  /// One transaction, durable when it returns.
  func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
    try Self.file.reporting(path) { try pool.write(body) }
  }

  /// Reads one consistent state of the journal.
  func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
    try Self.file.reporting(path) { try pool.read(body) }
  }
}
