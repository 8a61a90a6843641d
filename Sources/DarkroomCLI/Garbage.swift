import FileSystem
import PipelineCore
import PipelineEngine
import PipelineStore
import TrainingData
import TrainingStages

/// What nothing in a workspace refers to any more. Looks only below `data/state`, `data/snapshot/versions`
/// and the `versions` of datasets and exports, and follows no link.
struct Garbage {
  enum Kind: String, CaseIterable {
    case artifact, snapshot, dataset, export, staging, logs

    var noun: String {
      switch self {
      case .artifact: "former artifact"
      case .snapshot: "old snapshot"
      case .dataset: "old dataset"
      case .export: "old export"
      case .staging: "staging leftover"
      case .logs: "log folder"
      }
    }
  }
  struct Item {
    let kind: Kind
    /// Workspace-relative.
    let path: String
  }

  /// How many published versions of the snapshot, and of each dataset and export, are kept besides the current one.
  static let formerVersions = 2

  private(set) var items: [Item] = []
  private(set) var files = 0
  /// The sizes of the files that lose a name, each file once. Less is freed where a kept name shares the bytes.
  private(set) var bytes: Int64 = 0
  private var statuses: [FileIdentity: FileStatus] = [:]

  init() {}

  init(in workspace: Workspace, _ database: StateDatabase, keepRuns: Int) throws {
    let root = workspace.root
    let used = try database.currentArtifacts()
    for stage in try Self.folders("data/state/artifacts", root) {
      for unit in try Self.folders(stage, root) {
        for artifact in try Self.folders(unit, root) where !used.contains(artifact) {
          items.append(Item(kind: .artifact, path: artifact))
        }
      }
    }
    try addVersions(of: "data/snapshot", .snapshot, root, database)
    for project in try Self.folders(DatasetFiles.folder, root) {
      try addVersions(of: project, .dataset, root, database)
    }
    for project in try Self.folders(ExportStage.folder, root) {
      for format in try Self.folders(project, root) {
        try addVersions(of: format, .export, root, database)
      }
    }
    if try Self.isFolder("data/state/staging", root) {
      for name in try FileSystem.list("\(root)/data/state/staging") {
        items.append(Item(kind: .staging, path: "data/state/staging/\(name)"))
      }
    }
    let newest = try database.runs(limit: 1).first?.id.rawValue ?? 0
    for folder in try Self.folders("data/state/logs", root) {
      guard let name = folder.split(separator: "/").last, name.hasPrefix("run-"),
        let run = Int64(name.dropFirst(4)), run <= newest - Int64(keepRuns)
      else { continue }
      items.append(Item(kind: .logs, path: folder))
    }
    try count(root)
  }

  private mutating func count(_ root: String) throws {
    for item in items {
      let path = "\(root)/\(item.path)"
      guard let status = try FileStatus(path) else { continue }
      let names = status.kind == .directory ? try FileSystem.filesBelow(path).map { "\(path)/\($0)" } : [path]
      for name in names {
        guard let status = try FileStatus(name) else { continue }
        files += 1
        if statuses.updateValue(status, forKey: status.identity) == nil { bytes += status.size }
      }
    }
  }

  private mutating func addVersions(
    of folder: String, _ kind: Kind, _ root: String, _ database: StateDatabase
  ) throws {
    let versions = try Self.folders("\(folder)/versions", root)
    if versions.isEmpty { return }
    let kept = try Self.keptVersions(of: folder, root, database)
    for version in versions where !kept.contains(version) { items.append(Item(kind: kind, path: version)) }
  }

  /// The current version, those that a checkpoint names, and the last ones before.
  private static func keptVersions(
    of folder: String, _ root: String, _ database: StateDatabase
  ) throws -> Set<String> {
    let published = try database.publishedVersions(below: "\(folder)/versions")
    var kept = Set(published.filter(\.isCurrent).map(\.path))
    let link = "\(root)/\(folder)/current"
    if try FileStatus(link)?.kind == .link { kept.insert("\(folder)/\(try FileSystem.linkTarget(link))") }
    kept.formUnion(published.map(\.path).filter { !kept.contains($0) }.prefix(formerVersions))
    return kept
  }

  /// The folders directly below a workspace-relative folder; links are none.
  private static func folders(_ path: String, _ root: String) throws -> [String] {
    guard try isFolder(path, root) else { return [] }
    return try FileSystem.list("\(root)/\(path)").map { "\(path)/\($0)" }.filter {
      try FileStatus("\(root)/\($0)")?.kind == .directory
    }
  }

  /// Whether the path is a folder without a link on the way.
  private static func isFolder(_ path: String, _ root: String) throws -> Bool {
    var place = root
    for part in path.split(separator: "/") {
      place += "/\(part)"
      guard try FileStatus(place)?.kind == .directory else { return false }
    }
    return true
  }

  /// Removes it, under the lock that the caller holds.
  ///
  /// Each folder is renamed into staging first: a kill in between leaves no half artifact under its name, and the
  /// next run clears staging.
  func remove(from workspace: Workspace, _ database: StateDatabase) throws {
    let root = workspace.root
    if items.isEmpty { return }
    let cached = try database.cachedDigests()
    // Files that share their bytes with removed ones keep their digests: only the change time moves. That is
    // believed of files alone whose status is what it was when they were digested.
    let unchanged = Set(
      cached.compactMap { entry in
        statuses[entry.status.identity].flatMap { $0.sameContent(as: entry.status) ? $0.identity : nil }
      })
    try FileSystem.makeDirectories("\(root)/data/state/staging")
    for (number, item) in items.enumerated() {
      let path = "\(root)/\(item.path)"
      let aside = item.kind == .staging ? path : "\(root)/data/state/staging/gc.\(number)"
      if aside != path {
        try FileSystem.removeTree(aside)
        try FileSystem.renameExclusively(path, to: aside)
      }
      try FileSystem.removeTree(aside)
      if item.kind == .artifact { Self.removeEmptyParents(of: item.path, root) }
    }
    let digests = DigestCache(workspace: root, entries: cached, clock: SystemClock())
    digests.relinked(unchanged)
    try database.save(digests.takeUnsaved())
  }

  private static func removeEmptyParents(of path: String, _ root: String) {
    var parts = path.split(separator: "/").dropLast()
    while parts.count > 3 {
      // `try?`: a folder that is not empty stays, which is the usual case.
      guard (try? FileSystem.removeDirectory("\(root)/\(parts.joined(separator: "/"))")) != nil else {
        return
      }
      parts = parts.dropLast()
    }
  }
}
