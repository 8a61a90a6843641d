import FileSystem
import Foundation
import GRDB
import PipelineCore

/// The rows of every file ever seen, within one transaction.
struct FileRegistry {
  let db: Database

  /// A row with what is known of the file at its present place.
  struct Entry {
    var id: Int64
    var file: KnownFile
    /// Its status when it was last seen where it is.
    var placeStatus: FileStatus
  }

  static let columns = """
    id, origin, generation, kind, first_digest, digest, device, inode, size, modified, changed, first_seen,
    place_kind, place, place_device, place_inode, place_size, place_modified, place_changed
    """

  // MARK: Reading

  /// The file that is at this place of a project.
  func entry(at place: RelativePath, project: String) throws -> Entry? {
    try entry("project = ? AND place = ? AND place_kind = 'project'", [project, place.rawValue])
  }

  /// The newest file with this origin.
  func newest(origin: RelativePath, project: String) throws -> Entry? {
    try entry("project = ? AND origin = ? ORDER BY generation DESC LIMIT 1", [project, origin.rawValue])
  }

  func entry(_ id: Int64) throws -> Entry? { try entry("id = ?", [id]) }

  private func entry(_ condition: String, _ arguments: StatementArguments) throws -> Entry? {
    let statement = try db.cachedStatement(sql: "SELECT \(Self.columns) FROM files WHERE \(condition)")
    return try Row.fetchOne(statement, arguments: arguments).map(Self.entry)
  }

  /// Every file of a project, by the bytes of their origins.
  func entries(project: String) throws -> [Entry] {
    var entries: [Entry] = []
    let rows = try Row.fetchCursor(
      db, sql: "SELECT \(Self.columns) FROM files WHERE project = ? ORDER BY origin, generation",
      arguments: [project])
    while let row = try rows.next() { entries.append(try Self.entry(row)) }
    return entries
  }

  static func entry(_ row: Row) throws -> Entry {
    guard let kind = FileKind(rawValue: row[3]) else { throw damaged("a file's kind") }
    return Entry(
      id: row[0],
      file: KnownFile(
        origin: RelativePath(row[1]), generation: row[2], kind: kind, firstDigest: try digest(row, 4),
        digest: try digest(row, 5), status: status(row, 6), firstSeen: row[11],
        place: try place(row[12], row[13])),
      placeStatus: status(row, 14))
  }

  private static func status(_ row: Row, _ column: Int) -> FileStatus {
    FileStatus(
      device: UInt64(bitPattern: row[column]), inode: UInt64(bitPattern: row[column + 1]),
      size: row[column + 2], modified: row[column + 3], changed: row[column + 4])
  }

  private static func place(_ kind: String, _ path: String?) throws -> Place {
    switch (kind, path) {
    case ("project", let path?): .inProject(RelativePath(path))
    case ("trash", let path?): .trash(path)
    case ("removed", nil): .removed
    case ("missing", nil): .missing
    default: throw damaged("a file's place")
    }
  }

  static func digest(_ row: Row, _ column: Int) throws -> Digest {
    let digest = try row.withUnsafeData(atIndex: column) { data in data.flatMap { Digest(rawBytes: $0) } }
    guard let digest else { throw damaged("a digest") }
    return digest
  }

  static func damaged(_ what: String) -> Diagnostic {
    Diagnostic(
      code: "custody-journal", "the custody journal holds \(what) that cannot be; no image was touched",
      help: "put back a copy of \(CustodyJournal.relativePath) from a backup")
  }

  // MARK: Writing

