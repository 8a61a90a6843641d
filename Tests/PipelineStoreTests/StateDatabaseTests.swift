import DarkroomTesting
import FileSystem
import Foundation
import PipelineCore
import PipelineEngine
import PipelineStore
import Testing

@Suite struct StateDatabaseTests {
  private let workspace: TemporaryWorkspace
  private var file: String { "\(workspace.path)/\(StateDatabase.relativePath)" }

  init() throws { workspace = try TemporaryWorkspace() }

  private func open() throws -> StateDatabase {
    try #require(try StateDatabase.open(workspace: workspace.path, .readWrite))
  }

  private static let start = RunStart(
    pipeline: "p", definition: Digest(of: "d"), parameters: [:], selection: .everything, startedAt: 10)

  private static func checkpoint(_ key: String, _ text: String, run: RunID) -> Checkpoint {
    Checkpoint(
      unit: UnitID(stage: "s", key: UnitKey(key)), fingerprint: Digest(of: text), components: .parts([]),
      outputs: [OutputFile(name: "f", path: "f", digest: Digest(of: text), bytes: 1)], counters: [:],
      run: run,
      artifact: nil)
  }

  @Test("The store on disk and the one in memory do what every store must do")
  func conformance() throws {
    #expect(try checkpointStoreConformance { InMemoryCheckpointStore() } == [])
    var workspaces: [TemporaryWorkspace] = []
    let broken = try checkpointStoreConformance {
      let workspace = try TemporaryWorkspace()
      workspaces.append(workspace)
      return try #require(try StateDatabase.open(workspace: workspace.path, .readWrite))
    }
    #expect(broken == [])
  }

