import ArtifactStore
import DarkroomTesting
import FileSystem
import PipelineCore
import PipelineEngine
import Testing

@Suite struct PlacingTests {
  private let workspace: TemporaryWorkspace
  private let artifacts: WorkspaceArtifacts

  init() throws {
    workspace = try TemporaryWorkspace()
    artifacts = WorkspaceArtifacts(
      workspace: workspace.path, pipeline: "p", store: InMemoryCheckpointStore(), clock: ManualClock())
    try artifacts.recover()
  }

  private func staged(_ stage: String, publishing path: String) throws -> StagedOutputs {
    let unit = UnitID(stage: StageID(stage), key: .whole)
    let staging = try artifacts.prepare(unit, attempt: 1, run: RunID(1))
    let file = "\(staging.publication)/\(path)"
    try FileSystem.makeDirectories(String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)]))
    try FileSystem.create(file, stage.utf8)
    return try artifacts.examine(
      UnitResult(publications: [.init(path: path)]), of: unit, declared: [path], in: staging,
      fingerprint: Digest(of: stage))
  }

  @Test func aUnitThatCannotBePlacedDoesNotTakeTheOthersWithIt() throws {
    try workspace.write("taken", "a file where the first unit needs a folder")
    let results = artifacts.place([
      try staged("bad", publishing: "taken/deep/out"), try staged("good", publishing: "fine/deep/out"),
    ])
    #expect(throws: FileError.self) { try results[0].get() }
    _ = try results[1].get()
    #expect(try workspace.text("fine/deep/out") == "good")
    #expect(try workspace.text("taken") == "a file where the first unit needs a folder")
  }

  @Test func supersededArtifactsGoWithAllTheirFiles() throws {
    try workspace.write("data/state/artifacts/s/_/old/internal/rows", "1")
    try workspace.write("data/state/artifacts/s/_/new/rows", "2")
    let lost = try artifacts.removeArtifacts([
      "data/state/artifacts/s/_/old", "data/state/artifacts/s/_/none",
    ])
    #expect(lost.count == 1)
    #expect(try workspace.contents("data/state") == ["artifacts/s/_/new/rows": "2"])
  }
}
