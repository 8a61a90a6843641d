import DarkroomTesting
import PipelineCore
import PipelineEngine

/// What will happen to the units of a pipeline when they are judged and run.
struct Fates {
  struct Unit {
    var isUpToDate: Bool
    /// How many attempts fail before one succeeds.
    var failures: Int
    var isRetryable: Bool
  }
  var keys: [StageID: [UnitKey]] = [:]
  var units: [UnitID: Unit] = [:]
  /// Stages whose units cannot be found, after so many were.
  var brokenAfter: [StageID: Int] = [:]

  init(_ pipeline: Pipeline, _ random: inout SeededRandom) {
    let all = pipeline.stages + pipeline.finally
    for stage in all {
      let count = Int.random(in: 0...5, using: &random)
      keys[stage.id] = (0..<count).map { UnitKey("k\($0)") }
      if random.chance(0.07) { brokenAfter[stage.id] = Int.random(in: 0...count, using: &random) }
      for key in (0..<5).map({ UnitKey("k\($0)") }) {
        units[UnitID(stage: stage.id, key: key)] = Unit(
          isUpToDate: random.chance(0.3),
          failures: random.chance(0.25) ? Int.random(in: 1...4, using: &random) : 0,
          isRetryable: random.chance(0.7))
      }
    }
  }

  /// The keys that expansion gives before it ends or breaks.
  func found(_ stage: StageID) -> ArraySlice<UnitKey> {
    let all = keys[stage] ?? []
    return all.prefix(brokenAfter[stage] ?? all.count)
  }
}

/// Drives a machine with reports in random order, and notes every rule that it breaks.
struct MachineDriver {
  enum Report {
    case expand(StageID)
    case follow(UnitID)
    case free(UnitID, attempt: Int)
    case end(UnitID, attempt: Int)
    case due(UnitID, attempt: Int)
  }
  let pipeline: Pipeline
  let scope: Set<StageID>
  let fates: Fates
  let jobs: Int
  let stopsAfter: Int?
  var machine: RunMachine
  var random: SeededRandom
  var outstanding: [Report] = []
  var broken: [String] = []
  var ready: Set<UnitID> = []
  var current: Set<UnitID> = []
  var given: [StageID: Int] = [:]
  var startedAttempts: [UnitID: Int] = [:]
  var active: [UnitID] = []
  var ended: [StageID] = []
  var hasMainEnded = false
  var hasStopped = false
  var steps = 0

  init(seed: UInt64, bounded: Bool, stopping: Bool) {
    var random = SeededRandom(seed: seed)
    var pipeline = RandomPipeline.make(&random)
    if !bounded { for index in pipeline.stages.indices { pipeline.stages[index].maxFailures = nil } }
    if !bounded { for index in pipeline.finally.indices { pipeline.finally[index].maxFailures = nil } }
    self.pipeline = pipeline
    let isWhole = random.chance(0.6)
    var scope = Set(pipeline.finally.map(\.id))
    for stage in pipeline.stages {
      if isWhole || random.chance(0.7) { scope.insert(stage.id) }
    }
    self.scope = scope
    fates = Fates(pipeline, &random)
    jobs = Int.random(in: 1...4, using: &random)
    stopsAfter = stopping ? Int.random(in: 0...40, using: &random) : nil
    machine = RunMachine(pipeline, scope: scope, jobs: jobs)
    self.random = random
  }

  mutating func run() {
    while broken.isEmpty {
      steps += 1
      if steps > 20_000 { return fail("the run does not end") }
      if steps - 1 == stopsAfter {
        machine.stop()
        hasStopped = true
      }
      takeActions()
      if outstanding.isEmpty {
        if let stopsAfter, steps <= stopsAfter, machine.isEnded { break }
        if let action = machine.next() {
          perform(action)
          continue
        }
        if !machine.isEnded { fail("nothing to do and nothing outstanding, but it has not ended") }
        break
      }
      let report = outstanding.remove(at: Int.random(in: outstanding.indices, using: &random))
      deliver(report)
    }
    if broken.isEmpty { checkEnd() }
  }

  private mutating func fail(_ sentence: String) { broken.append(sentence) }

  /// All actions there are, or only some: a driver may be slow.
  private mutating func takeActions() {
    while random.chance(0.9), let action = machine.next() { perform(action) }
  }

  private mutating func perform(_ action: RunMachine.Action) {
    switch action {
    case .expand(let stage):
      checkMayBegin(stage)
      outstanding.append(.expand(stage))
    case .follow(let unit):
      checkMayBegin(unit.stage)
      outstanding.append(.follow(unit))
    case .start(let unit, let attempt): start(unit, attempt)
    case .wait(let unit, let attempt, _): outstanding.append(.due(unit, attempt: attempt))
    case .stageEnded(let stage):
      if ended.contains(stage) { fail("\(stage) ended twice") }
      ended.append(stage)
    case .mainStagesEnded:
      if hasMainEnded { fail("the main stages ended twice") }
      hasMainEnded = true
      for stage in pipeline.stages where machine[stage.id]?.state == .running {
        fail("the main stages ended while \(stage.id) runs")
      }
    }
  }

  private func definition(_ stage: StageID) -> StageDefinition? {
    (pipeline.stages + pipeline.finally).first { $0.id == stage }
  }

