import ArtifactStore
import DarkroomTesting
import FileSystem
import ImageCatalog
import ImageFiles
import ImageMeasurement
import PipelineCore
import PipelineEngine
import Testing

@testable import ImageStages

/// A workspace with the project `p1`, on which catalog and measure run in the real engine.
private final class MeasureBench {
  let workspace: TemporaryWorkspace
  let store = InMemoryCheckpointStore()
  let clock = ManualClock()
  private let pipeline = Pipeline(
    name: "night",
    stages: [
      StageDefinition(id: "catalog", uses: "images.catalog"),
      StageDefinition(id: "measure", uses: "images.measure", needs: ["catalog"]),
    ])

  init() throws {
    workspace = try TemporaryWorkspace()
    try workspace.write(
      "data/projects/p1.project.json", #"{"schema":"project_v1","id":"p1","root":"images"}"#)
  }

  /// Writes an image of noise and gives its digest.
  @discardableResult func image(_ name: String, seed: UInt64, side: Int = 24) throws -> Digest {
    var random = SeededRandom(seed: seed)
    let bytes = (0..<side * side * 3).map { _ in UInt8(random.next(below: 256)) }
    let path = "\(workspace.path)/images/\(name)"
    try FileSystem.makeDirectories(RelativePath(path).folder.rawValue)
    try FileSystem.removeFile(path)
    let pixels = try #require(RGBRaster(width: side, height: side, bytes: bytes))
    try ImageFiles.create(path, pixels: pixels)
    return try FileSystem.digest(path).digest
  }

  struct Night {
    var state: RunRecord.State
    /// The units of `measure` that started.
    var units: Int
    var counters: [String: Int64]
    var findings: [Diagnostic]
  }

  func run(jobs: Int = 2, force: Bool = false) async throws -> Night {
    let observer = RecordingObserver()
    let engine = try Engine(
      workspace: workspace.path, pipeline: pipeline, definition: Digest(of: "night"),
      kinds: [StageKind(CatalogStage.self), StageKind(MeasureStage.self)], selection: .everything, jobs: jobs,
      gracePeriod: .seconds(10), store: store,
      artifacts: WorkspaceArtifacts(
        workspace: workspace.path, pipeline: pipeline.name, store: store, clock: clock),
      clock: clock, observer: observer)
    let outcome = try await engine.run(RunControl())
    let attempts = observer.attempts.filter { $0.unit.stage == "measure" }
    return Night(
      state: outcome.state, units: attempts.count,
      counters: outcome.stages.first { $0.id == "measure" }?.counters ?? [:],
      findings: attempts.flatMap(\.findings))
  }

  func rows() throws -> [Digest: MeasuredImage] {
    let database = try MeasurementDatabase.openForReading(workspace: workspace.path, project: "p1")
    var rows: [Digest: MeasuredImage] = [:]
    try database?.forEach { rows[$0.digest] = $0 }
    return rows
  }

  var database: String { "\(workspace.path)/\(MeasurementDatabase.path(project: "p1"))" }
}

@Suite struct MeasureStageTests {
  private let bench: MeasureBench

  init() throws { bench = try MeasureBench() }

  private func name(_ group: Int, _ stage: String = "stage1_generated", folder: String = "a") -> String {
    "\(folder)/202507\(10 + group)_100000_\(stage).png"
  }

  @Test("Every image is measured once, and a second night does nothing and changes no byte")
  func once() async throws {
    var digests: Set<Digest> = []
    for group in 0..<6 {
      digests.insert(try bench.image(name(group), seed: UInt64(group)))
      digests.insert(try bench.image(name(group, "stage2_upscaled"), seed: UInt64(100 + group)))
    }
    // The same content again, in another folder.
    try bench.image(name(0, folder: "b"), seed: 0)
    let first = try await bench.run()
    #expect(first.state == .succeeded && first.units == 7 && first.findings.isEmpty)
    let rows = try bench.rows()
    #expect(Set(rows.keys) == digests)
    let path = "\(bench.workspace.path)/images/\(name(3))"
    #expect(try rows[FileSystem.digest(path).digest]?.features == ImageFiles.features(path))
    let bytes = try FileSystem.digest(bench.database).digest

    let second = try await bench.run()
    #expect(second.state == .succeeded && second.units == 0)
    let digest = try bench.image(name(7), seed: 7)
    try bench.image(name(8, folder: "c"), seed: 2)
    #expect(try FileSystem.digest(bench.database).digest == bytes)
    let third = try await bench.run()
    // Of the two new images one has a content that was measured.
    #expect(third.units == 1 && third.counters["images"] == 1)
    #expect(try Set(bench.rows().keys) == digests.union([digest]))
  }

  @Test(
    "A bad image is one warning; the others of its group are measured; it is not tried again until it changes"
  )
  func badImages() async throws {
    let good = [
      try bench.image(name(1), seed: 1), try bench.image(name(1, "stage3_enhanced"), seed: 2),
      try bench.image(name(2), seed: 3),
    ]
    let bad = "images/\(name(1, "stage2_upscaled"))"
    let bytes = try FileSystem.read("\(bench.workspace.path)/images/\(name(1))")
    try FileSystem.create("\(bench.workspace.path)/\(bad)", bytes.prefix(bytes.count / 2))
    let first = try await bench.run()
    #expect(first.state == .succeeded && first.units == 2)
    #expect(first.findings.map(\.code) == ["image-truncated"] && first.findings[0].severity == .warning)
    #expect(first.counters == ["images": 3, "not measured": 1])
    #expect(try Set(bench.rows().keys) == Set(good))
    let second = try await bench.run()
    #expect(second.state == .succeeded && second.units == 0)
    let repaired = try bench.image(name(1, "stage2_upscaled"), seed: 9)
    let third = try await bench.run()
    #expect(third.units == 1 && third.findings.isEmpty)
    #expect(try Set(bench.rows().keys) == Set(good + [repaired]))
  }

