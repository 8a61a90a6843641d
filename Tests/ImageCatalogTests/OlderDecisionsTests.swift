import DarkroomTesting
import FileSystem
import Foundation
import PipelineCore
import Testing

@testable import ImageCatalog

/// Databases of version 3 that somebody else keeps.
@Suite struct OlderDecisionsTests {
  private let workspace: TemporaryWorkspace
  private let folder: String
  private var path: String { "\(folder)/old.db" }

  init() throws {
    workspace = try TemporaryWorkspace()
    folder = "\(workspace.path)/old"
    try FileSystem.makeDirectories(folder)
  }

  private func read() throws -> OlderDecisions { try OlderDecisions(path: path, patience: 0.05) }

  /// The names, contents and times of all files beside the database.
  private func state() throws -> [String] {
    try FileSystem.list(folder).map { name in
      let file = "\(folder)/\(name)"
      return "\(name) \(try FileStatus(file)?.modified ?? 0) \(try FileSystem.digest(file).digest.hex)"
    }
  }

  private func rows(_ older: OlderDecisions) -> [DecisionRow] {
    older.records.compactMap { if case .taken(let row, _, _) = $0.outcome { row } else { nil } }
  }

  @Test("The rows are those that the project's own database would have after it was taken over")
  func likeTheMigration() throws {
    let odd: [[String: String]] = [
      [:], ["final_crop_coords": "'[100, 400, 900, 1600]'"], ["user_action": "'Approve'"],
      ["ai_crop_coords": "''", "crop_match": "NULL"], ["timestamp": "'yesterday'"],
      ["user_selected_index": "0", "selection_match": "0", "crop_match": "1"], ["directory": "X'FF00'"],
      ["ai_selected_index": "NULL"], ["images": "NULL"], ["user_selected_index": "NULL"],
    ]
    let inserts = odd.enumerated().map { OlderDatabase.insert("g\($0)", $1) }
    try Tool.sqlite(path, "\(OlderDatabase.table) \(inserts.joined(separator: "\n"))")
    let before = try state()
    let older = try read()
    #expect(try state() == before)

    let own = "\(workspace.path)/\(DecisionDatabase.path(project: "mojo1"))"
    try FileSystem.makeDirectories(RelativePath(own).folder.rawValue)
    try FileSystem.create(own, try FileSystem.read(path))
    let database = try DecisionDatabase(workspace: workspace.path, project: "mojo1")
    #expect(try database.rows() == rows(older))
    #expect(older.records.map(\.position) == Array(1...odd.count))
    var (reasons, noted, repaired): ([String], [String], Int) = ([], [], 0)
    for record in older.records {
      switch record.outcome {
      case .refused(let reason): reasons.append("\(record.position)|\(reason)")
      case .taken(let row, let notes, let isRepaired):
        repaired += isRepaired ? 1 : 0
        noted += notes.map { "\(row.group)|\($0.column)|\($0.reason)" }
      }
    }
    #expect(reasons.count == 5 && repaired == database.migration?.repaired)
    #expect(
      try Tool.sqlite(own, "SELECT position, reason FROM quarantined_rows ORDER BY position;")
        == reasons.joined(separator: "\n") + "\n")
    #expect(
      try Tool.sqlite(
        own,
        "SELECT group_id, column_name, reason FROM migration_notes WHERE group_id IS NOT NULL ORDER BY id;")
        == noted.joined(separator: "\n") + "\n")
    #expect(reasons.contains("3|its user_action is none of approve, crop, reject and skip"))
    #expect(
      older.records[6].columns["directory"] == "X'FF00'" && older.records[8].columns["images"] == "NULL")
  }

  @Test func aColumnThatIsNotOursIsNoted() throws {
    try Tool.sqlite(
      path,
      "\(OlderDatabase.table) ALTER TABLE ai_decisions ADD COLUMN mood; \(OlderDatabase.insert("a", ["mood": "'x'"]))"
    )
    let record = try #require(try read().records.first)
    guard case .taken(_, let notes, let isRepaired) = record.outcome else {
      Issue.record("not taken")
      return
    }
    #expect(notes.map(\.column) == ["mood"] && !isRepaired && record.columns["mood"] == "'x'")
  }

  @Test func aFileThatNobodyMayWriteIsRead() throws {
    try OlderDatabase.make(path, rows: 3)
    _ = try Tool.run(["chmod", "0444", path])
    _ = try Tool.run(["chmod", "0555", folder])
    defer { _ = try? Tool.run(["chmod", "0755", folder]) }  // `try?`: the folder is temporary anyway.
    #expect(try rows(read()).count == 3)
  }

  // MARK: Other programs

  /// Runs Python with the database until `body` is done; the program prints `ready` and then waits for its input's end.
  private func whilePython(_ program: String, kill: Bool = false, _ body: () throws -> Void) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c",
      "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1], isolation_level=None)\n\(program)\n"
        + "print('ready', flush=True)\nsys.stdin.read()", path,
    ]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    #expect(output.fileHandleForReading.readData(ofLength: 5) == Data("ready".utf8))
    if kill {
      Foundation.kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    try body()
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  @Test(.enabled(if: Tool.hasPython("sqlite3"), "python3 is not there"))
  func aLockedDatabaseIsAnErrorAndOneThatIsOnlyReadIsNot() throws {
    try OlderDatabase.make(path, rows: 2)
    try whilePython("db.execute('BEGIN EXCLUSIVE')") {
      let before = try state()
      let error = #expect(throws: Diagnostic.self) { try read() }
      #expect(error?.code == "decision-database-locked" && error?.message.contains(path) == true)
      #expect(try state() == before)
    }
    try whilePython("db.execute('BEGIN'); db.execute('SELECT * FROM ai_decisions').fetchone()") {
      let count = try rows(read()).count
      #expect(count == 2)
    }
  }

  @Test(.enabled(if: Tool.hasPython("sqlite3"), "python3 is not there"))
  func aWriteAheadLogIsReadAndLeftAlone() throws {
    try OlderDatabase.make(path, rows: 2)
    let insert = OlderDatabase.insert("late").replacing("\n", with: " ")
    try whilePython(
      "db.execute('PRAGMA journal_mode = WAL'); db.execute(\"\"\"\(insert)\"\"\")"
    ) {
      let before = try state()
      #expect(before.count == 3)
      #expect(try rows(read()).map(\.group.rawValue) == ["group-0", "group-1", "late"])
      #expect(try state() == before)
    }
  }

  @Test(.enabled(if: Tool.hasPython("sqlite3"), "python3 is not there"))
  func whatADeadProgramDidNotFinishIsRolledBackInTheCopy() throws {
    try OlderDatabase.make(path, rows: 500)
    // A small cache puts changed pages into the file before the transaction ends.
    try whilePython(
      "db.execute('PRAGMA cache_size = 2'); db.execute('BEGIN'); db.execute(\"UPDATE ai_decisions SET directory = 'torn'\")",
      kill: true
    ) {
      let before = try state()
      #expect(before.count == 2, "there is no journal to roll back")
      #expect(try FileSystem.read(path).contains(Array("torn".utf8)))
      let read = rows(try read())
      #expect(read.count == 500 && read.allSatisfy { $0.directory == "x" })
      #expect(try state() == before)
    }
  }

  // MARK: Bad files

  private func expectFailure(_ code: String) throws {
    let before = try state()
    let error = #expect(throws: Diagnostic.self) { try read() }
    #expect(error?.code == code, "\(String(describing: error))")
    #expect(error?.help?.isEmpty == false)
    #expect(try state() == before)
  }

  @Test func newerPresentAndForeignDatabasesAreRefused() throws {
    try Tool.sqlite(path, "CREATE TABLE ai_decisions (x); PRAGMA user_version = 5;")
    try expectFailure("decision-database-newer")
    try FileSystem.removeFile(path)
    try Tool.sqlite(path, DecisionSQL.text)
    try expectFailure("import-not-older")
    try FileSystem.removeFile(path)
    try Tool.sqlite(path, "CREATE TABLE notes (x);")
    try expectFailure("decision-database-foreign")
    try FileSystem.removeFile(path)
    try Tool.sqlite(path, "PRAGMA page_size = 4096; VACUUM; PRAGMA user_version = 0;")
    try expectFailure("import-not-older")
  }

  @Test func damagedFilesAreRefused() throws {
    try FileSystem.create(path, Array(String(repeating: "no database ", count: 500).utf8))
    try expectFailure("decision-database-corrupt")
    try FileSystem.removeFile(path)
    try FileSystem.create(path, Array("SQLite format 3\0".utf8))
    try expectFailure("decision-database-corrupt")
    try OlderDatabase.make(path, rows: 2_000)
    var bytes = try FileSystem.read(path)
    for offset in bytes.count / 2..<bytes.count / 2 + 8_192 { bytes[offset] = 0xA5 }
    try FileSystem.removeFile(path)
    try FileSystem.create(path, bytes)
    try expectFailure("decision-database-corrupt")
    try FileSystem.removeFile(path)
    try FileSystem.create(path, bytes.prefix(bytes.count / 3))
    try expectFailure("decision-database-corrupt")
  }
}
