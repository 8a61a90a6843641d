import ArtifactStore
import DarkroomTesting
import FileSystem
import PipelineCore
import PipelineEngine
import Testing
import TrainingData
import TrainingReports

@testable import TrainingStages

@Suite struct ReportStageTests {
  private let workspace: TemporaryWorkspace
  private let store = InMemoryCheckpointStore()
  private let clock = ManualClock()

  init() throws { workspace = try TemporaryWorkspace() }

  /// Runs `training.report` with a snapshot after it, and tells which units were started.
  private func run(jobs: Int = 4) async throws -> (outcome: RunOutcome, started: Set<String>) {
    let pipeline = Pipeline(
      name: "night",
      stages: [
        StageDefinition(id: "report", uses: "training.report"),
        StageDefinition(id: "snapshot", uses: "snapshot.publish", needs: ["report"]),
      ])
    let observer = RecordingObserver()
    let engine = try Engine(
      workspace: workspace.path, pipeline: pipeline, definition: Digest(of: "night"),
      kinds: [StageKind(ReportStage.self), StageKind(SnapshotStage.self)], selection: .everything, jobs: jobs,
      store: store,
      artifacts: WorkspaceArtifacts(
        workspace: workspace.path, pipeline: pipeline.name, store: store, clock: clock),
      clock: clock, observer: observer)
    let outcome = try await engine.run(RunControl())
    return (outcome, Set(observer.started.map(\.description)))
  }

  /// Publishes so many decisions as a version of a project's dataset.
  private func publish(_ project: String, version: String, decisions: Int) throws {
    let folder = DatasetFiles.folder(project: project)
    var text = ""
    for number in 0..<decisions {
      var row = SelectionRow(
        project: project, group: "g_\(number)", lineage: "\(project)/g_\(number)", decision: nil,
        schemaVersion: 4, images: ["a", "b"], action: .approve, exposure: .shown,
        decidedAt: "2026-01-05T03:04:05.000000Z")
      row.pickedIndex = 0
      row.recommendedIndex = number % 2
      row.selectionMatch = number % 2 == 0
      row.recommender = "rule"
      row.recommenderVersion = "1"
      row.append(to: &text)
    }
    try workspace.write("\(folder)/versions/\(version)/\(SelectionRow.fileName)", text)
    try workspace.write("\(folder)/versions/\(version)/\(CropRow.fileName)", "")
    let link = "\(workspace.path)/\(folder)/current"
    try FileSystem.removeFile(link)
    try FileSystem.makeLink(link, to: "versions/\(version)")
  }

  private func published() throws -> [String: String] {
    try workspace.contents("data/snapshot/current/").filter { $0.key != "manifest.json" }
  }

  @Test("Each project with a dataset gets its report, in the snapshot; without one there is nothing to do")
  func reports() async throws {
    #expect(try await run().outcome.state == .succeeded)
    try publish("mojo3", version: "aa", decisions: 40)
    try publish("empty", version: "bb", decisions: 0)
    // Of a join that has published nothing yet.
    try FileSystem.makeDirectories("\(workspace.path)/\(DatasetFiles.folder(project: "mojo4"))/versions")
    let first = try await run()
    #expect(first.outcome.state == .succeeded)
    #expect(first.started == ["report/empty", "report/mojo3", "snapshot"])
    let files = try published()
    #expect(files.keys.sorted() == ["training_report_v1/empty.json", "training_report_v1/mojo3.json"])
    let dataset = try #require(try DatasetFiles.current(workspace: workspace.path, project: "mojo3"))
    let report = try TrainingReport(of: dataset, project: "mojo3")
    #expect(files["training_report_v1/mojo3.json"] == report.json.canonical + "\n")
    #expect(report.dataset == "aa" && report.recommenders.first?.selection.all == Proportion(20, of: 40))
  }

  @Test("A second run does nothing; a new dataset of one project measures that one again")
  func again() async throws {
    try publish("mojo3", version: "aa", decisions: 40)
    try publish("mojo5", version: "aa", decisions: 4)
    _ = try await run()
    let files = try published()
    let second = try await run()
    #expect(second.started == [] && !second.outcome.didWork)
    try publish("mojo3", version: "cc", decisions: 41)
    #expect(try await run().started == ["report/mojo3", "snapshot"])
    // Back to the first: the same bytes, with another parallelism.
    try publish("mojo3", version: "aa", decisions: 40)
    _ = try await run(jobs: 1)
    #expect(try published() == files)
  }

  @Test("A damaged dataset fails its project's unit, with file and line, and no other")
  func damaged() async throws {
    try publish("mojo3", version: "aa", decisions: 40)
    try publish("mojo5", version: "aa", decisions: 4)
    try workspace.write("\(DatasetFiles.folder(project: "mojo3"))/versions/aa/crops.jsonl", "{}\n")
    let outcome = try await run().outcome
    #expect(outcome.state == .failed)
    let stage = try #require(outcome.stages.first)
    #expect(stage.unitsFailed == 1 && stage.unitsDone == 1)
  }
}
