import PipelineCore
import PipelineStore
import PipelineWorkspace

/// Finds a run by what a person typed: its number, or `last`.
enum RunName {
  static func resolve(_ text: String, in database: StateDatabase?, of workspace: Workspace) throws
    -> RunRecord
  {
    guard let database, let newest = try database.runs(limit: 1).first else {
      throw CommandFailure(
        .notFound,
        Diagnostic(
          code: "no-run", "nothing has run in \(workspace.root) yet",
          help: "start with `darkroom run PIPELINE`"))
    }
    if ["last", "latest"].contains(text) { return newest }
    let digits = text.hasPrefix("run-") || text.hasPrefix("#") ? text.drop { !$0.isNumber } : text[...]
    guard let number = Int64(digits) else {
      throw CommandFailure(
        .usage,
        Diagnostic(code: "bad-run", "\"\(text)\" is no run: give its number, or `last`", help: hint(newest)))
    }
    guard let run = try database.run(RunID(number)) else {
      throw CommandFailure(
        .notFound, Diagnostic(code: "no-run", "there is no run \(number)", help: hint(newest)))
    }
    return run
  }

  private static func hint(_ newest: RunRecord) -> String {
    "the last run is \(newest.id) (of \(newest.pipeline)); `darkroom runs` lists them"
  }
}

/// Finds the pipeline that a command is about when it is not named.
enum PipelineChoice {
  /// The named pipeline; else the only one; else that of the last run.
  static func name(_ named: String?, in workspace: Workspace, _ database: StateDatabase?) throws -> String {
    if let named { return named }
    let names = try PipelineFile.names(in: workspace)
    if names.count == 1 { return names[0] }
    if let last = try database?.runs(limit: 1).first?.pipeline, names.contains(last) { return last }
    throw CommandFailure(
      .usage,
      Diagnostic(
        code: "which-pipeline", "the workspace has \(names.isEmpty ? "no pipelines" : "several pipelines")",
        help: names.isEmpty
          ? "`darkroom init` makes one" : "name one with --pipeline: \(names.joined(separator: ", "))"))
  }
}
