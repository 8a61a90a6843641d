import FileSystem
import PipelineCore

/// The durable operations of custody. Nothing else here changes a file, and each goes through ``before``, where tests
/// let it fail.
struct Disk: Sendable {
  /// Called with a word for the operation just before it.
  var before: @Sendable (String) throws -> Void = { _ in }

  /// Renames without replacing.
  func rename(_ from: String, to target: String) throws {
    try before("rename")
    try FileSystem.renameExclusively(from, to: target)
  }

  /// Makes a new file with these bytes, durably but for its name.
  func create(_ path: String, _ bytes: [UInt8]) throws -> FileStatus {
    try before("create")
    try FileSystem.create(path, bytes)
    try before("sync file")
    try FileSystem.sync(path)
    guard let status = try FileStatus(path) else { throw FileError("look at", path, code: 2) }
    return status
  }

  /// Makes a new file with the bytes of another, durably but for its name.
  func copy(_ source: String, to target: String) throws -> (digest: Digest, status: FileStatus) {
    try before("copy")
    return try FileSystem.copyDurably(source, to: target)
  }

  /// Removes a file of ours, or one whose bytes are safe elsewhere.
  func unlink(_ path: String) throws {
    try before("unlink")
    try FileSystem.removeFile(path)
  }

  /// Makes a folder; one that is there is fine.
  func makeFolder(_ folder: MissingFolder) throws {
    if try FileStatus(following: folder.path)?.kind == .directory { return }
    try before("make folder")
    if folder.isPrivate {
      do { try FileSystem.makeDirectory(folder.path, mode: 0o700) } catch let error as FileError
        where error.isTaken
      {
        // Another thread or program wanted the same Trash at this moment.
        guard try FileStatus(folder.path)?.kind == .directory else { throw error }
      }
    } else {
      try FileSystem.makeDirectories(folder.path)
    }
  }

  /// Removes a folder when it is empty.
  /// - Returns: whether it is gone.
  func removeFolder(_ path: String) throws -> Bool {
    // Asked first, so that a folder in use is no operation.
    guard let status = try FileStatus(path) else { return true }
    do {
      guard status.kind == .directory, try FileSystem.isEmptyDirectory(path) else { return false }
      try before("remove folder")
      try FileSystem.removeDirectory(path)
      return true
    } catch let error as FileError where error.isNotEmpty {
      return false
    } catch let error as FileError where error.isAbsent {
      // Another thread, whose undoing left it empty, was quicker.
      return true
    }
  }

  /// Makes a folder's entries durable; one that went meanwhile has none.
  func sync(_ folder: String) throws {
    try before("sync folder")
    do { try FileSystem.sync(folder) } catch let error as FileError where error.isAbsent {}
  }
}
