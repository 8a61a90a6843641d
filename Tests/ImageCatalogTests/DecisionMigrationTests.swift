import DarkroomTesting
import FileSystem
import Foundation
import PipelineCore
import Testing

@testable import ImageCatalog

@Suite struct DecisionMigrationTests {
  private let workspace: TemporaryWorkspace
  private let folder: String
  private var path: String { "\(folder)/mojo1.db" }

  init() throws {
    workspace = try TemporaryWorkspace()
    folder = "\(workspace.path)/\(DecisionDatabase.folder)"
    try FileSystem.makeDirectories(folder)
  }

  private func open() throws -> DecisionDatabase {
    try DecisionDatabase(workspace: workspace.path, project: "mojo1", patience: 0.05)
  }

  @Test func goodRowsStayAsTheyAre() throws {
    try OlderDatabase.make(path, rows: 50)
    let columns = DecisionSQL.olderColumns.joined(separator: ", ")
    let question = "SELECT \(columns) FROM ai_decisions ORDER BY group_id;"
    let before = try Tool.sqlite(path, question)
    let database = try open()
    #expect(
      database.migration
        == .init(rows: 50, kept: 50, repaired: 0, quarantined: 0, backup: path + ".v3-backup"))
    #expect(try Tool.sqlite(path, question) == before)
    #expect(try Tool.sqlite(path + ".v3-backup", question) == before)
    #expect(try Tool.sqlite(path + ".v3-backup", "PRAGMA user_version; PRAGMA integrity_check;") == "0\nok\n")
    let row = try #require(try database.row(group: "group-7"))
    #expect(row.schemaVersion == 3 && row.actor == .human && row.blind == nil && row.digests == nil)
    #expect(row.timestamp == row.decidedAt && row.cropMatch == true)
    #expect(try open().migration == nil)
    #expect(try FileSystem.list(folder) == ["mojo1.db", "mojo1.db.v3-backup"])
    // The import of the same row again changes nothing.
    try database.record(row)
  }

  @Test func oddRowsAreRepairedOrPutAsideAndNoneIsLost() throws {
    let cases: [(id: String, changes: [String: String], fate: String)] = [
      ("good", [:], "kept"),
      (
        "pixels",
        ["final_crop_coords": "'[100, 400, 900, 1600]'", "ai_crop_coords": "'[100.0, 400, 900, 1600]'"],
        "repaired"
      ),
      ("nosize", ["final_crop_coords": "'[100, 400, 900, 1600]'", "image_width": "NULL"], "aside"),
      ("outside", ["final_crop_coords": "'[100, 400, 5000, 1600]'"], "aside"),
      ("empty", ["ai_crop_coords": "''", "crop_match": "NULL"], "repaired"),
      ("null", ["ai_crop_coords": "'null'", "crop_match": "0"], "repaired"),
      ("wrong", ["selection_match": "0"], "repaired"), ("unmatched", ["crop_match": "NULL"], "repaired"),
      ("otherimage", ["user_selected_index": "0", "selection_match": "0", "crop_match": "1"], "repaired"),
      (
        "skip", ["user_action": "'skip'", "user_selected_index": "NULL", "selection_match": "NULL"],
        "repaired"
      ),
      ("reject", ["user_action": "'reject'", "selection_match": "1", "crop_match": "1"], "kept"),
      ("noindex", ["user_selected_index": "NULL"], "aside"),
      ("action", ["user_action": "'Approve'"], "aside"),
      ("index", ["ai_selected_index": "5"], "aside"), ("confidence", ["ai_confidence": "95"], "aside"),
      ("images", ["images": "'a.png'"], "aside"), ("numbers", ["images": "'[1, 2]'"], "aside"),
      ("noimages", ["images": "NULL"], "aside"), ("time", ["timestamp": "'yesterday'"], "aside"),
      ("naive", ["timestamp": "'2025-10-08 14:46:56'"], "kept"),
      ("offset", ["timestamp": "'2025-10-08T14:46:56+02:00'"], "kept"),
      ("blob", ["directory": "X'FF00'"], "aside"), ("text", ["batch_number": "'seven'"], "aside"),
      ("project", ["project_id": "NULL"], "aside"), ("width", ["image_width": "-1"], "aside"),
      ("three", ["ai_crop_coords": "'[0, 0, 1]'"], "aside"),
      ("reversed", ["ai_crop_coords": "'[1, 0, 0, 1]'"], "aside"),
    ]
    let good = cases.map { OlderDatabase.insert($0.id, $0.changes) }
    // Ids that are missing: a primary key of an older table may be NULL, several times.
    let nameless = [
      OlderDatabase.insert("x", ["group_id": "NULL"]), OlderDatabase.insert("x", ["group_id": "NULL"]),
    ]
    try Tool.sqlite(
      path, "\(OlderDatabase.table) PRAGMA user_version = 3; \((good + nameless).joined(separator: "\n"))")
    let columns = DecisionSQL.olderColumns.map { "quote(\($0))" }.joined(separator: " || ',' || ")
    func rows(_ database: String, _ table: String, _ ids: [String]) throws -> String {
      let list = ids.map { "'\($0)'" }.joined(separator: ", ")
      return try Tool.sqlite(
        database,
        "SELECT \(columns) FROM \(table) WHERE group_id IN (\(list)) OR group_id IS NULL ORDER BY 1;")
    }
    let aside = cases.filter { $0.fate == "aside" }.map(\.id)
    let asideBefore = try rows(path, "ai_decisions", aside)

    let database = try open()
    let migration = try #require(database.migration)
    #expect(migration.rows == cases.count + 2 && migration.quarantined == aside.count + 2)
    #expect(migration.kept + migration.quarantined == migration.rows)
    #expect(migration.repaired == cases.count { $0.fate == "repaired" })
    let kept = try database.rows()
    #expect(kept.map(\.group.rawValue) == cases.filter { $0.fate != "aside" }.map(\.id).sorted())
    // Put aside verbatim, types included, each with a reason.
    #expect(try rows(path, "quarantined_rows", aside) == asideBefore)
    #expect(try Tool.sqlite(path, "SELECT count(*) FROM quarantined_rows WHERE reason = '';") == "0\n")
    let noted = try Tool.sqlite(
      path, "SELECT DISTINCT group_id FROM migration_notes WHERE group_id IS NOT NULL ORDER BY 1;")
    #expect(
      noted.split(separator: "\n").map(String.init)
        == cases.filter { $0.fate == "repaired" }.map(\.id).sorted())

    let pixels = try #require(kept.first { $0.group == "pixels" })
    #expect(
      pixels.finalCrop == (try CropRectangle(x1: 0.1, y1: 0.2, x2: 0.9, y2: 0.8)) && pixels.cropMatch == true)
    #expect(
      try Tool.sqlite(
        path,
        "SELECT old_value FROM migration_notes WHERE group_id = 'pixels' AND column_name = 'final_crop_coords';"
      )
        == "[100, 400, 900, 1600]\n")
    #expect(kept.first { $0.group == "otherimage" }?.cropMatch == false)
    #expect(kept.first { $0.group == "naive" }?.timestamp == "2025-10-08 14:46:56")
    #expect(kept.first { $0.group == "offset" }?.decidedAt == "2025-10-08T12:46:56.000000Z")
  }

  @Test func tablesWithoutRowNumbersKeysOrColumnsAreTakenOver() throws {
    let columns = [
      "group_id", "timestamp", "project_id", "images", "user_action", "user_selected_index", "mood",
    ]
    try Tool.sqlite(
      path,
      """
      CREATE TABLE ai_decisions (\(columns.joined(separator: ", ")));
      CREATE TABLE other (x); INSERT INTO other VALUES (1);
      INSERT INTO ai_decisions VALUES ('a', '2025-10-08T18:47:32Z', 'mojo1', '["a.png"]', 'approve', 0, 'good');
      INSERT INTO ai_decisions VALUES ('a', '2025-10-08T18:47:33Z', 'mojo1', '["a.png"]', 'reject', NULL, NULL);
      """)
    let database = try open()
    #expect(database.migration?.kept == 1 && database.migration?.quarantined == 1)
    #expect(try database.rows().map(\.userAction) == [.approve])
    #expect(
      try Tool.sqlite(path, "SELECT user_action FROM quarantined_rows; SELECT x FROM other;") == "reject\n1\n"
    )
    #expect(
      try Tool.sqlite(
        path, "SELECT group_id, column_name, old_value FROM migration_notes WHERE column_name = 'mood';")
        == "a|mood|good\n")
    let keyed = "\(folder)/mojo2.db"
    try Tool.sqlite(
      keyed,
      OlderDatabase.table.replacing("crop_match BOOLEAN);", with: "crop_match BOOLEAN) WITHOUT ROWID;")
        + OlderDatabase.insert("a"))
    let second = try DecisionDatabase(workspace: workspace.path, project: "mojo2")
    #expect(second.migration?.kept == 1)
  }

  @Test func aDatabaseWithAWriteAheadLogIsTakenOverWhole() throws {
    try Tool.sqlite(
      path,
      "PRAGMA journal_mode = WAL; \(OlderDatabase.table) \(OlderDatabase.insert("a")) \(OlderDatabase.insert("b"))"
    )
    #expect(try open().migration?.kept == 2)
    #expect(try Tool.sqlite(path, "PRAGMA journal_mode;") == "delete\n")
    #expect(try Tool.sqlite(path + ".v3-backup", "SELECT count(*) FROM ai_decisions;") == "2\n")
  }

  @Test func anEarlierCopyIsNeverOverwritten() throws {
    try OlderDatabase.make(path, rows: 3)
    try FileSystem.create(path + ".v3-backup", Array("mine".utf8))
    #expect(try open().migration?.backup == path + ".v3-backup-2")
    #expect(try FileSystem.read(path + ".v3-backup") == Array("mine".utf8))
    // An interrupted attempt left a whole copy: it serves.
    try OlderDatabase.make(path, rows: 3)
    #expect(try open().migration?.backup == path + ".v3-backup-2")
    // Other rows need another copy.
    try OlderDatabase.make(path, rows: 4)
    #expect(try open().migration?.backup == path + ".v3-backup-3")
  }

  @Test func readingDoesNotMigrate() throws {
    try OlderDatabase.make(path, rows: 1)
    let before = try FileSystem.read(path)
    let error = #expect(throws: Diagnostic.self) {
      try DecisionDatabase.openForReading(workspace: workspace.path, project: "mojo1")
    }
    #expect(error?.code == "decision-database-older")
    #expect(try FileSystem.read(path) == before)
  }

  @Test func theLockIsLetGoAfterwards() throws {
    try OlderDatabase.make(path, rows: 2)
    let database = try open()
    try Tool.sqlite(path, "UPDATE ai_decisions SET directory = 'y' WHERE group_id = 'group-0';")
    #expect(try database.row(group: "group-0")?.directory == "y")
  }

  @Test(.enabled(if: Tool.hasPython("sqlite3"), "python3 is not there"))
  func pythonReadsItAsBefore() throws {
    try OlderDatabase.make(path, rows: 5)
    _ = try open()
    let program = """
      import json, sqlite3, sys
      db = sqlite3.connect(sys.argv[1]); db.row_factory = sqlite3.Row
      rows = db.execute("SELECT * FROM ai_decisions").fetchall()
      print(len(rows), json.loads(rows[0]["images"]), json.loads(rows[0]["final_crop_coords"]), rows[0]["user_action"])
      """
    #expect(
      try Tool.python(program, [path]) == "5 ['a.png', 'b.png'] [0.1, 0.2, 0.9, 0.8] crop\n")
  }
}
