import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The errors of reading and writing log files, as findings for the person who has to act.
enum LogFailure {
  static func noMemory() -> Diagnostic {
    Diagnostic(
      code: "out-of-memory", "there is not enough memory to parse a log line; nothing was changed",
      help: "lower the setting maxLineBytes, or run fewer units at once with --jobs")
  }

  /// A system call that failed; `path` is shown as the person knows it.
  static func system(_ action: String, _ path: String, _ number: Int32 = errno) -> Diagnostic {
    Diagnostic(
      code: "file-error", "cannot \(action) \(path): \(String(cString: strerror(number)))",
      at: SourceLocation(path: path, line: 1))
  }

  static func symbolicLink(_ name: String) -> Diagnostic {
    Diagnostic(
      code: "symbolic-link",
      "\(name) is a symbolic link; logs are read only where they are, and it was not followed",
      at: SourceLocation(path: name, line: 1), help: "put the file itself there")
  }

  static func damagedSegment(_ path: String, _ what: String) -> Diagnostic {
    Diagnostic(
      code: "damaged-artifact", "\(path) is not a whole segment of events: \(what)",
      at: SourceLocation(path: path, line: 1), help: "run the extract stage again with --force")
  }
}
