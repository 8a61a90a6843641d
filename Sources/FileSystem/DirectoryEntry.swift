public import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A name in a directory, with what it is.
public struct DirectoryEntry: Sendable {
  /// What a name stands for; `directoryLink` is a symbolic link to a directory.
  public enum Kind: Sendable { case file, directory, link, directoryLink, other }
  /// The name in its directory.
  public let name: String
  /// What it is.
  public let kind: Kind

  /// Whether it is a directory, and not a link to one.
  public var isDirectory: Bool { kind == .directory }
  var isDirectoryLink: Bool { kind == .directoryLink }
  /// A file, or a link that is not one to a directory.
  var isFile: Bool { kind == .file || kind == .link }

  /// The order of the full paths: a directory's name counts with the slash that follows it.
  static func pathOrder(_ a: Self, _ b: Self) -> Bool {
    let slash = CollectionOfOne(UInt8(ascii: "/"))
    let none = EmptyCollection<UInt8>()
    switch (a.isDirectory || a.isDirectoryLink, b.isDirectory || b.isDirectoryLink) {
    case (false, false): return a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
    case (true, false):
      return (Array(a.name.utf8) + slash).lexicographicallyPrecedes(Array(b.name.utf8) + none)
    case (false, true): return Array(a.name.utf8).lexicographicallyPrecedes(Array(b.name.utf8) + slash)
    case (true, true):
      return (Array(a.name.utf8) + slash).lexicographicallyPrecedes(Array(b.name.utf8) + slash)
    }
  }

  /// The entries of a directory in no order, without `.` and `..`; none when it does not exist.
  public static func list(_ directory: String, shownAs shown: String) throws(Diagnostics) -> [DirectoryEntry]
  {
    guard let stream = opendir(directory) else {
      if errno == ENOENT || errno == ENOTDIR { return [] }
      throw Diagnostics([unreadable(shown, errno)])
    }
    defer { closedir(stream) }
    var entries: [DirectoryEntry] = []
    var problems: [Diagnostic] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { problems.append(unreadable(shown, errno)) }
        break
      }
      let type = entry.pointee.d_type
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let name else {
        problems.append(
          Diagnostic(
            code: "name-not-utf8",
            "the directory \(shown) holds a name that is not UTF-8; nothing in it was touched",
            help: "rename the file: ls -b \(shown) shows the name"))
        continue
      }
      if name == "." || name == ".." { continue }
      if Int32(type) == Int32(DT_REG) {
        entries.append(DirectoryEntry(name: name, kind: .file))
      } else if Int32(type) == Int32(DT_DIR) {
        entries.append(DirectoryEntry(name: name, kind: .directory))
      } else {
        do {
          if let other = try DirectoryEntry(named: name, in: directory) { entries.append(other) }
        } catch {
          problems += error.items
        }
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
    return entries
  }

  private init(name: String, kind: Kind) {
    self.name = name
    self.kind = kind
  }

  /// Looks one name up; `nil` when there is no such entry.
  /// Throws when it cannot be looked up: a disk that does not answer must not pass for an empty one.
  init?(named name: String, in directory: String) throws(Diagnostics) {
    let path = "\(directory)/\(name)"
    var facts = stat()
    guard lstat(path, &facts) == 0 else {
      let code = errno
      if code == ENOENT || code == ENOTDIR { return nil }
      throw Diagnostics([Self.unreadable(path, code)])
    }
    self.name = name
    switch facts.st_mode & S_IFMT {
    case S_IFREG: kind = .file
    case S_IFDIR: kind = .directory
    case S_IFLNK:
      let isBroken = stat(path, &facts) != 0
      let type = facts.st_mode & S_IFMT
      kind = isBroken || type == S_IFREG ? .link : type == S_IFDIR ? .directoryLink : .other
    default: kind = .other
    }
  }

  private static func unreadable(_ shown: String, _ error: Int32) -> Diagnostic {
    Diagnostic(
      code: "directory-unreadable", "cannot read the directory \(shown): \(String(cString: strerror(error)))",
      help: "give the user who runs the pipeline the right to read it")
  }
}
