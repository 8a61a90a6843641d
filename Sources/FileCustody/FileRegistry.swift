import DatabaseFiles
import FileSystem
import Foundation
import GRDB
import PipelineCore

/// The rows of every file ever seen, within one transaction.
struct FileRegistry {
  let db: Database

  /// What a ``KnownFile`` consists of. A first digest that is still the digest is NULL, and so is the kind of place of
  /// a file that is where it was seen first. The last five are read only where the one before says so.
  static let columns = """
    id, origin, generation, kind, nullif(first_digest, digest), digest, device, inode, size, modified, changed,
    first_seen, CASE WHEN place_kind = 'project' AND place = origin THEN NULL ELSE place_kind END, place,
    place_changed <> changed OR place_inode <> inode OR place_modified <> modified,
    place_device, place_inode, place_size, place_modified, place_changed
    """

  // MARK: Reading

  /// The file that is at this place of a project.
  func row(at place: RelativePath, project: String) throws -> FileRow? {
    try row("project = ? AND place = ? AND place_kind = 'project'", [project, place.rawValue])
  }

  /// The newest file with this origin.
  func newest(origin: RelativePath, project: String) throws -> FileRow? {
    try row("project = ? AND origin = ? ORDER BY generation DESC LIMIT 1", [project, origin.rawValue])
  }

  /// Whether a content at the place of a file that a person gave up, or moved, is another file's.
  func isOther(_ known: FileRow, holding content: Digest) throws -> Bool {
    try !known.file.holds(content) && AcceptanceTable(db: db).standing(known.id) != nil
  }

  /// The files with this origin that are missing, the oldest first.
  func missing(from origin: RelativePath, project: String) throws -> [FileRow] {
    let statement = try db.cachedStatement(
      sql: """
        SELECT \(Self.columns) FROM files
        WHERE project = ? AND origin = ? AND place_kind = 'missing' ORDER BY generation
        """)
    return try Row.fetchAll(statement, arguments: [project, origin.rawValue]).map(FileRow.init)
  }

  func row(_ id: Int64) throws -> FileRow? { try row("id = ?", [id]) }

  private func row(_ condition: String, _ arguments: StatementArguments) throws -> FileRow? {
    let statement = try db.cachedStatement(sql: "SELECT \(Self.columns) FROM files WHERE \(condition)")
    return try Row.fetchOne(statement, arguments: arguments).map(FileRow.init)
  }

  /// Every file of a project, by the bytes of their origins.
  func files(project: String) throws -> [KnownFile] {
    var files: [KnownFile] = []
    let rows = try Row.fetchCursor(
      db, sql: "SELECT \(Self.columns) FROM files WHERE project = ? ORDER BY origin, generation",
      arguments: [project])
    while let row = try rows.next() { files.append(try FileRow.file(row)) }
    return files
  }

  // MARK: Writing

  /// Adds a file that is at its origin.
  func insert(_ seen: SeenFile, project: String, at time: Int64) throws -> Int64 {
    try vacate(seen.origin, project: project)
    let newest = try newest(origin: seen.origin, project: project)
    return try insert(seen, project: project, generation: (newest?.file.generation ?? 0) + 1, at: time)
  }

  private func insert(_ seen: SeenFile, project: String, generation: Int, at time: Int64) throws -> Int64 {
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
  func refresh(
    _ known: FileRow, place: RelativePath, digest: Digest, status: FileStatus, at time: Int64
  ) throws {
    if known.file.place != .inProject(place) {
      try setPlace(known.id, .inProject(place), status: status)
      // What was said of it when it was gone does not hold for the next time.
      try AcceptanceTable(db: db).returned(known.id, to: place, at: time)
    } else if !known.file.placeStatus.sameContent(as: status) {
      try setStatus(known.id, status)
    }
    try db.cachedStatement(
      sql: """
        UPDATE files SET device = place_device, inode = place_inode, size = place_size,
          modified = place_modified, changed = place_changed
        WHERE id = ? AND place = origin
        """
    ).execute(arguments: [known.id])
    try setDigest(known.id, digest)
  }

  /// What a file holds since it was last read.
  func setDigest(_ id: Int64, _ digest: Digest) throws {
    try db.cachedStatement(sql: "UPDATE files SET digest = ?1 WHERE id = ?2 AND digest <> ?1").execute(
      arguments: [digest.data, id])
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

  /// A new status of a file that is where the registry has it: a move gave it one, or a scan saw it.
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
  }

  func project(of id: Int64) throws -> String {
    let statement = try db.cachedStatement(sql: "SELECT project FROM files WHERE id = ?")
    guard let project = try String.fetchOne(statement, arguments: [id]) else {
      throw FileRow.damaged("an act")
    }
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
      if let known = try row(at: seen.origin, project: project) {
        try refresh(known, place: seen.origin, digest: seen.digest, status: seen.status, at: time)
        continue
      }
      let known = try newest(origin: seen.origin, project: project)
      // Where an image was that is gone, or a file that a person gave up or moved, another content is another file.
      let isOther = try known.map { known in
        try known.file.digest != seen.digest
          && (known.file.kind == .image || AcceptanceTable(db: db).standing(known.id) != nil)
      }
      if let known, known.file.place == .missing, isOther != true {
        try refresh(known, place: seen.origin, digest: seen.digest, status: seen.status, at: time)
      } else {
        _ = try insert(seen, project: project, generation: (known?.file.generation ?? 0) + 1, at: time)
      }
    }
  }

  /// Files that a scan did not find at their places any more.
  func markMissing(_ places: [RelativePath], project: String) throws {
    for place in places { try vacate(place, project: project) }
  }
}
