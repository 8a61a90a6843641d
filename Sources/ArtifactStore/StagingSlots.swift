import FileSystem
import PipelineEngine
import Synchronization

/// Staging directories that are used again within a run. Making and removing three directories for each unit is
/// most of what a small unit costs: on a journalling file system `rmdir` waits.
///
/// Two running attempts never share a slot, and a slot is empty when it is handed out.
final class StagingSlots: Sendable {
  private struct State {
    var free: [String] = []
    var made = 0
  }
  private let root: String
  private let state = Mutex(State())

  /// - Parameter root: the absolute path of the folder that holds the slots.
  init(root: String) { self.root = root }

  /// An empty staging directory of the caller's own.
  func take() throws -> Staging {
    let (known, number) = state.withLock { state -> (String?, Int) in
      if let slot = state.free.popLast() { return (slot, 0) }
      state.made += 1
      return (nil, state.made)
    }
    if let known { return Staging(root: known) }
    let staging = Staging(root: "\(root)/slot-\(number)")
    // Left by a slot that could not be emptied.
    try FileSystem.removeTree(staging.root)
    try FileSystem.makeDirectory(staging.root)
    try FileSystem.makeDirectory(staging.artifact)
    try FileSystem.makeDirectory(staging.publication)
    return staging
  }

  /// Empties a staging directory and keeps it for the next attempt. One that is no longer what it was is removed.
  func giveBack(_ staging: Staging) throws {
    guard try FileStatus(staging.root) != nil else { return }
    for folder in [staging.artifact, staging.publication] where try !isEmptied(folder) {
      return try FileSystem.removeTree(staging.root)
    }
    state.withLock { if !$0.free.contains(staging.root) { $0.free.append(staging.root) } }
  }

  /// Empties a folder; `false` when it is not fit to be used again.
  private func isEmptied(_ folder: String) throws -> Bool {
    guard let status = try FileStatus(folder) else {
      // A directory artifact was renamed into place.
      try FileSystem.makeDirectory(folder)
      return true
    }
    // A program may have put something else there, through which nothing may be removed, or changed its rights.
    guard status.kind == .directory, status.mode & 0o700 == 0o700 else { return false }
    let names = try FileSystem.list(folder)
    if names.isEmpty { return true }
    for name in names { try FileSystem.removeTree("\(folder)/\(name)") }
    // Names that are not UTF-8 are not removed one by one.
    return try FileSystem.list(folder).isEmpty
  }

  /// Removes all slots. Called when no attempt runs.
  func removeAll() throws {
    state.withLock { $0 = State() }
    try FileSystem.makeDirectories(root)
    for name in try FileSystem.list(root) { try FileSystem.removeTree("\(root)/\(name)") }
  }
}
