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

/// A workspace with one project of images, a Trash of its own and a clock that stands still, on which the stages on
/// images run in process, through the engine.
class StageBench {
  static let project = "p1"
  let workspace: TemporaryWorkspace
  /// The settings of stages, by their ids.
  var settings: [StageID: [String: JSONValue]] = ["trash": ["trashAfterDays": 0], "audit": ["rehash": true]]
  private let store = InMemoryCheckpointStore()
  private let clock = ManualClock()
  /// The time of custody, in microseconds since 1970.
  private var now: Int64 = 1_760_000_000_000_000
  private var lines = 0

  var root: String { "\(workspace.path)/images" }
  var dataHome: String { "\(workspace.path)/home" }

  init() throws {
    workspace = try TemporaryWorkspace()
    try workspace.write(
      "data/projects/\(Self.project).project.json", #"{"schema":"project_v1","id":"p1","root":"images"}"#)
    try FileSystem.makeDirectories("\(workspace.path)/home")
    try FileSystem.makeDirectories(root)
  }

  // MARK: Images

  /// Makes an image of noise that is another for each path; its format is that of its name.
  func image(_ path: String, width: Int = 80, height: Int = 72) throws {
    var random = SeededRandom(
      seed: path.utf8.reduce(7) { seed, byte in (seed &* 1_099_511_628_211) ^ UInt64(byte) })
    let noise = (0..<width * height * 3).map { _ in UInt8(random.next(below: 256)) }
    let pixels = try #require(RGBRaster(width: width, height: height, bytes: noise))
    try FileSystem.makeDirectories("\(root)/\(RelativePath(path).folder)")
    let format = ImageFormat(fileExtension: RelativePath(path).lowercasedExtension) ?? .png
    try ImageFiles.create("\(root)/\(path)", pixels: pixels, format: format)
  }

  /// Makes an image with a `.yaml` beside it.
  func set(_ path: String) throws {
    try image(path)
    let path = RelativePath(path)
    try write("\(path.folder)/\(path.stem).yaml", "seed of \(path)")
  }

  /// Writes a file of the project, over one that is there.
  func write(_ path: String, _ text: String) throws { try workspace.write("images/\(path)", text) }

  func exists(_ path: String) throws -> Bool { try FileStatus("\(root)/\(path)") != nil }

  // MARK: Runs

  /// What became of a run.
  struct Night {
    var state: RunRecord.State
    var attempts: [AttemptRecord]
    var stages: [StageRecord]

    /// The findings of a stage, of all its units.
    func findings(_ stage: StageID) -> [Diagnostic] {
      attempts.filter { $0.unit.stage == stage }.flatMap(\.findings)
    }
    /// The codes of a stage's errors, sorted.
    func errors(_ stage: StageID) -> [String] {
      findings(stage).filter { $0.severity == .error }.map(\.code).sorted()
    }
    /// The codes of a stage's warnings, sorted.
    func warnings(_ stage: StageID) -> [String] {
      findings(stage).filter { $0.severity == .warning }.map(\.code).sorted()
    }
    /// The units of a stage that did their work.
    func done(_ stage: StageID) -> [UnitKey] {
      attempts.filter { $0.unit.stage == stage && $0.state == .done }.map(\.unit.key)
    }
  }

  /// Whether a night ends with measuring the images.
  var measuresLast = false

  /// The stages of a night, in their order.
  static let stages: [StageID] = ["catalog", "recommend", "review", "crop", "trash", "audit"]

  private var pipeline: Pipeline {
    func stage(
      _ id: StageID, _ kind: String, needs: [StageID] = [], after: [StageID] = [], goesOn: Bool = false
    ) -> StageDefinition {
      StageDefinition(
        id: id, uses: kind, settings: settings[id] ?? [:], needs: needs, after: after,
        continueOnError: goesOn)
    }
    // Usually the first thing of a night; last, it has to find what was moved.
    let measure =
      measuresLast ? [stage("measure", "images.measure", needs: ["catalog"], after: ["trash"])] : []
    return Pipeline(
      name: "night",
      stages: measure + [
        stage("catalog", "images.catalog", goesOn: true),
        stage("recommend", "images.recommend", needs: ["catalog"]),
        stage("review", "images.review", needs: ["catalog"], after: ["recommend"], goesOn: true),
        stage("crop", "images.crop", needs: ["catalog", "review"]),
        stage("trash", "images.trash", after: ["crop"]),
        stage("audit", "audit.safety", after: ["catalog", "recommend", "review", "crop", "trash"]),
      ])
  }

  /// Runs the stages of a night as `pipelines/nightly.json` has them; all of them together after a recovery.
  /// - Parameters:
  ///   - only: these stages; empty for all.
  ///   - force: whether units run that are up to date.
  func night(only: [StageID] = [], force: Bool = false) async throws -> Night {
    let now = now
    let trash = SystemTrash(dataHome: dataHome)
    // As the program does before each run.
    if try FileCustody.openForReading(workspace: workspace.path) != nil, only.isEmpty {
      _ = try FileCustody(workspace: workspace.path, trash: trash, clock: { now }, run: nil).recover()
    }
    let access = CustodyAccess(trash: trash) { now }
    let kinds = [
      StageKind(CatalogStage.self), StageKind(RecommendStage.self), StageKind(AuditStage.self),
      StageKind(MeasureStage.self),
      StageKind(ReviewStage.description) { _ in ReviewStage(access: access) },
      StageKind(CropStage.description) { try CropStage($0, access: access) },
      StageKind(TrashStage.description) { TrashStage($0, access: access) },
    ]
    let pipeline = pipeline
    let observer = RecordingObserver()
    let engine = try Engine(
      workspace: workspace.path, pipeline: pipeline, definition: Digest(of: "night"), kinds: kinds,
      selection: Selection(only: only, force: force), jobs: 4, gracePeriod: .seconds(10), store: store,
      artifacts: WorkspaceArtifacts(
        workspace: workspace.path, pipeline: pipeline.name, store: store, clock: clock),
      clock: clock, observer: observer)
    let outcome = try await engine.run(RunControl())
    return Night(state: outcome.state, attempts: observer.attempts, stages: outcome.stages)
  }

  /// Runs a night that has to succeed.
  @discardableResult func run(sourceLocation: Testing.SourceLocation = #_sourceLocation) async throws -> Night
  {
    let night = try await night()
    let failures = night.attempts.filter { $0.state != .done }
    #expect(night.state == .succeeded, "\(failures)", sourceLocation: sourceLocation)
    return night
  }

  /// Lets days pass.
  func sleep(days: Int64) { now += days * 86_400_000_000 }

  /// Runs every stage by itself and all of them together once more, forced, and expects that nothing changes.
  func expectIdempotence(sourceLocation: Testing.SourceLocation = #_sourceLocation) async throws {
    let before = try world()
    for stage in Self.stages {
      _ = try await night(only: [stage], force: true)
      #expect(try world() == before, "\(stage)", sourceLocation: sourceLocation)
    }
    for force in [true, true, false] {
      _ = try await night(force: force)
      #expect(try world() == before, sourceLocation: sourceLocation)
    }
  }

  // MARK: Decisions

  /// The groups as the catalog published them.
  func groups() throws -> [GroupRecord] {
    try GroupRecord.read(
      workspace: workspace.path, path: CatalogStage.publishedFile(project: Self.project))
  }

  /// The group of an image, by its name.
  func group(_ image: String) throws -> GroupRecord {
    try #require(
      try groups().first { $0.group.images.contains { RelativePath($0) == RelativePath(image) } }, "\(image)")
  }

  /// A recommendation of a group as it would be shown.
  func shown(_ record: GroupRecord, _ image: String, crop: CropRectangle? = nil) throws -> Recommendation {
    try Recommendation(
      recommender: "test", version: "1",
      index: try #require(record.group.images.firstIndex { RelativePath($0) == RelativePath(image) }),
      crop: crop, group: record.group.id, images: record.group.images,
      digests: record.digests.map { try #require($0) })
  }

  /// Appends a line to the inbox.
  @discardableResult func append(
    _ record: GroupRecord, _ action: Decision.Action, image: String? = nil, crop: CropRectangle? = nil,
    recommendation: Recommendation? = nil, undoes: String? = nil
  ) throws -> Decision {
    lines += 1
    func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let time = "\(padded(lines / 3600)):\(padded(lines / 60 % 60)):\(padded(lines % 60))"
    let decision = try Decision(
      project: Self.project, group: record.group.id, action: action, image: image, crop: crop, actor: .human,
      recommendation: recommendation, images: action == .undo ? [] : record.group.images,
      decidedAt: "2025-10-08T\(time).000000Z", undoes: undoes)
    try DecisionInbox.append(decision, workspace: workspace.path)
    return decision
  }

  /// Decides the group of an image.
  @discardableResult func decide(
    _ image: String, _ action: Decision.Action, crop: CropRectangle? = nil,
    recommendation: Recommendation? = nil
  ) throws -> Decision {
    let picks = action != .reject && action != .skip
    return try append(
      try group(image), action, image: picks ? image : nil, crop: crop, recommendation: recommendation)
  }

  /// Takes a decision back.
  func undo(_ decision: Decision) throws {
    let record = GroupRecord(
      group: ImageGroup(
        id: decision.group, folder: "", images: decision.images, stages: [], flags: []), digests: [])
    try append(record, .undo, undoes: decision.id)
  }

  /// A rectangle that leaves more than 64 pixels of an image of 80 by 72.
  static func rectangle() throws -> CropRectangle { try CropRectangle(x1: 0.05, y1: 0, x2: 0.95, y2: 0.95) }

  // MARK: What is to be seen

  /// All that a run may leave: a second one must leave the same.
  struct World: Equatable {
    var tree: [RelativePath: Digest]
    var trash: [RelativePath: Digest]
    var rows: [DecisionRow]
    var receipts: [Receipt]
    var log: [String: String]
    var review: [String: String]
    var places: [KnownFile]
  }

  func world() throws -> World {
    let custody = try FileCustody.openForReading(workspace: workspace.path)
    var places = try custody?.files(project: Self.project) ?? []
    // When a file was last looked at is no part of where it is: an audit that reads a touched file notes that.
    for index in places.indices { places[index].placeStatus = places[index].status }
    return World(
      tree: try tree(), trash: try trashed(), rows: try rows(), receipts: try custody?.receipts() ?? [],
      log: try workspace.contents("data/file_operations_logs"), review: try workspace.contents("data/review"),
      places: places)
  }

  /// The rows of the decision database.
  func rows() throws -> [DecisionRow] {
    try DecisionDatabase.openForReading(workspace: workspace.path, project: Self.project)?.rows() ?? []
  }

  func receipts(_ cause: OrderCause) throws -> [Receipt] {
    let custody = try FileCustody.openForReading(workspace: workspace.path)
    return try custody?.receipts().filter { $0.order.cause == cause } ?? []
  }

  /// The project's tree.
  func tree() throws -> [RelativePath: Digest] { try digests(root) }

  /// The paths in the project, sorted.
  func paths() throws -> [String] { try tree().keys.sorted().map(\.rawValue) }

  /// The files in the Trash.
  func trashed() throws -> [RelativePath: Digest] { try digests("\(dataHome)/Trash/files") }

  private func digests(_ folder: String) throws -> [RelativePath: Digest] {
    guard try FileStatus(folder) != nil else { return [:] }
    var digests: [RelativePath: Digest] = [:]
    for path in try FileSystem.filesBelow(folder) where try FileStatus("\(folder)/\(path)")?.kind == .file {
      digests[RelativePath(path)] = try FileSystem.digest("\(folder)/\(path)").digest
    }
    return digests
  }
}
