import DatabaseFiles
import FileSystem
import GRDB
public import PipelineCore
public import PipelineEngine

extension StateDatabase {
  public func beginRun(_ start: RunStart) throws -> RunID {
    try reporting {
      try pool.write { db in
        // The lock is ours, so a run that still says it is running died.
        try Self.markInterrupted(db)
        try db.execute(
          sql: """
            INSERT INTO runs (pipeline, definition, parameters, selection, state, started_at)
            VALUES (?, ?, ?, ?, 'running', ?)
            """,
          arguments: [
            start.pipeline, start.definition.data, JSONValue.object(start.parameters).canonical,
            try JSONColumn.text(start.selection), start.startedAt,
          ])
        return RunID(db.lastInsertedRowID)
      }
    }
  }

  private static func markInterrupted(_ db: Database) throws {
    try db.execute(sql: "UPDATE runs SET state = 'interrupted', did_work = 1 WHERE state = 'running'")
    if db.changesCount > 0 { try moveGeneration(db) }
  }

  public func markInterruptedRuns() throws {
    let isNeeded = try reporting {
      try pool.read { try Int.fetchOne($0, sql: "SELECT 1 FROM runs WHERE state = 'running' LIMIT 1") != nil }
    }
    if isNeeded { try reporting { try pool.write { try Self.markInterrupted($0) } } }
  }

  static func moveGeneration(_ db: Database) throws {
    try db.execute(sql: "UPDATE state SET generation = generation + 1")
  }

  public func generation() throws -> Int64 {
    try reporting {
      try pool.read { try Int64.fetchOne($0, sql: "SELECT generation FROM state") ?? 0 }
    }
  }

  public func lastRunWithWork(pipeline: String) throws -> RunID? {
    try reporting {
      try pool.read { db in
        try Int64.fetchOne(
          db, sql: "SELECT id FROM runs WHERE pipeline = ? AND did_work ORDER BY id DESC LIMIT 1",
          arguments: [pipeline]
        ).map { RunID($0) }
      }
    }
  }

  public func recordIdleRun(like model: RunID, startedAt: Int64, endedAt: Int64) throws -> RunID {
    try reporting {
      try pool.write { db in
        try Self.markInterrupted(db)
        try db.execute(
          sql: """
            INSERT INTO runs (pipeline, definition, parameters, selection, state, main_state, started_at,
              main_ended_at, ended_at)
            SELECT pipeline, definition, parameters, ?1, 'succeeded', 'succeeded', ?2, ?3, ?3
            FROM runs WHERE id = ?4
            """,
          arguments: [
            try JSONColumn.text(Selection.everything), startedAt, max(startedAt, endedAt), model.rawValue,
          ])
        return RunID(db.lastInsertedRowID)
      }
    }
  }

  public func record(_ stages: [StageRecord], of run: RunID) throws {
    try reporting {
      try pool.write { db in
        let statement = try db.makeStatement(
          sql: "INSERT OR REPLACE INTO stage_runs (run, stage, position, record) VALUES (?, ?, ?, ?)")
        for (position, stage) in stages.enumerated() {
          try statement.execute(arguments: [
            run.rawValue, stage.id.rawValue, position, try JSONColumn.text(stage),
          ])
        }
      }
    }
  }

  public func endMainStages(
    of run: RunID, state: RunRecord.State, didWork: Bool, at microseconds: Int64
  ) throws {
    try reporting {
      try pool.write { db in
        try db.execute(
          sql: "UPDATE runs SET main_state = ?, did_work = ?, main_ended_at = ? WHERE id = ?",
          arguments: [state.rawValue, didWork, microseconds, run.rawValue])
      }
    }
  }

  public func endRun(_ run: RunID, state: RunRecord.State, didWork: Bool, at microseconds: Int64) throws {
    let body: (Database) throws -> Void = { db in
      try db.execute(
        sql: "UPDATE runs SET state = ?, did_work = ?, ended_at = max(?, started_at) WHERE id = ?",
        arguments: [state.rawValue, didWork, microseconds, run.rawValue])
      if didWork { try Self.moveGeneration(db) }
    }
    // The record of a run that did nothing may be lost with the power; it is then marked as interrupted.
    if didWork { try durably(body) } else { try reporting { try pool.write(body) } }
  }

  public func history(current: RunID?) -> any RunHistory { StateHistory(database: self, current: current) }

