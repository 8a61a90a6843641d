import DarkroomTesting
import FileSystem
import Foundation
import PipelineCore
import Testing
import TrainingData
import TrainingReports

@Suite("darkroom train report") struct TrainReportTests {
  private let workspace: ProgramWorkspace

  init() throws { workspace = try ProgramWorkspace() }

  /// Publishes rows as the dataset of a project.
  private func publish(_ project: String, _ selections: [SelectionRow], _ crops: [CropRow] = []) throws {
    let folder = "\(workspace.root)/data/training/datasets/\(project)"
    try FileSystem.makeDirectories("\(folder)/versions/0123456789abcdef")
    var (first, second) = ("", "")
    for row in selections { row.append(to: &first) }
    for row in crops { row.append(to: &second) }
    try FileSystem.create("\(folder)/versions/0123456789abcdef/selections.jsonl", first.utf8)
    try FileSystem.create("\(folder)/versions/0123456789abcdef/crops.jsonl", second.utf8)
    try FileSystem.makeLink("\(folder)/current", to: "versions/0123456789abcdef")
  }

  /// A project with a rule of the past and a model of now.
  private func publishLifelike() throws {
    var random = SeededRandom(seed: 11)
    var selections: [SelectionRow] = []
    var crops: [CropRow] = []
    let start = try #require(Day("2025-11-24"))
    for number in 0..<1_400 {
      let day = start.advanced(by: number / 20)
      let isModel = number >= 600
      let isOld = number < 200
      let isCrop = random.chance(0.4)
      let isRecommended = !isModel || random.chance(0.9)
      let isBlind = isRecommended && isModel && random.chance(0.1)
      var row = SelectionRow(
        project: "mojo3", group: "g_\(number)", lineage: "mojo3/g_\(number)", decision: nil,
        schemaVersion: isOld ? 3 : 4, images: ["a", "b", "c"], action: isCrop ? .crop : .approve,
        exposure: !isRecommended ? .none : isOld ? .unknown : isBlind ? .blind : .shown,
        decidedAt: "\(day)T0\(number % 10):00:00.000000Z")
      row.pickedIndex = 0
      row.latency = isOld ? nil : Double(30 + random.next(below: 200)) / 10
      if isRecommended {
        let confidence = isModel ? Double(40 + random.next(below: 60)) / 100 : nil
        let agrees = random.chance(isModel ? (confidence ?? 0) + (isBlind ? -0.05 : 0.02) : 0.6)
        row.recommendedIndex = agrees ? 0 : 1
        row.selectionMatch = agrees
        row.confidence = confidence
        row.recommender = isOld ? nil : isModel ? "model" : "rule"
        row.recommenderVersion = isOld ? nil : "1"
        row.modelDigest = isModel ? String(repeating: "4fe1", count: 16) : nil
      }
      selections.append(row)
      guard isCrop else { continue }
      var crop = CropRow(
        project: "mojo3", group: row.group, lineage: row.lineage, crop: "c_\(number)",
        schemaVersion: row.schemaVersion, image: "a", rectangle: [0, 0, 1, 1], decidedAt: row.decidedAt,
        exposure: row.exposure)
      if isModel, isRecommended {
        (crop.recommender, crop.recommenderVersion, crop.modelDigest) = ("model", "1", row.modelDigest)
        crop.recommendedCrop = [0, 0, 1, 1]
        crop.cropAccepted = random.chance(0.2)
        let overlap = crop.cropAccepted == true ? 1 : Double(40 + random.next(below: 60)) / 100
        crop.intersectionOverUnion = overlap
        crop.cropMatch = overlap > 0.9
      }
      crops.append(crop)
    }
    try publish("mojo3", selections, crops)
  }

  @Test("The text is the golden one, and JSON has the same reports as the stage's files")
  func golden() throws {
    try publishLifelike()
    try publish("mojo4", [])
    let result = try workspace.run("train", "report")
    #expect(result.status == 0 && result.errors == "")
    try expectGolden(result.output, "train-report.txt")
    let json = try workspace.run("train", "report", "--project", "mojo3", "--json")
    let dataset = try #require(try DatasetFiles.current(workspace: workspace.root, project: "mojo3"))
    let report = try TrainingReport(of: dataset, project: "mojo3")
    #expect(json.output == JSONValue.object(["reports": [report.json]]).pretty)
  }

  @Test("Without datasets it says so; a project without one is not found")
  func nothing() throws {
    let none = try workspace.run("train", "report")
    #expect(none.status == 0 && none.output.contains("no dataset is published yet"))
    #expect(try workspace.run("train", "report", "--json").output == "{\n  \"reports\": []\n}\n")
    try publishLifelike()
    let unknown = try workspace.run("train", "report", "--project", "mojo9")
    #expect(unknown.status == 6 && unknown.errors.contains("the projects with a dataset are mojo3"))
  }

  @Test("A damaged row is an error with its file and line, not a smaller report")
  func damaged() throws {
    try publishLifelike()
    let file = "\(workspace.root)/data/training/datasets/mojo3/current/selections.jsonl"
    var lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init)
    lines[6].removeLast(20)
    try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: file))
    let result = try workspace.run("train", "report")
    #expect(result.status != 0 && result.output == "" && result.errors.contains("selections.jsonl:7"))
  }
}
