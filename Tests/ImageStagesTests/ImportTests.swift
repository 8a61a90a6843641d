import DarkroomTesting
import FileSystem
import ImageCatalog
import PipelineCore
import Projects
import Testing

@testable import ImageStages

/// A workspace with the project `mojo3`.
private struct Place {
  let workspace: TemporaryWorkspace
  let project: ImageProject

  init() throws {
    workspace = try TemporaryWorkspace()
    try workspace.write(
      "data/projects/mojo3.project.json", #"{ "schema": "project_v1", "id": "mojo3", "root": "mojo3" }"#)
    project = try ImageProjects.project("mojo3", workspace: workspace.path)
  }

  func database() throws -> DecisionDatabase {
    try DecisionDatabase(workspace: workspace.path, project: "mojo3")
  }

  func read(_ texts: String..., database: DecisionDatabase? = nil) throws -> DecisionImport {
    var reading = try DecisionImport(project: project, database: database)
    for (number, text) in texts.enumerated() {
      try reading.read(.log(name: "log\(number == 0 ? "" : "\(number)").csv", bytes: Array(text.utf8)))
    }
    return reading
  }
}

private let selectionHeader =
  "session_id,set_id,directory,image_count,chosen_index,chosen_path,timestamp,"
  + "image_0_path,image_0_stage,image_1_path,image_1_stage,width_0,height_0,width_1,height_1\r\n"
private let cropHeader =
  "session_id,set_id,directory,image_count,chosen_index,chosen_path,crop_x1,crop_y1,crop_x2,crop_y2,timestamp,"
  + "image_0_path,image_0_stage,width_0,height_0\r\n"

private func cropLine(
  _ name: String = "a", _ crop: String = "10,20,300,400", at: String = "2025-10-08T18:47:32.429632Z",
  size: String = "1000,800"
) -> String {
  "s,set,crop,1,0,crop/\(name).png,\(crop),\(at),crop/\(name).png,stage1_generated,\(size)\r\n"
}

@Suite("Import of older logs") struct ImportTests {
  @Test func aSelectionIsApprovedWithTheChosenImagesSize() throws {
    let reading = try Place().read(
      selectionHeader
        + "s,set,face/01,2,1,face/01/b.png,2025-10-08 18:47:32,face/01/a.png,s,face/01/b.png,s,10,20,30,40\r\n"
        + "s,set,face/01,1,0,face/01/c.png,2025-10-08 18:47:33,face/01/c.png,s,,,10,20,,\r\n")
    let row = try #require(reading.records.rows.first)
    #expect(row.group == GroupID(project: "mojo3", folder: "face/01", stems: ["a", "b"]))
    #expect(row.images == ["a.png", "b.png"] && row.directory == "face/01")
    #expect(row.userAction == .approve && row.userSelectedIndex == 1 && row.aiSelectedIndex == nil)
    #expect(row.imageWidth == 30 && row.imageHeight == 40 && row.finalCrop == nil && row.actor == .human)
    #expect(row.timestamp == "2025-10-08 18:47:32" && row.decidedAt == "2025-10-08T18:47:32.000000Z")
    #expect(reading.files.map(\.accepted) == [2] && reading.files.allSatisfy(\.isExact))
  }

  @Test func pixelsAreRepairedAndFractionsAccepted() throws {
    let reading = try Place().read(cropHeader + cropLine() + cropLine("b", "0.1,0.2,0.5,1.0", size: ","))
    #expect(reading.files.first?.repaired == 1 && reading.files.first?.accepted == 1)
    #expect(reading.records.rows.first?.finalCrop?.coordinates == [0.01, 0.025, 0.3, 0.5])
    #expect(reading.records.rows.last?.finalCrop?.coordinates == [0.1, 0.2, 0.5, 1])
    #expect(reading.records.rows.first?.cropTimestamp == "2025-10-08T18:47:32.429632Z")
    #expect(reading.records.rows.first?.userAction == .crop)
  }

