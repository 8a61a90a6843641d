import DarkroomTesting
import FileSystem
import PipelineCore
import Testing

@testable import ImageCatalog

@Suite struct OlderCropTests {
  private let workspace: TemporaryWorkspace
  private let path: String

  init() throws {
    workspace = try TemporaryWorkspace()
    path = "\(workspace.path)/\(DecisionDatabase.path(project: "mojo3"))"
  }

  private func open() throws -> DecisionDatabase {
    try DecisionDatabase(workspace: workspace.path, project: "mojo3", patience: 0.05)
  }

  private func crop(_ group: String, _ second: Int, x1: Double = 0.1) throws -> OlderCrop {
    OlderCrop(
      project: "mojo3", group: GroupID(group), image: "a.png", rectangle: try Fixture.rectangle(x1),
      at: UTCTime(microseconds: Int64(second) * 1_000_000), imageWidth: 100, imageHeight: nil, session: "s")
  }

  private func record(_ database: DecisionDatabase, _ crops: [OlderCrop]) throws {
    var records = OlderRecords()
    records.crops = crops
    try database.record(records)
  }

  @Test func theIdIsOfWhatTheRecordSays() throws {
    let first = try crop("g", 1)
    #expect(try first.id == crop("g", 1).id)
    for other in [try crop("h", 1), try crop("g", 2), try crop("g", 1, x1: 0.2)] {
      #expect(other.id != first.id)
    }
    let stranger = OlderCrop(
      project: "mojo4", group: "g", image: "a.png", rectangle: first.rectangle,
      at: UTCTime(microseconds: 1_000_000))
    #expect(stranger.id != first.id)
  }