  /// Adds a file that is at its origin.
  func insert(_ seen: SeenFile, project: String, at time: Int64) throws -> Int64 {
    try vacate(seen.origin, project: project)
    let generation = (try newest(origin: seen.origin, project: project)?.file.generation ?? 0) + 1
    let status = seen.status
    let marks: [Int64] = [
      Int64(bitPattern: status.device), Int64(bitPattern: status.inode), status.size, status.modified,
      status.changed,
    ]
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO files (project, origin, generation, name, kind, first_digest, digest,
          device, inode, size, modified, changed, first_seen, place_kind, place,
          place_device, place_inode, place_size, place_modified, place_changed)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'project', ?, ?, ?, ?, ?, ?)
        """)
    try statement.execute(arguments: [
      project, seen.origin.rawValue, generation, seen.origin.name, seen.kind.rawValue, seen.digest.data,
      seen.digest.data, marks[0], marks[1], marks[2], marks[3], marks[4], time, seen.origin.rawValue,
      marks[0], marks[1], marks[2], marks[3], marks[4],
    ])
    return db.lastInsertedRowID
  }

  /// A new look at a file in the project: its content and status there.
  func refresh(_ entry: Entry, place: RelativePath, digest: Digest, status: FileStatus) throws {
    try setPlace(entry.id, .inProject(place), status: status)
    if entry.file.digest != digest {
      try db.cachedStatement(sql: "UPDATE files SET digest = ? WHERE id = ?").execute(arguments: [
        digest.data, entry.id,
      ])
    }
  }

  /// A file is somewhere else now.
  func setPlace(_ id: Int64, _ place: Place, status: FileStatus?) throws {
    let (kind, path): (String, String?) =
      switch place {
      case .inProject(let path): ("project", path.rawValue)
      case .trash(let path): ("trash", path)
      case .removed: ("removed", nil)
      case .missing: ("missing", nil)
      }
    if case .inProject(let path) = place {
      try vacate(path, project: try project(of: id), but: id)
    }
    try db.cachedStatement(sql: "UPDATE files SET place_kind = ?, place = ? WHERE id = ?").execute(
      arguments: [
        kind, path, id,
      ])
    if let status { try setStatus(id, status) }
  }

  /// A new look at a file that is where the registry has it. At its origin, the status counts as seen there.
  func setStatus(_ id: Int64, _ status: FileStatus) throws {
    let marks: StatementArguments = [
      Int64(bitPattern: status.device), Int64(bitPattern: status.inode), status.size, status.modified,
      status.changed, id,
    ]
    try db.cachedStatement(
      sql: """
        UPDATE files SET place_device = ?, place_inode = ?, place_size = ?, place_modified = ?, place_changed = ?
        WHERE id = ?
        """
    ).execute(arguments: marks)
    try db.cachedStatement(
      sql: """
        UPDATE files SET device = ?, inode = ?, size = ?, modified = ?, changed = ?
        WHERE id = ? AND place_kind = 'project' AND place = origin
        """
    ).execute(arguments: marks)
  }

  private func project(of id: Int64) throws -> String {
    let statement = try db.cachedStatement(sql: "SELECT project FROM files WHERE id = ?")
    guard let project = try String.fetchOne(statement, arguments: [id]) else { throw Self.damaged("an act") }
    return project
  }

  /// Another file that was said to be at this place is not there any more: the disk showed it.
  private func vacate(_ place: RelativePath, project: String, but id: Int64 = 0) throws {
    try db.cachedStatement(
      sql: """
        UPDATE files SET place_kind = 'missing', place = NULL
        WHERE project = ? AND place = ? AND place_kind = 'project' AND id <> ?
        """
    ).execute(arguments: [project, place.rawValue, id])
  }

  /// Files as a scan saw them.
  func register(_ files: [SeenFile], project: String, at time: Int64) throws {
    for seen in files {
      if let entry = try entry(at: seen.origin, project: project) {
        try refresh(entry, place: seen.origin, digest: seen.digest, status: seen.status)
      } else if let entry = try newest(origin: seen.origin, project: project), entry.file.place == .missing {
        try refresh(entry, place: seen.origin, digest: seen.digest, status: seen.status)
      } else {
        _ = try insert(seen, project: project, at: time)
      }
    }
  }

  /// Files that a scan did not find at their places any more.
  func markMissing(_ places: [RelativePath], project: String) throws {
    for place in places { try vacate(place, project: project) }
  }
}
