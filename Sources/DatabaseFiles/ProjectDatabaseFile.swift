import FileSystem
public import GRDB
public import PipelineCore

/// What the SQLite databases of projects have in common: a file for each project in a folder of their own, with a
/// rollback journal and every commit on the disk, and errors in words.
///
/// A rollback journal, because other tools open them and they may lie on a network disk, and because the file then holds
/// everything after each commit: its digest stands for its rows.
public struct ProjectDatabaseFile: Sendable {
  /// Where the databases lie, relative to the workspace, such as `data/training/image_measurements`.
  public let folder: String
  /// What messages call one, such as `measurement database`.
  public let noun: String
  /// How the codes of findings begin, such as `measurement-database`.
  public let code: String
  /// The code of a row that the constraints do not admit.
  public let rowCode: String
  /// What to do with a damaged file, by its path.
  private let whenDamaged: @Sendable (String) -> String

  public init(
    folder: String, noun: String, code: String, rowCode: String,
    whenDamaged: @escaping @Sendable (String) -> String
  ) {
    self.folder = folder
    self.noun = noun
    self.code = code
    self.rowCode = rowCode
    self.whenDamaged = whenDamaged
  }

  /// A project's database, relative to the workspace.
  public func path(project: String) -> String { "\(folder)/\(project).db" }

  /// How connections are opened: every commit is durable when it returns.
  /// - Parameter patience: how long to wait for a lock, in seconds.
  public static func configuration(patience: Double) -> Configuration {
    var configuration = Configuration()
    configuration.busyMode = .timeout(patience)
    configuration.prepareDatabase { db in
      if db.configuration.readonly { return }
      try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON")
    }
    return configuration
  }

  /// Opens a file that may be new, and makes its name durable when it is.
  /// - Parameters:
  ///   - workspace: absolute.
  ///   - prepare: brings the file into its present form; gets the queue and the file's absolute path.
  /// - Throws: `Diagnostic` for what SQLite reports; what `prepare` throws; `FileError`.
  public func open<Result>(
    workspace: String, project: String, patience: Double,
    prepare: (DatabaseQueue, _ path: String) throws -> Result
  ) throws -> (queue: DatabaseQueue, prepared: Result) {
    let path = "\(workspace)/\(path(project: project))"
    let isNew = try FileStatus(path) == nil
    if isNew { try FileSystem.makeDirectories("\(workspace)/\(folder)") }
    let opened = try reporting(path) {
      let queue = try DatabaseQueue(path: path, configuration: Self.configuration(patience: patience))
      return (queue, try prepare(queue, path))
    }
    if isNew { try syncFolders(workspace) }
    return opened
  }

  /// Makes the names of the folder and of those it is in durable.
  private func syncFolders(_ workspace: String) throws {
    var place = RelativePath(folder)
    while !place.rawValue.isEmpty {
      try FileSystem.sync("\(workspace)/\(place)")
      place = place.folder
    }
    try FileSystem.sync(workspace)
  }

  /// Runs database work, turning SQLite's errors into findings.
  /// - Parameter path: of the database, for the findings.
  public func reporting<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as DatabaseError {
      throw diagnostic(error, path)
    }
  }

  private func diagnostic(_ error: DatabaseError, _ path: String) -> Diagnostic {
    let reason = error.reason
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return Diagnostic(
        code: "\(code)-locked", "another program keeps the \(noun) \(path) locked; it was not touched",
        help: "end that program, or wait until it is done, then give the same command again")
    case .SQLITE_NOTADB, .SQLITE_CORRUPT:
      return Diagnostic(
        code: "\(code)-corrupt", "the \(noun) \(path) is damaged: \(reason); it was not touched",
        help: whenDamaged(path))
    case .SQLITE_CONSTRAINT:
      return Diagnostic(
        code: rowCode, "the \(noun) \(path) does not admit this row: \(reason); nothing was written")
    case .SQLITE_FULL:
      return Diagnostic(
        code: code, "the disk of the \(noun) \(path) is full; nothing was written",
        help: "free some space, then give the same command again")
    default:
      return Diagnostic(
        code: code, "the \(noun) \(path) cannot be used: \(reason)",
        help: error.isOfMovedFile
          ? DatabaseError.helpForMovedFile
          : "check the permissions of the folder and the file, and the health and free space of the disk")
    }
  }

  /// The finding for a file of a later program.
  public func newer(_ path: String, version: Int, known: Int) -> Diagnostic {
    Diagnostic(
      code: "\(code)-newer",
      "\(path) was written by a newer Darkroom (version \(version), this program knows \(known)); it was not touched",
      help: "install the newer Darkroom")
  }
}