  @Test(
    "However crops come in, they are there once and numbered in the order of time", arguments: 0..<20)
  func anyOrder(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    let database = try open()
    var all: [OlderCrop] = []
    for _ in 0..<30 {
      all.append(
        try crop(
          "g\(Int.random(in: 0..<6, using: &random))", Int.random(in: 0..<5, using: &random),
          x1: Double(Int.random(in: 0..<3, using: &random)) / 10))
    }
    var left = all.shuffled(using: &random)
    while !left.isEmpty {
      let count = Int.random(in: 1...left.count, using: &random)
      try record(database, Array(left.prefix(count)))
      try record(database, Array(all.shuffled(using: &random).prefix(0)))
      left.removeFirst(count)
    }
    try record(database, all)
    var expected: [OlderCrop] = []
    for (_, crops) in Dictionary(grouping: all, by: \.group).sorted(by: { $0.key < $1.key }) {
      let unique = Dictionary(crops.map { ($0.id, $0) }) { first, _ in first }
      let sorted = unique.values.sorted { ($0.timestamp, $0.id.hex) < ($1.timestamp, $1.id.hex) }
      for (number, crop) in sorted.enumerated() {
        var numbered = crop
        numbered.occurrence = number
        expected.append(numbered)
      }
    }
    #expect(try database.olderCrops() == expected)
    #expect(
      try DecisionDatabase.openForReading(workspace: workspace.path, project: "mojo3")?.olderCrops()
        == expected)
  }

  @Test func rowsAndCropsAreReadSideBySideInTheOrderOfTheirGroupsBytes() throws {
    let database = try open()
    // UTF-8 sorts U+FFFD before U+1F600, UTF-16 the other way about.
    let groups = ["g", "G", "g_1", "\u{FFFD}", "\u{1F600}", "é", "e\u{301}"]
    var records = OlderRecords()
    for (number, group) in groups.enumerated() {
      records.rows.append(
        try DecisionRow(
          older: GroupID(group), timestamp: Fixture.time(number), project: "mojo3", images: ["a.png"],
          action: .crop, userSelectedIndex: 0))
      records.crops += try [crop(group, 2), crop(group, 1)]
    }
    try database.record(records)
    let sorted = groups.map { GroupID($0) }.sorted()
    let (rows, crops) = try database.reading { rows, crops in
      var seen: ([GroupID], [String]) = ([], [])
      while let row = try rows.next() {
        seen.0.append(row.group)
        // Both cursors move while the other one waits.
        for _ in 0..<2 { if let crop = try crops.next() { seen.1.append("\(crop.group)\(crop.occurrence)") } }
      }
      #expect(try crops.next() == nil)
      return seen
    }
    #expect(rows == sorted && crops == sorted.flatMap { ["\($0)0", "\($0)1"] })
    struct Stop: Error {}
    #expect(throws: Stop.self) { try database.reading { _, _ in throw Stop() } }
    #expect(try database.rows().count == groups.count)
  }

  @Test func nothingIsWrittenWhenOneRowIsRefused() throws {
    let database = try open()
    var records = OlderRecords()
    records.crops = [try crop("g", 1)]
    var row = try DecisionRow(
      older: "g", timestamp: Fixture.time(1), project: "mojo3", images: ["a.png"], action: .crop,
      userSelectedIndex: 5)
    records.rows = [row]
    let error = #expect(throws: Diagnostic.self) { try database.record(records) }
    #expect(error?.code == "decision-row-invalid")
    #expect(try database.olderCrops().isEmpty && database.rows().isEmpty)
    row.userSelectedIndex = 0
    records.rows = [row]
    row.finalCrop = try Fixture.rectangle()
    row.cropTimestamp = Fixture.time(2)
    records.completed = [row]
    records.notes = [MigrationNote(group: "g", column: "decided_at", new: "x", reason: "why")]
    try database.record(records)
    #expect(try database.rows() == [row])
    #expect(try Tool.sqlite(path, "SELECT group_id, new_value, reason FROM migration_notes;") == "g|x|why\n")
  }

  @Test func aDatabaseWithoutTheTableGetsIt() throws {
    _ = try open()
    try Tool.sqlite(path, "DROP TABLE older_crops;")
    let before = try FileSystem.read(path)
    let reader = try #require(
      try DecisionDatabase.openForReading(workspace: workspace.path, project: "mojo3"))
    #expect(try reader.olderCrops().isEmpty)
    #expect(try FileSystem.read(path) == before)
    try record(try open(), [try crop("g", 1)])
    #expect(try reader.olderCrops().count == 1)
    #expect(
      try Tool.sqlite(path, "SELECT sql FROM sqlite_master WHERE name = 'older_crops';")
        == Tool.sqlite(
          "\(workspace.path)/new.db",
          "\(DecisionSQL.text) SELECT sql FROM sqlite_master WHERE name = 'older_crops';"))
  }

  @Test func theConstraintsHoldAgainstOthers() throws {
    try record(try open(), [try crop("g", 1), try crop("g", 2)])
    let bad = [
      "crop_id = 'x'", "crop_id = upper(crop_id)", "crop_id = NULL", "group_id = ''", "image = ''",
      "image = 'x/a.png'", "image = NULL", "crop_coords = '[0, 0, 2, 1]'", "crop_coords = 'x'",
      "crop_coords = NULL", "crop_timestamp = 'today'", "crop_timestamp = '2025-10-08 18:47:32'",
      "image_width = 0", "image_height = 1.5", "occurrence = -1", "occurrence = 0.5", "occurrence = 0",
      "occurrence = NULL",
    ]
    for setting in bad {
      #expect(throws: Tool.Failure.self, "\(setting)") {
        try Tool.sqlite(path, "UPDATE older_crops SET \(setting) WHERE occurrence = 1;")
      }
    }
    try Tool.sqlite(path, "UPDATE older_crops SET image_height = 5, session = NULL WHERE occurrence = 1;")
  }

  @Test func aDamagedRowIsAnError() throws {
    try record(try open(), [try crop("g", 1)])
    try Tool.sqlite(path, "PRAGMA ignore_check_constraints = 1; UPDATE older_crops SET crop_coords = '{}';")
    let error = #expect(throws: Diagnostic.self) { try open().olderCrops() }
    #expect(error?.code == "decision-row-damaged")
  }
}
