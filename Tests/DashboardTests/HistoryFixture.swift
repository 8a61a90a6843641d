import PipelineCore

/// A history of given records.
struct FixedHistory: RunHistory {
  var records: [RunRecord]
  func recentRuns(limit: Int) -> [RunRecord] { Array(records.prefix(limit)) }
}

extension RunRecord {
  static let second: Int64 = 1_000_000

  /// A nightly run at 03:00 UTC of `day`, as the engine records it while its last stage renders.
  static func nightly(
    _ number: Int64, _ day: Day, state: RunRecord.State = .succeeded, failing: StageID? = nil,
    errors: [String] = [], upToDate: Set<StageID> = [], skipping: Set<StageID> = []
  ) -> RunRecord {
    let start = day.utcMicroseconds + 3 * 3600 * second
    let graph: [(id: StageID, kind: String, needs: [StageID], seconds: Int64)] = [
      ("extract", "logs.extract", [], 21), ("merge", "logs.merge", ["extract"], 9),
      ("sessions", "logs.sessions", ["merge"], 4), ("aggregate", "logs.aggregate", ["merge"], 6),
      ("projects", "logs.projects", ["merge"], 2),
      ("snapshot", "snapshot.publish", ["sessions", "aggregate", "projects"], 1),
      ("notify", "command", ["snapshot"], 1),
    ]
    var clock = start
    var lost: Set<StageID> = []
    var stages: [StageRecord] = []
    for (id, kind, needs, seconds) in graph {
      var stage = StageRecord(id: id, kind: kind, state: .succeeded)
      if skipping.contains(id) {
        stage.state = .skipped
      } else if !lost.isDisjoint(with: needs) {
        stage.state = .blocked
        stage.unitsBlocked = 1
        lost.insert(id)
      } else if upToDate.contains(id) {
        stage.state = .upToDate
        stage.unitsUpToDate = 365
        (stage.startedAt, stage.endedAt) = (clock, clock + 4_000)
      } else {
        (stage.startedAt, stage.endedAt) = (clock, clock + seconds * second + 340_000)
        clock += seconds * second + 340_000
        stage.unitsDone = 3
        stage.unitsUpToDate = id == "extract" ? 361 : 0
        stage.counters = ["rows": 20_114 * seconds, "bytes": 8_412_551 * seconds, "files": seconds]
        if id == failing {
          stage.state = .failed
          stage.unitsFailed = 1
          stage.errors = errors
          lost.insert(id)
        }
      }
      stages.append(stage)
    }
    stages.append(
      StageRecord(
        id: "dashboard", kind: "dashboard.render", state: state == .running ? .running : .succeeded,
        startedAt: clock, endedAt: state == .running ? nil : clock + 90_000))
    return RunRecord(
      id: RunID(number), pipeline: "nightly", state: state, startedAt: start,
      endedAt: state == .running || state == .interrupted ? nil : clock + 100_000, stages: stages)
  }
}
