import DarkroomTesting
import FileSystem
import Foundation
import PipelineCore
import Testing

@testable import ImageCatalog

@Suite struct DecisionDatabaseTests {
  private let workspace: TemporaryWorkspace
  private let path: String

  init() throws {
    workspace = try TemporaryWorkspace()
    path = "\(workspace.path)/\(DecisionDatabase.path(project: "mojo3"))"
  }

  private func open() throws -> DecisionDatabase {
    try DecisionDatabase(workspace: workspace.path, project: "mojo3", patience: 0.05)
  }

  private func row(_ decision: Decision) throws -> DecisionRow {
    try DecisionRow(decision, folder: "x", digests: Fixture.digests, width: 3_072, height: 2_048)
  }

  /// A row for each decision that decides, each of a group of its own.
  private func rows() throws -> [DecisionRow] {
    try Fixture.all().filter { $0.action != .skip && $0.action != .undo }.enumerated().map {
      number, decision in
      var row = try row(decision)
      row.group = GroupID(project: "mojo3", folder: "x", stems: ["\(number)"])
      return row
    }.sorted { $0.group < $1.group }
  }

  @Test func rowsComeBack() throws {
    let database = try open()
    let rows = try rows()
    for row in rows { try database.record(row) }
    try database.record(rows)
    #expect(try database.rows() == rows)
    #expect(try DecisionDatabase.openForReading(workspace: workspace.path, project: "mojo3")?.rows() == rows)
    #expect(try database.row(group: "g_none") == nil)
    #expect(database.migration == nil)
    #expect(try Tool.sqlite(path, "PRAGMA journal_mode; PRAGMA integrity_check;") == "delete\nok\n")
  }

  @Test func whatADecisionBecomesInARow() throws {
    let shown = try Fixture.recommendation(crop: Fixture.rectangle())
    func columns(_ decision: Decision) throws -> [String] {
      let row = try row(decision)
      return [
        row.userAction.rawValue, row.userSelectedIndex.map(String.init) ?? "-",
        row.aiCropAccepted.map { $0 ? "1" : "0" } ?? "-", row.selectionMatch.map { $0 ? "1" : "0" } ?? "-",
      ]
    }
    let approved = try Fixture.decision(.approve, image: "b.png", recommendation: shown)
    #expect(try columns(approved) == ["approve", "1", "0", "1"])
    let overridden = try Fixture.decision(.override, image: "c.png", recommendation: shown)
    #expect(try columns(overridden) == ["approve", "2", "0", "0"])
    #expect(try columns(Fixture.decision(.override, image: "c.png")) == ["approve", "2", "-", "-"])
    let accepted = try Fixture.decision(.acceptCrop, image: "b.png", recommendation: shown)
    #expect(try columns(accepted) == ["approve", "1", "1", "1"])
    let drawn = try Fixture.decision(.crop, image: "b.png", recommendation: shown)
    #expect(try columns(drawn) == ["crop", "1", "0", "1"])
    let rejected = try Fixture.decision(.reject, recommendation: shown)
    #expect(try columns(rejected) == ["reject", "-", "-", "0"])
    #expect(throws: Diagnostic.self) { try row(Fixture.decision(.skip)) }
    #expect(throws: Diagnostic.self) { try DecisionRow(accepted, folder: "x", digests: []) }
  }

  @Test func aRowIsWrittenOnce() throws {
    let database = try open()
    let first = try row(Fixture.decision(.crop, image: "b.png"))
    try database.record(first)
    var other = first
    other.userSelectedIndex = 0
    let error = #expect(throws: Diagnostic.self) { try database.record(other) }
    #expect(error?.code == "decision-row-differs")
    #expect(error?.message.contains("user_selected_index") == true)
    // All or none: the good row before the bad one is not written.
    var good = first
    good.group = "g_good"
    good.decisionID = "good"
    #expect(throws: Diagnostic.self) { try database.record([good, other]) }
    #expect(try database.rows() == [first])
    var stranger = good
    stranger.project = "mojo4"
    #expect(throws: Diagnostic.self) { try database.record(stranger) }
    // A name in another normal form is another name.
    var normalised = first
    normalised.images[0] = "a e\u{301}.png"
    #expect(normalised != first)
    #expect(throws: Diagnostic.self) { try database.record(normalised) }
  }

