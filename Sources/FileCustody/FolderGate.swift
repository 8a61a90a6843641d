import FileSystem
import Synchronization

/// Lets one thread at a time remove empty folders, or make them again for what is about to be put there: an order that
/// goes back takes a folder with it that another had found there a moment ago.
final class FolderGate: Sendable {
  /// The folders that only their owner might look into when they were removed: a Trash.
  private let gate = Mutex<Set<RelativePath>>([])

  /// Makes folders, the outermost first; those that are there are fine.
  func make(_ folders: [MissingFolder], _ disk: Disk) throws {
    if folders.isEmpty { return }
    try gate.withLock { ownersOnly in
      for folder in folders {
        try Self.makeAgain(above: folder.path, ownersOnly, disk)
        try disk.makeFolder(folder)
      }
    }
  }

  /// Removes a folder when it is empty.
  /// - Returns: whether it is gone.
  func remove(_ folder: String, _ disk: Disk) throws -> Bool {
    try gate.withLock { ownersOnly in
      let status = try FileStatus(folder)
      let isGone = try disk.removeFolder(folder)
      if isGone, let status, status.mode & 0o077 == 0 { ownersOnly.insert(RelativePath(folder)) }
      return isGone
    }
  }

  /// Puts something to a path. When the path's folder is gone it is made again and the work done once more, while
  /// nobody can remove it.
  /// - Parameters:
  ///   - source: the file that is put there; when it is missing itself, no folder helps.
  ///   - work: fails with an absent path without having done anything when the folder is missing.
  func put<Result>(
    _ source: String? = nil, to path: String, _ disk: Disk, _ work: () throws -> Result
  ) throws -> Result {
    do { return try work() } catch let error as FileError where error.isAbsent {
      if let source, try FileStatus(source) == nil { throw error }
      return try gate.withLock { ownersOnly in
        try Self.makeAgain(above: path, ownersOnly, disk)
        return try work()
      }
    }
  }

  private static func makeAgain(above path: String, _ ownersOnly: Set<RelativePath>, _ disk: Disk) throws {
    for var folder in try MissingFolder.above(path) {
      folder.isPrivate = ownersOnly.contains(RelativePath(folder.path))
      try disk.makeFolder(folder)
    }
  }
}
