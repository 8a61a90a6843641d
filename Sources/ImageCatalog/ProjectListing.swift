public import FileSystem
public import PipelineCore
public import Projects

/// One look at all files in a project's folders. It reads names and statuses, no content, and follows no link.
public struct ProjectListing: Sendable {
  /// Which folders are looked at.
  public enum Scope: Sendable {
    /// All below the root but the production folders.
    case content
    /// Only the production folders.
    case production
    case all
  }

  /// The files, sorted by the bytes of their paths. Names that begin with a dot are left out.
  public internal(set) var entries: [ListedFile] = []
  /// What cannot be handled, in the order of paths; all warnings: links, special files, names that are not UTF-8,
  /// folders with an image's name, what cannot be read.
  public internal(set) var problems: [Diagnostic] = []
  /// Folders and files that could not be looked at, sorted: what is known of them, or of what is in them, is not gone.
  public internal(set) var unseen: [RelativePath] = []

  /// Hidden files with names that Darkroom gives to what it is at, sorted: a crop that has not got its name yet
  /// (`.darkroom-*`), a file that custody is moving or making (`.custody-*`). Where no order is open they were left by a kill.
  public internal(set) var unfinished: [RelativePath] = []

  /// Lists a project's files.
  /// - Parameters:
  ///   - root: the project's root, absolute; may itself be a link.
  ///   - production: the names of its production folders.
  ///   - folders: where to look.
  ///   - cancellation: looked at before each folder.
  /// - Throws: `Diagnostic` `project-root-missing` when the root is not there, or is no folder, and
  ///   `project-root-unreadable`; `CancellationError`.
  public static func scan(
    root: String, production: ProductionFolders, folders: Scope = .content, cancellation: Cancellation? = nil
  ) throws -> ProjectListing {
    guard let status = try FileStatus(following: root), status.kind == .directory else {
      throw Diagnostic(
        code: "project-root-missing",
        "the project's folder \(FileSystem.shown(root)) is not there; nothing of the project was touched, and nothing counts as deleted",
        help: "mount its disk, or correct root in the project's manifest")
    }
    var scan = FolderScan(
      root: root, productionNames: Set(production.all.map { RelativePath($0) }), scope: folders,
      cancellation: cancellation)
    return try scan.run()
  }

  /// Lists the files that lie directly in one folder; what is in its folders is not looked at.
  /// - Parameter folder: absolute.
  /// - Throws: as ``scan(root:production:folders:cancellation:)``, of which the folder is the root.
  public static func scan(folder: String) throws -> ProjectListing {
    guard let status = try FileStatus(following: folder), status.kind == .directory else {
      throw Diagnostic(
        code: "project-root-missing",
        "the folder \(FileSystem.shown(folder)) is not there; nothing was touched")
    }
    var scan = FolderScan(
      root: folder, productionNames: [], scope: .all, isDeep: false, cancellation: nil)
    return try scan.run()
  }

  /// The files of each folder, both in the order of their bytes; folders without files are left out.
  public var byFolder: [(folder: RelativePath, files: [ListedFile])] {
    var positions: [RelativePath: Int] = [:]
    var folders: [(folder: RelativePath, files: [ListedFile])] = []
    var last: (folder: RelativePath, position: Int)?
    for file in entries {
      let position: Int
      if let last, last.folder == file.folder {
        position = last.position
      } else if let known = positions[file.folder] {
        position = known
      } else {
        position = folders.count
        positions[file.folder] = position
        folders.append((file.folder, []))
      }
      last = (file.folder, position)
      folders[position].files.append(file)
    }
    return folders.sorted { $0.folder < $1.folder }
  }

  /// Which of the known files are gone: neither listed nor in a place that could not be looked at.
  /// - Parameter known: paths relative to the root, in the scope that was scanned.
  /// - Throws: `Diagnostic` `project-root-empty` when files are known and not one of all is there: a disk that is not
  ///   mounted leaves an empty folder.
  public func missing(among known: [RelativePath]) throws -> [RelativePath] {
    if entries.isEmpty, unseen.isEmpty, !known.isEmpty {
      throw Diagnostic(
        code: "project-root-empty",
        "none of the project's \(known.count) known files is there; nothing of the project was touched, and nothing counts as deleted",
        help: "mount the project's disk")
    }
    let present = Set(entries.map(\.path))
    let closed = Set(unseen)
    return known.filter { path in
      if present.contains(path) || closed.contains(path) { return false }
      var folder = path
      while !folder.rawValue.isEmpty {
        folder = folder.folder
        if closed.contains(folder) { return false }
      }
      return true
    }
  }
}
