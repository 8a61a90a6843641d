public import FileSystem
public import PipelineCore
import Synchronization

/// Content digests of workspace files, computed once per content: a cached one is used while the file's status is
/// what it was. The status validates; it never decides.
public final class DigestCache: Sendable {
  private struct State {
    var entries: [String: CachedDigest]
    var unsaved: [String: CachedDigest] = [:]
    var looks = Looks()
    /// Published outputs that were seen to be what their checkpoint says.
    var published: Set<String> = []
  }

  /// Everything that was looked at, for ``SettledWorld``.
  struct Looks: Sendable {
    var files: [String: FileStatus?] = [:]
    /// Whether a look could not tell a later change: the file was modified just before it.
    var hasDoubtful = false
  }
  private let workspace: String
  private let clock: any EngineClock
  private let state: Mutex<State>

  public init(workspace: String, entries: [CachedDigest], clock: any EngineClock) {
    self.workspace = workspace
    self.clock = clock
    var map = [String: CachedDigest](minimumCapacity: entries.count)
    for entry in entries { map[entry.path] = entry }
    state = Mutex(State(entries: map))
  }

  /// The digest of a workspace-relative file, or of its first `length` bytes; `nil` when nothing is there.
  /// Throws when what is there cannot be read as a file.
  public func digest(of path: String, length: Int64? = nil) throws -> Digest? {
    guard let now = try lookedAt(path) else { return nil }
    return try digest(of: path, length: length, now)
  }

  /// The same for an input: a symbolic link to a file counts as that file, as its reader will see it.
  public func digest(ofInput path: String, length: Int64? = nil) throws -> Digest? {
    guard var now = try lookedAt(path) else { return nil }
    if now.kind == .link {
      // The link's own status says nothing of the file.
      doubt()
      guard let target = try FileStatus(following: "\(workspace)/\(path)") else { return nil }
      if target.kind != .directory { now = target }
    }
    return try digest(of: path, length: length, now)
  }

  private func lookedAt(_ path: String) throws -> FileStatus? {
    let now = try FileStatus("\(workspace)/\(path)")
    note(path, now)
    return now
  }

  private func digest(of path: String, length: Int64?, _ now: FileStatus) throws -> Digest {
    let absolute = "\(workspace)/\(path)"
    let isWhole = length.map { $0 == now.size } ?? true
    // A part is cached under its own name: the status of the whole file validates it just as well.
    let key = isWhole ? path : "\(path)\0\(length ?? 0)"
    if let entry = state.withLock({ $0.entries[key] }), entry.isTrusted(for: now) { return entry.digest }
    let observedAt = clock.wallMicroseconds * 1_000
    let (digest, status) = try Self.read(absolute, length: length, now)
    let entry = CachedDigest(path: key, status: status, digest: digest, observedAt: observedAt)
    state.withLock {
      $0.entries[key] = entry
      if isWhole { $0.unsaved[key] = entry }
    }
    return digest
  }

  /// Notes that a path was looked at and what was there.
  func note(_ path: String, _ status: FileStatus?) {
    let now = clock.wallMicroseconds * 1_000
    state.withLock { state in
      // The first look is what was acted on; a later one that differs means that the world moved meanwhile.
      if let before = state.looks.files[path] {
        let isSame =
          before.map { before in status.map { $0.sameContent(as: before) } ?? false } ?? (status == nil)
        if !isSame { state.looks.hasDoubtful = true }
        return
      }
      state.looks.files[path] = .some(status)
      if let status, max(status.modified, status.changed) >= now - CachedDigest.grain {
        state.looks.hasDoubtful = true
      }
    }
  }

  /// Looks at a path for its own sake.
  func look(at path: String) throws {
    let status = try FileStatus("\(workspace)/\(path)")
    note(path, status)
    guard status?.kind == .link else { return }
    // A folder behind a link is looked through, and the link's own status says nothing of it.
    if let folder = try FileStatus(following: "\(workspace)/\(path)"), folder.kind == .directory {
      note(path + "/.", folder)
    } else {
      doubt()
    }
  }

  /// Notes that something was looked at that cannot be compared later.
  func doubt() { state.withLock { $0.looks.hasDoubtful = true } }

  /// What was looked at so far.
  var looks: Looks { state.withLock { $0.looks } }

  private static func read(_ path: String, length: Int64?, _ now: FileStatus) throws -> (Digest, FileStatus) {
    if now.kind == .link { return (Digest(of: try FileSystem.linkTarget(path)), now) }
    return try FileSystem.digest(path, length: length, followingLink: true)
  }

  /// What is known of a committed output: the same bytes, none, or others.
  public func state(of output: OutputFile) throws -> OutputState {
    guard let digest = try digest(of: output.path) else { return .missing(path: output.path) }
    guard digest == output.digest else { return .altered(path: output.path) }
    if Self.isPublication(output.path) { state.withLock { _ = $0.published.insert(output.path) } }
    return .intact
  }

  /// Artifacts are Darkroom's own; what is published lies where others can write.
  private static func isPublication(_ path: String) -> Bool { !path.hasPrefix("data/state/") }

  /// The published outputs that were right when they were judged or placed in this run and are not any more.
  func alteredPublications() throws -> [String] {
    let (published, entries) = state.withLock { ($0.published.sorted(), $0.entries) }
    return try published.filter { path in
      guard let before = entries[path] else { return false }
      guard let now = try FileStatus("\(workspace)/\(path)") else { return true }
      if now.sameContent(as: before.status) { return false }
      return try digest(of: path, length: nil, now) != before.digest
    }
  }

  /// Takes over digests that were computed while files were made.
  public func adopt(_ digests: [CachedDigest]) {
    state.withLock { state in
      for entry in digests {
        state.entries[entry.path] = entry
        if Self.isPublication(entry.path) { state.published.insert(entry.path) }
      }
    }
  }

  /// Takes over the status of files whose inode got or lost a name through Darkroom itself: that moves the
  /// change time, not the bytes. Size, modification time and inode must be what they were.
  public func relinked(_ files: Set<FileIdentity>) {
    guard !files.isEmpty else { return }
    let now = clock.wallMicroseconds * 1_000
    state.withLock { state in
      for (key, entry) in state.entries where files.contains(entry.status.identity) {
        // `try?`: a file that cannot be looked at keeps its old entry, which no longer matches it.
        guard let status = try? FileStatus("\(workspace)/\(entry.path)"), status != entry.status,
          status.identity == entry.status.identity, status.size == entry.status.size,
          status.modified == entry.status.modified
        else { continue }
        let fresh = CachedDigest(path: key, status: status, digest: entry.digest, observedAt: now)
        state.entries[key] = fresh
        state.unsaved[key] = fresh
      }
    }
  }

  /// The entries that came since the last call, to be saved.
  public func takeUnsaved() -> [CachedDigest] {
    state.withLock { state in
      defer { state.unsaved = [:] }
      return state.unsaved.values.sorted { $0.path < $1.path }
    }
  }
}
