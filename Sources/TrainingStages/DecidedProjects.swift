import FileSystem
import ImageCatalog

/// The projects that have a decision database.
enum DecidedProjects {
  /// Their ids, in the order of their bytes. The folder of the databases decides: a project whose manifest is gone
  /// keeps its decisions.
  /// - Parameter workspace: absolute.
  static func ids(workspace: String) throws -> [String] {
    let folder = "\(workspace)/\(DecisionDatabase.folder)"
    guard try FileStatus(following: folder) != nil else { return [] }
    return try FileSystem.list(folder).compactMap { name in
      guard name.hasSuffix(".db"), name != ".db" else { return nil }
      let id = String(name.dropLast(3))
      return id.hasPrefix(".") ? nil : id
    }
  }
}
