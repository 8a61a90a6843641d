import ArgumentParser
import PipelineCore
import PipelineEngine
import PipelineSpec
import PipelineStore

/// The options that say which part of a pipeline is meant; the same for `plan` and `run`.
struct SelectionOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Only these stages (repeat, or separate by commas); what they need is not run.", valueName: "stage"),
    completion: .custom(Completions.stages))
  var only: [String] = []
  @Flag(name: .long, help: "With --only: the stages that depend on them, too.")
  var downstream = false
  @Option(
    name: .long, help: ArgumentHelp("These stages and all that depend on them.", valueName: "stage"),
    completion: .custom(Completions.stages))
  var from: [String] = []
  @Option(
    name: .long, help: ArgumentHelp("These stages and all they need.", valueName: "stage"),
    completion: .custom(Completions.stages))
  var until: [String] = []
  @Flag(
    name: .long,
    help:
      "Only the stages that failed, were blocked or were stopped when they were last due, and what depends on them."
  )
  var failed = false
  @Flag(name: .long, help: "Run the selected units even when they are up to date.")
  var force = false
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Re-run or backfill the day units of A..B, or of one day (UTC, both ends included).", valueName: "a..b")
  )
  var days: String?
  @Option(
    name: .customLong("param"),
    help: ArgumentHelp("Set a pipeline parameter: NAME=VALUE (repeat).", valueName: "name=value"))
  var parameters: [String] = []

  func validate() throws {
    if downstream, only.isEmpty { throw ValidationError("--downstream goes with --only STAGE") }
    if let days, DayRange.parse(days) == nil {
      throw ValidationError(
        "--days takes A..B with days as YYYY-MM-DD, A not after B; not \"\(days)\"")
    }
  }

  /// Whether any option is given that says what to run.
  var isGiven: Bool { selects || !parameters.isEmpty }

  /// Whether any option chooses a part of the pipeline or forces units.
  var selects: Bool {
    !only.isEmpty || downstream || !from.isEmpty || !until.isEmpty || failed || force || days != nil
  }

  func selection(pipeline: Pipeline, database: StateDatabase?) throws -> Selection {
    var selection = Selection(
      only: try Self.names(only, pipeline), downstream: downstream, from: try Self.names(from, pipeline),
      until: try Self.names(until, pipeline), force: force, days: days.flatMap(DayRange.parse))
    if failed {
      let outcomes = try database.map { try LatestOutcomes(of: pipeline.name, in: $0) }
      selection.failedStages = outcomes?.failing.map(\.record.id) ?? []
    }
    return selection
  }

  private static func names(_ texts: [String], _ pipeline: Pipeline) throws -> [StageID] {
    try texts.flatMap { $0.split(separator: ",") }.map { try StageName.resolve(String($0), in: pipeline) }
  }
}

/// Finds a stage by the name that a person typed.
enum StageName {
  static func resolve(_ name: String, in pipeline: Pipeline) throws -> StageID {
    let known = (pipeline.stages + pipeline.finally).map(\.id.rawValue)
    if known.contains(name) { return StageID(name) }
    throw CommandFailure(
      .notFound,
      Diagnostic(
        code: "unknown-stage", "the pipeline \(pipeline.name) has no stage \"\(name)\"",
        help: Suggestion.help(for: name, among: known, what: "its stages are")))
  }
}

/// The workspace option that every command has.
struct WorkspaceOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The workspace; otherwise the nearest parent folder that has configs/darkroom.json.", valueName: "dir"),
    completion: .directory)
  var workspace: String?

  func locate() throws -> Workspace {
    let workspace = try Workspace.locate(workspace)
    try WorkspaceConfiguration.check(workspace)
    return workspace
  }
}
