import ArtifactStore
import DarkroomTesting
import FileSystem
import PipelineCore
import PipelineEngine
import PipelineSpec
import Testing
import TrainingData

@testable import TrainingStages

/// A workspace with a published dataset, on which the checks run in the engine.
final class CheckedDataset {
  static let folder = "data/training/datasets"
  let workspace: TemporaryWorkspace
  private let store = InMemoryCheckpointStore()
  private let clock = ManualClock()
  private(set) var observer = RecordingObserver()
  var selections: [SelectionRow] = []
  var crops: [CropRow] = []
  var images: [ImageRow] = []

  /// A dataset in which everything is in order.
  init(groups: Int = 40) throws {
    workspace = try TemporaryWorkspace()
    for number in 0..<groups { append(number) }
  }

  private func append(_ number: Int) {
    let group = "g_\(100 + number)"
    let lineage = Lineage.name(project: "p1", group: group)
    let day = Day(number: 20_000 + number)
    var selection = SelectionRow(
      project: "p1", group: group, lineage: lineage, decision: "d_\(number)", schemaVersion: 4,
      images: ["a\(number).png", "b\(number).png"], action: number % 2 == 0 ? .crop : .approve,
      exposure: .shown, decidedAt: "\(day)T10:00:05.000000Z")
    selection.digests = [Digest(of: "a\(number)").hex, Digest(of: "b\(number)").hex]
    selection.pickedIndex = number % 2
    selection.pickedImage = selection.images[number % 2]
    selection.recommendedIndex = 0
    selection.confidence = 0.75
    selection.recommendedCrop = [0, 0.1, 0.9, 1]
    selection.selectionMatch = number % 2 == 0
    selection.shownAt = "\(day)T10:00:00.000000Z"
    selection.latency = 5
    selection.imageWidth = 1_000
    selection.imageHeight = 2_000
    selections.append(selection)
    for index in 0..<2 {
      images.append(
        ImageRow(
          project: "p1", group: group, lineage: lineage, index: index, image: selection.images[index],
          digest: selection.digests?[index], stage: 2, isPicked: index == number % 2,
          isRecommended: index == 0, prompt: nil,
          measurement: ImageRow.Measurement(
            width: 1_000, height: 2_000, sharpness: 9, exposure: 0.5, contrast: 0.1, entropy: 7,
            colourfulness: 20, clippedShadows: 0, clippedHighlights: 0, attentionX: 0.5, attentionY: 0.5,
            perceptualHash: Digest(of: "\(number) \(index)").leadingWords.high)))
    }
    guard number % 2 == 0 else { return }
    var crop = CropRow(
      project: "p1", group: group, lineage: lineage, crop: "c_\(number)", schemaVersion: 4,
      image: selection.images[0], rectangle: [0.1, 0.1, 0.9, 0.9], decidedAt: selection.decidedAt,
      exposure: .shown)
    crop.imageDigest = selection.digests?[0]
    crop.imageWidth = 1_000
    crop.imageHeight = 2_000
    crop.pixels = [100, 200, 900, 1_800]
    crop.recommendedCrop = selection.recommendedCrop
    crop.intersectionOverUnion = 0.8
    crops.append(crop)
  }

  /// Publishes the rows, as a join does.
  func publish(_ project: String = "p1") throws {
    let texts = [text(selections), text(crops), text(images)]
    let version = Digest(of: texts.joined()).short
    let folder = "\(Self.folder)/\(project)/versions/\(version)"
    for (name, text) in zip(["selections", "crops", "images"], texts) {
      try workspace.write("\(folder)/\(name).jsonl", text)
    }
    let link = "\(workspace.path)/\(Self.folder)/\(project)/current"
    try FileSystem.removeFile(link)
    try FileSystem.makeLink(link, to: "versions/\(version)")
  }

  private func text<Row: TrainingRow>(_ rows: [Row]) -> String {
    var text = ""
    for row in rows { row.append(to: &text) }
    return text
  }

  static let kinds = [
    StageKind(CheckStage.self), StageKind(GateStage.self), StageKind(CommandStage.self),
    StageKind(SnapshotStage.self),
  ]
  static let check = #""check": { "uses": "training.check", "with": { "checks": "training" } }"#
  static let gated = #"""
    "check": { "uses": "training.check", "with": { "checks": "training", "onFailure": "keep" } },
    "gate": { "uses": "training.gate", "needs": ["check"] },
    "snapshot": { "uses": "snapshot.publish", "needs": ["check"] }
    """#

  static func pipeline(_ stages: String) throws -> Pipeline {
    let text = "{ \"version\": 1, \"name\": \"night\", \"stages\": {\n\(stages)\n} }"
    return try PipelineReader(kinds: kinds).read(Array(text.utf8), path: "night.json").pipeline
  }

  /// Runs stages, written as in a pipeline file.
  @discardableResult
  func run(_ stages: String = CheckedDataset.check, jobs: Int = 2) async throws -> RunRecord.State {
    let pipeline = try Self.pipeline(stages)
    observer = RecordingObserver()
    let engine = try Engine(
      workspace: workspace.path, pipeline: pipeline, definition: Digest(of: stages), kinds: Self.kinds,
      selection: .everything, jobs: jobs, gracePeriod: .seconds(10), store: store,
      artifacts: WorkspaceArtifacts(
        workspace: workspace.path, pipeline: pipeline.name, store: store, clock: clock),
      clock: clock, observer: observer)
    return try await engine.run(RunControl()).state
  }

  /// All findings of the run's attempts.
  var findings: [Diagnostic] { observer.attempts.flatMap(\.findings) }

  /// The text of an artifact by the end of its path; `nil` when there is none.
  func artifact(_ name: String) throws -> String? {
    let files = try workspace.contents("data/state/artifacts")
    return files.first { $0.key.hasSuffix(name) }?.value
  }
}
