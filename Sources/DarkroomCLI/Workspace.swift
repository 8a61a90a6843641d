import FileSystem
import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A workspace on disk: the folder that has `configs/darkroom.json`.
struct Workspace {
  /// Absolute, without a final slash, links resolved.
  let root: String

  static let marker = "configs/darkroom.json"

  /// The workspace that was named, or the nearest parent of the working folder that is one.
  static func locate(_ named: String?) throws -> Workspace {
    if let named {
      guard let root = absolute(named), try FileStatus(root + "/" + marker) != nil else {
        throw CommandFailure(
          .notFound,
          Diagnostic(
            code: "no-workspace", "\(named) is not a workspace: it has no \(marker)",
            help: "make one with `darkroom init \(named)`"))
      }
      return Workspace(root: root)
    }
    let start = absolute(".") ?? "/"
    var folder = start
    while true {
      if try FileStatus("\(folder)/\(marker)") != nil { return Workspace(root: folder) }
      guard let slash = folder.lastIndex(of: "/"), folder != "/" else { break }
      folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
      if folder == "/" { break }
    }
    throw CommandFailure(
      .notFound,
      Diagnostic(
        code: "no-workspace", "neither \(start) nor a folder above it is a workspace (has a \(marker))",
        help: "go to your workspace, name it with --workspace DIR, or make one with `darkroom init DIR`"))
  }

  private static func absolute(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}

/// A command that ends with findings and an exit code.
struct CommandFailure: Error {
  let status: ExitStatus
  let findings: [Diagnostic]
  init(_ status: ExitStatus, _ findings: Diagnostic...) {
    self.status = status
    self.findings = findings
  }
  init(_ status: ExitStatus, _ findings: [Diagnostic]) {
    self.status = status
    self.findings = findings
  }
}
