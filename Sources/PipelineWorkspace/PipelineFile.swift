import FileSystem
public import PipelineCore
import PipelineEngine
import PipelineSpec

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A pipeline file of a workspace, read and validated.
public struct PipelineFile: Sendable {
  /// The absolute path of the workspace, links resolved, without a final slash.
  public let workspace: String
  /// What the file says, with the parameters of this run filled in.
  public let pipeline: Pipeline
  /// The stage kinds that it was read with.
  public let kinds: [StageKind]
  /// The digest of the file's bytes.
  public let digest: Digest
  /// What is odd about the file without being wrong.
  public let warnings: [Diagnostic]
  /// The key under which "nothing to do" is remembered; `nil` when there are warnings, which are to be seen on every
  /// run. See `SettledWorld`.
  public let settledKey: Digest?

  /// Reads and checks a file.
  ///
  /// - Parameters:
  ///   - path: Relative to the workspace, or absolute.
  ///   - workspace: The folder that all paths of the pipeline start at.
  ///   - kinds: The stage kinds that the file may use.
  ///   - parameters: Values of the pipeline's parameters for this run, as text that the declared type reads.
  /// - Throws: `Diagnostics` with everything that is wrong with the text, or
  ///   `FileError` when the workspace or the file cannot be read.
  public init(
    _ path: String, in workspace: String, kinds: [StageKind], parameters: [String: String] = [:]
  ) throws {
    guard let resolved = realpath(workspace, nil) else { throw FileError("open the workspace", workspace) }
    defer { free(resolved) }
    self.workspace = String(cString: resolved)
    self.kinds = kinds
    let bytes = try FileSystem.read(path.hasPrefix("/") ? path : "\(self.workspace)/\(path)")
    (pipeline, warnings) = try PipelineReader(kinds: kinds).read(bytes, path: path, parameters: parameters)
    digest = bytes.withUnsafeBytes { Digest(of: $0) }
    let assignments = parameters.map { "\($0.key)=\($0.value)" }
    settledKey =
      warnings.isEmpty ? SettledWorld.key(definition: digest, parameters: assignments, kinds: kinds) : nil
  }
}
