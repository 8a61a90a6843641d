import ArgumentParser
import PipelineCore
import PipelineEngine
import PipelineStore
import PipelineWorkspace

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a pipeline: everything that is not up to date.",
    discussion: """
      What is up to date is not run again; a run that was stopped or killed goes on where it was. The options choose \
      a part of the pipeline; without any, all of it is meant. Ctrl-C once ends the run in order, twice at once.
      """)

  @Argument(
    help: "The pipeline's name: a file pipelines/NAME.json.", completion: .custom(Completions.pipelines))
  var pipeline: String?
  @OptionGroup var place: WorkspaceOptions
  @OptionGroup var choice: SelectionOptions
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Run exactly this plan of `darkroom plan --out`; nothing when the world has moved.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var plan: String?
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("How many units run at once (default: the number of processors).", valueName: "n"))
  var jobs: Int?
  @Flag(name: [.long, .customShort("n")], help: "Only show what would run, like `darkroom plan`.")
  var dryRun = false
  @Flag(name: .long, help: "Print events for programs: one JSON object per line.")
  var json = false
  @Flag(name: .shortAndLong, help: "Print only failures and warnings.")
  var quiet = false

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs is at least 1, not \(jobs)") }
    if pipeline == nil, plan == nil { throw ValidationError("name a pipeline, or a plan with --plan FILE") }
    if plan != nil, choice.isGiven {
      throw ValidationError("--plan runs what the plan says; leave out --param and the options that select")
    }
    if plan != nil, dryRun { throw ValidationError("--dry-run makes a plan, --plan runs one; give only one") }
  }

  func run() async throws {
    let workspace = try place.locate()
    if dryRun { return try await showPlan(workspace) }
    if plan == nil, !choice.selects, let name = pipeline {
      try IdleRun(name: name, parameters: choice.parameters, json: json, quiet: quiet).perform(workspace)
    }
    let saved = try plan.map { try PlanFile.read($0) }
    let file = try self.file(workspace, saved)
    // Names are checked before anything is made.
    _ = try choice.selection(pipeline: file.pipeline, database: nil)
    let lock = try WorkspaceLock(workspace: workspace.root)
    let custody = try CustodyRecovery.perform(workspace)
    let session = try PipelineSession(file, .readWrite)
    let selection: Selection
    if let saved {
      selection = saved.selection
      try await refuseIfMoved(saved, session)
    } else {
      selection = try choice.selection(pipeline: file.pipeline, database: session.database)
      if choice.failed, selection.failedStages?.isEmpty ?? true {
        if !quiet, !json { StandardOutput.write("nothing failed when it was last due; nothing was run\n") }
        return
      }
    }
    for warning in file.warnings where !json { StandardError.write(warning.description) }
    for finding in custody { StandardError.write(finding.description) }
    let outcome = try await perform(session, selection)
    _ = consume lock
    if let status = ExitStatus(of: outcome) { throw status.code }
  }

  private func file(_ workspace: Workspace, _ saved: Plan?) throws -> PipelineFile {
    guard let saved else {
      return try PipelineFile.load(pipeline ?? "", in: workspace, parameters: choice.parameters)
    }
    let assignments = saved.parameters.map { name, value in "\(name)=\(value.stringValue ?? value.canonical)"
    }
    return try PipelineFile.load(pipeline ?? saved.pipeline, in: workspace, parameters: assignments)
  }

  private func refuseIfMoved(_ saved: Plan, _ session: PipelineSession) async throws {
    let differences = saved.differences(from: try await session.plan(saved.selection))
    if differences.isEmpty { return }
    let end = Diagnostic(
      code: "plan-outdated",
      "the plan \(plan ?? "") is not what would run now (\(HumanText.count(differences.count, "difference"))); nothing was run",
      help: "make a new plan with `darkroom plan \(saved.pipeline) --out \(plan ?? "FILE")`")
    throw CommandFailure(.planOutdated, differences + [end])
  }

  private func showPlan(_ workspace: Workspace) async throws {
    let file = try PipelineFile.load(pipeline ?? "", in: workspace, parameters: choice.parameters)
    let session = try PipelineSession(file, .readOnly)
    let selection = try choice.selection(pipeline: file.pipeline, database: session.database)
    let plan = try await session.plan(selection)
    StandardOutput.write(
      json ? try PlanFile.text(plan) : PlanText(plan: plan, style: Terminal().style).text)
    if plan.stages.contains(where: { $0.state == .failed }) { throw ExitStatus.stagesFailed.code }
  }

  private func perform(_ session: PipelineSession, _ selection: Selection) async throws -> RunOutcome {
    let terminal = Terminal()
    let pipeline = session.file.pipeline
    let database = session.database
    let form: RunScreen.Form =
      json
      ? .json
      : .text(
        RunReport.Setting(
          pipeline: pipeline.name, stages: (pipeline.stages + pipeline.finally).map(\.id),
          style: terminal.style, isQuiet: quiet,
          // `try?`: which run made something is a courtesy of the report, not worth failing a run.
          makers: { (try? database?.newestCheckpointRuns(pipeline: pipeline.name)) ?? [:] }),
        live: terminal.canRedraw)
    let screen = RunScreen(form, terminal: terminal, clock: session.clock)
    let engine = try session.engine(
      selection: selection, jobs: jobs ?? PipelineSession.processorCount, observer: screen)
    let control = RunControl()
    let signals = SignalWatch(control)
    let refresh = Task { await screen.keepFresh() }
    defer {
      refresh.cancel()
      signals.cancel()
      screen.close()
    }
    return try await engine.run(control)
  }
}

extension ExitStatus {
  /// The code for a run's outcome; `nil` for success.
  init?(of outcome: RunOutcome) {
    switch (outcome.state, outcome.signal) {
    case (.succeeded, _): return nil
    case (.stopped, SIGTERM?): self = .terminated
    case (.stopped, _): self = .interrupted
    default: self = .stagesFailed
    }
  }
}
