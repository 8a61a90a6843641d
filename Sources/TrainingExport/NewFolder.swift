import FileSystem
import PipelineCore

/// A folder that comes into being whole or not at all: it is made beside its place under another name, made durable, and
/// renamed. One process at a time may make it; the caller sees to that.
public struct NewFolder {
  /// Where it is made, absolute. What a process that died left there goes when the next one begins.
  public let building: String
  private let parent: String
  private let target: String

  /// - Parameters:
  ///   - path: absolute; its parent folder is there, it is not.
  ///   - owner: tells apart who may be making the same folder: two workspaces may.
  /// - Throws: `Diagnostic` `export-place` when something has the name, or the parent is not there.
  public init(_ path: String, owner: String) throws {
    let place = RelativePath(path)
    parent = place.folder.rawValue.isEmpty ? "/" : place.folder.rawValue
    target = path
    building = "\(parent)/.\(place.name).unfinished-\(Digest(of: owner).hex.prefix(8))"
    guard try FileStatus(path) == nil else {
      throw Diagnostic(
        code: "export-place", "\(path) is there already; it was not touched",
        help: "name a folder that is not there yet, or remove that one yourself")
    }
    guard try FileStatus(following: parent)?.kind == .directory else {
      throw Diagnostic(
        code: "export-place", "there is no folder \(parent); nothing was written", help: "make it first")
    }
  }

  /// Makes it, lets `fill` write its content at ``building``, and gives it its name. After an error nothing of it is
  /// left; after a kill or a power failure either nothing has its name, or all of it is there.
  public func make<Result>(_ fill: (String) throws -> Result) throws -> Result {
    try FileSystem.removeTree(building)
    try FileSystem.makeDirectory(building)
    do {
      let result = try fill(building)
      try sync()
      try FileSystem.renameExclusively(building, to: target)
      try FileSystem.sync(parent)
      return result
    } catch {
      // `try?`: the first error is the one to tell; the next attempt removes what is left.
      try? FileSystem.removeTree(building)
      throw error
    }
  }

  /// Makes every file and every folder durable.
  private func sync() throws {
    if try FileSystem.syncWholeFileSystem(of: building) { return }
    var folders: Set<String> = [building]
    for file in try FileSystem.filesBelow(building) {
      try FileSystem.sync("\(building)/\(file)")
      var folder = RelativePath(file).folder
      while !folder.rawValue.isEmpty, folders.insert("\(building)/\(folder)").inserted {
        folder = folder.folder
      }
    }
    for folder in folders.sorted() { try FileSystem.sync(folder) }
  }
}
