public import PipelineCore

/// The order of a run as a pure state machine: which stages to expand, which units to start, what is blocked,
/// when it ends. It does no I/O and knows no time; a driver performs its actions and reports back.
///
/// One machine serves runs and plans. States of a stage:
///
///     waiting ──▶ open ──▶ exhausted ──▶ ended
///        │          (more units may come)   ▲
///        └── blocked / out of scope ────────┘
///
/// Memory is bounded by the units that are ready or running, and by the keys that failed.
public struct RunMachine: Sendable {
  /// The stages in the order of the pipeline, `finally` last.
  public internal(set) var stages: [Stage]
  /// Whether nothing new is started.
  public private(set) var isStopping = false
  private let graph: Graph<StageID>
  /// For each stage, the stages that follow its units.
  var followers: [[Int]]
  private let position: [Int]
  private let jobs: Int
  private let poolSizes: [String: Int]
  private var poolUse: [String: Int] = [:]
  private var running = 0
  /// Stages with ready units by pool (the empty name is no pool), each a heap by topological position.
  private var readyStages: [String: IndexHeap] = [:]
  var queue: [Action] = []
  private var queueHead = 0
  private var openMain = 0
  private var open = 0
  /// Stages to look at again because one they depend on moved; a list, not recursion, so that a chain of 10,000
  /// stages cannot overflow the stack.
  private var touched: [Int] = []
  private var mainAnnounced = false

  /// - Parameters:
  ///   - pipeline: the stages and pools.
  ///   - scope: the stages that the selection names; the others end at once as skipped.
  ///   - jobs: how many units may run at once; at least 1.
  public init(_ pipeline: Pipeline, scope: Set<StageID>, jobs: Int) {
    let all = pipeline.stages.map { ($0, false) } + pipeline.finally.map { ($0, true) }
    graph = Graph(all.map { ($0.0.id, $0.0.needs + $0.0.after) })
    stages = all.map { Stage(definition: $0.0, isFinally: $0.1, inScope: scope.contains($0.0.id)) }
    self.jobs = max(1, jobs)
    poolSizes = pipeline.pools
    var position = Array(stages.indices)
    for (rank, index) in (graph.topologicalOrder() ?? Array(stages.indices)).enumerated() {
      position[index] = rank
    }
    self.position = position
    followers = [[Int]](repeating: [], count: stages.count)
    openMain = stages.count { !$0.isFinally }
    open = stages.count
    for index in stages.indices {
      stages[index].openNeeds = graph.needs[index].count
      if case .units(of: let followed) = stages[index].definition.foreach,
        let target = graph.index(of: followed), stages[target].inScope
      {
        stages[index].follows = target
        followers[target].append(index)
      }
    }
    for index in stages.indices where !stages[index].inScope { end(index, .skipped) }
    announceMainIfEnded()
    touched.append(contentsOf: stages.indices.reversed())
    lookAgain()
  }

  /// Whether every stage has ended and every action was taken.
  public var isEnded: Bool { queueHead == queue.count && open == 0 }
  /// Attempts that occupy a worker.
  public var activeUnits: Int { running }

  /// The stage with this name.
  public subscript(id: StageID) -> Stage? { graph.index(of: id).map { stages[$0] } }

  // MARK: Actions

  /// The next action, or `nil` when there is nothing to do until something is reported.
  public mutating func next() -> Action? {
    if queueHead < queue.count {
      let action = queue[queueHead]
      queueHead += 1
      if queueHead == queue.count {
        queue.removeAll(keepingCapacity: true)
        queueHead = 0
      }
      return action
    }
    return nextStart()
  }

  private mutating func nextStart() -> Action? {
    guard running < jobs, !isStopping else { return nil }
    var best: (pool: String, index: Int)?
    for (pool, heap) in readyStages {
      guard let index = heap.first, hasRoom(in: pool) else { continue }
      if best.map({ position[index] < position[$0.index] }) ?? true { best = (pool, index) }
    }
    guard let (pool, index) = best else { return nil }
    let item = stages[index].ready[stages[index].readyHead]
    stages[index].readyHead += 1
    if stages[index].readyCount == 0 {
      stages[index].ready.removeAll(keepingCapacity: false)
      stages[index].readyHead = 0
      readyStages[pool]?.removeFirst(position)
    }
    stages[index].active += 1
    running += 1
    if !pool.isEmpty { poolUse[pool, default: 0] += 1 }
    requestMore(index)
    return .start(UnitID(stage: stages[index].definition.id, key: item.key), attempt: item.attempt)
  }

  private func hasRoom(in pool: String) -> Bool {
    pool.isEmpty || poolUse[pool, default: 0] < poolSizes[pool, default: .max]
  }

  // MARK: Reports

