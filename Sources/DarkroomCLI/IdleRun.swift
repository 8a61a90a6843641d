import PipelineCore
import PipelineEngine
import PipelineStore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import PipelineWorkspace

/// A run of everything that finds the settled world of an earlier one: the pipeline is not even parsed.
struct IdleRun {
  let name: String
  /// The texts of `--param`.
  let parameters: [String]
  let json: Bool
  let quiet: Bool

  /// Records and reports the run and ends the process, when the settled world still holds; otherwise does nothing.
  func perform(_ workspace: Workspace) throws {
    guard let definition = try PipelineFile.digest(name, in: workspace) else { return }
    let key = SettledWorld.key(
      definition: definition, parameters: parameters, kinds: StageCatalog.kinds)
    guard SettledWorld.exists(workspace: workspace.root, key: key) else { return }
    let lock = try WorkspaceLock(workspace: workspace.root)
    let clock = SystemClock()
    let startedAt = clock.wallMicroseconds
    guard let database = try StateDatabase.open(workspace: workspace.root, .readWrite) else { return }
    try database.markInterruptedRuns()
    guard
      let world = SettledWorld.stillHolding(
        workspace: workspace.root, key: key, generation: try database.generation())
    else { return }
    let terminal = Terminal()
    let setting = RunReport.Setting(
      pipeline: world.pipeline, stages: world.stages.map(\.id), style: terminal.style, isQuiet: quiet,
      // `try?`: which run made something is a courtesy of the report, not worth failing a run.
      makers: { (try? database.newestCheckpointRuns(pipeline: world.pipeline)) ?? [:] })
    let screen = RunScreen(
      json ? .json : .text(setting, live: terminal.canRedraw), terminal: terminal, clock: clock)
    let run = try database.recordIdleRun(
      like: world.settledBy, startedAt: startedAt, endedAt: clock.wallMicroseconds)
    screen.handle(.runStarted(run, pipeline: world.pipeline))
    for record in world.records { screen.handle(.stageEnded(record)) }
    screen.handle(.runEnded(run, .succeeded))
    screen.close()
    // The process ends here, with the database still open: closing it would move the write-ahead log into the
    // database, with several waits for the disk. The log is whole, and the next run that works moves it.
    _ = consume lock
    withExtendedLifetime(database) { exit(ExitStatus.success.rawValue) }
  }
}
