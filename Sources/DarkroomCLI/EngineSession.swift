import ArtifactStore
import PipelineCore
import PipelineEngine
import PipelineStore

/// The composition root: a workspace's pipeline with its state, ready to be planned or run.
struct EngineSession {
  let workspace: Workspace
  let file: PipelineFile
  let database: StateDatabase?
  let clock = SystemClock()

  /// Opens the state for planning; a workspace without state has none, and stays so.
  static func forReading(_ workspace: Workspace, _ file: PipelineFile) throws -> EngineSession {
    EngineSession(
      workspace: workspace, file: file, database: try StateDatabase.open(workspace: workspace.root, .readOnly)
    )
  }

  /// Opens the state for a run, under the lock that the caller holds.
  static func forWriting(_ workspace: Workspace, _ file: PipelineFile) throws -> EngineSession {
    EngineSession(
      workspace: workspace, file: file,
      database: try StateDatabase.open(workspace: workspace.root, .readWrite))
  }

  /// What a run with this selection would do now.
  func plan(_ selection: Selection) async throws -> Plan {
    try await engine(selection: selection, jobs: 1, observer: SilentObserver()).plan()
  }

  /// The engine for one command.
  func engine(
    selection: Selection, jobs: Int, observer: any RunObserver
  ) throws -> Engine {
    let store: any CheckpointStore = database ?? NoState()
    let artifacts = WorkspaceArtifacts(
      workspace: workspace.root, pipeline: file.pipeline.name, store: store, clock: clock)
    return try Engine(
      workspace: workspace.root, pipeline: file.pipeline, definition: file.digest, kinds: StageCatalog.kinds,
      selection: selection, jobs: jobs, store: store, artifacts: artifacts, clock: clock, observer: observer,
      settledKey: file.settledKey)
  }
}

/// Hears nothing: plans have no events.
struct SilentObserver: RunObserver {
  func handle(_ event: RunEvent) {}
}

/// The state of a workspace in which nothing ever ran: for plans, which change nothing.
private struct NoState: CheckpointStore {
  private var refusal: Diagnostic { Diagnostic(code: "state-database", "the state is open for reading only") }

  func beginRun(_ start: RunStart) throws -> RunID { throw refusal }
  func commit(_ group: CommitGroup) throws { throw refusal }
  func record(_ stages: [StageRecord], of run: RunID) throws { throw refusal }
  func endMainStages(of run: RunID, state: RunRecord.State, didWork: Bool, at microseconds: Int64) throws {
    throw refusal
  }
  func endRun(_ run: RunID, state: RunRecord.State, didWork: Bool, at microseconds: Int64) throws {
    throw refusal
  }
  func recordIdleRun(like model: RunID, startedAt: Int64, endedAt: Int64) throws -> RunID { throw refusal }
  func generation() -> Int64 { 0 }
  func lastRunWithWork(pipeline: String) -> RunID? { nil }
  func checkpoints(pipeline: String, stage: StageID) -> any Sequence<Checkpoint> { [] }
  func checkpoint(pipeline: String, unit: UnitID) -> Checkpoint? { nil }
  func cachedDigests() -> [CachedDigest] { [] }
  func save(_ digests: [CachedDigest]) throws {}
  func history(current: RunID?) -> any RunHistory { EmptyRunHistory() }
}
