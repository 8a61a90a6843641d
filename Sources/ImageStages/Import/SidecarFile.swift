public import FileSystem
import ImageCatalog

/// A `.decision` file as it was found, with what lies around it.
public struct SidecarFile: Sendable {
  /// Its folder's absolute path, its links resolved.
  public let folder: String
  /// Its path below the folder that was given.
  public let path: RelativePath
  /// Its bytes, or why they cannot be read.
  let content: Result<[UInt8], Unreadable>
  /// When it was last changed, in microseconds since 1970.
  let modified: Int64
  /// The names of the images beside it that have its stem.
  let images: [String]

  struct Unreadable: Error { var reason: String }

  static func isSidecar(_ name: String) -> Bool {
    RelativePath(name).lowercasedExtension == "decision"
  }

  /// The sidecars in a folder and below it.
  static func below(_ root: String) throws -> [SidecarFile] {
    var files: [SidecarFile] = []
    func walk(_ folder: RelativePath) throws {
      let place = folder.rawValue.isEmpty ? root : "\(root)/\(folder)"
      let names = try FileSystem.list(place)
      for name in names where name.utf8.first != UInt8(ascii: ".") {
        let path = folder.appending(name)
        if try FileStatus("\(root)/\(path)")?.kind == .directory {
          try walk(path)
        } else if isSidecar(name) {
          files.append(try SidecarFile(root, path, names: names))
        }
      }
    }
    try walk("")
    return files
  }

  /// - Parameters:
  ///   - root: a folder, absolute.
  ///   - path: the file's path below it.
  ///   - names: the names in the file's own folder; it is listed without them.
  ///   - follows: whether a link is the file that it leads to.
  init(_ root: String, _ path: RelativePath, names: [String]? = nil, follows: Bool = false) throws {
    let folder = path.folder.rawValue.isEmpty ? root : "\(root)/\(path.folder)"
    self.folder = folder
    self.path = path
    let file = "\(folder)/\(path.name)"
    let stem = RelativePath(path.stem)
    images = try (names ?? FileSystem.list(folder)).filter { name in
      let other = RelativePath(name)
      return RelativePath(other.stem) == stem && imageExtensions.contains(other.lowercasedExtension)
    }
    guard let status = follows ? try FileStatus(following: file) : try FileStatus(file) else {
      // Listings show such a name with other bytes than it has.
      content = .failure(Unreadable(reason: "it cannot be opened: its name is no UTF-8"))
      modified = 0
      return
    }
    modified = status.modified / 1_000
    guard status.kind == .file else {
      content = .failure(Unreadable(reason: "it is a link or another thing, no file"))
      return
    }
    do {
      content = .success(try FileSystem.read(file))
    } catch let error as FileError {
      content = .failure(Unreadable(reason: "it cannot be read: \(error.reason)"))
    }
  }
}
