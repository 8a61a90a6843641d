import ArtifactStore
import DarkroomTesting
import FileCustody
import FileSystem
import ImageCatalog
import ImageFiles
import PipelineCore
import PipelineEngine
import Testing

@testable import ImageStages

/// A workspace with one project of images and a Trash of its own, on which the stages run in process.
final class ImageBench {
  static let project = "p1"
  let workspace: TemporaryWorkspace
  private let store = InMemoryCheckpointStore()
  private let clock = ManualClock()
  /// Every file that was ever made for the project, by path below its root.
  private(set) var made: [RelativePath: Digest] = [:]
  private(set) var standing: [GroupID: Decision] = [:]
  private(set) var rectangles: [GroupID: Decision] = [:]
  private(set) var groups: [GroupRecord] = []
  private var lines = 0

  var root: String { "\(workspace.path)/images" }
  private var trash: String { "\(workspace.path)/home/Trash" }

  /// Makes a project of random groups of 1 to 4 stages, some with companions.
  init(images: Int, random: inout SeededRandom) throws {
    workspace = try TemporaryWorkspace()
    try workspace.write(
      "data/projects/\(Self.project).project.json", #"{"schema":"project_v1","id":"p1","root":"images"}"#)
    try FileSystem.makeDirectories("\(workspace.path)/home")
    let stages = ["stage1_generated", "stage1.5_face_swapped", "stage2_upscaled", "stage3_enhanced"]
    var group = 0
    while made.keys.count(where: { $0.rawValue.hasSuffix(".png") }) < images {
      let folder = group % 3 == 0 ? "batch é" : "batch \(group % 3)"
      let time = "202507\(Self.padded(1 + group / 24 % 28))_\(Self.padded(group % 24))0000_\(group)"
      for stage in stages.prefix(1 + random.next(below: 4)) {
        try makeSet("\(folder)/\(time)_\(stage)", random: &random)
      }
      group += 1
    }
  }

  private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  private func makeSet(_ stem: String, random: inout SeededRandom) throws {
    let path = "images/\(stem)"
    try workspace.write("\(path).yaml", "seed: \(random.next())")
    var names = ["\(stem).yaml"]
    if random.chance(0.3) {
      try workspace.write("\(path).caption", "caption \(random.next())")
      names.append("\(stem).caption")
    }
    let pixels = try #require(
      RGBRaster(width: 80, height: 72, bytes: (0..<80 * 72 * 3).map { _ in UInt8(random.next(below: 256)) }))
    try ImageFiles.create("\(workspace.path)/\(path).png", pixels: pixels)
    for name in names + ["\(stem).png"] {
      made[RelativePath(name)] = try FileSystem.digest("\(root)/\(name)").digest
    }
  }

  // MARK: Runs