  @Test func aCropIsEnteredOnce() throws {
    let database = try open()
    let shown = try Fixture.recommendation(crop: Fixture.rectangle(0.1))
    let first = try row(Fixture.decision(.crop, image: "b.png", recommendation: shown))
    let missing = #expect(throws: Diagnostic.self) {
      try database.recordCrop(group: first.group, rectangle: Fixture.rectangle(), at: Fixture.time(9))
    }
    #expect(missing?.code == "decision-row-missing")
    try database.record(first)
    let near = try Fixture.rectangle(0.15)
    try database.recordCrop(group: first.group, rectangle: near, at: Fixture.time(9))
    try database.recordCrop(group: first.group, rectangle: near, at: Fixture.time(10))
    let cropped = try #require(try database.row(group: first.group))
    #expect(
      cropped.finalCrop == near && cropped.cropTimestamp == Fixture.time(9) && cropped.cropMatch == true)
    // The review stage runs again.
    try database.record(first)
    #expect(try database.row(group: first.group) == cropped)
    let other = #expect(throws: Diagnostic.self) {
      try database.recordCrop(group: first.group, rectangle: Fixture.rectangle(0.3), at: Fixture.time(9))
    }
    #expect(other?.code == "decision-row-differs")
    try database.removeCrop(group: first.group)
    try database.removeCrop(group: first.group)
    #expect(try database.row(group: first.group) == first)
    try database.recordCrop(group: first.group, rectangle: Fixture.rectangle(0.2), at: Fixture.time(11))
    #expect(try database.row(group: first.group)?.cropMatch == false)
  }

  @Test func onlyCropsAreCropped() throws {
    let database = try open()
    let approved = try row(
      Fixture.decision(
        .approve, image: "b.png", recommendation: Fixture.recommendation(crop: Fixture.rectangle())))
    try database.record(approved)
    let error = #expect(throws: Diagnostic.self) {
      try database.recordCrop(group: approved.group, rectangle: Fixture.rectangle(), at: Fixture.time(9))
    }
    #expect(error?.code == "decision-row-invalid")
    #expect(throws: Diagnostic.self) {
      try database.recordCrop(group: approved.group, rectangle: Fixture.rectangle(), at: "now")
    }
    #expect(try database.rows() == [approved])
  }

  @Test func undoTakesTheRowAndGivesItBack() throws {
    let database = try open()
    let decision = try Fixture.decision(.crop, image: "b.png")
    try database.record(try row(decision))
    try database.recordCrop(group: Fixture.group, rectangle: Fixture.rectangle(), at: Fixture.time(9))
    #expect(throws: Diagnostic.self) { try database.removeRow(group: Fixture.group, decision: "other") }
    let removed = try #require(try database.removeRow(group: Fixture.group, decision: decision.id))
    #expect(try database.rows() == [])
    #expect(try database.removeRow(group: Fixture.group, decision: decision.id) == nil)
    try database.restoreRow(removed)
    #expect(try database.rows() == [removed] && removed.finalCrop != nil)
  }

  @Test func theFileInTheRepositoryMakesTheSameDatabase() throws {
    _ = try open()
    let text = try String(
      contentsOfFile: "\(Tool.repository)/data/schema/ai_decisions_v4.sql", encoding: .utf8)
    #expect(text == DecisionSQL.text)
    let other = "\(workspace.path)/other.db"
    try Tool.sqlite(other, text)
    let question =
      "PRAGMA user_version; SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name;"
    let answer = try Tool.sqlite(other, question)
    #expect(try Tool.sqlite(path, question) == answer)
    #expect(answer.hasPrefix("4\n") && answer.contains("ai_performance"))
  }

  @Test func theConstraintsHoldAgainstOthers() throws {
    let database = try open()
    let shown = try Fixture.recommendation(crop: Fixture.rectangle())
    let row = try row(Fixture.decision(.acceptCrop, image: "b.png", recommendation: shown))
    try database.record(row)
    try Tool.sqlite(path, "UPDATE ai_decisions SET ai_confidence = 1, directory = 'y';")
    let bad = [
      "ai_confidence = 1.5", "ai_confidence = 'high'", "ai_selected_index = 3", "ai_selected_index = -1",
      "user_selected_index = NULL", "user_selected_index = 0.5", "user_action = 'override'", "images = '[]'",
      "images = 'a.png'", "ai_crop_coords = '[0, 0, 1]'", "ai_crop_coords = '[0.5, 0, 0.5, 1]'",
      "ai_crop_coords = '[0, 0, 1, 2]'", "ai_crop_coords = '[0, 0, 100, 100]'",
      "ai_crop_coords = '[0,0,null,1]'",
      "ai_crop_coords = '{}'", "ai_crop_coords = 'x'", "actor = 'robot'", "blind = 2", "blind = NULL",
      "decided_at = 'today'", "timestamp = 'today'", "image_width = 0", "image_height = 'tall'",
      "selection_match = 0",
      "selection_match = NULL", "crop_match = 1", "schema_version = 5", "ai_crop_accepted = NULL",
      "recommender = NULL", "image_digests = '[]'", "image_digests = NULL", "decision_id = NULL",
      "group_id = ''",
      "group_id = NULL", "final_crop_coords = '[0, 0, 1, 1]'", "user_action = 'reject'",
      "user_action = 'skip'",
    ]
    for setting in bad {
      #expect(throws: Tool.Failure.self, "\(setting)") {
        try Tool.sqlite(path, "UPDATE ai_decisions SET \(setting);")
      }
    }
    try Tool.sqlite(
      path,
      """
      UPDATE ai_decisions SET final_crop_coords = '[0.15, 0.2, 0.9, 0.8]', crop_timestamp = '\(Fixture.time(3))',
        crop_match = 1;
      """)
    #expect(try database.row(group: row.group)?.cropMatch == true)
  }

  @Test func theViewsCount() throws {
    let database = try open()
    let shown = try Fixture.recommendation(crop: Fixture.rectangle(0.1))
    let decisions = [
      try Fixture.decision(.acceptCrop, image: "b.png", at: 1, recommendation: shown),
      try Fixture.decision(.crop, image: "b.png", at: 2, recommendation: shown),
      try Fixture.decision(.crop, image: "c.png", at: 3, recommendation: shown),
      try Fixture.decision(.reject, at: 4, recommendation: shown), try Fixture.decision(.reject, at: 5),
      try Fixture.decision(.override, image: "c.png", at: 6, recommendation: shown, actor: .machine),
      try Fixture.decision(.crop, image: "c.png", at: 7),
    ]
    for (number, decision) in decisions.enumerated() {
      var row = try row(decision)
      row.group = GroupID("g_\(number)")
      try database.record(row)
    }
    for (group, x1) in [("g_0", 0.1), ("g_1", 0.3)] {
      try database.recordCrop(group: GroupID(group), rectangle: Fixture.rectangle(x1), at: Fixture.time(9))
    }
    #expect(try Tool.sqlite(path, "SELECT * FROM ai_performance;") == "mojo3|6|4|2|2|1|0.5|0.5\n")
    #expect(try Tool.sqlite(path, "SELECT group_id FROM incomplete_crops ORDER BY 1;") == "g_2\ng_6\n")
    #expect(try Tool.sqlite(path, "SELECT group_id FROM ai_mistakes ORDER BY 1;") == "g_1\ng_2\ng_3\n")
  }

  // MARK: Bad files

  private func expectFailure(_ code: String, _ body: () throws -> Void) throws {
    let before = try FileSystem.read(path)
    let error = #expect(throws: Diagnostic.self) { try body() }
    #expect(error?.code == code, "\(String(describing: error))")
    #expect(error?.message.contains("was not touched") == true)
    #expect(try FileSystem.read(path) == before)
  }

  private func makeFolder() throws {
    try FileSystem.makeDirectories("\(workspace.path)/\(DecisionDatabase.folder)")
  }

  @Test func aNewerDatabaseIsLeftAlone() throws {
    try makeFolder()
    try Tool.sqlite(path, "CREATE TABLE ai_decisions (x); PRAGMA user_version = 5;")
    try expectFailure("decision-database-newer") { _ = try open() }
    try expectFailure("decision-database-newer") {
      _ = try DecisionDatabase.openForReading(workspace: workspace.path, project: "mojo3")
    }
  }

  @Test func anotherProgramsDatabaseIsLeftAlone() throws {
    try makeFolder()
    try Tool.sqlite(path, "CREATE TABLE notes (x);")
    try expectFailure("decision-database-foreign") { _ = try open() }
  }

  @Test func aTableThatIsNoDecisionsIsLeftAlone() throws {
    try makeFolder()
    try Tool.sqlite(path, "CREATE TABLE ai_decisions (group_id, images);")
    try expectFailure("decision-database-foreign") { _ = try open() }
  }

  @Test func aDamagedDatabaseIsLeftAlone() throws {
    try makeFolder()
    try workspace.write(
      DecisionDatabase.path(project: "mojo3"), String(repeating: "no database ", count: 500))
    try expectFailure("decision-database-corrupt") { _ = try open() }
    try OlderDatabase.make(path, rows: 2_000)
    var bytes = try FileSystem.read(path)
    for offset in bytes.count / 2..<bytes.count / 2 + 8_192 { bytes[offset] = 0xA5 }
    try FileSystem.removeFile(path)
    try FileSystem.create(path, bytes)
    try expectFailure("decision-database-corrupt") { _ = try open() }
    #expect(try FileSystem.list("\(workspace.path)/\(DecisionDatabase.folder)") == ["mojo3.db"])
  }

  @Test func noDatabaseIsNothingToRead() throws {
    #expect(try DecisionDatabase.openForReading(workspace: workspace.path, project: "mojo3") == nil)
    #expect(throws: Diagnostic.self) { try DecisionDatabase(workspace: workspace.path, project: "../x") }
  }

  @Test(.enabled(if: Tool.hasPython("sqlite3"), "python3 is not there"))
  func aLockedDatabaseIsAnError() throws {
    _ = try open()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c",
      """
      import sqlite3, sys
      db = sqlite3.connect(sys.argv[1], isolation_level=None)
      db.execute("BEGIN EXCLUSIVE")
      print("locked", flush=True)
      sys.stdin.read()
      """, path,
    ]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    #expect(output.fileHandleForReading.readData(ofLength: 6) == Data("locked".utf8))
    let error = #expect(throws: Diagnostic.self) { _ = try open() }
    #expect(error?.code == "decision-database-locked")
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(try open().rows() == [])
  }

  @Test func severalThreadsWriteEachRowOnce() async throws {
    let rows = try rows()
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for _ in 0..<4 {
        let workspace = workspace
        tasks.addTask {
          let database = try DecisionDatabase(workspace: workspace.path, project: "mojo3")
          for row in rows { try database.record(row) }
        }
      }
      try await tasks.waitForAll()
    }
    #expect(try open().rows() == rows)
    #expect(try Tool.sqlite(path, "PRAGMA integrity_check;") == "ok\n")
  }
}