  /// Reports judged units of a stage.
  /// - Parameters:
  ///   - stage: the stage.
  ///   - ready: units that have to run.
  ///   - upToDate: keys of units that are current as they are.
  ///   - left: keys of units that the selection leaves alone.
  ///   - exhausted: whether these were the stage's last (ignored for followed units).
  public mutating func expanded(
    _ stage: StageID, ready: [UnitKey], upToDate: [UnitKey], left: Int = 0, exhausted: Bool
  ) {
    guard let index = graph.index(of: stage), !stages[index].hasEnded else { return }
    if stages[index].follows == nil {
      stages[index].isExpanding = false
      stages[index].isExhausted = exhausted
    } else {
      stages[index].judging -= 1
    }
    stages[index].upToDate += upToDate.count
    if stages[index].isAborted {
      stages[index].blocked += ready.count
      stages[index].failedKeys.formUnion(ready)
    } else {
      makeReady(index, ready.map { ($0, 1) })
    }
    for key in upToDate { notifyFollowers(of: index, key, isCurrent: true) }
    if stages[index].isAborted { for key in ready { notifyFollowers(of: index, key, isCurrent: false) } }
    requestMore(index)
    settle(index)
    lookAgain()
  }

  /// Reports that a stage's units could not be found; the stage has failed.
  public mutating func expansionFailed(_ stage: StageID, key: UnitKey? = nil) {
    guard let index = graph.index(of: stage), !stages[index].hasEnded else { return }
    if let key {
      stages[index].judging -= 1
      fail(index, key)
    } else {
      stages[index].failed += 1
      stages[index].isExpanding = false
      stages[index].isExhausted = true
      stages[index].isIncomplete = true
      abortIfTooManyFailed(index)
    }
    settle(index)
    lookAgain()
  }

  /// Reports that an attempt no longer occupies a worker; its outcome follows with ``ended(_:attempt:_:)``.
  public mutating func freed(_ unit: UnitID) {
    guard let index = graph.index(of: unit.stage) else { return }
    running -= 1
    if let pool = stages[index].definition.pool { poolUse[pool, default: 0] -= 1 }
  }

  /// Reports the outcome of an attempt that was freed, after its record is durable.
  public mutating func ended(_ unit: UnitID, attempt: Int, _ outcome: UnitOutcome) {
    guard let index = graph.index(of: unit.stage) else { return }
    stages[index].active -= 1
    let retry = stages[index].definition.retry
    switch outcome {
    case .done:
      stages[index].done += 1
      notifyFollowers(of: index, unit.key, isCurrent: true)
    case .planned:
      stages[index].planned += 1
      notifyFollowers(of: index, unit.key, isCurrent: false)
    case .failed(let retryable):
      if retryable, attempt < retry.attempts, !isStopping, !stages[index].isAborted {
        stages[index].waiting.insert(unit.key)
        queue.append(.wait(unit, attempt: attempt + 1, retry.wait(after: attempt)))
        return
      }
      fail(index, unit.key)
    case .stopped:
      stages[index].blocked += 1
      stages[index].failedKeys.insert(unit.key)
      notifyFollowers(of: index, unit.key, isCurrent: false)
    }
    requestMore(index)
    settle(index)
    lookAgain()
  }

  /// Reports that a wait before a further attempt is over.
  public mutating func retryDue(_ unit: UnitID, attempt: Int) {
    guard let index = graph.index(of: unit.stage), stages[index].waiting.remove(unit.key) != nil else {
      return
    }
    if isStopping || stages[index].isAborted {
      fail(index, unit.key)
      settle(index)
      lookAgain()
    } else {
      makeReady(index, [(unit.key, attempt)])
    }
  }

  /// Starts nothing new from now on. What runs is still reported; stages that are cut short end as stopped.
  public mutating func stop() {
    guard !isStopping else { return }
    isStopping = true
    readyStages = [:]
    for index in stages.indices where !stages[index].hasEnded {
      stages[index].blocked += stages[index].readyCount
      for item in stages[index].ready[stages[index].readyHead...] {
        stages[index].failedKeys.insert(item.key)
      }
      stages[index].ready = []
      stages[index].readyHead = 0
      // Nobody waits out a backoff that leads to no further attempt.
      let waiting = stages[index].waiting
      stages[index].waiting = []
      for key in waiting { fail(index, key) }
      settle(index)
    }
    lookAgain()
  }

  // MARK: Transitions

  private mutating func lookAgain() {
    while let index = touched.popLast() {
      guard stages[index].inScope, !stages[index].hasEnded else { continue }
      if stages[index].state == .running { settle(index) } else { advance(index) }
    }
  }

