import DarkroomTesting
import FileSystem
import ImageCatalog
import Testing

@testable import ImageStages

/// The log of real decisions that lies beside the repository on some machines.
private let realLog: String? = {
  var folder = RelativePath(#filePath).folder
  while !folder.rawValue.isEmpty {
    let path = "\(folder)/shared/data/real_crop_log.csv"
    // `try?`: a folder that cannot be looked into has no log for this test.
    if (try? FileStatus(path)) != nil { return path }
    folder = folder.folder
  }
  return nil
}()

@Suite("Import of the real crop log", .enabled(if: realLog != nil)) struct ImportRealLogTests {
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
    let bytes = try FileSystem.read(try #require(realLog))
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    let expected = try lines.dropFirst().enumerated().map { try Expected($1, line: $0 + 2) }
    var first: [String: Expected] = [:]
    var (duplicates, differing) = (0, [Int]())
    for record in expected {
      let key = record.folder + "/" + record.name
      guard let known = first[key] else {
        first[key] = record
        continue
      }
      if known.edges == record.edges { duplicates += 1 } else { differing.append(record.line) }
    }

    let workspace = try TemporaryWorkspace()
    try workspace.write(
      "data/projects/mojo3.project.json", #"{ "schema": "project_v1", "id": "mojo3", "root": "mojo3" }"#)
    let project = try ImageProjects.project("mojo3", workspace: workspace.path)
    var reading = DecisionImport(project: project, present: [])
    try reading.read("real_crop_log.csv", bytes)
    let file = try #require(reading.files.first)
    #expect(file.isExact && file.records == 3_978 && expected.count == 3_978)
    #expect(file.repaired == first.count && file.accepted == 0 && file.blank == 0)
    #expect(file.duplicates == duplicates)
    // People cropped these images again, otherwise: which crop counts is for a person to say.
    #expect(file.quarantined.map(\.line) == differing)

    let database = try DecisionDatabase(workspace: workspace.path, project: "mojo3")
    try reading.apply(to: database, workspace: workspace.path)
    let rows = try database.rows()
    #expect(rows.count == first.count)
    for row in rows {
      let source = try #require(first["\(row.directory ?? "")/\(row.images[0])"])
      let crop = try #require(row.finalCrop)
      let pixels = zip(crop.coordinates, source.size + source.size).map { $0 * $1 }
      #expect(zip(pixels, source.edges).allSatisfy { abs($0 - $1) <= 0.5 }, "line \(source.line)")
      #expect(row.timestamp == source.timestamp && row.cropTimestamp == source.timestamp)
      #expect(row.userSelectedIndex == 0 && row.userAction == .crop)
    }
  }
}
