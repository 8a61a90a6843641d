import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Finds the file of a program, as the `command` stage means it.
struct ProgramSearch {
  let workspace: String
  /// The value of PATH; relative entries in it are passed over, as they would mean another place per stage.
  let path: String?

  /// The absolute path of `program`. A path is not looked at; a name has to be an executable file in PATH.
  func find(_ program: String) throws(Diagnostic) -> String {
    if program.utf8.first == UInt8(ascii: "/") { return program }
    if program.utf8.contains(UInt8(ascii: "/")) { return "\(workspace)/\(program)" }
    var refused: String?
    for directory in (path ?? "").split(separator: ":") where directory.hasPrefix("/") && !program.isEmpty {
      let candidate = "\(directory)/\(program)"
      var facts = stat()
      guard stat(candidate, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { continue }
      if access(candidate, X_OK) == 0 { return candidate }
      refused = refused ?? candidate
    }
    if let refused {
      throw Diagnostic(
        code: "program-not-found", "cannot start \(program): \(refused) is not executable for this user",
        help: "chmod +x \(refused)")
    }
    throw Diagnostic(
      code: "program-not-found", "cannot start \(program): no such program in PATH (\(path ?? "not set"))",
      help: "install it, extend PATH, or write ./\(program) for a file in the workspace")
  }
}

/// Our own environment.
enum ProcessEnvironment {
  /// The value of a variable; `nil` when it is not set.
  static func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// The value as one text that tells an empty variable (`=`) from one that is not set (nothing).
  static func observed(_ name: String) -> String { value(name).map { "=\($0)" } ?? "" }
}
