import DarkroomTesting
import FileSystem
import Foundation
import PipelineCore
import PipelineSpec
import Testing
import TrainingData
import TrainingExport

/// `scripts/examples/sklearn_recommender.py`, which shows how to train outside.
@Suite struct ExampleRecommenderTests {
  private let workspace: TemporaryWorkspace
  private var random = SeededRandom(seed: 41)
  private static let script = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent("../../scripts/examples/sklearn_recommender.py")
    .standardized.path

  init() throws { workspace = try TemporaryWorkspace() }

  private func python(_ arguments: [String], input: String = "") throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-B", Self.script] + arguments
    let name = "\(workspace.path)/input"
    try FileSystem.removeFile(name)
    try FileSystem.create(name, input.utf8)
    process.standardInput = FileHandle(forReadingAtPath: name)
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
  }

  /// Three images with random figures; people take the sharpest but for one group in ten.
  private mutating func group(_ number: Int) -> [ImageRow] {
    let figures = (0..<3).map { _ in (0..<7).map { _ in Double(random.next(below: 1000)) / 1000 } }
    let sharpest = figures.indices.max { figures[$0][0] < figures[$1][0] } ?? 0
    let picked = random.chance(0.1) ? random.next(below: 3) : sharpest
    let id = "g\(1000 + number)"
    return figures.indices.map { index in
      let row = figures[index]
      return ImageRow(
        project: "p", group: id, lineage: Lineage.name(project: "p", group: id), index: index,
        image: "\(index).png", digest: nil, stage: 1, isPicked: index == picked, isRecommended: nil,
        prompt: nil,
        measurement: ImageRow.Measurement(
          width: 10, height: 10, sharpness: row[0], exposure: row[1], contrast: row[2], entropy: row[3],
          colourfulness: row[4], clippedShadows: row[5], clippedHighlights: row[6], attentionX: 0.5,
          attentionY: 0.5, perceptualHash: 0))
    }
  }

  /// The question that `images.recommend` asks.
  private func question(_ rows: [ImageRow]) -> String {
    let images = rows.map { row -> JSONValue in
      let found = row.measurement
      return [
        "path": .string("/\(row.image)"), "name": .string(row.image), "stage": "stage1_generated",
        "width": 10, "height": 10,
        "features": [
          "sharpness": .number(found?.sharpness ?? 0), "exposure": .number(found?.exposure ?? 0),
          "contrast": .number(found?.contrast ?? 0), "entropy": .number(found?.entropy ?? 0),
          "colourfulness": .number(found?.colourfulness ?? 0),
          "clippedShadows": .number(found?.clippedShadows ?? 0),
          "clippedHighlights": .number(found?.clippedHighlights ?? 0),
        ],
      ]
    }
    return JSONValue.object(["group": .string(rows[0].group), "images": .array(images)]).canonical + "\n"
  }

  @Test("Fitted on an export, it answers as people decide, says so with confidence, and else has no opinion")
  mutating func learns() throws {
    let groups = (0..<400).map { group($0) }
    let path = "\(workspace.path)/dataset"
    try FileSystem.makeDirectory(path)
    var text = ""
    for row in groups.joined() { row.append(to: &text) }
    try FileSystem.create("\(path)/images.jsonl", text.utf8)
    for name in ["selections", "crops"] { try FileSystem.create("\(path)/\(name).jsonl", []) }
    let export = "\(workspace.path)/export"
    try FileSystem.makeDirectory(export)
    _ = try DatasetExport(
      dataset: DatasetFiles(path: path), project: "p", format: .jsonl, images: .none, source: NoImages()
    ).write(to: export)
    let model = "\(workspace.path)/model.json"
    #expect(try python(["fit", export, model]).status == 0)
    let first = try FileSystem.read(model)
    #expect(try python(["fit", export, model]).status == 0)
    #expect(try FileSystem.read(model) == first)
    let held = groups.filter { $0[0].split == .test }
    let served = try python(["serve", model], input: held.map(question).joined())
    #expect(served.status == 0)
    let lines = served.output.split(separator: "\n")
    #expect(lines.count == held.count)
    var right = 0
    var answered = 0
    for (rows, line) in zip(held, lines) {
      let (answer, problems) = JSONDocument.parse(Array(line.utf8), path: "answer")
      #expect(problems.isEmpty)
      #expect(answer?.value["group"]?.stringValue == rows[0].group)
      guard let index = answer?.value["index"]?.integerValue else { continue }
      answered += 1
      let confidence = try #require(answer?.value["confidence"]?.doubleValue)
      #expect((0.5...1).contains(confidence))
      if rows[Int(index)].isPicked { right += 1 }
    }
    #expect(answered > held.count / 2)
    #expect(Double(right) / Double(answered) > 0.85)
  }

  @Test("Too few decisions give no model")
  func tooFew() throws {
    try FileSystem.create("\(workspace.path)/images.jsonl", [])
    #expect(try python(["fit", workspace.path, "\(workspace.path)/model.json"]).status == 1)
    #expect(try FileStatus("\(workspace.path)/model.json") == nil)
  }
}
