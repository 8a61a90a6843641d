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

  func read(_ text: String, present: [DecisionRow] = []) throws -> DecisionImport {
    var reading = DecisionImport(project: project, present: present)
    try reading.read("log.csv", Array(text.utf8))
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
    let row = try #require(reading.rows.first)
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
    #expect(reading.rows.first?.finalCrop?.coordinates == [0.01, 0.025, 0.3, 0.5])
    #expect(reading.rows.last?.finalCrop?.coordinates == [0.1, 0.2, 0.5, 1])
    #expect(reading.rows.first?.cropTimestamp == "2025-10-08T18:47:32.429632Z")
    #expect(reading.rows.first?.userAction == .crop)
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
    #expect(item.record == Array(line.utf8.dropLast(2)))
  }

  @Test func theFirstRecordOfAGroupStands() throws {
    let later = "2025-10-09T10:00:00Z"
    let reading = try Place().read(
      cropHeader + cropLine() + cropLine(at: later) + "\r\n" + cropLine("a", "11,20,300,400", at: later))
    let file = try #require(reading.files.first)
    #expect(reading.rows.count == 1 && file.repaired == 1 && file.duplicates == 1 && file.blank == 1)
    #expect(file.quarantined.map(\.line) == [5] && file.isExact)
    #expect(file.quarantined.first?.reason.contains("log.csv:2") == true)
  }

  @Test func applyingTwiceChangesNothing() throws {
    let place = try Place()
    let text = cropHeader + cropLine() + cropLine(at: "2025-10-09T10:00:00Z") + cropLine("b") + "bad\r\n"
    let database = try place.database()
    let first = try place.read(text, present: try database.rows())
    try first.apply(to: database, workspace: place.workspace.path)
    let rows = try database.rows()
    let files = try place.workspace.contents("data/review")
    #expect(rows.count == 2 && first.files.first?.new == 2)
    #expect(
      files == [
        "import/log.csv.quarantine.jsonl":
          #"{"file":"log.csv","line":5,"project":"mojo3","reason":"it has 1 fields, the header 15","record":"bad"}"#
          + "\n"
      ])

    let second = try place.read(text, present: rows)
    try second.apply(to: database, workspace: place.workspace.path)
    #expect(second.rows.isEmpty && second.files.first?.new == 0 && second.files.first?.present == 2)
    #expect(second.files.first?.repaired == 2 && second.files.first?.duplicates == 1)
    #expect(try database.rows() == rows)
    #expect(try place.workspace.contents("data/review") == files)
  }

  @Test func aRowOfTheDatabaseStandsAgainstARecord() throws {
    let place = try Place()
    let present = try place.read(cropHeader + cropLine()).rows
    let reading = try place.read(cropHeader + cropLine("a", "11,20,300,400"), present: present)
    #expect(reading.rows.isEmpty)
    #expect(reading.files.first?.quarantined.first?.reason.contains("the database's row") == true)
  }

  @Test(arguments: ["", "a,b\r\n", selectionHeader.replacing("session_id", with: "crop_x1"), "\"open"])
  func anotherFileIsRefused(text: String) throws {
    let place = try Place()
    let error = #expect(throws: Diagnostic.self) { _ = try place.read(text) }
    #expect(error?.code == "import-unknown")
  }
}
