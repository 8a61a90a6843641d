import FileSystem
import PipelineCore
import PipelineSpec
import PipelineWorkspace

extension PipelineFile {
  /// Reads `pipelines/NAME.json`, or a file that is named by its path.
  /// - Parameter assignments: `NAME=VALUE` texts of `--param`.
  static func load(_ name: String, in workspace: Workspace, parameters assignments: [String] = []) throws
    -> PipelineFile
  {
    let path = relative(name)
    let absolute = absolute(name, in: workspace)
    guard try FileStatus(absolute) != nil else {
      let known = try names(in: workspace)
      throw CommandFailure(
        .notFound,
        Diagnostic(
          code: "no-pipeline", "there is no pipeline \(name): no file \(path)",
          help: known.isEmpty
            ? "the workspace has no pipelines; `darkroom init` makes one"
            : Suggestion.help(for: name, among: known, what: "the workspace has")))
    }
    let values = try values(assignments)
    do {
      return try PipelineFile(path, in: workspace.root, kinds: StageCatalog.kinds, parameters: values)
    } catch let findings as Diagnostics {
      throw CommandFailure(.invalidDefinition, findings.items)
    }
  }

  /// The digest of a pipeline file's bytes; `nil` when there is no such file.
  static func digest(_ name: String, in workspace: Workspace) throws -> Digest? {
    let absolute = self.absolute(name, in: workspace)
    guard try FileStatus(absolute)?.kind == .file else { return nil }
    return try FileSystem.digest(absolute).digest
  }

  private static func relative(_ name: String) -> String {
    name.hasSuffix(".json") ? name : "pipelines/\(name).json"
  }

  private static func absolute(_ name: String, in workspace: Workspace) -> String {
    let path = relative(name)
    return path.hasPrefix("/") ? path : "\(workspace.root)/\(path)"
  }

  /// The pipelines of a workspace, by name.
  static func names(in workspace: Workspace) throws -> [String] {
    let folder = "\(workspace.root)/pipelines"
    guard try FileStatus(folder) != nil else { return [] }
    return try FileSystem.list(folder).filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
  }

  private static func values(_ assignments: [String]) throws -> [String: String] {
    var values: [String: String] = [:]
    for assignment in assignments {
      guard let equals = assignment.firstIndex(of: "="), equals != assignment.startIndex else {
        throw CommandFailure(
          .usage, Diagnostic(code: "bad-parameter", "--param takes NAME=VALUE, not \"\(assignment)\""))
      }
      values[String(assignment[..<equals])] = String(assignment[assignment.index(after: equals)...])
    }
    return values
  }
}
