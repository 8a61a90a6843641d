import FileSystem
import PipelineCore

/// Files that a person gave up and that are where they were.
extension FileCustody {
  /// Takes back what was said of files that were given up and that lie at their places again with a content that custody
  /// knows: they are present from then on, and missed when they are gone once more. The caller holds the workspace. One
  /// that was moved by hand is left as it is while the file that goes on for it is not given up: that one is it.
  ///
  /// Each file is looked at anew; one of which nothing was said, that is not there, that has another content or that an
  /// open order has in hand is left as it is. Nothing is moved, and the operation log says nothing of it: nobody did
  /// anything.
  /// - Parameters:
  ///   - files: their ids in the registry.
  ///   - root: the project's, absolute.
  /// - Returns: those of which it was taken back.
  /// - Throws: `FileError` when one cannot be read; nothing was changed.
  @discardableResult
  public func takeBack(_ files: [Int64], root: String) throws -> [Int64] {
    let found = try files.compactMap { try find($0, root: root) }
    if found.isEmpty { return [] }
    let time = clock()
    try disk.before("commit files")
    try journal.write { db in
      let (registry, table) = (FileRegistry(db: db), AcceptanceTable(db: db))
      for file in found {
        if let place = file.place {
          try registry.refresh(file.row, place: place, digest: file.digest, status: file.status, at: time)
        } else {
          try registry.setStatus(file.row.id, file.status)
        }
        try table.returned(file.row.id, to: file.place ?? RelativePath(file.path), at: time)
      }
    }
    return found.map(\.row.id)
  }

  private struct Found {
    var row: FileRow
    /// Absolute.
    var path: String
    /// `nil` in the Trash.
    var place: RelativePath?
    var digest: Digest
    var status: FileStatus
  }

  private func find(_ id: Int64, root: String) throws -> Found? {
    let known = try journal.read { db -> FileRow? in
      let table = AcceptanceTable(db: db)
      guard try table.isLost(id), try table.open(file: id).isEmpty else { return nil }
      let registry = FileRegistry(db: db)
      guard let row = try registry.row(id) else { return nil }
      // Where another one is known, this one is not.
      if row.file.place == .missing,
        try registry.row(at: row.file.origin, project: try registry.project(of: id)) != nil
      {
        return nil
      }
      return row
    }
    guard let known, try journal.openOrder(file: id) == nil else { return nil }
    let (path, place): (String, RelativePath?)
    switch known.file.place {
    case .inProject(let at): (path, place) = ("\(root)/\(at)", at)
    case .missing: (path, place) = ("\(root)/\(known.file.origin)", known.file.origin)
    case .trash(let trash): (path, place) = (trash, nil)
    case .removed: return nil
    }
    guard try FileStatus(path)?.kind == .file else { return nil }
    let (digest, status) = try FileSystem.digest(path)
    guard known.file.holds(digest) else { return nil }
    return Found(row: known, path: path, place: place, digest: digest, status: status)
  }

  /// What was said and counts now of some files, by their ids in the registry; those of which nothing was said are left
  /// out.
  public func acceptances(of files: some Sequence<Int64>) throws -> [Int64: Acceptance] {
    try journal.read { db in
      let table = AcceptanceTable(db: db)
      var acceptances: [Int64: Acceptance] = [:]
      for file in files { acceptances[file] = try table.standing(file)?.acceptance }
      return acceptances
    }
  }
}