  @Test("Any parallelism, interrupted anywhere, gives the same rows")
  func parallel() async throws {
    for group in 0..<12 {
      for stage in ["stage1_generated", "stage1.5_face_swapped", "stage2_upscaled"] {
        try bench.image(name(group, stage), seed: UInt64(10 * group + stage.utf8.count % 7))
      }
    }
    _ = try await bench.run(jobs: 8)
    let rows = try bench.rows()
    #expect(rows.count == 36)
    let other = try MeasureBench()
    for group in (0..<12).reversed() {
      for stage in ["stage2_upscaled", "stage1_generated", "stage1.5_face_swapped"] {
        try other.image(name(group, stage), seed: UInt64(10 * group + stage.utf8.count % 7))
      }
      // As if it had been killed after some commits: what is there is not done again.
      if group % 5 == 0 { _ = try await other.run(jobs: 1) }
    }
    _ = try await other.run(jobs: 1)
    #expect(try other.rows() == rows)
  }

  @Test("Images are measured where custody has put them, the Trash included")
  func moved() async throws {
    var random = SeededRandom(seed: 5)
    let bench = try ImageBench(images: 16, random: &random)
    bench.measuresLast = true
    try await bench.run()
    try await bench.run()
    let path = "\(bench.workspace.path)/\(MeasurementDatabase.path(project: ImageBench.project))"
    let before = try rows(bench)
    try FileSystem.removeFile(path)
    for record in try bench.groups() { try bench.decide(record, &random) }
    try await bench.run()
    #expect(!(try bench.trashed().isEmpty))
    let images = bench.made.filter { $0.key.rawValue.hasSuffix(".png") }
    #expect(try rows(bench) == before && Set(before.keys) == Set(images.values))
  }

  private func rows(_ bench: ImageBench) throws -> [Digest: MeasuredImage] {
    let database = try MeasurementDatabase.openForReading(
      workspace: bench.workspace.path, project: ImageBench.project)
    var rows: [Digest: MeasuredImage] = [:]
    try database?.forEach { rows[$0.digest] = $0 }
    return rows
  }

  /// Measures one group outside the engine.
  private func measure(
    _ record: GroupRecord, cancellation: Cancellation = Cancellation()
  ) async throws -> UnitResult {
    let stage = MeasureStage(StageDefinition(id: "measure", uses: "images.measure"))
    return try await stage.run(
      UnitOrder(
        unit: UnitID(stage: "measure", key: UnitKey(record.group.id.rawValue)), kind: "images.measure",
        values: ["project": "p1", "group": record.line]),
      UnitContext(
        workspace: bench.workspace.path, artifact: "", publication: "", cancellation: cancellation))
  }

  private func record(_ images: [(String, Digest)]) -> GroupRecord {
    let names = images.map(\.0)
    let group = ImageGroup(
      id: GroupID(project: "p1", folder: "a", stems: names), folder: "a", images: names,
      stages: names.map { ProductionStages.usual.name(ofName: $0) }, flags: [])
    return GroupRecord(group: group, digests: images.map(\.1))
  }

  @Test("What the catalog did not see is not measured")
  func changed() async throws {
    let first = try bench.image("a/1.png", seed: 1)
    let second = try bench.image("a/2.png", seed: 2)
    let result = try await measure(
      record([("1.png", Digest(of: "another")), ("2.png", second), ("3.png", Digest(of: "gone"))]))
    #expect(result.findings.map(\.code) == ["image-changed", "image-gone"])
    #expect(result.findings.allSatisfy { $0.severity == .warning })
    #expect(try Set(bench.rows().keys) == [second])
    #expect(!(try bench.rows().keys.contains(first)))
  }

  @Test(
    "A file that cannot be read is the disk's error, not the image's: the unit fails, the others are kept")
  func unreadable() async throws {
    let digest = try bench.image("a/2.png", seed: 2)
    try FileSystem.makeDirectories("\(bench.workspace.path)/images/a/1.png")
    await #expect(throws: FileError.self) {
      try await measure(record([("1.png", Digest(of: "x")), ("2.png", digest)]))
    }
    #expect(try Set(bench.rows().keys) == [digest])
  }

  @Test("A run that stops keeps what was measured")
  func cancelled() async throws {
    let cancellation = Cancellation()
    cancellation.cancel()
    let record = record([("1.png", try bench.image("a/1.png", seed: 1))])
    await #expect(throws: CancellationError.self) { try await measure(record, cancellation: cancellation) }
    #expect(try bench.rows().isEmpty)
    #expect(try await measure(record).counters["images"] == 1)
    // Again, as after a kill between the rows and the checkpoint.
    #expect(try await measure(record).counters["images"] == 0)
  }

  @Test("A damaged database fails the stage with its name")
  func damaged() async throws {
    try bench.image(name(1), seed: 1)
    try bench.workspace.write(MeasurementDatabase.path(project: "p1"), "this is no database, not at all")
    let night = try await bench.run()
    #expect(night.state == .failed && night.units == 0)
    #expect(
      try bench.workspace.text(MeasurementDatabase.path(project: "p1")) == "this is no database, not at all")
  }
}
