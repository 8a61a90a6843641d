public import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A system call on a file that failed: what was tried, on which path, and the system's reason.
public struct FileError: DiagnosticConvertible, Equatable, CustomStringConvertible {
  /// What was tried, as a verb: `read`, `rename to data/x`.
  public let operation: String
  /// The path as the caller gave it.
  public let path: String
  /// The `errno` of the call.
  public let code: Int32

  /// Takes the current `errno` when `code` is not given: call it before anything else can change it.
  public init(_ operation: String, _ path: String, code: Int32? = nil) {
    self.code = code ?? errno
    self.operation = operation
    self.path = path
  }

  /// The system's text for the code, such as `No space left on device`.
  public var reason: String { String(cString: strerror(code)) }
  public var description: String { "cannot \(operation) \(path): \(reason)" }

  /// The error as a finding, with what to do where the reason says it.
  public var diagnostic: Diagnostic {
    let help: String? =
      switch code {
      case ENOSPC, EDQUOT: "free some space on that disk, then give the same command again"
      case EACCES, EPERM: "check who owns it and its permissions"
      case EROFS: "the file system is mounted read-only; remount it or choose another workspace"
      case EIO: "the disk reports an error; check its health before anything else"
      case EMFILE, ENFILE: "too many open files; raise the limit (ulimit -n) or lower --jobs"
      default: nil
      }
    return Diagnostic(code: "file-\(Self.name(code))", description, help: help)
  }

  private static func name(_ code: Int32) -> String {
    switch code {
    case ENOENT: "missing"
    case EACCES, EPERM: "permission"
    case ENOSPC, EDQUOT: "disk-full"
    case EROFS: "read-only"
    case EIO: "disk-error"
    case EEXIST, ENOTEMPTY: "exists"
    default: "error"
    }
  }
}

extension FileError {
  /// Whether a name was taken.
  public var isTaken: Bool { code == EEXIST }
  /// Whether something on the way was not there.
  public var isAbsent: Bool { code == ENOENT }
  /// Whether a folder could not go because something is in it.
  public var isNotEmpty: Bool { code == ENOTEMPTY || code == EEXIST }
}
