public import PipelineCore

/// Runs and plans a pipeline in a workspace. One engine value serves one command; the caller holds the workspace
/// lock while ``run(_:)`` is under way.
public struct Engine: Sendable {
  let workspace: String
  let pipeline: Pipeline
  let definition: Digest
  let selection: Selection
  let jobs: Int
  let gracePeriod: Duration
  let instances: [StageID: StageInstance]
  let store: any CheckpointStore
  let artifacts: any ArtifactStore
  let clock: any EngineClock
  let observer: any RunObserver
  let runner: any StageRunner
  let settledKey: Digest?

  /// - Parameters:
  ///   - workspace: the absolute path of the workspace, without a final slash.
  ///   - pipeline: what to run.
  ///   - definition: the digest of the pipeline file's bytes, for the record.
  ///   - kinds: the stage kinds that the pipeline may use.
  ///   - selection: what of the pipeline is meant.
  ///   - jobs: how many units may run at once.
  ///   - gracePeriod: how long running units may go on after a stop before they are cancelled.
  ///   - store: where runs and checkpoints are kept.
  ///   - artifacts: where outputs are made and placed.
  ///   - clock: the time.
  ///   - observer: hears of everything that happens.
  ///   - runner: where units run; `nil` for this process.
  ///   - settledKey: the key under which "nothing to do" is remembered; see ``SettledWorld``.
  /// - Throws: `Diagnostics` when a stage cannot be made from its definition; all of them at once.
  public init(
    workspace: String, pipeline: Pipeline, definition: Digest, kinds: [StageKind], selection: Selection,
    jobs: Int, gracePeriod: Duration = .seconds(10), store: any CheckpointStore, artifacts: any ArtifactStore,
    clock: any EngineClock, observer: any RunObserver, runner: (any StageRunner)? = nil,
    settledKey: Digest? = nil
  ) throws {
    self.workspace = workspace
    self.pipeline = pipeline
    self.definition = definition
    self.selection = selection
    self.jobs = max(1, jobs)
    self.gracePeriod = gracePeriod
    self.store = store
    self.artifacts = artifacts
    self.clock = clock
    self.observer = observer
    self.settledKey = settledKey
    instances = try Self.instances(pipeline, kinds)
    self.runner = runner ?? InProcessRunner(instances: instances)
  }

  private static func instances(_ pipeline: Pipeline, _ kinds: [StageKind]) throws -> [StageID: StageInstance]
  {
    let byName = Dictionary(kinds.map { ($0.description.kind, $0) }) { first, _ in first }
    var instances: [StageID: StageInstance] = [:]
    var findings: [Diagnostic] = []
    for definition in pipeline.stages + pipeline.finally {
      guard let kind = byName[definition.uses] else {
        findings.append(
          Diagnostic(
            code: "unknown-stage-kind",
            "stage \(definition.id): there is no stage kind \"\(definition.uses)\"",
            at: definition.location))
        continue
      }
      do {
        instances[definition.id] = StageInstance(
          definition: definition, description: kind.description, stage: try kind.make(definition))
      } catch {
        findings += diagnostics(of: error).map { finding in
          var finding = finding
          finding.location = finding.location ?? definition.location
          return finding
        }
      }
    }
    if !findings.isEmpty { throw Diagnostics(findings) }
    return instances
  }

  /// Runs what the selection names and is not up to date. Call it once.
  ///
  /// Returns when all stages have ended or the run was stopped; a failed stage is an outcome, not an error.
  /// - Throws: `Diagnostics` when the state cannot be read or written, or the selection names no stage.
  public func run(_ control: RunControl) async throws -> RunOutcome {
    let scope = try selection.stages(of: pipeline)
    try artifacts.recover()
    let run = try store.beginRun(
      RunStart(
        pipeline: pipeline.name, definition: definition, parameters: pipeline.parameters,
        selection: selection,
        startedAt: clock.wallMicroseconds))
    observer.handle(.runStarted(run, pipeline: pipeline.name))
    var executor = try RunExecutor(engine: self, run: run, scope: scope)
    let outcome = try await executor.perform(control)
    // `try?`: empty directories harm nobody, and the next run removes them.
    try? artifacts.recover()
    observer.handle(.runEnded(run, outcome.state))
    return outcome
  }

  func judge() throws -> UnitJudge {
    let digests = DigestCache(workspace: workspace, entries: try store.cachedDigests(), clock: clock)
    return UnitJudge(digests: digests, selection: selection)
  }
}

/// What came of a run.
public struct RunOutcome: Sendable, Equatable {
  /// The number of the run.
  public var run: RunID
  /// How it ended.
  public var state: RunRecord.State
  /// Whether any unit ran.
  public var didWork: Bool
  /// What came of each stage, in the order of the pipeline file.
  public var stages: [StageRecord]
  /// The signal that stopped it.
  public var signal: Int32?
}

/// The way to stop a run from outside, from any thread.
public final class RunControl: Sendable {
  let requests: AsyncStream<Int32?>
  private let continuation: AsyncStream<Int32?>.Continuation

  public init() { (requests, continuation) = AsyncStream.makeStream() }

  /// Asks the run to stop: the first time gracefully, the second time at once.
  /// - Parameter signal: the signal that caused it, for the exit code.
  public func stop(signal: Int32? = nil) { continuation.yield(signal) }
}