  /// Runs the stages of a night.
  func run() async throws {
    let stages = [
      StageDefinition(id: "catalog", uses: "images.catalog"),
      StageDefinition(id: "review", uses: "images.review", needs: ["catalog"]),
      StageDefinition(id: "crop", uses: "images.crop", needs: ["catalog", "review"]),
      StageDefinition(id: "trash", uses: "images.trash", settings: ["trashAfterDays": 0], after: ["crop"]),
      // Usually the first thing of a night; last, it has to find what was moved.
      StageDefinition(id: "measure", uses: "images.measure", needs: ["catalog"], after: ["trash"]),
      StageDefinition(id: "audit", uses: "audit.safety", settings: ["rehash": true], after: ["measure"]),
    ]
    let access = CustodyAccess(trash: SystemTrash(dataHome: "\(workspace.path)/home"))
    let kinds = [
      StageKind(CatalogStage.self), StageKind(ReviewStage.self), StageKind(CropStage.self),
      StageKind(AuditStage.self), StageKind(MeasureStage.self),
      StageKind(TrashStage.description) { TrashStage($0, access: access) },
    ]
    let pipeline = Pipeline(name: "night", stages: stages)
    let observer = RecordingObserver()
    let engine = try Engine(
      workspace: workspace.path, pipeline: pipeline, definition: Digest(of: "night"), kinds: kinds,
      selection: .everything, jobs: 4, gracePeriod: .seconds(10), store: store,
      artifacts: WorkspaceArtifacts(
        workspace: workspace.path, pipeline: pipeline.name, store: store, clock: clock),
      clock: clock, observer: observer)
    let outcome = try await engine.run(RunControl())
    let failures = observer.attempts.filter { $0.state != .done }
    #expect(outcome.state == .succeeded, "\(failures)")
    if groups.isEmpty {
      let folder = "data/state/artifacts/catalog"
      let file = try #require(
        try FileSystem.filesBelow("\(workspace.path)/\(folder)").first { $0.hasSuffix(".jsonl") })
      groups = try GroupRecord.read(workspace: workspace.path, path: "\(folder)/\(file)")
    }
  }

  // MARK: Decisions

  private func append(
    _ record: GroupRecord, _ action: Decision.Action, image: String? = nil, crop: CropRectangle? = nil,
    recommendation: Recommendation? = nil, undoes: String? = nil
  ) throws -> Decision {
    lines += 1
    let time = "\(Self.padded(lines / 3600)):\(Self.padded(lines / 60 % 60)):\(Self.padded(lines % 60))"
    let decision = try Decision(
      project: Self.project, group: record.group.id, action: action, image: image, crop: crop, actor: .human,
      recommendation: recommendation, images: action == .undo ? [] : record.group.images,
      decidedAt: "2025-10-08T\(time).000000Z", undoes: undoes)
    try DecisionInbox.append(decision, workspace: workspace.path)
    return decision
  }

  private func rectangle(_ random: inout SeededRandom) throws -> CropRectangle {
    let edge = Double(random.next(below: 5)) / 100
    return try CropRectangle(x1: edge, y1: 0.01, x2: 0.9 + edge, y2: 0.99)
  }

  /// Decides on a group in a random way.
  func decide(_ record: GroupRecord, _ random: inout SeededRandom) throws {
    let index = random.next(below: record.group.images.count)
    let image = record.group.images[index]
    let rectangle = try rectangle(&random)
    let shown = try Recommendation(
      recommender: "test", version: "1", index: index, crop: rectangle, group: record.group.id,
      images: record.group.images, digests: record.digests.map { try #require($0) })
    switch random.next(below: 9) {
    case 0: standing[record.group.id] = try append(record, .approve, image: image, recommendation: shown)
    case 1: standing[record.group.id] = try append(record, .override, image: image)
    case 2: standing[record.group.id] = try append(record, .crop, image: image, crop: rectangle)
    case 3, 7, 8: standing[record.group.id] = try append(record, .crop, image: image)
    case 4:
      standing[record.group.id] = try append(
        record, .acceptCrop, image: image, crop: rectangle, recommendation: shown)
    case 5: standing[record.group.id] = try append(record, .reject)
    default: _ = try append(record, .skip)
    }
  }

  /// Changes one's mind about a decided group: takes it back, draws or takes back a rectangle, or contradicts.
  func reconsider(_ record: GroupRecord, _ random: inout SeededRandom) throws {
    let group = record.group.id
    guard let decision = standing[group] else { return }
    if let drawn = rectangles[group], random.chance(0.7) {
      _ = try append(record, .undo, undoes: drawn.id)
      rectangles[group] = nil
      if random.chance(0.5) { try draw(record, decision, &random) }
    } else if random.chance(0.3) {
      try undo(record)
    } else if decision.action == .crop, decision.crop == nil, rectangles[group] == nil {
      try draw(record, decision, &random)
    } else if decision.action != .override {
      _ = try append(record, .override, image: record.group.images[0])
    }
  }

  /// Sends an image to be cropped, with the rectangle to be drawn later.
  func sendToCrop(_ record: GroupRecord) throws {
    standing[record.group.id] = try append(record, .crop, image: record.group.images[0])
  }

  /// Takes the rectangle back, not the decision.
  func undraw(_ record: GroupRecord) throws {
    guard let drawn = rectangles.removeValue(forKey: record.group.id) else { return }
    _ = try append(record, .undo, undoes: drawn.id)
  }

  /// Draws the rectangle of a group that waits for it.
  func draw(_ record: GroupRecord, _ decision: Decision, _ random: inout SeededRandom) throws {
    rectangles[record.group.id] = try append(
      record, .crop, image: decision.image, crop: try rectangle(&random))
  }

  /// Takes what stands back.
  func undo(_ record: GroupRecord) throws {
    guard let decision = standing.removeValue(forKey: record.group.id) else { return }
    rectangles[record.group.id] = nil
    _ = try append(record, .undo, undoes: decision.id)
  }

  // MARK: What must hold

  /// The project's tree.
  func tree() throws -> [RelativePath: Digest] { try digests(root) }

  /// The files in the Trash.
  func trashed() throws -> [RelativePath: Digest] { try digests("\(trash)/files") }

  private func digests(_ folder: String) throws -> [RelativePath: Digest] {
    guard try FileStatus(folder) != nil else { return [:] }
    var digests: [RelativePath: Digest] = [:]
    for path in try FileSystem.filesBelow(folder) {
      digests[RelativePath(path)] = try FileSystem.digest("\(folder)/\(path)").digest
    }
    return digests
  }
}
