import PipelineCore
import PipelineEngine

/// What runs at the moment, put together from events: the matter of the lines that are redrawn.
struct RunProgress {
  struct Stage {
    let id: StageID
    let begin: Int64
    /// Units that have to run, as far as they are known.
    var toRun = 0
    var ended = 0
    var failed = 0
    var upToDate = 0
    /// The running units with how far they are.
    var running: [UnitKey: (done: Int64, total: Int64?)] = [:]

    /// Units are found a step at a time; a full step means that there may be more.
    var mayHaveMore: Bool { toRun + upToDate > 0 && (toRun + upToDate).isMultiple(of: 256) }

    /// The share that is done, from 0 to 1, counting parts of running units; `nil` when nothing can be said.
    var share: Double? {
      guard toRun > 0, !mayHaveMore else { return nil }
      let parts = running.values.reduce(0.0) { sum, unit in
        guard let total = unit.total, total > 0 else { return sum }
        return sum + min(1, Double(unit.done) / Double(total))
      }
      let share = (Double(ended) + parts) / Double(toRun)
      return share > 0 ? min(1, share) : nil
    }
  }

  /// In the order in which they started.
  private(set) var stages: [Stage] = []
  private(set) var hasStartedUnits = false
  private(set) var endedStages = 0

  mutating func handle(_ event: RunEvent, now: Int64) {
    switch event {
    case .stageStarted(let id): stages.append(Stage(id: id, begin: now))
    case .stageEnded(let record):
      stages.removeAll { $0.id == record.id }
      endedStages += 1
    case .unitJudged(let unit, let verdict):
      change(unit.stage) { if verdict.runs { $0.toRun += 1 } else { $0.upToDate += 1 } }
    case .unitStarted(let unit, _):
      hasStartedUnits = true
      change(unit.stage) { $0.running[unit.key] = (0, nil) }
    case .unitProgress(let unit, let done, let total):
      // Progress comes from the unit's own thread, perhaps after its end.
      change(unit.stage) { if $0.running[unit.key] != nil { $0.running[unit.key] = (done, total) } }
    case .unitEnded(let attempt):
      change(attempt.unit.stage) { stage in
        stage.running[attempt.unit.key] = nil
        stage.ended += 1
        if attempt.state != .done { stage.failed += 1 }
      }
    case .unitRetrying(let unit, _, _):
      change(unit.stage) { stage in
        stage.ended -= 1
        stage.failed -= 1
      }
    default: break
    }
  }

  private mutating func change(_ id: StageID, _ body: (inout Stage) -> Void) {
    if let index = stages.lastIndex(where: { $0.id == id }) { body(&stages[index]) }
  }
}
