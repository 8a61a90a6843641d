import FileSystem
import PipelineCore

/// Performs the actions of a ``RunMachine``: child tasks for units, expansion, commits and waits, all in one task
/// group. It owns the run's state; nothing here is shared.
struct RunExecutor {
  enum Event: Sendable {
    case attempted(JudgedUnit, UnitAttempt.Outcome)
    case committed(Committer.Report)
    case expanded(
      [(StageID, Result<Expansion, any Error>)], followed: [(UnitID, Result<JudgedUnit, any Error>)])
    case retryDue(UnitID, attempt: Int)
    case stopRequested(Int32?)
    case graceOver
    case ended
  }

  /// How many ended attempts may wait for a commit before no new ones are started.
  static let mostUncommitted = 512

  let engine: Engine
  let run: RunID
  private let judge: UnitJudge
  private let expander: StageExpander
  private let committer: Committer
  private let workers = WorkerPool.units()
  private let expansionThread = WorkerPool.serial("darkroom.expansion")
  private let commitThread = WorkerPool.serial("darkroom.commit")
  private let cancellation = Cancellation()
  private var machine: RunMachine
  private var journal: RunJournal
  /// Judged units that are ready or wait for another attempt.
  private var pending: [UnitID: JudgedUnit] = [:]
  private var toCommit: [Committer.Item] = []
  private var toRetire: [UnitID] = []
  private var isCommitting = false
  private var isRetiring = false
  private var toExpand: [StageID] = []
  private var toFollow: [UnitID] = []
  private var isExpanding = false
  private var signal: Int32?
  private var stops = 0
  private var fatal: (any Error)?

  init(engine: Engine, run: RunID, scope: Set<StageID>) throws {
    self.engine = engine
    self.run = run
    judge = try engine.judge()
    expander = StageExpander(
      workspace: engine.workspace, pipeline: engine.pipeline.name, instances: engine.instances,
      store: engine.store, history: engine.store.history(current: run), judge: judge, everyFingerprint: false)
    committer = Committer(
      pipeline: engine.pipeline.name, run: run, store: engine.store, artifacts: engine.artifacts,
      digests: judge.digests)
    machine = RunMachine(engine.pipeline, scope: scope, jobs: engine.jobs)
    journal = RunJournal(engine: engine, run: run)
  }

  /// Drives the machine to its end.
  mutating func perform(_ control: RunControl) async throws -> RunOutcome {
    try await withThrowingTaskGroup(of: Event.self) { group in
      group.addTask {
        for await signal in control.requests { return .stopRequested(signal) }
        return .ended
      }
      try act(&group)
      while !isFinished, let event = try await group.next() {
        if case .stopRequested = event {
          group.addTask {
            for await signal in control.requests { return .stopRequested(signal) }
            return .ended
          }
        }
        handle(event, &group)
        try act(&group)
      }
      group.cancelAll()
    }
    if let fatal { throw fatal }
    let altered = try judge.digests.alteredPublications()
    for path in altered {
      engine.observer.handle(
        .warning(
          Diagnostic(
            code: "output-altered",
            "\(path) is not what its stage had published: something wrote it while the run was under way",
            help:
              "find the program that writes there (a command may write only to its own outputs), then run again"
          )))
    }
    let outcome = try journal.end(
      machine, signal: stops > 0 ? signal : nil, wasStopped: stops > 0, isSpoilt: !altered.isEmpty,
      digests: judge.digests)
    if !outcome.didWork, outcome.state == .succeeded { try await rememberSettled() }
    return outcome
  }