  @Test(
    "What cannot be taken over is put aside with its line",
    arguments: [
      (cropLine("a", "10,20,3000,400"), "outside an image"), (cropLine("a", size: ","), "size is not known"),
      (cropLine("a", "300,20,10,400"), "not left of"), (cropLine("a", "x,20,10,400"), "no number"),
      (cropLine("a", "-1,20,10,400"), "outside 0 to 1"), (cropLine("a", ",,,"), "no number"),
      (cropLine(at: "yesterday"), "no date and time"),
      (cropLine().replacing(",1,0,", with: ",1,1,"), "chosen_index"),
      (cropLine().replacing(",1,0,", with: ",2,0,"), "image_count"), (cropLine("../a"), "crop/../a"),
      (cropLine().replacing("crop/a.png,stage", with: "crop/b.png,stage"), "chosen_path"),
      (cropLine().replacing("crop/a", with: "other/a"), "not in the directory"), ("a,b\r\n", "2 fields"),
      ("\"open\r\n", "never closed"),
    ])
  func quarantine(line: String, reason: String) throws {
    let reading = try Place().read(cropHeader + cropLine("z") + line + cropLine("y"))
    let file = try #require(reading.files.first)
    #expect(file.records == 3 && file.repaired == 2 && file.isExact)
    let item = try #require(file.quarantined.first)
    #expect(item.line == 3 && item.reason.contains(reason), "\(item.reason)")
    #expect(item.record == .bytes(Array(line.utf8.dropLast(2))))
  }

  @Test func everyCropOfAnImageIsKeptAndTheFirstOneIsTheDecision() throws {
    let place = try Place()
    let (later, last) = ("2025-10-09T10:00:00Z", "2025-10-10T10:00:00Z")
    // Again the same, the same at another time, another one, and the first line once more.
    let text =
      cropHeader + cropLine(at: later) + cropLine(at: last) + cropLine("a", "11,20,300,400") + "\r\n"
      + cropLine(at: later)
    let reading = try place.read(text)
    let file = try #require(reading.files.first)
    #expect(file.records == 5 && file.repaired == 3 && file.duplicates == 1 && file.blank == 1)
    #expect(file.repeats == 2 && file.quarantined.isEmpty && file.isExact)
    #expect(reading.records.rows.map(\.cropTimestamp) == ["2025-10-09T10:00:00.000000Z"])
    let database = try place.database()
    try reading.apply(to: database, workspace: place.workspace.path)
    let crops = try database.olderCrops()
    #expect(crops.map(\.occurrence) == [0, 1, 2] && Set(crops.map(\.id)).count == 3)
    #expect(
      crops.map(\.timestamp) == [
        "2025-10-08T18:47:32.429632Z", "2025-10-09T10:00:00.000000Z", "2025-10-10T10:00:00.000000Z",
      ])
    #expect(crops.map(\.rectangle.x1) == [0.011, 0.01, 0.01])
    #expect(crops.allSatisfy { $0.image == "a.png" && $0.session == "s" && $0.imageWidth == 1_000 })
    #expect(try database.rows().map(\.finalCrop?.x1) == [0.01])

    let again = try place.read(text, database: database)
    #expect(again.records.isEmpty && again.files.first?.present == 3)
    #expect(again.files.first?.repeats == 2 && again.files.first?.duplicates == 1)
  }

  @Test func aSelectionThatDiffersFromTheFirstIsPutAside() throws {
    let line = "s,set,face,2,1,face/b.png,2025-10-08 18:47:32,face/a.png,s,face/b.png,s,10,20,30,40\r\n"
    let reading = try Place().read(
      selectionHeader + line + line.replacing("18:47", with: "19:47")
        + line.replacing(",1,face/b.png,2025", with: ",0,face/a.png,2025"))
    let file = try #require(reading.files.first)
    #expect(file.accepted == 1 && file.duplicates == 1 && file.isExact && file.repeats == 0)
    #expect(file.quarantined.map(\.line) == [4])
    #expect(file.quarantined.first?.reason.contains("log.csv:2") == true)
    #expect(reading.records.crops.isEmpty)
  }

  @Test("A crop of an image that was picked as it is is kept beside that decision")
  func aCropAfterASelection() throws {
    let line = "s,set,crop,1,0,crop/a.png,2025-10-01 18:47:32,crop/a.png,s,,,1000,800,,\r\n"
    let reading = try Place().read(selectionHeader + line, cropHeader + cropLine())
    #expect(reading.records.rows.map(\.userAction) == [.approve] && reading.records.completed.isEmpty)
    #expect(reading.records.crops.count == 1 && reading.files.last?.repeats == 1)
  }