  /// Moves a waiting stage on when all it needs has ended.
  private mutating func advance(_ index: Int) {
    guard stages[index].state == .waiting else { return }
    if isStopping { return end(index, .stopped) }
    if stages[index].isFinally, !mainAnnounced { return }
    // Counted, not looked up: a stage that needs 20,000 others is looked at 20,000 times.
    let isFollowedOpen = stages[index].follows.map { stages[$0].state == .running } ?? false
    guard stages[index].openNeeds == (isFollowedOpen ? 1 : 0) else { return }
    var isDeferred = false
    for need in graph.needs[index] {
      let other = stages[need]
      if !other.hasEnded { continue }
      if other.isDeferred || other.planned > 0 { isDeferred = true }
      if stages[index].isFinally || other.definition.continueOnError { continue }
      if stages[index].definition.after.contains(other.definition.id) { continue }
      switch other.state {
      // A followed stage that began has said of each unit what came of it.
      case .failed where need == stages[index].follows: continue
      case .blocked where need == stages[index].follows && other.hasBegun: continue
      case .failed, .blocked, .stopped:
        stages[index].blockedBy = other.definition.id
        return end(index, .blocked)
      default: continue
      }
    }
    if stages[index].isFinally {
      isDeferred = stages.contains { !$0.isFinally && ($0.isDeferred || $0.planned > 0) }
    }
    if isDeferred, stages[index].follows == nil || stages[index].isFinally {
      stages[index].isDeferred = true
      return end(index, .skipped)
    }
    stages[index].state = .running
    stages[index].hasBegun = true
    if stages[index].follows != nil {
      drainFollowed(index)
    } else {
      requestMore(index)
    }
    // Stages that follow this one need not wait for its end.
    touched.append(contentsOf: followers[index])
    settle(index)
  }

  private mutating func requestMore(_ index: Int) {
    guard stages[index].state == .running, stages[index].follows == nil, !stages[index].isExhausted,
      !stages[index].isExpanding, !isStopping, stages[index].readyCount < 2 * jobs
    else { return }
    stages[index].isExpanding = true
    queue.append(.expand(stages[index].definition.id))
  }

  private mutating func makeReady(_ index: Int, _ units: [(key: UnitKey, attempt: Int)]) {
    guard !units.isEmpty else { return }
    if isStopping {
      stages[index].blocked += units.count
      stages[index].failedKeys.formUnion(units.map(\.key))
      return
    }
    if stages[index].readyCount == 0 {
      readyStages[stages[index].definition.pool ?? "", default: IndexHeap()].insert(index, position)
    }
    stages[index].ready.append(contentsOf: units)
  }

  private mutating func fail(_ index: Int, _ key: UnitKey) {
    stages[index].failed += 1
    stages[index].failedKeys.insert(key)
    notifyFollowers(of: index, key, isCurrent: false)
    abortIfTooManyFailed(index)
  }

  private mutating func abortIfTooManyFailed(_ index: Int) {
    if let most = stages[index].definition.maxFailures, stages[index].failed > most { abort(index) }
  }

  /// Gives up on the stage's units that have not started: more failed than `maxFailures` allows.
  private mutating func abort(_ index: Int) {
    guard !stages[index].isAborted else { return }
    stages[index].isAborted = true
    let rest = stages[index].ready[stages[index].readyHead...].map(\.key)
    stages[index].ready = []
    stages[index].readyHead = 0
    if !rest.isEmpty { readyStages[stages[index].definition.pool ?? ""]?.remove(index, position) }
    stages[index].blocked += rest.count
    for key in rest {
      stages[index].failedKeys.insert(key)
      notifyFollowers(of: index, key, isCurrent: false)
    }
  }

  /// Ends a running stage when nothing of it is left.
  private mutating func settle(_ index: Int) {
    let stage = stages[index]
    guard !stage.hasEnded else { return }
    if isStopping, stage.state == .waiting { return end(index, .stopped) }
    guard stage.state == .running, stage.active == 0, stage.waiting.isEmpty, stage.readyCount == 0,
      stage.judging == 0, !stage.isExpanding
    else { return }
    if let followed = stage.follows {
      guard stages[followed].hasEnded || isStopping else { return }
      if stages[followed].isIncomplete, !stages[followed].definition.continueOnError {
        stages[index].isIncomplete = true
      }
    } else {
      guard stage.isExhausted || isStopping else { return }
    }
    let wasCut = isStopping && (stage.follows == nil ? !stage.isExhausted : true)
    if stage.failed > 0 {
      end(index, .failed)
    } else if isStopping, wasCut || stage.blocked > 0 {
      end(index, .stopped)
    } else if stage.blocked > 0 || stages[index].isIncomplete {
      stages[index].blockedBy = stage.follows.map { stages[$0].definition.id }
      end(index, .blocked)
    } else {
      end(index, stage.done > 0 ? .succeeded : .upToDate)
    }
  }

  private mutating func end(_ index: Int, _ state: StageRecord.State) {
    // A deferred stage of a plan has no outcome; it counts as ended all the same.
    stages[index].state = stages[index].isDeferred ? .skipped : state
    stages[index].toFollow = []
    queue.append(.stageEnded(stages[index].definition.id))
    open -= 1
    if !stages[index].isFinally { openMain -= 1 }
    for dependent in graph.dependents[index].reversed() {
      stages[dependent].openNeeds -= 1
      touched.append(dependent)
    }
    announceMainIfEnded()
  }

  private mutating func announceMainIfEnded() {
    guard openMain == 0, !mainAnnounced else { return }
    mainAnnounced = true
    queue.append(.mainStagesEnded)
    touched.append(contentsOf: stages.indices.filter { stages[$0].isFinally }.reversed())
  }
}
