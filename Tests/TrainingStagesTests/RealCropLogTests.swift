import DarkroomTesting
import FileSystem
import ImageCatalog
import ImageStages
import PipelineCore
import Testing
import TrainingData

@testable import TrainingStages

@Suite(
  "The real crop log, joined",
  .enabled(
    if: SharedData.cropLog != nil,
    "there is no shared/data/real_crop_log.csv: set DARKROOM_SHARED_DATA to its folder"))
struct RealCropLogTests {
  /// What identifies a record: image, time, and the pixels of the rectangle.
  private struct Record: Hashable {
    var image: String
    var time: String
  }

  @Test("All 3,978 crops are rows, each with the pixels of its record")
  func everyCropIsARow() async throws {
    let bytes = try FileSystem.read(try #require(SharedData.cropLog))
    var pixels: [Record: [[Double]]] = [:]
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      let name = String(try #require(fields[5].split(separator: "/").last))
      let edges = try fields[6...9].map { try #require(Double($0)) }
      pixels[Record(image: name, time: fields[10]), default: []].append(edges)
    }
    let bench = try JoinWorkspace()
    try bench.workspace.write(
      "data/projects/real.project.json", #"{"schema":"project_v1","id":"real","root":"real"}"#)
    let project = try ImageProjects.project("real", workspace: bench.path)
    var reading = try DecisionImport(project: project, database: nil)
    try reading.read(ImportSource.log(name: "real_crop_log.csv", bytes: bytes))
    try reading.apply(
      to: DecisionDatabase(workspace: bench.path, project: "real"), workspace: bench.path)

    #expect(try await bench.run().joined == ["real"])
    try bench.judge("real")
    let dataset = try #require(try DatasetFiles.current(workspace: bench.path, project: "real"))
    let rows = try dataset.rows(CropRow.self)
    #expect(rows.count == 3_978)
    var furthest = 0.0
    for row in rows {
      let sides = [row.imageWidth, row.imageHeight].compactMap { $0.map(Double.init) }
      try #require(sides.count == 2)
      let found = zip(row.rectangle, sides + sides).map(*)
      let record = Record(image: row.image, time: try #require(row.croppedAt))
      let distances = try #require(pixels[record]).map { zip($0, found).map { abs($0 - $1) }.max() ?? 0 }
      furthest = max(furthest, distances.min() ?? .infinity)
    }
    #expect(furthest < 0.5, "pixels")
    #expect(try dataset.rows(SelectionRow.self).count == Set(rows.map(\.group)).count)
    #expect(try LeakageCheck.leaks(in: dataset).leaks == [])
  }
}
