import ArtifactStore
import DarkroomTesting
import FileSystem
import PipelineCore
import PipelineEngine
import Testing
import TrainingData

@testable import TrainingStages

/// What a failed check keeps out, that night and later.
@Suite struct PassedChecksTests {
  private let workspace: TemporaryWorkspace
  private let store = InMemoryCheckpointStore()
  private let clock = ManualClock()

  init() throws { workspace = try TemporaryWorkspace() }

  private struct Night {
    var state: RunRecord.State
    var findings: [Diagnostic]
    /// The units that were done.
    var done: [String]
    /// How many groups the fit saw.
    var groups: Int64?
  }

  private func night(_ selection: Selection = .everything) async throws -> Night {
    let pipeline = Pipeline(
      name: "night",
      stages: [
        StageDefinition(
          id: "check", uses: "training.check", settings: ["checks": "training", "onFailure": "keep"]),
        StageDefinition(id: "gate", uses: "training.gate", needs: ["check"]),
        StageDefinition(id: "fit", uses: "training.fit", needs: ["check"], continueOnError: true),
        StageDefinition(
          id: "export", uses: "training.export", settings: ["formats": ["jsonl"]], needs: ["check"],
          continueOnError: true),
      ])
    let observer = RecordingObserver()
    let engine = try Engine(
      workspace: workspace.path, pipeline: pipeline, definition: Digest(of: "night"),
      kinds: [
        StageKind(CheckStage.self), StageKind(GateStage.self), StageKind(FitStage.self),
        StageKind(ExportStage.self),
      ], selection: selection, jobs: 2, store: store,
      artifacts: WorkspaceArtifacts(
        workspace: workspace.path, pipeline: pipeline.name, store: store, clock: clock),
      clock: clock, observer: observer)
    let outcome = try await engine.run(RunControl())
    return Night(
      state: outcome.state, findings: observer.attempts.flatMap(\.findings),
      done: observer.attempts.filter { $0.state == .done }.map(\.unit.description).sorted(),
      groups: outcome.stages.first { $0.id == "fit" }?.counters["groups"])
  }

  private func exported(_ project: String) throws -> String? {
    try workspace.text("\(ExportStage.folder)/\(project)/jsonl/current/selections.jsonl")
  }

  @Test("A project whose check failed is in no fit and no export, that night and later, until it passes")
  func leftOut() async throws {
    var person = SyntheticDecisions(.preferring(noise: 0.6), seed: 31)
    let (good, bad) = (person.groups(30), person.groups(20))
    try SyntheticDataset(project: "good", groups: good).publish(workspace)
    try SyntheticDataset(project: "bad", groups: bad).publish(workspace)
    let first = try await night()
    #expect(first.state == .succeeded && first.groups == 50)
    let before = try exported("bad")

    // Another version, with a confidence that is none.
    try SyntheticDataset(project: "bad", groups: bad + person.groups(1), confidence: 2).publish(workspace)
    for count in [31, 32] {
      try SyntheticDataset(project: "good", groups: good + person.groups(count - 30)).publish(workspace)
      let night = try await night()
      #expect(night.state == .failed, "the gate fails on every run")
      #expect(night.groups == Int64(count))
      let told = night.findings.filter { $0.code == "training-unchecked" }
      let severities: Set<Diagnostic.Severity> = Set(told.map { $0.severity })
      #expect(severities == [.warning, .error])
      for finding in told {
        #expect(finding.message.contains("project bad failed: confidence is a probability"))
      }
      #expect(try exported("bad") == before)
      #expect(night.done.contains("export/good/jsonl"), "\(night.done)")
    }
    // Run alone, with a version that nobody has checked.
    try SyntheticDataset(project: "good", groups: good).publish(workspace)
    try SyntheticDataset(project: "good", groups: person.groups(33)).publish(workspace)
    let alone = try await night(Selection(only: ["fit", "export"]))
    #expect(alone.findings.contains { $0.message.contains("of project good has not been checked") })
    #expect(alone.groups == 0)
    try SyntheticDataset(project: "bad", groups: bad).publish(workspace)
    let last = try await night()
    #expect(last.state == .succeeded && last.groups == 53)
    #expect(!last.findings.contains { $0.code == "training-unchecked" })
  }
}
