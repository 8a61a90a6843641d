import ArtifactStore
import DarkroomTesting
import FileCustody
import FileSystem
import PipelineCore
import PipelineEngine
import Testing
import TrainingData
import TrainingExport
import TrainingStages

@Suite struct ExportStageTests {
  private let store = InMemoryCheckpointStore()

  /// Runs the stage alone; says which units ran.
  private func run(
    _ bench: ExportBench, _ settings: [String: JSONValue] = [:], jobs: Int = 2
  ) async throws -> (outcome: RunOutcome, units: [String]) {
    let pipeline = Pipeline(
      name: "p", stages: [StageDefinition(id: "export", uses: "training.export", settings: settings)])
    let clock = ManualClock()
    let observer = RecordingObserver()
    let engine = try Engine(
      workspace: bench.root, pipeline: pipeline, definition: Digest(of: "d"),
      kinds: [StageKind(ExportStage.self)], selection: .everything, jobs: jobs, store: store,
      artifacts: WorkspaceArtifacts(workspace: bench.root, pipeline: "p", store: store, clock: clock),
      clock: clock, observer: observer)
    let outcome = try await engine.run(RunControl())
    let failures = observer.attempts.filter { $0.state != .done }
    if outcome.state == .succeeded { #expect(failures.isEmpty, "\(failures)") }
    return (outcome, observer.attempts.map { "\($0.unit.key)" }.sorted())
  }

  private func published(_ bench: ExportBench) throws -> [String: [UInt8]] {
    let folder = "\(bench.root)/data/training/exports"
    guard try FileStatus(folder) != nil else { return [:] }
    var files: [String: [UInt8]] = [:]
    for file in try FileSystem.filesBelow(folder) where !file.hasSuffix("/current") {
      files[file] = try FileSystem.read("\(folder)/\(file)")
    }
    return files
  }

  private func current(_ bench: ExportBench, _ format: ExportFormat) -> String {
    "\(bench.root)/data/training/exports/p1/\(format.rawValue)/current/"
  }

  @Test("By default rows alone are published, readable, once; a new dataset makes a new version")
  func nightly() async throws {
    let bench = try ExportBench(groups: 20, seed: 21)
    let first = try await run(bench)
    #expect(first.outcome.state == .succeeded)
    #expect(first.units == ["p1/csv", "p1/jsonl", "p1/preferences"])
    for format in [ExportFormat.csv, .jsonl, .preferences] {
      try Readers.check(format.rawValue, current(bench, format), bench.dataset.path)
    }
    let before = try published(bench)
    #expect(!before.keys.contains { $0.hasSuffix(".png") })
    #expect(try await run(bench).units == [])
    try bench.dropLastGroup()
    try bench.publish(version: "v2")
    #expect(try await run(bench).units == first.units)
    let after = try published(bench)
    #expect(after.count > before.count)
    for (name, bytes) in before { #expect(after[name] == bytes, "\(name) is immutable") }
    try Readers.check("csv", current(bench, .csv), "\(bench.root)/data/training/datasets/p1/versions/v2")
  }

  @Test("The bytes are the same at any parallelism")
  func parallel() async throws {
    let settings: [String: JSONValue] = [
      "formats": .array(ExportFormat.allCases.map { .string($0.rawValue) }), "images": "copy",
    ]
    let one = try ExportBench(groups: 20, seed: 22)
    let other = try ExportBench(groups: 20, seed: 22)
    #expect(try await run(one, settings, jobs: 1).outcome.state == .succeeded)
    #expect(try await ExportStageTests().run(other, settings, jobs: 8).outcome.state == .succeeded)
    let files = try published(one)
    #expect(files.count > 50)
    #expect(try published(other) == files)
  }

  @Test("Moving an image changes nothing; one that goes to the Trash, or gets a caption, is exported anew")
  func places() async throws {
    let bench = try ExportBench(groups: 8, seed: 23)
    let settings: [String: JSONValue] = ["formats": ["imagefolder", "csv"], "images": "copy"]
    #expect(try await run(bench, settings).units == ["p1/csv", "p1/imagefolder"])
    #expect(try await run(bench, settings).units == [])
    let (digest, place) = try #require(try bench.imageWithoutCaption())
    let row = try #require(bench.images.first { $0.digest == digest })
    try bench.move(place, to: "__selected/\(RelativePath(place).name)", project: "p1")
    #expect(try await run(bench, settings).units == [])
    try FileSystem.create(
      "\(bench.imageFolder)/__selected/\(RelativePath(place).stem).caption", "a new caption".utf8)
    #expect(try await run(bench, settings).units == ["p1/imagefolder"])
    let path = "\(current(bench, .imagefolder))\(row.split.rawValue)/metadata.jsonl"
    let text = String(decoding: try FileSystem.read(path), as: UTF8.self)
    #expect(text.contains("a new caption"))
    try bench.move("__selected/\(RelativePath(place).name)", to: nil, project: "p1")
    #expect(try await run(bench, settings).units == ["p1/imagefolder"])
    try Readers.check("imagefolder", current(bench, .imagefolder), bench.dataset.path, gone: [digest])
    let manifest = String(
      decoding: try FileSystem.read("\(current(bench, .imagefolder))manifest.json"), as: UTF8.self)
    #expect(manifest.contains(#""in-trash": 1"#))
  }

  @Test("A definition with a format that needs images and none is refused")
  func refuses() throws {
    #expect(throws: Diagnostics.self) {
      try ExportStage(
        StageDefinition(id: "e", uses: "training.export", settings: ["formats": ["csv", "yolo"]]))
    }
  }

  @Test("Damaged rows fail their unit with the line, and publish nothing")
  func damaged() async throws {
    let bench = try ExportBench(groups: 4, seed: 24)
    try FileSystem.append("\(bench.dataset.path)/crops.jsonl", Array("{\"crop_id\":1}\n".utf8))
    #expect(try await run(bench, ["formats": ["csv"]]).outcome.state == .failed)
    #expect(try published(bench) == [:])
  }

  @Test("Without datasets there is nothing to do")
  func nothing() async throws {
    let bench = try ExportBench(groups: 1, seed: 25)
    try FileSystem.removeTree("\(bench.root)/data/training")
    let result = try await run(bench)
    #expect(result.outcome.state == .succeeded)
    #expect(result.units == [])
  }
}
