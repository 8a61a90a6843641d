import FileSystem
public import ImageCatalog
import PipelineCore

/// One thing that is imported, read and not yet judged. Reading changes nothing.
public enum ImportSource: Sendable {
  /// A `select_crop_log.csv` or `selection_only_log.csv`.
  case log(name: String, bytes: [UInt8])
  /// A decision database of version 3.
  case database(name: String, OlderDecisions)
  /// The `.decision` files of a folder and of those below it.
  case sidecars(name: String, [SidecarFile])

  /// Reads files and folders, told apart by what they are: a folder is searched for `.decision` files, hidden folders
  /// and links left out; a file with that extension is one sidecar, those of one folder make one source; what begins as
  /// a SQLite database is one; everything else is a log.
  /// - Parameter paths: absolute, or relative to the current folder.
  /// - Returns: logs and databases in the order of the paths, then sidecars. A sidecar may say less than the row of a
  ///   database, and the first one stands.
  /// - Throws: `Diagnostic` `no-import-file`, `import-no-sidecars`, and for a database what ``OlderDecisions`` says;
  ///   `FileError`.
  public static func read(_ paths: [String]) throws -> [ImportSource] {
    var sources: [ImportSource] = []
    var folders: [(path: String, files: [SidecarFile])] = []
    func add(_ files: [SidecarFile], of folder: String) {
      if let index = folders.firstIndex(where: { RelativePath($0.path) == RelativePath(folder) }) {
        let known = Set(folders[index].files.map(\.path))
        folders[index].files += files.filter { !known.contains($0.path) }
      } else {
        folders.append((folder, files))
      }
    }
    for path in paths {
      guard let status = try FileStatus(following: path) else {
        throw Diagnostic(
          code: "no-import-file", "there is no file \(FileSystem.shown(path)); nothing was imported")
      }
      let name = RelativePath(path).name
      if status.kind == .directory {
        let folder = try FileSystem.resolved(path)
        let files = try SidecarFile.below(folder)
        if files.isEmpty {
          throw Diagnostic(
            code: "import-no-sidecars",
            "there is no .decision file in the folder \(FileSystem.shown(path)); nothing was imported",
            help: "folders are searched for .decision files only; give logs and databases by their names")
        }
        add(files, of: folder)
      } else if SidecarFile.isSidecar(name) {
        let folder = RelativePath(path).folder.rawValue
        let isAbsolute = path.utf8.first == UInt8(ascii: "/")
        let place = try FileSystem.resolved(folder.isEmpty ? (isAbsolute ? "/" : ".") : folder)
        add([try SidecarFile(place, RelativePath(name), follows: true)], of: place)
      } else if status.kind == .file, OlderDecisions.isDatabase(try FileSystem.read(path, first: 16)) {
        sources.append(.database(name: name, try OlderDecisions(path: path)))
      } else {
        sources.append(.log(name: name, bytes: try FileSystem.read(path)))
      }
    }
    for folder in folders {
      let name = RelativePath(folder.path).name
      sources.append(
        .sidecars(name: name.isEmpty ? "root" : name, folder.files.sorted { $0.path < $1.path }))
    }
    return sources
  }

  var name: String {
    switch self {
    case .log(let name, _), .database(let name, _), .sidecars(let name, _): name
    }
  }
}
