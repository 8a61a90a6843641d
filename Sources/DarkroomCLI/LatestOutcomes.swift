import PipelineCore
import PipelineStore

/// How each stage of a pipeline ended when it was last due: a run of some stages leaves the others' outcomes alone.
struct LatestOutcomes {
  struct Outcome {
    let run: RunID
    let record: StageRecord
  }

  /// How many runs back a failure is remembered.
  static let depth = 30

  /// In the order of the newest run, then of older ones.
  private(set) var outcomes: [Outcome] = []

  init(of pipeline: String, in database: StateDatabase) throws {
    var seen: Set<StageID> = []
    for run in try database.runs(pipeline: pipeline, limit: Self.depth, onlyWithWork: true) {
      for record in run.stages where record.state != .skipped && seen.insert(record.id).inserted {
        outcomes.append(Outcome(run: run.id, record: record))
      }
    }
  }

  /// What did not end well.
  var failing: [Outcome] {
    let bad: Set<StageRecord.State> = [.failed, .blocked, .stopped, .waiting, .running]
    return outcomes.filter { bad.contains($0.record.state) || $0.record.unitsFailed > 0 }
  }
}
