import FileSystem
import PipelineCore

/// One attempt of one unit, from its inputs to complete outputs in staging. Runs on a worker.
struct UnitAttempt: Sendable {
  let workspace: String
  let run: RunID
  let instance: StageInstance
  let unit: JudgedUnit
  let number: Int
  let judge: UnitJudge
  let runner: any StageRunner
  let artifacts: any ArtifactStore
  let clock: any EngineClock
  let history: any RunHistory
  let observer: any RunObserver
  let cancellation: Cancellation

  /// What came of the attempt.
  struct Outcome: Sendable {
    var record: AttemptRecord
    /// What to commit; `nil` when the attempt failed.
    var success: (fingerprint: Fingerprint, staged: StagedOutputs, counters: [String: Int64])?
    var isRetryable = true
  }

  private var id: UnitID { UnitID(stage: instance.definition.id, key: unit.definition.key) }

  func perform() async -> Outcome {
    let begin = clock.monotonicMicroseconds
    var record = AttemptRecord(
      unit: id, attempt: number, state: .done, startedAt: clock.wallMicroseconds, duration: 0,
      verdict: unit.verdict)
    var outcome: Outcome
    let logFile = "data/state/logs/run-\(run)/\(id.stage)/\(id.key.fileName).\(number).log"
    let log = AttemptLog(path: "\(workspace)/\(logFile)")
    do {
      let staging = try artifacts.prepare(id, attempt: number, run: run)
      do {
        let made = try await make(in: staging, log: log)
        record.findings = made.findings
        outcome = Outcome(record: record, success: (made.fingerprint, made.staged, made.counters))
      } catch {
        // The attempt's own error is what the person needs; leftovers in staging go with the next recovery.
        try? artifacts.discard(staging)
        throw error
      }
    } catch {
      record.findings = diagnostics(of: error)
      record.state = Self.state(of: error, record.findings)
      for finding in record.findings { log.write(finding.description) }
      outcome = Outcome(record: record, success: nil)
    }
    outcome.record.duration = clock.monotonicMicroseconds - begin
    if (try? FileStatus(log.path)) != nil {  // `try?`: no status, no log to point at.
      outcome.record.logFile = logFile
    }
    return outcome
  }

  private static func state(of error: any Error, _ findings: [Diagnostic]) -> AttemptRecord.State {
    if error is CancellationError { return .stopped }
    let codes = Set(findings.map(\.code))
    if codes.contains("input-changed") { return .tainted }
    return codes.isDisjoint(with: ["timed-out", "program-timeout"]) ? .failed : .timedOut
  }

  private struct Made {
    var fingerprint: Fingerprint
    var staged: StagedOutputs
    var counters: [String: Int64]
    var findings: [Diagnostic]
  }

  private func make(in staging: Staging, log: AttemptLog) async throws -> Made {
    let definition = unit.definition
    let before = try judge.observe(definition.inputs)
    if let missing = before.missing {
      throw Diagnostic(
        code: "input-missing", "\(id): its input \(missing) is not there; nothing was changed",
        help: "make the file, or take it out of the stage's inputs")
    }
    let fingerprint = judge.fingerprint(
      definition, of: instance, inputs: before.inputs, upstream: unit.upstream)
    let result = try await execute(order(before.inputs), in: staging, log: log)
    let after = try judge.observe(definition.inputs)
    if let changed = zip(before.inputs, after.inputs).first(where: { $0.digest != $1.digest }) {
      throw Diagnostic(
        code: "input-changed",
        "\(id): its input \(changed.0.path) changed while it ran, so its outputs were thrown away",
        help: "run it again when nothing writes that file")
    }
    let staged = try artifacts.examine(
      result, of: id, declared: definition.outputs, in: staging, fingerprint: fingerprint.digest)
    return Made(
      fingerprint: fingerprint, staged: staged, counters: result.counters, findings: result.findings)
  }

  private func order(_ inputs: [InputReference]) -> UnitOrder {
    let definition = instance.definition
    return UnitOrder(
      unit: id, kind: instance.description.kind, attempt: number, settings: definition.settings,
      environment: definition.environment, timeoutSeconds: definition.timeout.map { $0 / .seconds(1) },
      inputs: inputs, outputs: unit.definition.outputs, values: unit.definition.values,
      previous: unit.checkpoint.flatMap { checkpoint in
        // Incremental stages build on the former outputs, so these must be what was committed.
        let isIntact = checkpoint.outputs.allSatisfy { output in
          // `try?`: outputs that cannot be looked at are not built upon.
          (try? judge.digests.state(of: output)) == .intact
        }
        return isIntact
          ? PreviousResult(fingerprint: Fingerprint(checkpoint.components), outputs: checkpoint.outputs) : nil
      })
  }

  /// Runs the stage with its own cancellation, which the run's and the timeout raise.
  private func execute(_ order: UnitOrder, in staging: Staging, log: AttemptLog) async throws -> UnitResult {
    let own = Cancellation()
    let token = cancellation.onCancel { own.cancel() }
    defer { cancellation.removeHandler(token) }
    let context = UnitContext(
      workspace: workspace, artifact: staging.artifact, publication: staging.publication, run: run,
      logFile: log.path,
      log: { log.write($0) },
      progress: { [observer, id] in observer.handle(.unitProgress(id, done: $0, total: $1)) },
      cancellation: own, history: history)
    guard let timeout = instance.definition.timeout else { return try await runner.run(order, context) }
    let watch = Task { [clock] in
      try await clock.sleep(for: timeout)
      own.cancel()
    }
    defer { watch.cancel() }
    do {
      return try await runner.run(order, context)
    } catch is CancellationError where own.isCancelled && !cancellation.isCancelled {
      throw Diagnostic(
        code: "timed-out",
        "\(id): it took longer than its timeout of \(timeout) and was ended; nothing was kept",
        help: "raise \"timeout\" of the stage if the work is that long")
    }
  }
}
