import PipelineCore
import PipelineEngine

/// What runs at the moment, put together from events: the matter of the lines that are redrawn.
struct RunProgress {
  struct Stage {
    let id: StageID
    let begin: Int64
    /// How many stages started before.
    let order: Int
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

  /// By name, since thousands of stages may be open at once.
  private var stages: [StageID: Stage] = [:]
  private var startedStages = 0
  private(set) var endedStages = 0

  /// The stages of which units run, or that take their time to find units, in the order in which they started.
  func active(now: Int64) -> [Stage] {
    stages.values.filter { !$0.running.isEmpty || now - $0.begin > 200_000 }.sorted { $0.order < $1.order }
  }

  mutating func handle(_ event: RunEvent, now: Int64) {
    switch event {
    case .stageStarted(let id):
      stages[id] = Stage(id: id, begin: now, order: startedStages)
      startedStages += 1
    case .stageEnded(let record):
      stages[record.id] = nil
      endedStages += 1
    case .unitJudged(let unit, let verdict):
      change(unit.stage) { if verdict.runs { $0.toRun += 1 } else { $0.upToDate += 1 } }
    case .unitStarted(let unit, _):
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
    if let index = stages.index(forKey: id) { body(&stages.values[index]) }
  }
}
