import FileSystem

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An empty workspace in the system's folder for temporary files. It goes with the value.
public final class TemporaryWorkspace: Sendable {
  /// The absolute path, links resolved, without a final slash.
  public let path: String

  public init() throws {
    var name = Array("\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/workspace-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil, let resolved = realpath(name, nil) else {
      throw FileError("make a temporary folder", "workspace-XXXXXX")
    }
    defer { free(resolved) }
    path = String(cString: resolved)
  }

  // `try?`: a folder that stays behind harms no test.
  deinit { try? FileSystem.removeTree(path) }

  /// Writes a workspace-relative file, replacing one that is there.
  public func write(_ name: String, _ text: String) throws {
    let file = "\(path)/\(name)"
    try FileSystem.makeDirectories(String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)]))
    try FileSystem.removeFile(file)
    try FileSystem.create(file, text.utf8)
  }

  /// The text of a workspace-relative file; `nil` when it is not there.
  public func text(_ name: String) throws -> String? {
    guard try FileStatus("\(path)/\(name)") != nil else { return nil }
    return String(decoding: try FileSystem.read("\(path)/\(name)"), as: UTF8.self)
  }

  /// Every file below a workspace-relative folder with its text (a link with its target), by path in that folder.
  public func contents(_ folder: String) throws -> [String: String] {
    let root = "\(path)/\(folder)"
    guard try FileStatus(root) != nil else { return [:] }
    var contents: [String: String] = [:]
    for file in try FileSystem.filesBelow(root) {
      let isLink = try FileStatus("\(root)/\(file)")?.kind == .link
      contents[file] =
        isLink
        ? "-> " + (try FileSystem.linkTarget("\(root)/\(file)"))
        : String(decoding: try FileSystem.read("\(root)/\(file)"), as: UTF8.self)
    }
    return contents
  }
}
