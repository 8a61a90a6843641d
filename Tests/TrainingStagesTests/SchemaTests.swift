import ArtifactStore
import DarkroomTesting
import FileSystem
import Foundation
import PipelineCore
import PipelineEngine
import PipelineSpec
import Testing
import TrainingData

@testable import TrainingStages

/// What the training stages publish is what their JSON Schemas say; Python's `jsonschema` is the judge.
@Suite struct SchemaTests {
  private static let repository = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  private static let night = #"""
    { "version": 1, "name": "night", "stages": {
      "join": { "uses": "training.join" },
      "report": { "uses": "training.report", "needs": ["join"] },
      "check": { "uses": "training.check", "needs": ["join"], "with": { "checks": "training", "onFailure": "keep" } },
      "fit": { "uses": "training.fit", "needs": ["join"] },
      "export": { "uses": "training.export", "needs": ["join"] } } }
    """#
  private static let kinds = [
    StageKind(JoinStage.self), StageKind(ReportStage.self), StageKind(CheckStage.self),
    StageKind(FitStage.self),
    StageKind(ExportStage.self),
  ]

  private func runNight(in workspace: String) async throws {
    let pipeline = try PipelineReader(kinds: Self.kinds).read(Array(Self.night.utf8), path: "night.json")
      .pipeline
    let store = InMemoryCheckpointStore()
    let clock = ManualClock()
    let observer = RecordingObserver()
    let engine = try Engine(
      workspace: workspace, pipeline: pipeline, definition: Digest(of: Self.night), kinds: Self.kinds,
      selection: .everything, jobs: 2, gracePeriod: .seconds(10), store: store,
      artifacts: WorkspaceArtifacts(workspace: workspace, pipeline: "night", store: store, clock: clock),
      clock: clock, observer: observer)
    let outcome = try await engine.run(RunControl())
    #expect(outcome.state == .succeeded, "\(observer.attempts.flatMap(\.findings))")
  }

  /// Lets Python validate all files below a workspace that have a schema.
  /// - Returns: how many documents of each schema it found valid.
  private func judge(_ workspace: String) throws -> [String: Int] {
    let files = try FileSystem.filesBelow("\(workspace)/data").compactMap { path in
      Self.schema(of: path).map { "\($0)=\(workspace)/data/\(path)" }
    }
    let script = RelativePath(#filePath).folder.appending("judge").appending("schema_judge.py")
    let judge = Process()
    judge.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    judge.arguments = ["python3", "-B", "\(script)", "\(Self.repository)/data/schema"] + files
    let (output, errors) = (Pipe(), Pipe())
    judge.standardOutput = output
    judge.standardError = errors
    try judge.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let problem = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    judge.waitUntilExit()
    #expect(judge.terminationStatus == 0, "\(problem)")
    return Dictionary(
      uniqueKeysWithValues: text.split(separator: "\n").compactMap { line in
        let parts = line.split(separator: " ")
        return Int(parts[1]).map { (String(parts[0]), $0) }
      })
  }

  /// The schema of a published file by its place below `data`; `nil` for files of other formats.
  private static func schema(of path: String) -> String? {
    let names = path.split(separator: "/").map(String.init)
    let name = names.last ?? ""
    if names.contains("current") { return nil }
    switch (names[1], name) {
    case ("datasets", "manifest.json"): return "training_dataset_v1"
    case ("exports", "manifest.json"): return "training_export_manifest_v1"
    case (_, SelectionRow.fileName): return "training_selection_v1"
    case (_, CropRow.fileName): return "training_crop_v1"
    case (_, ImageRow.fileName): return "training_image_v1"
    case ("exports", _) where path.contains("/preferences/"): return "training_preference_v1"
    case ("models", "judgements.json"): return "model_judgements_v1"
    case ("models", _): return "recommendation_model_v1"
    case ("promotion.json", _): return "training_models_v1"
    default: return names.first { $0.hasPrefix("training_") && $0.hasSuffix("_v1") }
    }
  }

  @Test("Every row, manifest, report and check result is valid; a spoilt one is not")
  func night() async throws {
    let bench = try JoinWorkspace()
    var random = SeededRandom(seed: 51)
    try bench.addProject("p1", groups: 150, random: &random)
    try bench.addProject("p2", groups: 20, random: &random)
    try await runNight(in: bench.path)
    let counts = try judge(bench.path)
    #expect(counts["training_dataset_v1"] == 2 && counts["training_report_v1"] == 2)
    #expect(counts["training_checks_v1"] == 2 && counts["training_models_v1"] == 2)
    #expect(counts["training_export_manifest_v1"] == 6)
    // Those of the datasets, and those of the exports as JSON lines.
    for name in ["selection", "crop", "image", "preference"] {
      #expect(counts["training_\(name)_v1", default: 0] > 40, "\(name)")
    }
  }

  @Test("A model that was promoted, the one after it, and what is said of both are valid")
  func models() async throws {
    let bench = try FitBench()
    var person = SyntheticDecisions(.preferring(noise: 0.3), seed: 52)
    var groups = person.groups(1_200)
    try SyntheticDataset(groups: groups, croppedPercent: 60).publish(bench.workspace)
    #expect(try await bench.run(["errorBound": 0.3, "minimumGroups": 80]).counters["promoted"] == 1)
    groups += person.groups(50)
    try SyntheticDataset(groups: groups, croppedPercent: 60).publish(bench.workspace)
    #expect(try await bench.run(["errorBound": 0.3, "minimumGroups": 80]).counters["candidates"] == 1)
    for file in try FileSystem.filesBelow("\(bench.workspace.path)/data")
    where file.hasSuffix("manifest.json") {
      // This dataset was written without a join.
      try FileSystem.removeFile("\(bench.workspace.path)/data/\(file)")
    }
    let counts = try judge(bench.workspace.path)
    // The latest decision as an artifact and as published.
    #expect(counts["recommendation_model_v1"] == 3 && counts["training_models_v1"] == 2)
    #expect(counts["model_judgements_v1"] == 1)
  }

  @Test("What the schemas know of columns is of columns that there are")
  func bounds() {
    let columns = Set(
      (SelectionRow.columns + CropRow.columns + ImageRow.columns).map { RowSchema.Name($0) })
    for name in RowSchema.bounds.keys { #expect(columns.contains(name), "\(name)") }
  }
}
