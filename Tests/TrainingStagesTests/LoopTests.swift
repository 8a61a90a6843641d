import ArtifactStore
import DarkroomTesting
import FileSystem
import ImageCatalog
import ImageFiles
import ImageMeasurement
import PipelineCore
import PipelineEngine
import RecommendationModels
import Testing

@testable import ImageStages
@testable import TrainingStages

/// A project with past decisions and with images that wait, and the nightly stages from catalog to fit.
private final class LoopBench {
  let workspace: TemporaryWorkspace
  private let store = InMemoryCheckpointStore()
  private let clock = ManualClock()

  init() throws {
    workspace = try TemporaryWorkspace()
    try workspace.write(
      "data/projects/p1.project.json", #"{"schema":"project_v1","id":"p1","root":"images"}"#)
  }

  /// Enters decisions of earlier nights, with what was measured of their images.
  func enter(_ groups: [SyntheticDecisions.Group]) throws {
    let decisions = try DecisionDatabase(workspace: workspace.path, project: "p1")
    let measurements = try MeasurementDatabase(workspace: workspace.path, project: "p1")
    var rows: [DecisionRow] = []
    var measured: [MeasuredImage] = []
    let names = [
      1: "stage1_generated", 1.5: "stage1.5_face_swapped", 2: "stage2_upscaled", 3: "stage3_enhanced",
    ]
    for (number, group) in groups.enumerated() {
      let images = try group.images.map { "\(number)_\(try #require(names[$0.stage])).png" }
      let digests = images.map { Digest(of: $0) }
      let id = GroupID("g_" + Digest(of: "\(number)").hex.prefix(20))
      let decision = try Decision(
        project: "p1", group: id, action: .override, image: images[group.chosen], actor: .human,
        images: images, decidedAt: "2025-10-08T10:00:00.000000Z")
      rows.append(try DecisionRow(decision, folder: RelativePath("old"), digests: digests))
      for (index, figures) in group.images.enumerated() {
        let digits = String(group.hashes[index], radix: 16)
        measured.append(
          MeasuredImage(
            digest: digests[index],
            features: ImageFeatures(
              sharpness: figures.sharpness, exposure: figures.exposure, contrast: figures.contrast,
              entropy: figures.entropy, colourfulness: figures.colourfulness,
              clippedShadows: figures.clippedShadows, clippedHighlights: figures.clippedHighlights,
              attention: .init(x: figures.attentionX, y: figures.attentionY),
              perceptualHash: String(repeating: "0", count: 16 - digits.count) + digits,
              width: figures.width, height: figures.height)))
      }
    }
    try decisions.record(rows)
    try measurements.record(measured)
  }

  /// Paints an image of noise around grey: the stronger, the sharper and the richer in contrast.
  func image(_ name: String, strength: Int, _ random: inout SeededRandom) throws {
    let bytes = (0..<48 * 48 * 3).map { _ in UInt8(128 - strength + random.next(below: 2 * strength)) }
    let path = "\(workspace.path)/images/a/\(name).png"
    try FileSystem.makeDirectories("\(workspace.path)/images/a")
    try ImageFiles.create(path, pixels: try #require(RGBRaster(width: 48, height: 48, bytes: bytes)))
  }

  struct Night {
    var state: RunRecord.State
    var started: [String: Int]
    var failures: [Diagnostic]
    var recommendFindings: [Diagnostic]
    var promoted: Int64
  }

  func night(_ recommender: String = "best", jobs: Int = 2, blindShare: Double = 0.3) async throws -> Night {
    let pipeline = Pipeline(
      name: "night",
      stages: [
        StageDefinition(id: "catalog", uses: "images.catalog"),
        StageDefinition(id: "measure", uses: "images.measure", needs: ["catalog"]),
        StageDefinition(
          id: "recommend", uses: "images.recommend",
          settings: ["recommender": .string(recommender), "blindShare": .number(blindShare)],
          needs: ["catalog"], after: ["measure"]),
        StageDefinition(id: "join", uses: "training.join", after: ["recommend"]),
        StageDefinition(
          id: "fit", uses: "training.fit", settings: ["errorBound": 0.25, "minimumGroups": 80],
          needs: ["join"]),
      ])
    let observer = RecordingObserver()
    let engine = try Engine(
      workspace: workspace.path, pipeline: pipeline, definition: Digest(of: "night"),
      kinds: [
        StageKind(CatalogStage.self), StageKind(MeasureStage.self), StageKind(RecommendStage.self),
        StageKind(JoinStage.self), StageKind(FitStage.self),
      ], selection: .everything, jobs: jobs, gracePeriod: .seconds(10), store: store,
      artifacts: WorkspaceArtifacts(
        workspace: workspace.path, pipeline: pipeline.name, store: store, clock: clock),
      clock: clock, observer: observer)
    let outcome = try await engine.run(RunControl())
    return Night(
      state: outcome.state,
      started: Dictionary(observer.started.map { ($0.stage.rawValue, 1) }, uniquingKeysWith: +),
      failures: observer.attempts.flatMap(\.findings),
      recommendFindings: observer.attempts.filter { $0.unit.stage == "recommend" }.flatMap(\.findings),
      promoted: outcome.stages.first { $0.id == "fit" }?.counters["promoted"] ?? 0)
  }

  func board() throws -> [GroupBoard.Entry] {
    try GroupBoard(workspace: workspace.path, project: "p1").entries
  }
}

@Suite struct LoopTests {
  @Test("Decisions make a model, and the next night's recommendations are the model's")
  func loop() async throws {
    let bench = try LoopBench()
    var random = SeededRandom(seed: 11)
    for group in 0..<20 {
      let time = "202507\(10 + group)_100000"
      // The sharper image is of the lower stage: the rule and the person disagree.
      try bench.image("\(time)_stage1_generated", strength: 100, &random)
      try bench.image("\(time)_stage2_upscaled", strength: 10, &random)
    }
    try bench.image("20250801_100000_stage1_generated", strength: 100, &random)
    var person = SyntheticDecisions(.preferring(noise: 0.15), seed: 12)
    try bench.enter(person.groups(1_200))

    let first = try await bench.night()
    #expect(first.state == .succeeded && first.promoted == 1, "\(first.failures)")
    #expect(try bench.board().allSatisfy { $0.recommendation?.recommender == "rule" })
    let model = try #require(try bench.workspace.text(RecommendationModel.currentPath))

    let second = try await bench.night()
    #expect(second.state == .succeeded && second.started == ["recommend": 21])
    for entry in try bench.board() {
      let recommendation = try #require(entry.recommendation)
      if entry.record.group.images.count == 1 {
        // There is nothing to choose, so there is no probability.
        #expect(recommendation.recommender == "rule")
        continue
      }
      #expect(recommendation.recommender == "model" && recommendation.index == 0)
      #expect(recommendation.modelDigest == Digest(of: model).hex)
      #expect(try #require(recommendation.confidence) > 0.8)
      #expect(entry.isBlind == BlindAudit(share: 0.3).hides(entry.record.group.id))
    }
    #expect(try bench.board().contains { $0.isBlind } && bench.board().contains { !$0.isBlind })
    let third = try await bench.night(jobs: 8)
    #expect(third.started.isEmpty)

    // With a model that nobody can use, `best` is the rule again, with one warning; `model` is one error, and what was
    // recommended stays.
    let newer = model.replacing("recommendation_model_v1", with: "recommendation_model_v2")
    let others = model.replacing(FeatureSet.digest.hex, with: Digest(of: "others").hex)
    for (text, code) in [
      ("{", "model-unreadable"), (newer, "model-unreadable"), (others, "model-other-features"),
    ] {
      try FileSystem.removeFile("\(bench.workspace.path)/\(RecommendationModel.currentPath)")
      try bench.workspace.write(RecommendationModel.currentPath, text)
      let night = try await bench.night()
      #expect(night.state == .succeeded && night.started["recommend"] == 21)
      #expect(night.recommendFindings.map(\.code) == [code], "\(night.recommendFindings)")
      #expect(night.recommendFindings.allSatisfy { $0.severity == .warning })
      #expect(try bench.board().allSatisfy { $0.recommendation?.recommender == "rule" })
      let strict = try await bench.night("model")
      #expect(strict.state == .failed && strict.started["recommend"] == nil)
    }
  }

  @Test("`model` without a promoted model recommends nothing, and that is no error")
  func withoutModel() async throws {
    let bench = try LoopBench()
    var random = SeededRandom(seed: 13)
    try bench.image("20250710_100000_stage1_generated", strength: 100, &random)
    try bench.image("20250710_100000_stage2_upscaled", strength: 10, &random)
    let night = try await bench.night("model")
    #expect(night.state == .succeeded && night.started["recommend"] == 1)
    #expect(try bench.board().allSatisfy { $0.recommendation == nil })
    #expect(try await bench.night("best").started["recommend"] == 1)
    #expect(try bench.board().allSatisfy { $0.recommendation?.recommender == "rule" })
  }

  @Test("The share of hidden recommendations is the one asked for, and a higher share only adds groups")
  func blindShare() {
    let groups = (0..<20_000).map { GroupID("g_" + Digest(of: "group \($0)").hex.prefix(20)) }
    let hidden = groups.filter { BlindAudit(share: 0.05).hides($0) }
    #expect((880...1_120).contains(hidden.count), "\(hidden.count)")
    #expect(hidden.allSatisfy { BlindAudit(share: 0.2).hides($0) })
    #expect(!groups.contains { BlindAudit(share: 0).hides($0) })
    #expect(groups.allSatisfy { BlindAudit(share: 1).hides($0) })
  }
}
