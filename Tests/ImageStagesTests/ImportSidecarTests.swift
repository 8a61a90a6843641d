import DarkroomTesting
import FileSystem
import ImageCatalog
import PipelineCore
import Testing

@testable import ImageStages

/// A workspace with the project `mojo3`, and `.decision` files in its folder.
private struct Place {
  let workspace: TemporaryWorkspace
  let project: ImageProject
  let database: DecisionDatabase
  var root: String { "\(workspace.path)/mojo3" }

  init() throws {
    workspace = try TemporaryWorkspace()
    try workspace.write(
      "data/projects/mojo3.project.json", #"{ "schema": "project_v1", "id": "mojo3", "root": "mojo3" }"#)
    project = try ImageProjects.project("mojo3", workspace: workspace.path)
    database = try DecisionDatabase(workspace: workspace.path, project: "mojo3")
  }

  func write(_ path: String, _ text: String = "") throws { try workspace.write("mojo3/\(path)", text) }

  func read(_ paths: String...) throws -> DecisionImport {
    var reading = try DecisionImport(project: project, database: database)
    for source in try ImportSource.read(paths.isEmpty ? [root] : paths) { try reading.read(source) }
    return reading
  }

  func apply() throws { try read().apply(to: database, workspace: workspace.path) }
}

private func image(_ group: String, _ more: String = #""ai_route": "manual""#) -> String {
  #"{"group_id": "\#(group)", "project_id": "mojo3", "needs_crop": true, \#(more)}"#
}

private func group(
  _ id: String, _ decision: String, _ recommendation: String = "null", images: String = #"["a.png", "b.png"]"#
) -> String {
  #"{"group_id": "\#(id)", "images": \#(images), "ai_recommendation": \#(recommendation), "user_decision": \#(decision)}"#
}

private let approved =
  #"{"action": "approve", "selected_image": "b.png", "selected_index": 1, "timestamp": "2025-10-21T12:00:00.5Z"}"#

@Suite("Import of .decision files") struct ImportSidecarTests {
  @Test func aDecidedGroupMakesARow() throws {
    let place = try Place()
    try place.write(
      "face/01/20250719_143022.decision",
      group(
        "20250719_143022", approved,
        #"{"selected_index": 0, "selected_image": "a.png", "confidence": 1, "crop_needed": true, "crop_coords": [0.1, 0.2, 0.5, 1.0]}"#
      ))
    try place.write("__selected/g2.decision", group("g2", approved.replacing("approve", with: "manual_crop")))
    try place.write(
      "g3.decision", group("g3", #"{"action": "reject", "selected_index": null, "timestamp": "2025-10-21"}"#))
    try place.write("g4.decision", group("g4", "null"))
    try place.write("g5.decision", group("g5", #"{"action": "skip"}"#))
    let reading = try place.read()
    let file = try #require(reading.files.first)
    #expect(file.file == "mojo3" && file.kind == "decision sidecars" && file.isExact)
    #expect(file.records == 5 && file.accepted == 2 && file.undecided == 2)
    #expect(file.quarantined.map(\.place) == [.path("g3.decision")])
    #expect(file.quarantined.first?.reason.contains("no date and time") == true)

    try reading.apply(to: place.database, workspace: place.workspace.path)
    let row = try #require(try place.database.row(group: "20250719_143022"))
    #expect(row.images == ["a.png", "b.png"] && row.userAction == .approve && row.userSelectedIndex == 1)
    #expect(row.aiSelectedIndex == 0 && row.aiConfidence == 1 && row.selectionMatch == false)
    #expect(
      row.aiCrop?.coordinates == [0.1, 0.2, 0.5, 1] && row.aiCropAccepted == nil && row.finalCrop == nil)
    #expect(row.directory == "face/01" && row.imageWidth == nil && row.schemaVersion == 3)
    #expect(row.timestamp == "2025-10-21T12:00:00.5Z" && row.decidedAt == "2025-10-21T12:00:00.500000Z")
    let moved = try #require(try place.database.row(group: "g2"))
    #expect(moved.userAction == .crop && moved.directory == nil && moved.aiSelectedIndex == nil)
  }

  @Test("An image that waits to be cropped makes an incomplete row, once")
  func anImageMakesAnIncompleteRow() throws {
    let place = try Place()
    let id = "mojo3_group_20251021T234530123456_batch001_img002"
    try place.write("__crop/a.decision", image(id))
    try place.write("__crop/a.png")
    try place.write(
      "__crop_auto/b.decision",
      image("x", #""image": "b.png", "ai_route": "suggestion", "ai_crop_coords": [0, 0, 0.5, 1]"#))
    let reading = try place.read()
    #expect(reading.files.first?.accepted == 2 && reading.files.first?.isExact == true)
    try place.apply()
    let row = try #require(try place.database.row(group: GroupID(id)))
    #expect(row.images == ["a.png"] && row.userAction == .crop && row.userSelectedIndex == 0)
    // The id of the older system says when.
    #expect(row.decidedAt == "2025-10-21T23:45:30.123456Z" && row.aiSelectedIndex == nil)
    let suggested = try #require(try place.database.row(group: "x"))
    #expect(suggested.userAction == .approve && suggested.aiCropAccepted == true)
    #expect(suggested.aiCrop?.x2 == 0.5 && suggested.imageWidth == nil && suggested.selectionMatch == nil)
    #expect(reading.records.notes.map(\.group) == ["x"])

    let rows = try place.database.rows()
    let again = try place.read()
    #expect(again.records.isEmpty && again.files.first?.present == 2 && again.files.first?.accepted == 2)
    try place.apply()
    #expect(try place.database.rows() == rows)
  }

  @Test func aSidecarOfAGroupWithARowIsThereAlready() throws {
    let place = try Place()
    try place.write("g1.decision", group("g1", approved))
    try place.write("__crop/b.decision", image("g1"))
    try place.write("__crop/a.decision", image("g1"))
    let reading = try place.read()
    let file = try #require(reading.files.first)
    #expect(file.accepted == 1 && file.duplicates == 1 && file.isExact && reading.records.rows.count == 1)
    #expect(file.quarantined.map(\.place) == [.path("__crop/a.decision")])
    #expect(file.quarantined.first?.reason.contains("mojo3/g1.decision") == true)
    try place.apply()
    let alone = try place.read("\(place.root)/__crop/b.decision")
    #expect(alone.files.map(\.present) == [1] && alone.files.map(\.file) == ["__crop"])
  }

  @Test(
    "What says too little or too much is put aside, verbatim",
    arguments: [
      (group("g", approved.replacing("approve", with: "reject_single")), "none that is known"),
      (group("g", #"{"action": "approve", "timestamp": "2025-10-21T12:00:00Z"}"#), "picks no image"),
      (group("g", approved.replacing("1,", with: "0,")), "different images"),
      (group("g", approved.replacing("1,", with: "2,")), "there are 2 images"),
      (group("g", approved.replacing("b.png", with: "c.png")), "none of its images"),
      (group("g", approved.replacing("approve", with: "reject")), "rejects and picks"),
      (group("g", approved, "{}"), "picks no image"),
      (group("g", approved, #"{"selected_index": 0, "confidence": 95}"#), "confidence"),
      (
        group("g", approved, #"{"selected_index": 0, "crop_coords": [0, 66, 1787, 1853]}"#),
        "size is not known"
      ),
      (group("g", approved, #"{"selected_index": 0, "crop_coords": [0, 1]}"#), "no array of 4"),
      (group("g", approved, images: #"["a.png", "x/b.png"]"#), "no name"),
      (group("g", approved, images: #"["b.png", "b.png"]"#), "twice"),
      (
        group("g", approved).replacing("{\"group_id\"", with: "{\"project_id\": \"mojo1\", \"group_id\""),
        "mojo1"
      ),
      (image("g"), "none beside it"), (image("g").replacing("mojo3", with: "mojo1"), "mojo1"),
      (image("g", #""image": "a.png", "ai_crop_coords": [0, 66, 1787, 1853]"#), "size is not known"),
      (image("g", #""image": "a.png", "ai_route": "suggestion""#), "has none"),
      (image("g", #""image": "a.png""#).replacing("true", with: "false"), "nothing says"),
      (image("g", #""image": "a.png", "schema_version": 2"#), "Darkroom wrote it"),
      (image("g", #""image": "a.png", "schema_version": 3"#), "only versions up to"),
      (image("g", #""image": "../a.png""#), "no name"), ("{\"group_id\": ", ""), ("", ""),
      ("[]", "an object"),
      ("{\"group_id\": \"g\"}", "neither image"), ("\u{0}", ""),
    ])
  func quarantine(text: String, reason: String) throws {
    let place = try Place()
    try place.write("x.decision", text)
    let reading = try place.read()
    let file = try #require(reading.files.first)
    #expect(file.records == 1 && file.isExact && reading.records.isEmpty)
    let item = try #require(file.quarantined.first)
    #expect(item.reason.contains(reason) && !item.reason.isEmpty, "\(item.reason)")
    #expect(item.place == .path("x.decision") && item.record == .bytes(Array(text.utf8)))
  }

  @Test func foldersAreSearchedAndNothingIsChangedInThem() throws {
    let place = try Place()
    for name in ["a b/\u{e9}.decision", "a b/e\u{301}.DECISION", "x\ny.decision", "d.decision/in.decision"] {
      try place.write(name, group(name.replacing("\n", with: ""), approved))
    }
    try place.write(".hidden/h.decision", group("h", approved))
    try place.write("a.txt")
    try FileSystem.makeLink("\(place.root)/link.decision", to: "x\ny.decision")
    try FileSystem.makeLink("\(place.root)/loop", to: ".")
    let before = try place.workspace.contents("mojo3")
    let reading = try place.read(place.root, "\(place.root)/x\ny.decision")
    let file = try #require(reading.files.first)
    #expect(reading.files.count == 1 && file.records == 5 && file.accepted == 4 && file.isExact)
    #expect(file.quarantined.map(\.place) == [.path("link.decision")])
    try reading.apply(to: place.database, workspace: place.workspace.path)
    #expect(try place.workspace.contents("mojo3") == before)
    let text = try FileSystem.read("\(place.workspace.path)/data/review/import/mojo3/mojo3.quarantine.jsonl")
    #expect(String(decoding: text, as: UTF8.self).contains(#""path":"link.decision""#))
  }

  @Test func aFolderWithoutSidecarsAndAMissingFileAreErrors() throws {
    let place = try Place()
    try place.write("a.png")
    let empty = #expect(throws: Diagnostic.self) { try place.read() }
    #expect(empty?.code == "import-no-sidecars")
    let missing = #expect(throws: Diagnostic.self) { try place.read("\(place.root)/none.decision") }
    #expect(missing?.code == "no-import-file")
  }
}
