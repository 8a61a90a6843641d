import PipelineCore
import PipelineEngine
import PipelineStore
import PipelineWorkspace

/// A run of everything that finds the settled world of an earlier one: the pipeline is not even parsed.
struct IdleRun {
  let name: String
  /// The texts of `--param`.
  let parameters: [String]
  let json: Bool
  let quiet: Bool

  /// Records and reports the run, when the settled world still holds; otherwise does nothing and says `false`.
  func perform(_ workspace: Workspace) throws -> Bool {
    guard let definition = try PipelineFile.digest(name, in: workspace) else { return false }
    let key = SettledWorld.key(
      definition: definition, parameters: parameters, kinds: StageCatalog.kinds)
    guard SettledWorld.exists(workspace: workspace.root, key: key) else { return false }
    let lock = try WorkspaceLock(workspace: workspace.root)
    let clock = SystemClock()
    let startedAt = clock.wallMicroseconds
    guard let database = try StateDatabase.open(workspace: workspace.root, .readWrite),
      let world = SettledWorld.stillHolding(
        workspace: workspace.root, key: key, generation: try database.generation())
    else { return false }
    let terminal = Terminal()
    let setting = RunReport.Setting(
      pipeline: world.pipeline, stages: world.stages.map(\.id), style: terminal.style, isQuiet: quiet,
      // `try?`: which run made something is a courtesy of the report, not worth failing a run.
      makers: { (try? database.newestCheckpointRuns(pipeline: world.pipeline)) ?? [:] })
    let screen = RunScreen(
      json ? .json : .text(setting, live: terminal.canRedraw), terminal: terminal, clock: clock)
    defer { screen.close() }
    let run = try database.recordIdleRun(
      like: world.settledBy, startedAt: startedAt, endedAt: clock.wallMicroseconds)
    screen.handle(.runStarted(run, pipeline: world.pipeline))
    for record in world.records { screen.handle(.stageEnded(record)) }
    screen.handle(.runEnded(run, .succeeded))
    _ = consume lock
    return true
  }
}