  /// Runs, the newest first. Pass a pipeline to see only its runs.
  public func runs(pipeline: String? = nil, limit: Int, onlyWithWork: Bool = false) throws -> [RunRecord] {
    try reporting {
      try pool.read { db in
        let rows = try Row.fetchAll(
          db,
          sql: """
            SELECT * FROM runs WHERE (?1 IS NULL OR pipeline = ?1) AND (NOT ?2 OR did_work)
            ORDER BY id DESC LIMIT ?3
            """, arguments: [pipeline, onlyWithWork, limit])
        return try rows.map { try Self.run($0, db) }
      }
    }
  }

  /// One run with its stages; `nil` when there is none of that number.
  public func run(_ id: RunID) throws -> RunRecord? {
    try reporting {
      try pool.read { db in
        try Row.fetchOne(db, sql: "SELECT * FROM runs WHERE id = ?", arguments: [id.rawValue]).map {
          try Self.run($0, db)
        }
      }
    }
  }

  static func run(_ row: Row, _ db: Database) throws -> RunRecord {
    let id = RunID(row["id"])
    let state = RunRecord.State(rawValue: row["state"]) ?? .interrupted
    var stages = try String.fetchAll(
      db, sql: "SELECT record FROM stage_runs WHERE run = ? ORDER BY position", arguments: [id.rawValue]
    ).map { try JSONColumn.value(StageRecord.self, $0) }
    if state == .interrupted { try fillIn(&stages, of: id, db) }
    return RunRecord(
      id: id, pipeline: row["pipeline"], state: state, startedAt: row["started_at"], endedAt: row["ended_at"],
      stages: stages)
  }

  /// A run that died did not write its last records; its attempts say what it had done.
  private static func fillIn(_ stages: inout [StageRecord], of run: RunID, _ db: Database) throws {
    for index in stages.indices where [.waiting, .running].contains(stages[index].state) {
      guard
        let row = try Row.fetchOne(
          db,
          sql: """
            SELECT count(*) AS n, count(DISTINCT iif(state = 'done', unit, NULL)) AS done,
              count(DISTINCT iif(state NOT IN ('done', 'stopped'), unit, NULL)) AS failed, min(started_at) AS start
            FROM attempts WHERE run = ? AND stage = ?
            """, arguments: [run.rawValue, stages[index].id.rawValue])
      else { continue }
      stages[index].unitsDone = row["done"]
      stages[index].unitsFailed = row["failed"]
      stages[index].startedAt = row["start"]
      stages[index].state = (row["n"] as Int) > 0 ? .stopped : .waiting
    }
  }

  /// The attempts of a run, in the order in which they ended; of one stage when it is given.
  public func attempts(of run: RunID, stage: StageID? = nil) throws -> [AttemptRecord] {
    try reporting {
      try pool.read { db in
        try Row.fetchAll(
          db, sql: "SELECT * FROM attempts WHERE run = ?1 AND (?2 IS NULL OR stage = ?2) ORDER BY id",
          arguments: [run.rawValue, stage?.rawValue]
        ).map { row in
          AttemptRecord(
            unit: UnitID(stage: StageID(row["stage"]), key: UnitKey(row["unit"])), attempt: row["attempt"],
            state: AttemptRecord.State(rawValue: row["state"]) ?? .failed, startedAt: row["started_at"],
            duration: row["duration"], verdict: try JSONColumn.value(Verdict.self, row["verdict"]),
            findings: try JSONColumn.value([Diagnostic].self, row["findings"]), logFile: row["log_file"])
        }
      }
    }
  }
}

/// The run history as reports see it: runs that did work or failed, as they stood when their main stages ended.
struct StateHistory: RunHistory {
  let database: StateDatabase
  let current: RunID?

  func recentRuns(limit: Int) throws -> [RunRecord] {
    try database.reporting {
      try database.pool.read { db in
        let rows = try Row.fetchAll(
          db, sql: "SELECT * FROM runs WHERE did_work AND (?1 IS NULL OR id <= ?1) ORDER BY id DESC LIMIT ?2",
          arguments: [current?.rawValue, limit])
        return try rows.map { row in
          var run = try StateDatabase.run(row, db)
          // What `finally` adds is left out: else the page that is made there would change what it shows.
          if let main = (row["main_state"] as String?).flatMap(RunRecord.State.init(rawValue:)) {
            run.state = run.state == .failed ? .failed : main
            run.endedAt = row["main_ended_at"]
            run.stages = run.stages.filter { !$0.isFinally && $0.state != .waiting && $0.state != .running }
          }
          return run
        }
      }
    }
  }
}
