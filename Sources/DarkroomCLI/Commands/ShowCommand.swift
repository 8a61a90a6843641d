import ArgumentParser
import PipelineCore
import PipelineEngine
import PipelineStore

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a run: its stages, what failed, and why.")

  @Argument(help: ArgumentHelp("The run's number, or `last`.", valueName: "run"))
  var runName = "last"
  @OptionGroup var place: WorkspaceOptions
  @Flag(name: .long, help: "Print JSON, with every attempt.")
  var json = false

  func run() throws {
    let workspace = try place.locate()
    let database = try StateDatabase.open(workspace: workspace.root, .readOnly)
    let record = try RunName.resolve(runName, in: database, of: workspace)
    let attempts = try database?.attempts(of: record.id) ?? []
    if json {
      var members = record.json(withStages: true).objectValue ?? [:]
      members["attempts"] = .array(attempts.map(\.json))
      return _ = StandardOutput.write(JSONValue.object(members).pretty)
    }
    let isBusy = WorkspaceLock.isHeld(workspace: workspace.root)
    StandardOutput.write(Self.text(record, attempts, isBusy: isBusy, style: Terminal().style))
  }

  /// The report of a past run: the same lines as when it ran.
  static func text(_ run: RunRecord, _ attempts: [AttemptRecord], isBusy: Bool, style: Style) -> String {
    var report = RunReport(
      RunReport.Setting(
        pipeline: run.pipeline, stages: run.stages.map(\.id), style: style, isPast: true, mostUnitsShown: 100)
    )
    var text = report.lines(for: .runStarted(run.id, pipeline: run.pipeline), now: run.startedAt)
    text += "started \(HumanText.localTime(run.startedAt))\n"
    if run.stages.isEmpty {
      let (word, _) = RunWords.state(run, isBusy: isBusy)
      return text + (run.state == .succeeded ? "nothing to do: everything was up to date" : word) + "\n"
    }
    for attempt in attempts { text += report.lines(for: .unitEnded(attempt), now: run.startedAt) }
    for stage in run.stages { text += report.lines(for: .stageEnded(stage), now: run.startedAt) }
    let state = run.state == .running && !isBusy ? .interrupted : run.state
    return text
      + report.lines(for: .runEnded(run.id, state), now: run.endedAt ?? run.startedAt)
  }
}
