import ArtifactStore
import DarkroomTesting
import FileCustody
import FileSystem
import Foundation
import ImageCatalog
import ImageFiles
import ImageMeasurement
import PipelineCore
import PipelineEngine
import Testing

@testable import TrainingStages

/// A workspace with the databases that a join reads.
final class JoinWorkspace {
  let workspace: TemporaryWorkspace
  let store = InMemoryCheckpointStore()
  var path: String { workspace.path }

  init() throws { workspace = try TemporaryWorkspace() }

  // MARK: Sources

  /// Writes the manifest and random decisions of a project: with and without recommendation, drawn crops, machines.
  func addProject(_ project: String, groups: Int, random: inout SeededRandom) throws {
    try workspace.write(
      "data/projects/\(project).project.json",
      #"{"schema":"project_v1","id":"\#(project)","root":"\#(project)"}"#)
    let rows = try (0..<groups).map { try Self.row(project, $0, &random) }
    try DecisionDatabase(workspace: path, project: project).record(rows)
    let digests = rows.flatMap { $0.digests ?? [] }.filter { _ in random.chance(0.7) }
    try MeasurementDatabase(workspace: path, project: project).record(
      digests.map { Self.measure($0, &random) })
  }

  /// Adds a decision of another group.
  func decide(_ project: String, _ number: Int, _ random: inout SeededRandom) throws {
    try DecisionDatabase(workspace: path, project: project).record(Self.row(project, number, &random))
  }

  /// The row of a group with 1 to 4 images.
  private static func row(
    _ project: String, _ number: Int, _ random: inout SeededRandom
  ) throws -> DecisionRow {
    let stages = ["stage1_generated", "stage1.5_face_swapped", "stage2_upscaled", "other"]
    let images = stages.prefix(1 + random.next(below: 4)).map { "\(number) é_\($0).png" }
    let folder = RelativePath(number % 3 == 0 ? "" : "batch \(number % 3)")
    let group = GroupID(project: project, folder: folder, stems: images.map { RelativePath($0).stem })
    let digests = images.map { Digest(of: "\(project) \($0)") }
    func rectangle() throws -> CropRectangle {
      let edge = Double(random.next(below: 60)) / 100
      return try CropRectangle(x1: edge, y1: 1.0 / 3, x2: 0.7 + edge / 3, y2: 1)
    }
    let index = random.next(below: images.count)
    let recommendation =
      try random.chance(0.5)
      ? Recommendation(
        recommender: "rules", version: "1", modelDigest: random.chance(0.5) ? "m" : nil,
        index: random.next(below: images.count), confidence: Double(random.next(below: 100)) / 99,
        crop: random.chance(0.6) ? rectangle() : nil, group: group, images: images, digests: digests) : nil
    let actions: [Decision.Action] = [.override, .crop, .crop, .reject, .approve, .acceptCrop]
    var action = actions[random.next(below: recommendation == nil ? 4 : recommendation?.crop == nil ? 5 : 6)]
    var image: String? = images[index]
    if action == .approve || action == .acceptCrop { image = recommendation?.image }
    if action == .override, image == recommendation?.image { action = .crop }
    if action == .reject { image = nil }
    let second = 10 + number % 49
    let decision = try Decision(
      project: project, group: group, action: action, image: image,
      actor: random.chance(0.1) ? .machine : .human,
      recommendation: recommendation, images: images,
      shownAt: random.chance(0.7) ? "2026-01-02T03:03:\(second).5Z" : nil,
      decidedAt: "2026-01-02T03:04:\(second)Z", blind: random.chance(0.2))
    var row = try DecisionRow(
      decision, folder: folder, digests: digests, width: random.chance(0.9) ? 600 : nil,
      height: random.chance(0.9) ? 900 : nil)
    if action == .acceptCrop {
      row.finalCrop = recommendation?.crop
    } else if action == .crop, random.chance(0.8) {
      row.finalCrop = try rectangle()
    }
    if row.finalCrop != nil { row.cropTimestamp = "2026-01-02T04:00:00Z" }
    return row
  }

  private static func measure(_ digest: Digest, _ random: inout SeededRandom) -> MeasuredImage {
    func share() -> Double { Double(random.next(below: 1_000)) / 999 }
    // Some images are nearly the same.
    var hash = Digest(of: "hash \(random.next(below: 200))").leadingWords.high
    if random.chance(0.3) { hash ^= 1 << UInt64(random.next(below: 64)) }
    let digits = String(hash, radix: 16)
    return MeasuredImage(
      digest: digest,
      features: ImageFeatures(
        sharpness: 100 * share(), exposure: share(), contrast: share() / 2, entropy: 8 * share(),
        colourfulness: 50 * share(), clippedShadows: share() / 1_000_000, clippedHighlights: 0,
        attention: .init(x: share(), y: share()),
        perceptualHash: String(repeating: "0", count: 16 - digits.count) + digits,
        width: random.chance(0.97) ? 600 : 601, height: 900),
      prompt: random.chance(0.6) ? "a \"cat\"\n№ \(random.next(below: 9))" : nil)
  }

  /// Lets custody see files, and make a crop of a group.
  func custody() throws -> FileCustody {
    try FileCustody(workspace: path, clock: { 1_767_322_800_000_000 }, run: nil)
  }

  func makeCrop(project: String, group: String) throws -> Digest {
    let folder = "\(path)/\(project)"
    try FileSystem.makeDirectories(folder)
    let bytes = Array("crop of \(group)".utf8)
    try FileSystem.create("\(folder)/.prepared", bytes)
    let digest = bytes.withUnsafeBytes { Digest(of: $0) }
    _ = try custody().perform(
      CustodyOrder(
        id: OrderID(cause: .crop, project: project, group: group, decision: "line"), cause: .crop,
        project: project, root: folder, group: group, decision: "line", actor: "human",
        operations: [
          CustodyOperation(
            verb: .crop, sourceFolder: "", targetFolder: "", images: ["\(group).png"], notes: "",
            steps: [.place(prepared: "\(folder)/.prepared", at: "\(folder)/\(group).png", digest: digest)])
        ]))
    return digest
  }

  // MARK: Runs

  struct Run {
    var outcome: RunOutcome
    var observer: RecordingObserver
    /// The projects that were joined.
    var joined: [String] { observer.attempts.filter { $0.state == .done }.map(\.unit.key.rawValue).sorted() }
    var failed: [String] {
      observer.attempts.filter { $0.state == .failed }.map(\.unit.key.rawValue).sorted()
    }
  }

  func run(jobs: Int = 2) async throws -> Run {
    let clock = ManualClock()
    let observer = RecordingObserver()
    let pipeline = Pipeline(
      name: "p", stages: [StageDefinition(id: "join", uses: "training.join", continueOnError: true)])
    let engine = try Engine(
      workspace: path, pipeline: pipeline, definition: Digest(of: "d"), kinds: [StageKind(JoinStage.self)],
      selection: .everything, jobs: jobs, store: store,
      artifacts: WorkspaceArtifacts(workspace: path, pipeline: "p", store: store, clock: clock), clock: clock,
      observer: observer)
    return Run(outcome: try await engine.run(RunControl()), observer: observer)
  }

  func dataset(_ project: String) throws -> [String: String] {
    try workspace.contents("data/training/datasets/\(project)/current/")
  }

  /// Everything below the datasets' folder, links as their targets.
  func datasets() throws -> [String: String] { try workspace.contents("data/training/datasets") }

  /// Lets Python compute the dataset of a project for itself and compare.
  func judge(_ project: String) throws {
    let script = RelativePath(#filePath).folder.appending("judge").appending("join_judge.py")
    let judge = Process()
    judge.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    judge.arguments = ["python3", "\(script)", path, project]
    let output = Pipe()
    judge.standardError = output
    judge.standardOutput = output
    try judge.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    judge.waitUntilExit()
    #expect(judge.terminationStatus == 0, "\(text)")
  }
}
