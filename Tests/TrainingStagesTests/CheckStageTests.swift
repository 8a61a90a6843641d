import DarkroomTesting
import DataQuality
import FileSystem
import PipelineCore
import PipelineEngine
import PipelineSpec
import Testing
import TrainingData

@testable import TrainingStages

@Suite struct CheckStageTests {
  /// A defect, the shipped check that finds it, and where.
  struct Planted: Sendable, CustomTestStringConvertible {
    let check: String
    let place: String
    let plant: @Sendable (CheckedDataset) -> Void
    var testDescription: String { check }
    init(_ check: String, _ place: String, _ plant: @escaping @Sendable (CheckedDataset) -> Void) {
      (self.check, self.place, self.plant) = (check, place, plant)
    }
  }

  /// A split that is not the row's.
  private static func other(_ split: Split) -> Split { split == .test ? .train : .test }

  static let failing = [
    Planted(LeakageResult.name, "images.jsonl:12") {
      // One bit of 64 differs: nearly the same image, and no expectation of rows sees it.
      let (hash, split) = ($0.images[0].measurement?.perceptualHash ?? 0, other($0.images[0].split))
      $0.images[11].measurement?.perceptualHash = hash ^ 1
      $0.images[11].split = split
    },
    Planted("one selection a group", "selections.jsonl:4") {
      $0.selections[3].group = $0.selections[2].group
    },
    Planted("one row a crop", "crops.jsonl:2") {
      let crop = $0.crops[0].crop
      $0.crops[1].crop = crop
    },
    Planted("one row an image", "images.jsonl:6") { $0.images[5].index = 0 },
    Planted("images are of selections", "images.jsonl:2") { $0.images[1].group = "g_x" },
    Planted("crops are of selections", "crops.jsonl:3") { $0.crops[2].group = "g_x" },
    // A group across splits, a crop and its source, an image and its copy, near-duplicates.
    Planted("a group lies in one split", "images.jsonl:9") {
      let split = other($0.images[8].split)
      $0.images[8].split = split
    },
    Planted("a lineage lies in one split", "crops.jsonl:4") {
      let split = other($0.crops[3].split)
      $0.crops[3].split = split
    },
    Planted("an image lies in one split", "crops.jsonl:5") {
      let split = other($0.crops[4].split)
      $0.crops[4].split = split
    },
    Planted("an image shown in groups lies in one split", "selections.jsonl:8") {
      let (digests, split) = ($0.selections[1].digests, other($0.selections[1].split))
      $0.selections[7].digests = digests
      $0.selections[7].split = split
    },
    Planted("ai_crop_coords of selections are in the image", "selections.jsonl:1") {
      $0.selections[0].recommendedCrop = [0, 0, 0.5, 1.25]
    },
    Planted("ai_crop_coords of selections go from left to right", "selections.jsonl:2") {
      $0.selections[1].recommendedCrop = [0.5, 0, 0.5, 1]
    },
    Planted("ai_crop_coords of crops go from top to bottom", "crops.jsonl:2") {
      $0.crops[1].recommendedCrop = [0, 1, 1, 0.5]
    },
    Planted("final_crop_coords of crops are in the image", "crops.jsonl:1") {
      $0.crops[0].rectangle = [100, 0, 900, 1]
    },
    Planted("final_crop_coords of crops go from left to right", "crops.jsonl:1") {
      $0.crops[0].rectangle = [0.9, 0, 0.1, 1]
    },
    Planted("the picked image is one of the group", "selections.jsonl:2") {
      $0.selections[1].pickedIndex = 2
    },
    Planted("the recommended image is one of the group", "selections.jsonl:3") {
      $0.selections[2].recommendedIndex = -1
    },
    Planted("confidence is a probability", "selections.jsonl:5") { $0.selections[4].confidence = 75 },
    Planted("widths of selections", "selections.jsonl:5") { $0.selections[4].imageWidth = 0 },
    Planted("heights of cropped images", "crops.jsonl:5") { $0.crops[4].imageHeight = -1 },
    Planted("heights of images", "images.jsonl:5") { $0.images[4].measurement?.height = 0 },
    Planted("overlaps are shares", "crops.jsonl:1") { $0.crops[0].intersectionOverUnion = 1.5 },
    Planted("attention_x is a share", "images.jsonl:1") { $0.images[0].measurement?.attentionX = -0.5 },
  ]

