import DarkroomTesting
import FileSystem
import ImageCatalog
import Testing

@testable import ImageStages

@Suite(
  "Import of the real crop log",
  .enabled(
    if: SharedData.cropLog != nil,
    "there is no shared/data/real_crop_log.csv: set DARKROOM_SHARED_DATA to its folder"))
struct ImportRealLogTests {
  /// A record as the test reads it for itself: the file has no quotes.
  private struct Expected {
    var line: Int
    var folder: String
    var name: String
    var edges: [Double]
    var size: [Double]
    var timestamp: String

    init(_ text: Substring, line: Int) throws {
      let fields = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      try #require(fields.count == 15)
      self.line = line
      folder = fields[2]
      name = String(try #require(fields[5].split(separator: "/").last))
      edges = try fields[6...9].map { try #require(Double($0)) }
      size = try fields[13...14].map { try #require(Double($0)) }
      timestamp = fields[10]
    }
  }

  @Test func everyRecordIsAccountedForAndEveryRectangleIsTheSources() throws {
    let bytes = try FileSystem.read(try #require(SharedData.cropLog))
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    let expected = try lines.dropFirst().enumerated().map { try Expected($1, line: $0 + 2) }
    // The log is in the order of time.
    let groups = Dictionary(grouping: expected) { $0.folder + "/" + $0.name }

    let workspace = try TemporaryWorkspace()
    try workspace.write(
      "data/projects/mojo3.project.json", #"{ "schema": "project_v1", "id": "mojo3", "root": "mojo3" }"#)
    let project = try ImageProjects.project("mojo3", workspace: workspace.path)
    let log = ImportSource.log(name: "real_crop_log.csv", bytes: bytes)
    var reading = try DecisionImport(project: project, database: nil)
    try reading.read(log)
    let file = try #require(reading.files.first)
    #expect(file.isExact && file.records == 3_978 && expected.count == 3_978)
    #expect(file.repaired == 3_978 && file.accepted == 0 && file.blank == 0 && file.duplicates == 0)
    #expect(file.quarantined.isEmpty && file.repeats == 3_978 - groups.count && file.repeats == 92)

    let database = try DecisionDatabase(workspace: workspace.path, project: "mojo3")
    try reading.apply(to: database, workspace: workspace.path)
    let rows = try database.rows()
    #expect(rows.count == groups.count)
    for row in rows {
      let source = try #require(groups["\(row.directory ?? "")/\(row.images[0])"]?.first)
      try expectSame(row.finalCrop, source)
      #expect(row.timestamp == source.timestamp && row.cropTimestamp == source.timestamp)
      #expect(row.userSelectedIndex == 0 && row.userAction == .crop)
    }
    let crops = try database.olderCrops()
    #expect(crops.count == 3_978)
    let folders = Dictionary(uniqueKeysWithValues: rows.map { ($0.group, $0.directory ?? "") })
    for crop in crops {
      let source = try #require(groups["\(folders[crop.group] ?? "")/\(crop.image)"]?[crop.occurrence])
      try expectSame(crop.rectangle, source)
      #expect(crop.timestamp == source.timestamp && crop.session == "2025-10-08 14:46:56")
      #expect([crop.imageWidth, crop.imageHeight] == source.size.map { Int($0) })
    }
    var again = try DecisionImport(project: project, database: database)
    try again.read(log)
    #expect(again.records.isEmpty && again.files.first?.present == 3_978)
  }

  private func expectSame(_ crop: CropRectangle?, _ source: Expected) throws {
    let pixels = zip(try #require(crop).coordinates, source.size + source.size).map { $0 * $1 }
    #expect(zip(pixels, source.edges).allSatisfy { abs($0 - $1) <= 1e-6 }, "line \(source.line)")
  }
}