  @Test("An image that the group has not is put aside: two files of one stem")
  func aCropOfAnotherImage() throws {
    let other = cropLine(at: "2025-10-09T10:00:00Z").replacing("a.png", with: "a.jpg")
    let reading = try Place().read(cropHeader + cropLine() + other)
    #expect(reading.files.first?.quarantined.map(\.line) == [3])
    #expect(reading.records.crops.count == 1)
  }

  @Test("The order in which logs are imported does not change the crops")
  func orderOfImports() throws {
    let logs = [
      cropHeader + cropLine() + cropLine("b"),
      cropHeader + cropLine("a", "11,20,300,400", at: "2025-10-01T00:00:00Z"),
      cropHeader + cropLine("a", "12,20,300,400", at: "2025-10-01T00:00:00Z") + cropLine("b"),
    ]
    var results: [[OlderCrop]] = []
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
      let place = try Place()
      let database = try place.database()
      for number in order {
        let reading = try place.read(logs[number], database: database)
        try reading.apply(to: database, workspace: place.workspace.path)
      }
      results.append(try database.olderCrops())
    }
    #expect(results[0].count == 4 && results.allSatisfy { $0 == results[0] })
  }

  @Test func applyingTwiceChangesNothing() throws {
    let place = try Place()
    let text = cropHeader + cropLine() + cropLine() + cropLine("b") + "bad\r\n"
    let database = try place.database()
    let first = try place.read(text, database: database)
    try first.apply(to: database, workspace: place.workspace.path)
    let rows = try database.rows()
    let files = try place.workspace.contents("data/review")
    #expect(rows.count == 2 && first.files.first?.new == 2)
    #expect(
      files == [
        "import/mojo3/log.csv.quarantine.jsonl":
          #"{"file":"log.csv","line":5,"project":"mojo3","reason":"it has 1 fields, the header 15","record":"bad"}"#
          + "\n"
      ])

    let second = try place.read(text, database: database)
    try second.apply(to: database, workspace: place.workspace.path)
    #expect(second.records.isEmpty && second.files.first?.new == 0 && second.files.first?.present == 2)
    #expect(second.files.first?.repaired == 2 && second.files.first?.duplicates == 1)
    #expect(try database.rows() == rows)
    #expect(try place.workspace.contents("data/review") == files)
  }

  @Test func aRowOfTheDatabaseStandsAgainstARecord() throws {
    let place = try Place()
    let line = "s,set,face,2,1,face/b.png,2025-10-08 18:47:32,face/a.png,s,face/b.png,s,10,20,30,40\r\n"
    let database = try place.database()
    try place.read(selectionHeader + line).apply(to: database, workspace: place.workspace.path)
    let reading = try place.read(
      selectionHeader + line.replacing(",1,face/b.png,2025", with: ",0,face/a.png,2025"), database: database)
    #expect(reading.records.isEmpty)
    #expect(reading.files.first?.quarantined.first?.reason.contains("the database's row") == true)
  }

  @Test func aNameOf255BytesLeavesRoomForTheQuarantine() throws {
    let place = try Place()
    let names = ["x", "y"].map { String(repeating: "\u{e9}", count: 125) + "\($0).csv" }
    var reading = try DecisionImport(project: place.project, database: nil)
    for name in names { try reading.read(.log(name: name, bytes: Array("\(cropHeader)bad\r\n".utf8))) }
    try reading.apply(to: try place.database(), workspace: place.workspace.path)
    #expect(try place.workspace.contents("data/review").count == 2)
  }

  @Test func twoFilesOfOneNameAreRefused() throws {
    let place = try Place()
    var reading = try place.read(cropHeader)
    let error = #expect(throws: Diagnostic.self) { try reading.read(.log(name: "log.csv", bytes: [])) }
    #expect(error?.code == "import-same-name")
  }

  @Test(arguments: ["", "a,b\r\n", selectionHeader.replacing("session_id", with: "crop_x1"), "\"open"])
  func anotherFileIsRefused(text: String) throws {
    let place = try Place()
    let error = #expect(throws: Diagnostic.self) { _ = try place.read(text) }
    #expect(error?.code == "import-unknown")
  }
}
