import PipelineCore

/// What a run says of itself: the stages' records for the store, the events for the observer.
struct RunJournal {
  private struct Notes {
    var startedAt: Int64?
    var endedAt: Int64?
    var counters: [String: Int64] = [:]
    var errors: [String] = []
    var ran = 0
  }

  private let engine: Engine
  private let run: RunID
  private var notes: [StageID: Notes] = [:]
  private var hasRecordedStages = false
  private var mainDidWork = false

  init(engine: Engine, run: RunID) {
    self.engine = engine
    self.run = run
  }

  mutating func started(_ stage: StageID) {
    guard notes[stage]?.startedAt == nil else { return }
    let now = engine.clock.wallMicroseconds
    notes[stage, default: Notes()].startedAt = now
    engine.observer.handle(.stageStarted(stage))
  }

  mutating func attempted(_ record: AttemptRecord, counters: [String: Int64]) {
    notes[record.unit.stage, default: Notes()].ran += 1
    for (name, value) in counters { notes[record.unit.stage]?.counters[name, default: 0] += value }
    if record.state != .done, record.state != .stopped { note(record.findings, for: record.unit.stage) }
  }

  mutating func expansionFailed(_ stage: StageID, _ error: any Error) {
    let findings = diagnostics(of: error)
    note(findings, for: stage)
    for finding in findings { engine.observer.handle(.warning(finding)) }
  }

  private mutating func note(_ findings: [Diagnostic], for stage: StageID) {
    var note = notes[stage] ?? Notes()
    let errors = findings.filter { $0.severity == .error }
    note.errors += errors.prefix(max(0, 5 - note.errors.count)).map(\.message)
    notes[stage] = note
  }

  mutating func ended(_ stage: StageID, _ machine: RunMachine) {
    guard let state = machine[stage] else { return }
    let now = engine.clock.wallMicroseconds
    if notes[stage]?.startedAt != nil { notes[stage]?.endedAt = now }
    engine.observer.handle(.stageEnded(record(state)))
  }

  private func record(_ stage: RunMachine.Stage) -> StageRecord {
    let id = stage.definition.id
    let note = notes[id] ?? Notes()
    var errors = note.errors
    if stage.state == .blocked, let by = stage.blockedBy { errors.append("not run: \(by) did not succeed") }
    return StageRecord(
      id: id, kind: stage.definition.uses, state: stage.state, startedAt: note.startedAt,
      endedAt: note.endedAt.map { max($0, note.startedAt ?? $0) }, unitsDone: stage.done,
      unitsUpToDate: stage.upToDate, unitsFailed: stage.failed, unitsBlocked: stage.blocked,
      counters: note.counters, errors: errors, isFinally: stage.isFinally)
  }

  /// The records of all stages, the first time it is asked.
  mutating func stageRowsOnce(_ machine: RunMachine) -> [StageRecord]? {
    if hasRecordedStages { return nil }
    hasRecordedStages = true
    return machine.stages.map(record)
  }

  /// Records the main stages' outcome, so that `finally` stages can report it.
  mutating func endMain(_ machine: RunMachine, digests: DigestCache) throws {
    let main = machine.stages.filter { !$0.isFinally }
    mainDidWork = main.contains { (notes[$0.definition.id]?.ran ?? 0) > 0 || $0.failed > 0 }
    if mainDidWork || hasRecordedStages { try recordStages(machine) }
    try engine.store.endMainStages(
      of: run, state: outcome(main, wasStopped: machine.isStopping), didWork: mainDidWork,
      at: engine.clock.wallMicroseconds)
  }

  private mutating func recordStages(_ machine: RunMachine) throws {
    hasRecordedStages = true
    try engine.store.record(machine.stages.map(record), of: run)
  }

  private func outcome(_ stages: [RunMachine.Stage], wasStopped: Bool) -> RunRecord.State {
    if wasStopped { return .stopped }
    let failed = stages.contains { stage in
      (stage.state == .failed || stage.state == .blocked) && !stage.definition.continueOnError
    }
    return failed ? .failed : .succeeded
  }

  mutating func end(
    _ machine: RunMachine, signal: Int32?, wasStopped: Bool, isSpoilt: Bool,
    digests: DigestCache
  ) throws -> RunOutcome {
    var state = outcome(machine.stages, wasStopped: wasStopped)
    if isSpoilt, state == .succeeded { state = .failed }
    let didWork =
      notes.values.contains { $0.ran > 0 } || state != .succeeded
      || machine.stages.contains { $0.failed > 0 || $0.blocked > 0 }
    // A run that only retired units did no work, and has rows from before that commit, which must not stay.
    if didWork || hasRecordedStages { try recordStages(machine) }
    try engine.store.save(digests.takeUnsaved())
    try engine.store.endRun(
      run, state: state, didWork: mainDidWork || state != .succeeded, at: engine.clock.wallMicroseconds)
    return RunOutcome(
      run: run, state: state, didWork: didWork, stages: machine.stages.map(record), signal: signal)
  }
}