  @Test("The same rules hold for a database that is opened anew")
  func reopened() throws {
    let database = try open()
    let run = try database.beginRun(Self.start)
    try database.commit(
      CommitGroup(
        pipeline: "p", run: run,
        checkpoints: ["é", "e\u{301}", "z", "😀"].map {
          Self.checkpoint($0, $0, run: run)
        }))
    let again = try #require(try StateDatabase.open(workspace: workspace.path, .readOnly))
    let keys = try Array(again.checkpoints(pipeline: "p", stage: "s")).map(\.unit.key)
    #expect(keys == keys.sorted())
    #expect(keys.count == 4)
    let listed = try SQLiteTool.run(file, "SELECT hex(unit) FROM checkpoints ORDER BY unit").output
    #expect(
      listed.split(separator: "\n").map(String.init)
        == keys.map { key in key.rawValue.utf8.map { String(format: "%02X", $0) }.joined() })
  }

  @Test(
    "The schema itself rejects rows that make no sense",
    arguments: [
      "INSERT INTO runs (pipeline, definition, parameters, selection, state, started_at) VALUES ('p', x'00', '{}', '{}', 'running', 1)",
      "INSERT INTO runs (pipeline, definition, parameters, selection, state, started_at) VALUES ('p', zeroblob(32), '{', '{}', 'running', 1)",
      "INSERT INTO runs (pipeline, definition, parameters, selection, state, started_at) VALUES ('p', zeroblob(32), '{}', '{}', 'happy', 1)",
      "INSERT INTO runs (pipeline, definition, parameters, selection, state, started_at) VALUES ('p', zeroblob(32), '{}', '{}', 'running', 'now')",
      "UPDATE runs SET did_work = 2", "UPDATE runs SET main_state = 'running'",
      "UPDATE runs SET state = 'running', ended_at = 5",
      "UPDATE runs SET state = 'interrupted', ended_at = 5",
      "INSERT INTO stage_runs VALUES (99, 's', 0, '{}')", "INSERT INTO stage_runs VALUES (1, 't', -1, '{}')",
      "INSERT INTO stage_runs VALUES (1, 't', 0, 'x')",
      "INSERT INTO attempts (run, stage, unit, attempt, state, started_at, duration, verdict, findings) SELECT run, stage, unit, attempt, state, started_at, duration, verdict, findings FROM attempts",
      "UPDATE attempts SET attempt = 0", "UPDATE attempts SET state = 'running'",
      "UPDATE attempts SET duration = -1",
      "UPDATE attempts SET run = 99", "UPDATE attempts SET verdict = 'no'",
      "UPDATE attempts SET findings = '['",
      "INSERT INTO checkpoints (pipeline, stage, unit, fingerprint, components, counters, run) SELECT pipeline, stage, unit, fingerprint, components, counters, run FROM checkpoints",
      "UPDATE checkpoints SET fingerprint = x'01'", "UPDATE checkpoints SET run = 99",
      "UPDATE checkpoints SET ended_by = 0", "UPDATE checkpoints SET components = 'x'",
      "UPDATE checkpoints SET unit = NULL",
      "INSERT INTO outputs VALUES (99, 0, 'n', 'p', zeroblob(32), 1, NULL)",
      "UPDATE outputs SET bytes = -1", "UPDATE outputs SET rows = -1", "UPDATE outputs SET digest = 'text'",
      "UPDATE outputs SET digest = zeroblob(31)", "DELETE FROM runs",
      "INSERT INTO digests VALUES ('p', 1, 1, -1, 1, 1, zeroblob(32), 1)",
      "INSERT INTO digests VALUES ('p', 1, 1, 1, 1, 1, zeroblob(33), 1)",
    ])
  func constraints(sql: String) throws {
    let database = try open()
    let run = try database.beginRun(Self.start)
    try database.commit(
      CommitGroup(
        pipeline: "p", run: run,
        attempts: [
          AttemptRecord(
            unit: UnitID(stage: "s", key: "u"), attempt: 1, state: .done, startedAt: 1, duration: 1,
            verdict: .upToDate)
        ], checkpoints: [Self.checkpoint("u", "x", run: run)]))
    let before = try SQLiteTool.run(file, "SELECT count(*) FROM checkpoints; SELECT count(*) FROM runs")
    let answer = try SQLiteTool.run(file, sql)
    #expect(answer.status != 0, "accepted: \(sql)")
    #expect(answer.errors.contains("constraint failed") || answer.errors.contains("cannot store"))
    let after = try SQLiteTool.run(file, "SELECT count(*) FROM checkpoints; SELECT count(*) FROM runs")
    #expect(after.output == before.output)
    #expect(try SQLiteTool.run(file, "PRAGMA integrity_check; PRAGMA foreign_key_check").output == "ok\n")
  }

  @Test(
    "A foreign, newer or damaged database is refused and stays as it is, byte for byte",
    arguments: ["foreign", "foreign-wal", "newer", "text", "damaged"])
  func refused(kind: String) throws {
    try FileSystem.makeDirectories("\(workspace.path)/data/state")
    switch kind {
    case "foreign": _ = try SQLiteTool.run(file, "CREATE TABLE mine (x); INSERT INTO mine VALUES (1)")
    case "foreign-wal": _ = try SQLiteTool.run(file, "PRAGMA journal_mode = wal; CREATE TABLE mine (x)")
    case "text":
      try workspace.write(StateDatabase.relativePath, String(repeating: "not a database\n", count: 99))
    default:
      do { _ = try open().beginRun(Self.start) }
      if kind == "newer" {
        _ = try SQLiteTool.run(file, "PRAGMA journal_mode = delete; PRAGMA user_version = 999")
      } else {
        _ = try SQLiteTool.run(file, "PRAGMA wal_checkpoint(truncate)")
        let handle = try #require(FileHandle(forWritingAtPath: file))
        try handle.write(contentsOf: Data(repeating: 0x55, count: 600))
        try handle.close()
      }
    }
    let before = try Data(contentsOf: URL(fileURLWithPath: file))
    for access in [StateDatabase.Access.readOnly, .readWrite] {
      #expect(throws: Diagnostics.self) { _ = try StateDatabase.open(workspace: workspace.path, access) }
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == before)
    let leftovers = try FileSystem.list("\(workspace.path)/data/state").filter {
      !$0.hasPrefix("darkroom.db")
    }
    #expect(leftovers == [])
  }

  @Test("Opening for reading makes nothing, and a database without tables is none")
  func readOnly() throws {
    #expect(try StateDatabase.open(workspace: workspace.path, .readOnly) == nil)
    #expect(try FileSystem.list(workspace.path) == [])
    try FileSystem.makeDirectories("\(workspace.path)/data/state")
    // What is left when the program dies between making the file and making the tables.
    _ = try SQLiteTool.run(file, "PRAGMA journal_mode = wal; PRAGMA user_version = 0; VACUUM")
    #expect(try FileStatus(file).map { $0.size > 0 } == true)
    let early = try StateDatabase.open(workspace: workspace.path, .readOnly)
    #expect(try early?.checkpoint(pipeline: "p", unit: UnitID(stage: "s", key: "u")) == nil)
    #expect(try open().beginRun(Self.start) == RunID(1))
  }

  @Test("Opening again changes neither schema nor version")
  func migrations() throws {
    _ = try open()
    let sql = "SELECT sql FROM sqlite_master ORDER BY name; PRAGMA user_version; PRAGMA application_id"
    let before = try SQLiteTool.run(file, sql).output
    _ = try open().beginRun(Self.start)
    _ = try open()
    #expect(try SQLiteTool.run(file, sql).output == before)
    #expect(before.hasSuffix("1145786957\n"))
  }

  @Test("A checkpoint as of an earlier run is the one that was current when that run ended")
  func asOf() throws {
    let database = try open()
    var runs: [RunID] = []
    for text in ["one", "two", "three", "four"] {
      let run = try database.beginRun(Self.start)
      runs.append(run)
      if text == "three" {
        try database.commit(CommitGroup(pipeline: "p", run: run, retired: [UnitID(stage: "s", key: "u")]))
      } else if text != "two" {
        try database.commit(
          CommitGroup(pipeline: "p", run: run, checkpoints: [Self.checkpoint("u", text, run: run)]))
      }
    }
    let unit = UnitID(stage: "s", key: "u")
    let found = try runs.map { try database.checkpoint(pipeline: "p", unit: unit, asOf: $0)?.fingerprint }
    #expect(found == [Digest(of: "one"), Digest(of: "one"), nil, Digest(of: "four")])
  }

  @Test("A commit that fails leaves nothing of its group")
  func atomicCommit() throws {
    let database = try open()
    let run = try database.beginRun(Self.start)
    try database.commit(
      CommitGroup(pipeline: "p", run: run, checkpoints: [Self.checkpoint("u", "x", run: run)]))
    let attempt = AttemptRecord(
      unit: UnitID(stage: "s", key: "v"), attempt: 0, state: .done, startedAt: 1, duration: 1,
      verdict: .upToDate)
    #expect(throws: Diagnostics.self) {
      try database.commit(
        CommitGroup(
          pipeline: "p", run: run, attempts: [attempt], checkpoints: [Self.checkpoint("v", "y", run: run)],
          retired: [UnitID(stage: "s", key: "u")]))
    }
    #expect(try Array(database.checkpoints(pipeline: "p", stage: "s")).map(\.unit.key) == ["u"])
    let rows = try SQLiteTool.run(file, "SELECT unit FROM checkpoints WHERE ended_by IS NULL").output
    #expect(rows == "u\n")
  }

  @Test("Readers are not blocked by a writer in the middle of a transaction")
  func readers() throws {
    let database = try open()
    let run = try database.beginRun(Self.start)
    try database.commit(
      CommitGroup(pipeline: "p", run: run, checkpoints: [Self.checkpoint("u", "x", run: run)]))
    let writer = Process()
    writer.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    writer.arguments = ["sqlite3", file]
    let input = Pipe()
    let output = Pipe()
    writer.standardInput = input
    writer.standardOutput = output
    try writer.run()
    try input.fileHandleForWriting.write(
      contentsOf: Data(
        "BEGIN IMMEDIATE; UPDATE checkpoints SET counters = '{\"n\":1}'; SELECT 'ready';\n".utf8))
    #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "ready\n")
    let reader = try #require(try StateDatabase.open(workspace: workspace.path, .readOnly))
    #expect(try Array(reader.checkpoints(pipeline: "p", stage: "s")).map(\.counters) == [[:]])
    #expect(try reader.runs(limit: 9).map(\.id) == [run])
    try input.fileHandleForWriting.close()
    writer.waitUntilExit()
  }

  @Test("An interrupted run shows what its attempts had done")
  func interrupted() throws {
    let database = try open()
    let run = try database.beginRun(Self.start)
    try database.record([StageRecord(id: "s", kind: "k", state: .running)], of: run)
    let states: [AttemptRecord.State] = [.done, .failed, .tainted, .timedOut, .stopped]
    try database.commit(
      CommitGroup(
        pipeline: "p", run: run,
        attempts: states.enumerated().map { index, state in
          AttemptRecord(
            unit: UnitID(stage: "s", key: UnitKey("\(index)")), attempt: 1, state: state, startedAt: 1,
            duration: 1,
            verdict: .run([.neverRan]))
        }))
    _ = try database.beginRun(Self.start)
    let record = try #require(try database.run(run))
    #expect(record.state == .interrupted)
    #expect(record.stages.map(\.unitsDone) == [1])
    #expect(record.stages.map(\.unitsFailed) == [3])
    #expect(try database.attempts(of: run).map(\.state) == states)
  }
}
