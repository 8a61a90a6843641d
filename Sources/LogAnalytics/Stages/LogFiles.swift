import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Finds the log files of a workspace.
enum LogFiles {
  static let defaultLogs = ["data/file_operations_logs/*.log", "data/file_operations_logs/*.log.gz"]
  static let defaultArchives = ["data/log_archives/*.gz"]
  static let folder = "a folder"

  enum Kind: Equatable {
    /// A regular file of this size in bytes.
    case file(size: Int64)
    /// Something else, as a person calls it.
    case other(String)
  }

  struct Found: Equatable {
    /// Workspace-relative.
    let path: String
    let kind: Kind
  }

  /// What matches the patterns (`*`, `?`, `[…]`, each within one folder), sorted by path, each once. Throws `Diagnostic` when a
  /// folder cannot be read; one that is not there holds nothing.
  static func find(
    _ patterns: [String], in workspace: String, observe: (Observation) -> Void = { _ in }
  ) throws -> [Found] {
    var paths: Set<String> = []
    for pattern in patterns {
      observe(folder(of: pattern))
      paths.formUnion(try matches(pattern, in: workspace))
    }
    return try paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map {
      // Before its size is taken: a line that is appended between the two looks is then noticed.
      observe(.path($0))
      return Found(path: $0, kind: try kind(workspace + "/" + $0, $0))
    }
  }

  /// The one folder that a pattern looks through; with wildcards above the last part there are several.
  private static func folder(of pattern: String) -> Observation {
    guard let slash = pattern.lastIndex(of: "/") else { return .path(".") }
    let folder = pattern[..<slash]
    return folder.contains { "*?[\\".contains($0) } ? .other : .path(String(folder))
  }

  private static func matches(_ pattern: String, in workspace: String) throws -> [String] {
    // The workspace's own path is no pattern.
    let escaped = workspace.map { "*?[]\\".contains($0) ? "\\\($0)" : String($0) }.joined()
    var list = glob_t()
    defer { globfree(&list) }
    let outcome = glob(
      "\(escaped)/\(pattern)", GLOB_NOSORT,
      { _, error in error == ENOENT || error == ENOTDIR ? 0 : 1 }, &list)
    if outcome == GLOB_NOMATCH { return [] }
    guard outcome == 0 else {
      throw Diagnostic(
        code: "file-error", "cannot look for \(pattern): \(String(cString: strerror(errno)))",
        at: SourceLocation(path: pattern, line: 1), help: "check the permissions of the folder")
    }
    return try (0..<Int(list.gl_pathc)).compactMap { index in
      guard let match = list.gl_pathv[index] else { return nil }
      guard let path = String(validatingCString: match) else {
        throw Diagnostic(
          code: "file-name-not-utf8",
          "\(String(cString: match)) has a name that is not UTF-8; no log was read",
          help: "rename it")
      }
      return String(path.dropFirst(workspace.count + 1))
    }
  }

  private static func kind(_ path: String, _ name: String) throws -> Kind {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      throw Diagnostic(
        code: "file-error", "cannot look at \(name): \(String(cString: strerror(errno)))",
        at: SourceLocation(path: name, line: 1))
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file(size: Int64(status.st_size))
    case S_IFDIR: return .other(folder)
    case S_IFLNK: return .other("a symbolic link")
    default: return .other("not a regular file")
    }
  }
}
