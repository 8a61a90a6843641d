import FileSystem
import GRDB
import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A private copy of a SQLite database, of its state at one moment, for work that would change the file.
///
/// Opening a database with a write-ahead log makes files beside it even to read, and one whose writer died has to be
/// rolled back first. Such a database is copied as files, and SQLite works on the copy only.
struct DatabaseCopy {
  let queue: DatabaseQueue
  /// Where the copied files lie; `nil` for a copy that SQLite keeps for itself.
  private let folder: String?

  /// - Parameter patience: how long to wait for a lock, in seconds.
  /// - Throws: `DatabaseError` SQLITE_BUSY when another program keeps it locked, SQLITE_NOTADB for another file;
  ///   `Diagnostic` `import-changing`; `FileError`.
  init(_ path: String, patience: Double) throws {
    let header = try FileSystem.read(path, first: 100)
    guard header.count == 100, OlderDecisions.isDatabase(header) else {
      throw DatabaseError(resultCode: .SQLITE_NOTADB)
    }
    // https://www.sqlite.org/fileformat.html: the bytes 18 and 19 are 2 in a database with a write-ahead log.
    if header[18] == 2 || header[19] == 2 {
      self = try Self(files: path)
      return
    }
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(patience)
    do {
      let source = try DatabaseQueue(path: path, configuration: configuration)
      // An empty path is a temporary database, which SQLite keeps where nobody sees it and removes itself.
      let copy = try DatabaseQueue(path: "")
      try source.read { from in
        // Taking the lock first tells a locked database apart from everything else.
        _ = try Int.fetchOne(from, sql: "SELECT count(*) FROM sqlite_master")
        try copy.writeWithoutTransaction { try from.backup(to: $0) }
      }
      try source.close()
      queue = copy
      folder = nil
    } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK {
      self = try Self(files: path)
    }
  }

  /// Copies the database's file with its journal.
  private init(files path: String) throws {
    let environment = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    let folder =
      "\(environment.isEmpty ? "/tmp" : environment)/darkroom-import-\(UInt64.random(in: 0 ... .max))"
    try FileSystem.makeDirectory(folder, mode: 0o700)
    do {
      let suffixes = ["", "-wal", "-journal"]
      let before = try suffixes.map { try FileStatus(following: path + $0) }
      for (suffix, status) in zip(suffixes, before) where status != nil {
        try FileSystem.create("\(folder)/copy\(suffix)", try FileSystem.read(path + suffix), mode: 0o600)
      }
      guard try suffixes.map({ try FileStatus(following: path + $0) }) == before else {
        throw Diagnostic(
          code: "import-changing", "another program is writing to \(path); nothing was imported",
          help: "end that program, or wait until it is done, then give the same command again")
      }
      queue = try DatabaseQueue(path: "\(folder)/copy")
      self.folder = folder
    } catch {
      Self.remove(folder)
      throw error
    }
  }

  /// Takes the copy away, for the end.
  func remove() {
    // `try?`: the files, if any, are removed below, and nothing else depends on the connection.
    try? queue.close()
    if let folder { Self.remove(folder) }
  }

  private static func remove(_ folder: String) {
    // `try?`: the system empties its temporary folder anyway.
    try? FileSystem.removeTree(folder)
  }
}
