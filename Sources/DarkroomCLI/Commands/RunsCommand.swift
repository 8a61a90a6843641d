import ArgumentParser
import PipelineCore
import PipelineStore

struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List the runs of the workspace, the newest first.")

  @OptionGroup var place: WorkspaceOptions
  @Option(name: .long, help: "Only runs of this pipeline.", completion: .custom(Completions.pipelines))
  var pipeline: String?
  @Option(name: .shortAndLong, help: "How many runs to list.")
  var limit = 20
  @Flag(name: .long, help: "Print JSON.")
  var json = false

  func validate() throws {
    if limit < 1 { throw ValidationError("--limit is at least 1, not \(limit)") }
  }

  func run() throws {
    let workspace = try place.locate()
    let database = try StateDatabase.open(workspace: workspace.root, .readOnly)
    let runs = try database?.runs(pipeline: pipeline, limit: limit) ?? []
    if json {
      let value: JSONValue = ["runs": .array(runs.map { $0.json(withStages: false) })]
      return _ = StandardOutput.write(value.pretty)
    }
    if runs.isEmpty { return _ = StandardOutput.write("no runs yet\n") }
    let isBusy = WorkspaceLock.isHeld(workspace: workspace.root)
    var table = TextTable(style: Terminal().style)
    table.addHeader("RUN", "PIPELINE", "STATE", "STARTED", "TOOK", "STAGES")
    for run in runs {
      let (word, colour) = RunWords.state(run, isBusy: isBusy)
      table.add(
        (run.id.description, nil), (run.pipeline, nil), (word, colour),
        (HumanText.localTime(run.startedAt), nil), (RunWords.took(run), nil), (RunWords.stages(run), nil))
    }
    StandardOutput.write(table.text())
  }
}

/// One run in a few words, for lists.
enum RunWords {
  /// The state; a run that says it is running while nobody holds the lock has died.
  static func state(_ run: RunRecord, isBusy: Bool) -> (String, Style.Colour?) {
    if run.state == .running, !isBusy { return ("interrupted", .yellow) }
    return (StageWords.word(run.state), StageWords.colour(run.state))
  }

  static func took(_ run: RunRecord) -> String {
    run.endedAt.map { HumanText.duration($0 - run.startedAt) } ?? "-"
  }

  /// `2 failed, 3 done`, or that there was nothing to do.
  static func stages(_ run: RunRecord) -> String {
    if run.stages.isEmpty { return run.state == .succeeded ? "nothing to do" : "" }
    let order: [StageRecord.State] = [.failed, .blocked, .stopped, .running, .waiting, .succeeded, .upToDate]
    return order.compactMap { state in
      let count = run.stages.count { $0.state == state }
      return count > 0 ? "\(HumanText.count(count)) \(StageWords.word(state))" : nil
    }.joined(separator: ", ")
  }
}