  @Test("A planted defect fails with its place", arguments: failing)
  func planted(_ planted: Planted) async throws {
    let dataset = try CheckedDataset()
    planted.plant(dataset)
    try dataset.publish()
    #expect(try await dataset.run() == .failed)
    let finding = try #require(
      dataset.findings.first { $0.message.contains("check \"\(planted.check)\"") }, "\(dataset.findings)")
    #expect(finding.severity == .error)
    #expect(finding.code == "check-failed")
    #expect(finding.help != nil)
    let place = try #require(finding.location)
    #expect("\(place.path):\(place.line)".hasSuffix("/\(planted.place)"), "\(finding)")
    #expect(try dataset.artifact("p1.json") == nil)
  }

  @Test func smallCropsAndChangedRatesWarn() async throws {
    let dataset = try CheckedDataset(groups: 400)
    // Ten groups a day: 70 in the last seven days, of which all are now approved.
    for index in dataset.selections.indices {
      dataset.selections[index].decidedAt = "\(Day(number: 20_000 + index / 10))T10:00:05.000000Z"
      dataset.selections[index].shownAt = nil
      if index >= 330 { dataset.selections[index].action = .approve }
    }
    dataset.crops[0].pixels = [0, 0, 63, 64]
    dataset.selections[0].shownAt = "2031-01-01T00:00:00.000000Z"
    try dataset.publish()
    #expect(try await dataset.run() == .succeeded)
    #expect(dataset.findings.allSatisfy { $0.severity == .warning && $0.code == "check-warned" })
    let texts = dataset.findings.map(\.description).joined(separator: "\n")
    #expect(dataset.findings.count == 3, "\(texts)")
    #expect(texts.contains("check \"shown before decided\""))
    #expect(texts.contains("check \"crops are wide enough\""))
    #expect(texts.contains("check \"actions are chosen as before\""))
    #expect(texts.contains("approve: 100 % of 70, before 50 % of 330, z = 7.7"), "\(texts)")
  }

  @Test func aCleanDatasetPassesAndASecondRunDoesNothing() async throws {
    let dataset = try CheckedDataset()
    try dataset.publish()
    #expect(try await dataset.run() == .succeeded)
    #expect(dataset.findings.isEmpty, "\(dataset.findings)")
    let text = try #require(try dataset.artifact("training_checks_v1/p1.json"))
    let json = try #require(JSONDocument.parse(Array(text.utf8), path: "").0?.value)
    #expect(json["project"] == "p1")
    let results = try #require(json["results"]?.arrayValue)
    #expect(results.count == 4 + TrainingExpectations.all(minCropPixels: 64).count)
    #expect(results.allSatisfy { $0["status"] == "pass" && ($0["rows"]?.integerValue ?? 0) > 0 })
    try await dataset.run()
    #expect(dataset.observer.started.isEmpty)
    // Other rows, another verdict.
    let crop = dataset.crops[1].crop
    dataset.crops[0].crop = crop
    try dataset.publish()
    #expect(try await dataset.run() == .failed)
  }

  @Test func theSameRowsGiveTheSameBytesAtAnyParallelism() async throws {
    var artifacts: [String] = []
    for jobs in [1, 4] {
      let dataset = try CheckedDataset()
      dataset.crops[0].pixels = [0, 0, 10, 10]
      for project in ["p1", "p2", "p3"] { try dataset.publish(project) }
      try await dataset.run(jobs: jobs)
      for project in ["p1", "p2", "p3"] {
        artifacts.append(try #require(try dataset.artifact("/\(project).json")))
      }
    }
    #expect(artifacts[0..<3] == artifacts[3..<6])
  }

  @Test func behindAGateTheResultsOfAFailureArePublished() async throws {
    let dataset = try CheckedDataset()
    let split = Self.other(dataset.images[8].split)
    dataset.images[8].split = split
    try dataset.publish()
    for _ in 0..<2 {
      #expect(try await dataset.run(CheckedDataset.gated) == .failed)
      let gate = try #require(dataset.observer.attempts.first { $0.unit.stage == "gate" })
      #expect(gate.state == .failed)
      #expect(gate.findings.contains { $0.message.contains("check \"a group lies in one split\"") })
      #expect(gate.findings.allSatisfy { $0.severity == .error && $0.location != nil })
      let file = "data/snapshot/current/training_checks_v1/p1.json"
      #expect(try #require(try dataset.workspace.text(file)).contains(#""status":"fail""#))
    }
    let right = dataset.images[9].split
    dataset.images[8].split = right
    try dataset.publish()
    #expect(try await dataset.run(CheckedDataset.gated) == .succeeded)
  }

  @Test func anyTableOfFilesAndArtifacts() async throws {
    let dataset = try CheckedDataset()
    try dataset.workspace.write("data/sales/1.csv", "id,price\n1,5\n2,-1\n")
    try dataset.workspace.write("data/sales/2.csv", "id,price\n2,7\n")
    let stages = #"""
      "made": { "uses": "command", "outputs": ["data/shops.jsonl"],
        "with": { "run": ["sh", "-c", "mkdir -p ${staging}/data && echo '{\"id\":1}' > ${staging}/data/shops.jsonl"] } },
      "check": { "uses": "training.check", "needs": ["made"], "with": {
        "tables": { "sales": "data/sales/*.csv", "shops": "data/shops.jsonl" },
        "expectations": [
          { "kind": "range", "table": "sales", "column": "price", "min": 0, "severity": "warn" },
          { "kind": "unique", "table": "sales", "columns": ["id"], "severity": "warn", "name": "ids" },
          { "kind": "rows", "table": "shops", "min": 1 } ] } }
      """#
    #expect(try await dataset.run(stages) == .succeeded)
    let places = dataset.findings.map { "\($0.location?.path ?? ""):\($0.location?.line ?? 0)" }
    #expect(places == ["data/sales/1.csv:3", "data/sales/2.csv:2"])
    #expect(dataset.findings[1].message.contains("the same as data/sales/1.csv:3"))
    #expect(try dataset.artifact("training_checks_v1/stage=check.json") != nil)
    try dataset.workspace.write("data/sales/3.csv", "id,price\n3,7\n")
    try await dataset.run(stages)
    #expect(dataset.observer.started.map(\.description) == ["check"])
  }

  @Test func artifactsOfNeededStages() async throws {
    let dataset = try CheckedDataset()
    try dataset.publish()
    let stages = #"""
      "check": { "uses": "training.check", "with": { "checks": "training" } },
      "again": { "uses": "training.check", "needs": ["check"], "with": {
        "tables": { "results": "check:training_checks_v1/*.json" },
        "expectations": [
          { "kind": "oneOf", "table": "results", "column": "results[0].status", "values": ["fail"] },
          { "kind": "rows", "table": "results", "min": 1, "max": 1 } ] } }
      """#
    #expect(try await dataset.run(stages) == .failed)
    #expect(dataset.findings.count == 1)
    #expect(
      dataset.findings[0].location?.path == "check:p1/training_checks_v1/p1.json", "\(dataset.findings)")
  }

  @Test(
    "A definition that cannot be right is refused before anything runs",
    arguments: [
      (#""checks": "training", "tables": { "a": "x.csv" }"#, "a stage for each"),
      (#""minCropPixels": 3"#, "give `expectations`"),
      (
        #""expectations": [{ "kind": "range", "table": "crop", "column": "iou", "min": 0 }]"#, "mean `crops`?"
      ),
      (#""expectations": [{ "kind": "range", "table": "crops", "column": "iuo", "min": 0 }]"#, "mean `iou`?"),
      (#""expectations": [{ "kind": "range", "table": "crops", "column": "iou" }]"#, "give one of them"),
      (
        #""expectations": [{ "kind": "pattern", "table": "crops", "column": "image", "pattern": "(" }]"#,
        "backslash"
      ),
      (
        #""expectations": [{ "kind": "freshness", "table": "crops", "column": "cropped_at", "days": 2 }]"#,
        "no clock"
      ),
      (#""expectations": [{ "kind": "rang", "table": "crops" }]"#, "mean `range`?"),
      (
        #""expectations": [{ "kind": "range", "table": "crops", "colum": "iou", "min": 0 }]"#,
        "mean `column`?"
      ),
      (
        #""expectations": [{ "kind": "rows", "table": "x", "min": 1 }], "tables": { "x": "chek:a.json" }"#,
        "needs"
      ),
    ])
  func refused(with: String, help: String) throws {
    let stages = #""check": { "uses": "training.check", "with": { \#(with) } }"#
    let problem = #expect(throws: Diagnostics.self) {
      let pipeline = try CheckedDataset.pipeline(stages)
      _ = try CheckStage(pipeline.stages[0])
    }
    #expect(
      try #require(problem).items.contains { $0.help?.contains(help) ?? false },
      "\(String(describing: problem))")
  }
}
