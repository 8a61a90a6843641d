import ArtifactStore
import DarkroomTesting
import FileSystem
import ImageCatalog
import PipelineCore
import PipelineEngine
import RecommendationModels
import Testing
import TrainingData

@testable import TrainingStages

/// A night on which one project's join fails.
@Suite struct OlderDatasetTests {
  private let bench: JoinWorkspace

  init() throws { bench = try JoinWorkspace() }

  private struct Night {
    var state: RunRecord.State
    var done: [String]
    var findings: [Diagnostic]
    /// How many groups the fit saw, when it ran.
    var groups: Int64?
    var older: Int64?
  }

  private func night(jobs: Int = 2) async throws -> Night {
    let pipeline = Pipeline(
      name: "night",
      stages: [
        StageDefinition(id: "join", uses: "training.join", continueOnError: true),
        StageDefinition(
          id: "check", uses: "training.check", settings: ["checks": "training", "onFailure": "keep"],
          needs: ["join"]),
        StageDefinition(id: "fit", uses: "training.fit", needs: ["join", "check"], continueOnError: true),
        StageDefinition(
          id: "export", uses: "training.export", settings: ["formats": ["jsonl"]], needs: ["join", "check"],
          continueOnError: true),
      ])
    let clock = ManualClock()
    let observer = RecordingObserver()
    let engine = try Engine(
      workspace: bench.path, pipeline: pipeline, definition: Digest(of: "night"),
      kinds: [
        StageKind(JoinStage.self), StageKind(CheckStage.self), StageKind(FitStage.self),
        StageKind(ExportStage.self),
      ], selection: .everything, jobs: jobs, store: bench.store,
      artifacts: WorkspaceArtifacts(
        workspace: bench.path, pipeline: pipeline.name, store: bench.store, clock: clock),
      clock: clock, observer: observer)
    let outcome = try await engine.run(RunControl())
    let fit = outcome.stages.first { $0.id == "fit" }?.counters
    return Night(
      state: outcome.state,
      done: observer.attempts.filter { $0.state == .done }.map(\.unit.description).sorted(),
      findings: observer.attempts.flatMap(\.findings), groups: fit?["groups"], older: fit?["olderDatasets"])
  }

  private func decision() throws -> String? { try bench.workspace.text(FitStage.decisionPath) }

  @Test("The fit uses the last dataset of a project whose join failed, and says so")
  func failedJoin() async throws {
    var random = SeededRandom(seed: 61)
    try bench.addProject("a", groups: 60, random: &random)
    try bench.addProject("b", groups: 40, random: &random)
    let first = try await night()
    let groups = try #require(first.groups)
    #expect(first.done.contains("fit") && groups > 0 && first.older == nil)
    let before = try decision()

    let database = "\(bench.path)/\(DecisionDatabase.path(project: "a"))"
    try Shell.run("sqlite3", database, "PRAGMA user_version = 5")
    let failed = try await night()
    #expect(failed.findings.contains { $0.code == "decision-database-newer" })
    #expect(failed.done == ["fit"], "\(failed.done)")
    #expect(failed.groups == groups && failed.older == 1)
    let warnings = failed.findings.filter { $0.code == "training-older-dataset" }
    let dataset = try FileSystem.linkTarget("\(bench.path)/\(DatasetFiles.folder(project: "a"))/current")
    try #require(warnings.count == 1)
    #expect(warnings[0].severity == .warning && warnings[0].message.contains("project a "))
    #expect(warnings[0].message.contains("datasets/a/\(dataset)"))
    #expect(!failed.findings.contains { $0.code == "training-unchecked" }, "\(failed.findings)")
    // The same datasets: the same bytes. It stays so as long as nothing is put right.
    #expect(try decision() == before)
    #expect(try await night(jobs: 1).done == [])

    // Others go on: what is learned from is their new dataset and this older one.
    try bench.decide("b", 1_000, &random)
    let other = try await night()
    #expect(other.done.contains("join/b") && other.done.contains("check/b") && other.older == 1)

    try Shell.run("sqlite3", database, "PRAGMA user_version = 4")
    let mended = try await night()
    #expect(mended.state == .succeeded && mended.older == nil && mended.groups == other.groups)
  }

  @Test("A project whose database is gone is neither checked nor learned from, and that is said")
  func goneDatabase() async throws {
    var random = SeededRandom(seed: 62)
    try bench.addProject("a", groups: 30, random: &random)
    try bench.addProject("b", groups: 40, random: &random)
    let groups = try #require(try await night().groups)
    try FileSystem.removeFile("\(bench.path)/\(DecisionDatabase.path(project: "a"))")
    let night = try await night()
    #expect(night.findings.contains { $0.code == "training-unchecked" && $0.message.contains("project a ") })
    #expect(try #require(night.groups) < groups)
  }
}
