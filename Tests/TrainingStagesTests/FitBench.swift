import ArtifactStore
import DarkroomTesting
import FileSystem
import PipelineCore
import PipelineEngine
import RecommendationModels
import Testing

@testable import TrainingStages

/// A workspace in which `training.fit` runs in the real engine.
final class FitBench {
  let workspace: TemporaryWorkspace
  private var store = InMemoryCheckpointStore()
  private let clock = ManualClock()

  init() throws { workspace = try TemporaryWorkspace() }

  struct Night {
    var state: RunRecord.State
    /// How many units started.
    var units: Int
    var findings: [Diagnostic]
    var counters: [String: Int64]
  }

  func run(_ settings: [String: JSONValue] = [:], jobs: Int = 2) async throws -> Night {
    let pipeline = Pipeline(
      name: "night", stages: [StageDefinition(id: "fit", uses: "training.fit", settings: settings)])
    let observer = RecordingObserver()
    let engine = try Engine(
      workspace: workspace.path, pipeline: pipeline, definition: Digest(of: "night"),
      kinds: [StageKind(FitStage.self)], selection: .everything, jobs: jobs, store: store,
      artifacts: WorkspaceArtifacts(
        workspace: workspace.path, pipeline: pipeline.name, store: store, clock: clock),
      clock: clock, observer: observer)
    let outcome = try await engine.run(RunControl())
    return Night(
      state: outcome.state, units: observer.started.count, findings: observer.attempts.flatMap(\.findings),
      counters: outcome.stages.first?.counters ?? [:])
  }

  /// The next run knows nothing of those before: it finds what lies in the workspace alone.
  func loseCheckpoints() { store = InMemoryCheckpointStore() }

  /// The files of models by name.
  func models() throws -> [String: String] { try workspace.contents(RecommendationModel.folder + "/") }

  func current() throws -> RecommendationModel? {
    let path = RecommendationModel.currentPath
    guard let text = try workspace.text(path) else { return nil }
    return try RecommendationModel(Array(text.utf8), path: path)
  }

  func history() throws -> JudgementHistory {
    let path = JudgementHistory.path
    return try JudgementHistory(Array(try workspace.text(path)?.utf8 ?? "".utf8), path: path)
  }

  /// The artifact of the only or last unit, for those who look at what the dashboard gets.
  func artifacts() throws -> [String] {
    let folder = "data/state/artifacts/fit"
    return try FileSystem.filesBelow("\(workspace.path)/\(folder)").filter { $0.hasSuffix("models.json") }
      .compactMap { try workspace.text("\(folder)/\($0)") }
  }
}

extension JSONValue {
  /// The value at a path of members.
  func at(_ path: String...) -> JSONValue? { path.reduce(self) { $0?[$1] } }
}