  /// Remembers that there is nothing to do, with all that was looked at to know it.
  private func rememberSettled() async throws {
    let looks = judge.digests.looks
    guard let key = engine.settledKey, engine.selection == .everything, !looks.hasDoubtful,
      machine.stages.allSatisfy({ $0.state == .upToDate }),
      engine.instances.values.allSatisfy(\.description.observesItsExpansion)
    else { return }
    let world = SettledWorld(
      key: key, generation: try engine.store.generation(),
      stages: machine.stages.map {
        .init(id: $0.definition.id, kind: $0.definition.uses, units: $0.upToDate)
      },
      settledBy: try engine.store.lastRunWithWork(pipeline: engine.pipeline.name) ?? run,
      pipeline: engine.pipeline.name,
      files: looks.files.map { SettledWorld.ObservedFile(path: $0.key, status: $0.value) }
        .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) },
      environment: await expander.environment)
    // `try?`: it only saves time, and a workspace that cannot be written has been reported by then.
    try? world.save(workspace: engine.workspace)
  }

  private var isFinished: Bool {
    if fatal != nil { return machine.activeUnits == 0 && !isCommitting && !isExpanding }
    return machine.isEnded && toCommit.isEmpty && !isCommitting && toRetire.isEmpty
  }

  // MARK: Actions

  private mutating func act(_ group: inout ThrowingTaskGroup<Event, any Error>) throws {
    // Work that waits to be committed is bounded: a slow disk slows the run instead of filling memory.
    while toCommit.count < Self.mostUncommitted, let action = machine.next() {
      switch action {
      case .expand(let stage):
        journal.started(stage)
        toExpand.append(stage)
      case .follow(let unit):
        journal.started(unit.stage)
        toFollow.append(unit)
      case .start(let unit, let attempt): start(unit, attempt, &group)
      case .wait(let unit, let attempt, let longest):
        let isSpread = machine[unit.stage]?.definition.retry.jitter ?? false
        let duration = isSpread ? longest * Double.random(in: 0.5...1) : longest
        engine.observer.handle(.unitRetrying(unit, attempt: attempt, after: duration))
        group.addTask { [clock = engine.clock] in
          // `try?`: a wait that is cut short by the end of the group needs no report.
          try? await clock.sleep(for: duration)
          return .retryDue(unit, attempt: attempt)
        }
      case .stageEnded(let stage): journal.ended(stage, machine)
      case .mainStagesEnded: try journal.endMain(machine, digests: judge.digests)
      }
    }
    commitNext(&group)
    expandNext(&group)
  }

  private mutating func start(
    _ unit: UnitID, _ attempt: Int, _ group: inout ThrowingTaskGroup<Event, any Error>
  ) {
    guard let judged = pending[unit], let instance = engine.instances[unit.stage] else { return }
    engine.observer.handle(.unitStarted(unit, attempt: attempt))
    let work = UnitAttempt(
      workspace: engine.workspace, run: run, instance: instance, unit: judged, number: attempt, judge: judge,
      runner: engine.runner, artifacts: engine.artifacts, clock: engine.clock,
      history: engine.store.history(current: run), observer: engine.observer, cancellation: cancellation)
    group.addTask(executorPreference: workers) { .attempted(judged, await work.perform()) }
  }

  private mutating func expandNext(_ group: inout ThrowingTaskGroup<Event, any Error>) {
    // Whoever looks at a stage must not find units that it no longer has.
    guard !isExpanding, !isRetiring, toRetire.isEmpty, fatal == nil, !toExpand.isEmpty || !toFollow.isEmpty
    else { return }
    isExpanding = true
    let stages = toExpand.map { ($0, failedKeys(neededBy: $0)) }
    let units = toFollow.compactMap { unit -> (UnitID, StageID, [StageID: Set<UnitKey>])? in
      guard case .units(of: let followed) = engine.instances[unit.stage]?.definition.foreach else {
        return nil
      }
      return (unit, followed, failedKeys(neededBy: unit.stage))
    }
    toExpand = []
    toFollow = []
    group.addTask(executorPreference: expansionThread) { [expander] in
      var expanded: [(StageID, Result<Expansion, any Error>)] = []
      for (stage, failed) in stages {
        do { expanded.append((stage, .success(try await expander.expand(stage, failed: failed)))) } catch {
          expanded.append((stage, .failure(error)))
        }
      }
      var followed: [(UnitID, Result<JudgedUnit, any Error>)] = []
      for (unit, stage, failed) in units {
        do {
          followed.append((unit, .success(try await expander.follow(unit, stage, failed: failed))))
        } catch { followed.append((unit, .failure(error))) }
      }
      return .expanded(expanded, followed: followed)
    }
  }

  private func failedKeys(neededBy stage: StageID) -> [StageID: Set<UnitKey>] {
    var failed: [StageID: Set<UnitKey>] = [:]
    for need in engine.instances[stage]?.definition.needs ?? [] {
      if let keys = machine[need]?.failedKeys, !keys.isEmpty { failed[need] = keys }
    }
    return failed
  }

  private mutating func commitNext(_ group: inout ThrowingTaskGroup<Event, any Error>) {
    guard !isCommitting, fatal == nil, !toCommit.isEmpty || !toRetire.isEmpty else { return }
    isCommitting = true
    let items = toCommit
    let retired = toRetire
    toCommit = []
    toRetire = []
    isRetiring = !retired.isEmpty
    let rows = journal.stageRowsOnce(machine)
    group.addTask(executorPreference: commitThread) { [committer] in
      .committed(committer.commit(items, retired: retired, stageRows: rows))
    }
  }

  // MARK: Events

  private mutating func handle(_ event: Event, _ group: inout ThrowingTaskGroup<Event, any Error>) {
    switch event {
    case .attempted(let unit, let outcome):
      machine.freed(outcome.record.unit)
      toCommit.append(Committer.Item(unit: unit, outcome: outcome))
    case .committed(let report): committed(report)
    case .expanded(let stages, let followed):
      isExpanding = false
      for (stage, result) in stages { expanded(stage, result) }
      for (unit, result) in followed { judged(unit, result) }
    case .retryDue(let unit, let attempt): machine.retryDue(unit, attempt: attempt)
    case .stopRequested(let number): stop(number, &group)
    case .graceOver: cancellation.cancel()
    case .ended: break
    }
  }

  private mutating func committed(_ report: Committer.Report) {
    isCommitting = false
    isRetiring = false
    if let error = report.fatal {
      fatal = error
      machine.stop()
      cancellation.cancel()
    }
    for item in report.items {
      let record = item.outcome.record
      engine.observer.handle(.unitEnded(record))
      journal.attempted(record, counters: item.outcome.success?.counters ?? [:])
      let outcome: RunMachine.UnitOutcome =
        switch record.state {
        case .done: .done
        case .stopped: .stopped
        case .failed, .tainted, .timedOut: .failed(retryable: item.outcome.isRetryable)
        }
      machine.ended(record.unit, attempt: record.attempt, outcome)
      if outcome == .done || record.attempt >= (machine[record.unit.stage]?.definition.retry.attempts ?? 1) {
        pending[record.unit] = nil
      }
    }
  }

  private mutating func expanded(_ stage: StageID, _ result: Result<Expansion, any Error>) {
    switch result {
    case .success(let expansion):
      toRetire += expansion.retired
      warn(ofRetired: expansion.retired)
      var ready: [UnitKey] = []
      var current: [UnitKey] = []
      var left = 0
      for unit in expansion.units {
        let id = UnitID(stage: stage, key: unit.definition.key)
        if unit.isLeft { left += 1 } else { engine.observer.handle(.unitJudged(id, unit.verdict)) }
        if unit.verdict.runs {
          ready.append(unit.definition.key)
          pending[id] = unit
        } else {
          current.append(unit.definition.key)
        }
      }
      machine.expanded(stage, ready: ready, upToDate: current, left: left, exhausted: expansion.isExhausted)
    case .failure(let error):
      journal.expansionFailed(stage, error)
      machine.expansionFailed(stage)
    }
  }

  /// Says which units went away, the first few of them by name: what they had made no longer counts.
  private func warn(ofRetired retired: [UnitID]) {
    let units = retired.filter { !(engine.instances[$0.stage]?.description.unitsComeAndGo ?? false) }
    let most = 5
    for unit in units.prefix(most) {
      engine.observer.handle(
        .warning(
          Diagnostic(
            .warning, code: "unit-gone", "\(unit) is not there any more; what it had made no longer counts",
            help: "if it should be there, put back what it was made from and run again")))
    }
    if units.count > most {
      engine.observer.handle(
        .warning(Diagnostic(.warning, code: "unit-gone", "and \(units.count - most) more units are gone")))
    }
  }

  private mutating func judged(_ unit: UnitID, _ result: Result<JudgedUnit, any Error>) {
    switch result {
    case .success(let judged):
      engine.observer.handle(.unitJudged(unit, judged.verdict))
      if judged.verdict.runs { pending[unit] = judged }
      machine.expanded(
        unit.stage, ready: judged.verdict.runs ? [unit.key] : [],
        upToDate: judged.verdict.runs ? [] : [unit.key], exhausted: false)
    case .failure(let error):
      journal.expansionFailed(unit.stage, error)
      machine.expansionFailed(unit.stage, key: unit.key)
    }
  }

  private mutating func stop(_ number: Int32?, _ group: inout ThrowingTaskGroup<Event, any Error>) {
    stops += 1
    signal = number ?? signal
    engine.observer.handle(.stopping(signal: number))
    machine.stop()
    if stops > 1 { return cancellation.cancel() }
    group.addTask { [clock = engine.clock, grace = engine.gracePeriod] in
      // `try?`: when the run ends sooner, the wait is cut short and means nothing.
      try? await clock.sleep(for: grace)
      return .graceOver
    }
  }
}
