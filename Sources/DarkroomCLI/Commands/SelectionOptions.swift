import ArgumentParser
import PipelineCore
import PipelineEngine
import PipelineStore

/// The options that say which part of a pipeline is meant; the same for `plan` and `run`.
struct SelectionOptions: ParsableArguments {
  @Option(name: .long, help: "Only these stages (repeat or separate by commas); what they need is not run.")
  var only: [String] = []
  @Flag(name: .long, help: "With --only: the stages that depend on them, too.")
  var downstream = false
  @Option(name: .long, help: "This stage and all that depend on it.")
  var from: [String] = []
  @Option(name: .long, help: "This stage and all it needs.")
  var until: [String] = []
  @Flag(
    name: .long, help: "Only what failed, was blocked or was stopped in the last run, and what depends on it."
  )
  var failed = false
  @Flag(name: .long, help: "Run the selected units even when they are up to date.")
  var force = false
  @Option(name: .long, help: "Re-run or backfill the day units of A..B (UTC days, both included).")
  var days: String?
  @Option(name: .customLong("param"), help: "Set a pipeline parameter: NAME=VALUE (repeat).")
  var parameters: [String] = []

  func selection(pipeline: Pipeline, database: StateDatabase?) throws -> Selection {
    var selection = Selection(
      only: Self.names(only), downstream: downstream, from: Self.names(from), until: Self.names(until),
      force: force)
    if let days {
      guard let range = DayRange.parse(days) else {
        throw CommandFailure(
          .usage,
          Diagnostic(
            code: "bad-days", "--days takes A..B with days as YYYY-MM-DD, A not after B; not \"\(days)\""))
      }
      selection.days = range
    }
    if failed {
      let last = try database?.runs(pipeline: pipeline.name, limit: 1, onlyWithWork: true).first
      let bad: Set<StageRecord.State> = [.failed, .blocked, .stopped, .waiting, .running]
      selection.failedStages =
        last?.stages.filter { bad.contains($0.state) || $0.unitsFailed > 0 }.map(\.id) ?? []
    }
    return selection
  }

  private static func names(_ texts: [String]) -> [StageID] {
    texts.flatMap { $0.split(separator: ",") }.map { StageID(String($0)) }
  }
}

/// The workspace option that every command has.
struct WorkspaceOptions: ParsableArguments {
  @Option(
    name: .long, help: "The workspace; otherwise the nearest parent folder that has configs/darkroom.json.",
    completion: .directory)
  var workspace: String?

  func locate() throws -> Workspace { try Workspace.locate(workspace) }
}
