import ArtifactStore
import DarkroomTesting
import FileSystem
import PipelineCore
import PipelineEngine
import PipelineStore
import Testing

/// A workspace with a pipeline of scripted stages on the real state database and artifact store.
final class EngineBench: Sendable {
  let workspace: TemporaryWorkspace
  let scripts: [StageID: StageScript]
  let clock = ManualClock()

  /// Makes a script for each stage of the pipelines that will run here.
  init(_ stages: [StageID], upstream: UpstreamDependency = .everything) throws {
    workspace = try TemporaryWorkspace()
    scripts = Dictionary(uniqueKeysWithValues: stages.map { ($0, StageScript(upstream: upstream)) })
  }

  subscript(_ stage: StageID) -> StageScript { scripts[stage] ?? StageScript() }

  /// A stage definition with a script of its own.
  static func stage(
    _ id: StageID, needs: [StageID] = [], follows: StageID? = nil,
    _ change: (inout StageDefinition) -> Void = { _ in }
  ) -> StageDefinition {
    var definition = StageDefinition(id: id, uses: "scripted.\(id)", needs: needs)
    if let follows { definition.foreach = .units(of: follows) }
    change(&definition)
    return definition
  }

  struct Ran {
    var outcome: RunOutcome
    var observer: RecordingObserver
    func state(_ stage: StageID) -> StageRecord.State? { outcome.stages.first { $0.id == stage }?.state }
    func record(_ stage: StageID) -> StageRecord? { outcome.stages.first { $0.id == stage } }
    /// The units that ran to a good end.
    var done: Set<String> {
      Set(observer.attempts.filter { $0.state == .done }.map { $0.unit.description })
    }
    var failed: Set<String> {
      Set(observer.attempts.filter { $0.state == .failed }.map { $0.unit.description })
    }
  }

  func engine(
    _ stages: [StageDefinition], finally: [StageDefinition] = [], selection: Selection = .everything,
    jobs: Int = 4, pools: [String: Int] = [:], store: (any CheckpointStore)? = nil,
    observer: any RunObserver = RecordingObserver(), gracePeriod: Duration = .seconds(10)
  ) throws -> Engine {
    let database: any CheckpointStore
    if let store {
      database = store
    } else {
      database = try #require(try StateDatabase.open(workspace: workspace.path, .readWrite))
    }
    let pipeline = Pipeline(name: "test", pools: pools, stages: stages, finally: finally)
    let artifacts = WorkspaceArtifacts(
      workspace: workspace.path, pipeline: pipeline.name, store: database, clock: clock)
    return try Engine(
      workspace: workspace.path, pipeline: pipeline, definition: Digest(of: "definition"),
      kinds: scripts.map { ScriptedStage.kind("scripted.\($0.key)", $0.value) }, selection: selection,
      jobs: jobs, gracePeriod: gracePeriod, store: database, artifacts: artifacts, clock: clock,
      observer: observer)
  }

  @discardableResult
  func run(
    _ stages: [StageDefinition], finally: [StageDefinition] = [], selection: Selection = .everything,
    jobs: Int = 4, pools: [String: Int] = [:], store: (any CheckpointStore)? = nil,
    control: RunControl = RunControl(), gracePeriod: Duration = .seconds(10),
    reaction: @escaping @Sendable (RunEvent) -> Void = { _ in }
  ) async throws -> Ran {
    let observer = RecordingObserver(reaction)
    let engine = try engine(
      stages, finally: finally, selection: selection, jobs: jobs, pools: pools, store: store,
      observer: observer, gracePeriod: gracePeriod)
    return Ran(outcome: try await engine.run(control), observer: observer)
  }

  /// Artifacts by their path without the fingerprint, with their text.
  func artifacts() throws -> [String: String] {
    var artifacts: [String: String] = [:]
    for (path, text) in try workspace.contents("data/state/artifacts") {
      let parts = path.split(separator: "/")
      artifacts[parts[..<2].joined(separator: "/") + ":" + parts[3...].joined(separator: "/")] = text
    }
    return artifacts
  }

  /// The current checkpoints' keys.
  func checkpointed(_ stage: StageID) throws -> [String] {
    let database = try #require(try StateDatabase.open(workspace: workspace.path, .readOnly))
    return try Array(database.checkpoints(pipeline: "test", stage: stage)).map(\.unit.key.rawValue)
  }
}