  func followed(by stage: StageID) -> StageID? {
    guard case .units(let id) = definition(stage)?.foreach, scope.contains(id) else { return nil }
    return id
  }

  private mutating func checkMayBegin(_ stage: StageID) {
    if !scope.contains(stage) { fail("\(stage) is out of scope and was begun") }
    for need in definition(stage)?.needs ?? [] where need != followed(by: stage) {
      switch machine[need]?.state {
      case .waiting, .running, nil: fail("\(stage) began before \(need) had ended")
      case .failed, .blocked, .stopped:
        let isFinally = machine[stage]?.isFinally ?? false
        if !isFinally, definition(need)?.continueOnError == false {
          fail("\(stage) began though \(need) failed")
        }
      default: break
      }
    }
    if pipeline.finally.contains(where: { $0.id == stage }), !hasMainEnded {
      fail("\(stage) began before the main stages had ended")
    }
  }

  private mutating func start(_ unit: UnitID, _ attempt: Int) {
    checkMayBegin(unit.stage)
    if hasStopped { fail("\(unit) started after the stop") }
    if current.contains(unit) { fail("\(unit) is up to date and was started") }
    if attempt == 1, ready.remove(unit) == nil { fail("\(unit) was not ready") }
    if startedAttempts[unit, default: 0] + 1 != attempt { fail("\(unit) attempt \(attempt) out of turn") }
    startedAttempts[unit] = attempt
    if let most = definition(unit.stage)?.maxFailures, attempt == 1, machine[unit.stage]?.failed ?? 0 > most {
      fail("\(unit) started though more than \(most) failed")
    }
    if let source = followed(by: unit.stage), definition(source)?.continueOnError == false,
      !current.contains(UnitID(stage: source, key: unit.key))
    {
      fail("\(unit) started before \(source)/\(unit.key) was current")
    }
    active.append(unit)
    if active.count > jobs { fail("\(active.count) units run at once, more than \(jobs)") }
    for (pool, size) in pipeline.pools {
      let users = active.count { definition($0.stage)?.pool == pool }
      if users > size { fail("\(users) units run in pool \(pool) of \(size)") }
    }
    outstanding.append(.free(unit, attempt: attempt))
  }

  private mutating func deliver(_ report: Report) {
    switch report {
    case .expand(let stage): expand(stage)
    case .follow(let unit):
      if fates.brokenAfter[unit.stage] == Int(String(unit.key.rawValue.dropFirst())) {
        machine.expansionFailed(unit.stage, key: unit.key)
      } else {
        judge([unit.key], unit.stage, exhausted: false)
      }
    case .free(let unit, let attempt):
      active.removeAll { $0 == unit }
      machine.freed(unit)
      outstanding.append(.end(unit, attempt: attempt))
    case .end(let unit, let attempt):
      guard let fate = fates.units[unit] else { return fail("\(unit) is unknown") }
      if hasStopped, random.chance(0.3) {
        machine.ended(unit, attempt: attempt, .stopped)
      } else if attempt <= fate.failures {
        machine.ended(unit, attempt: attempt, .failed(retryable: fate.isRetryable))
      } else {
        current.insert(unit)
        machine.ended(unit, attempt: attempt, .done)
      }
    case .due(let unit, let attempt): machine.retryDue(unit, attempt: attempt)
    }
  }

  private mutating func expand(_ stage: StageID) {
    let begin = given[stage, default: 0]
    let found = fates.found(stage)
    let end = min(found.count, begin + Int.random(in: 1...3, using: &random))
    given[stage] = end
    if begin == found.count, fates.brokenAfter[stage] != nil { return machine.expansionFailed(stage) }
    let isLast = end == found.count && fates.brokenAfter[stage] == nil
    judge(Array(found[begin..<end]), stage, exhausted: isLast)
  }

  private mutating func judge(_ keys: [UnitKey], _ stage: StageID, exhausted: Bool) {
    var toRun: [UnitKey] = []
    var fresh: [UnitKey] = []
    for key in keys {
      let unit = UnitID(stage: stage, key: key)
      if fates.units[unit]?.isUpToDate == true {
        fresh.append(key)
        current.insert(unit)
      } else {
        toRun.append(key)
        ready.insert(unit)
      }
    }
    machine.expanded(stage, ready: toRun, upToDate: fresh, exhausted: exhausted)
  }

  private mutating func checkEnd() {
    if !hasMainEnded { fail("it ended without the end of the main stages") }
    if Set(ended) != Set(machine.stages.map(\.definition.id)) { fail("not every stage said that it ended") }
    if machine.activeUnits != 0 { fail("it ended with active units") }
    for stage in machine.stages {
      let id = stage.definition.id
      if [.waiting, .running].contains(stage.state) { fail("\(id) ended as \(stage.state)") }
      if stage.isFinally, !hasStopped, scope.contains(id),
        ![.succeeded, .upToDate, .failed].contains(stage.state)
      {
        fail("finally stage \(id) did not run: \(stage.state)")
      }
      let seen = current.union(startedAttempts.keys).union(ready).filter { $0.stage == id }.count
      let counted = stage.done + stage.upToDate + stage.failed + stage.blocked
      if counted < seen { fail("\(id) counts \(counted) of \(seen) units") }
    }
  }
}
