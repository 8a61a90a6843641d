import PipelineCore
import PipelineEngine

/// Runs as lists of events with the microsecond of each, for tests of reports.
enum ScriptedRuns {
  typealias Script = [(at: Int64, event: RunEvent)]

  static func stage(
    _ id: StageID, _ state: StageRecord.State, done: Int = 0, upToDate: Int = 0, failed: Int = 0,
    blocked: Int = 0,
    took: Int64? = nil, counters: [String: Int64] = [:], errors: [String] = []
  ) -> RunEvent {
    .stageEnded(
      StageRecord(
        id: id, kind: "command", state: state, startedAt: took.map { _ in 1_000_000 },
        endedAt: took.map { 1_000_000 + $0 }, unitsDone: done, unitsUpToDate: upToDate, unitsFailed: failed,
        unitsBlocked: blocked, counters: counters, errors: errors))
  }

  static func attempt(
    _ stage: StageID, _ key: UnitKey, _ state: AttemptRecord.State = .done, number: Int = 1,
    findings: [Diagnostic] = [], log: String? = nil
  ) -> RunEvent {
    .unitEnded(
      AttemptRecord(
        unit: UnitID(stage: stage, key: key), attempt: number, state: state, startedAt: 1_000_000,
        duration: 250_000,
        verdict: .run([.neverRan]), findings: findings, logFile: log))
  }

  static let names: [StageID] = ["extract", "merge", "reconcile", "snapshot", "dashboard"]

  /// Nothing to do.
  static let idle: Script = [
    (0, .runStarted(RunID(7), pipeline: "nightly")),
    (900, stage("extract", .upToDate, upToDate: 12)), (1_200, stage("merge", .upToDate, upToDate: 1)),
    (1_300, stage("reconcile", .upToDate)), (1_900, stage("snapshot", .upToDate, upToDate: 1)),
    (2_000, stage("dashboard", .upToDate, upToDate: 1)), (4_400, .runEnded(RunID(7), .succeeded)),
  ]

  /// Work that ends well, with a retry and a warning.
  static let work: Script = [
    (0, .runStarted(RunID(8), pipeline: "nightly")), (100, .stageStarted("extract")),
    (200, .unitJudged(UnitID(stage: "extract", key: "a.log"), .run([.neverRan]))),
    (210, .unitJudged(UnitID(stage: "extract", key: "b.log"), .run([.outputMissing(path: "data/b")]))),
    (220, .unitJudged(UnitID(stage: "extract", key: "c.log"), .upToDate)),
    (300, .unitStarted(UnitID(stage: "extract", key: "a.log"), attempt: 1)),
    (310, .unitStarted(UnitID(stage: "extract", key: "b.log"), attempt: 1)),
    (150_000, .unitProgress(UnitID(stage: "extract", key: "a.log"), done: 500, total: 1_000)),
    (200_000, .unitProgress(UnitID(stage: "extract", key: "a.log"), done: 700, total: 1_000)),
    (
      1_200_000,
      attempt(
        "extract", "a.log", findings: [Diagnostic(.warning, code: "quarantined", "3 lines were not accepted")]
      )
    ),
    (
      1_400_000,
      attempt(
        "extract", "b.log", .failed, findings: [Diagnostic(code: "net", "extract/b.log: no connection")])
    ),
    (1_400_100, .unitRetrying(UnitID(stage: "extract", key: "b.log"), attempt: 2, after: .seconds(2))),
    (3_400_000, .unitStarted(UnitID(stage: "extract", key: "b.log"), attempt: 2)),
    (4_000_000, attempt("extract", "b.log", number: 2)),
    (
      4_000_100,
      stage(
        "extract", .succeeded, done: 2, upToDate: 1, took: 3_999_000,
        counters: ["lines": 1_234_567, "bytes": 45_600_000, "quarantined": 3, "duplicates": 0, "zebras": 1])
    ),
    (4_000_200, .stageStarted("merge")), (4_100_000, stage("merge", .succeeded, done: 1, took: 99_000)),
    (4_100_100, stage("reconcile", .skipped)), (4_100_200, stage("snapshot", .skipped)),
    (4_200_000, stage("dashboard", .upToDate, upToDate: 1)), (72_300_000, .runEnded(RunID(8), .succeeded)),
  ]

  /// Two units and a whole stage fail, and what depends on them is blocked.
  static let failure: Script = [
    (0, .runStarted(RunID(9), pipeline: "nightly")), (100, .stageStarted("extract")),
    (
      50_000,
      attempt(
        "extract", "data/logs/a b.log", .failed,
        findings: [
          Diagnostic(
            code: "file-permission", "cannot read data/logs/a b.log: Permission denied",
            help: "check who owns it and its permissions")
        ], log: "data/state/logs/run-9/extract/a.1.log")
    ),
    (
      60_000,
      attempt(
        "extract", "evil\u{1B}[2Jname", .timedOut, number: 2,
        findings: [Diagnostic(code: "timed-out", "it took longer than its timeout of 5 s")])
    ),
    (70_000, stage("extract", .failed, done: 9, upToDate: 1, failed: 2, took: 69_900, errors: ["x", "y"])),
    (70_100, stage("merge", .blocked, errors: ["not run: extract did not succeed"])),
    (
      80_000,
      .warning(
        Diagnostic(
          code: "no-units", "reconcile: its units cannot be found",
          at: SourceLocation(path: "pipelines/nightly.json", line: 9, column: 5)))
    ),
    (
      80_100,
      stage("reconcile", .failed, failed: 1, took: 100, errors: ["reconcile: its units cannot be found"])
    ),
    (80_200, stage("snapshot", .blocked, errors: ["not run: merge did not succeed"])),
    (
      90_000,
      attempt(
        "dashboard", .whole, .failed, findings: [Diagnostic(code: "bad-template", "the page cannot be made")],
        log: "data/state/logs/run-9/dashboard/_.1.log")
    ),
    (90_100, stage("dashboard", .failed, failed: 1, took: 9_000, errors: ["the page cannot be made"])),
    (95_000, .runEnded(RunID(9), .failed)),
  ]

  /// A signal ends it.
  static let stopped: Script = [
    (0, .runStarted(RunID(10), pipeline: "nightly")), (500_000, .stopping(signal: 2)),
    (900_000, stage("extract", .stopped, done: 4, blocked: 8, took: 899_000)),
    (900_100, stage("merge", .stopped)), (900_200, stage("reconcile", .stopped)),
    (900_300, stage("snapshot", .stopped)), (900_400, stage("dashboard", .stopped)),
    (900_500, .runEnded(RunID(10), .stopped)),
  ]

  static let all: [(name: String, script: Script)] = [
    ("idle", idle), ("work", work), ("failure", failure), ("stopped", stopped),
  ]
}
