public import FileSystem
public import PipelineCore

/// Where runs, checkpoints and cached digests are kept. One process writes at a time (the engine, under the
/// workspace lock); readers are never blocked by it.
///
/// The conformance suite in DarkroomTesting says what every implementation must do.
public protocol CheckpointStore: Sendable {
  /// Marks runs that died as interrupted, records a new run and gives its number. Called once per run.
  func beginRun(_ start: RunStart) throws -> RunID
  /// Writes a group of ended attempts, and all that belongs to them, in one durable transaction. When it throws,
  /// nothing of the group is kept.
  func commit(_ group: CommitGroup) throws
  /// Records the outcome of the stages, before and after `finally`; not called for runs that find nothing to do.
  /// Replaces what was recorded before.
  func record(_ stages: [StageRecord], of run: RunID) throws
  /// Records that the main stages of a run ended; what the history then shows of the run no longer changes.
  func endMainStages(of run: RunID, state: RunRecord.State, didWork: Bool, at microseconds: Int64) throws
  /// Ends a run. Called once, last.
  func endRun(_ run: RunID, state: RunRecord.State, didWork: Bool, at microseconds: Int64) throws
  /// Marks runs that died as interrupted. Called under the lock, before the generation is asked for.
  func markInterruptedRuns() throws
  /// Records a run of everything that found nothing to do, as one cheap transaction.
  /// - Parameters:
  ///   - model: an earlier run of the same pipeline with the same definition and parameters.
  ///   - startedAt: microseconds since 1970, UTC.
  ///   - endedAt: microseconds since 1970, UTC.
  func recordIdleRun(like model: RunID, startedAt: Int64, endedAt: Int64) throws -> RunID
  /// A number that moves with every commit of results and every change of the history.
  func generation() throws -> Int64
  /// The last run of a pipeline that did work or failed.
  func lastRunWithWork(pipeline: String) throws -> RunID?
  /// The current checkpoints of a stage, ascending by key; the sequence may be read lazily, and sees commits or not.
  func checkpoints(pipeline: String, stage: StageID) throws -> any Sequence<Checkpoint>
  /// The current checkpoint of one unit.
  func checkpoint(pipeline: String, unit: UnitID) throws -> Checkpoint?
  /// Those of the artifact directories that no current checkpoint of any pipeline names.
  func unreferenced(_ artifacts: [String]) throws -> [String]
  /// Every cached digest. Called once per run.
  func cachedDigests() throws -> [CachedDigest]
  /// Writes cached digests; their loss costs time, not truth.
  func save(_ digests: [CachedDigest]) throws
  /// The run history that reports see; the present run is `current`.
  func history(current: RunID?) -> any RunHistory
}

/// What is recorded when a run begins.
public struct RunStart: Sendable {
  /// The name of the pipeline.
  public var pipeline: String
  /// The digest of the pipeline file's bytes.
  public var definition: Digest
  /// The values of the parameters.
  public var parameters: [String: JSONValue]
  /// What the person asked for.
  public var selection: Selection
  /// Microseconds since 1970, UTC.
  public var startedAt: Int64

  public init(
    pipeline: String, definition: Digest, parameters: [String: JSONValue], selection: Selection,
    startedAt: Int64
  ) {
    self.pipeline = pipeline
    self.definition = definition
    self.parameters = parameters
    self.selection = selection
    self.startedAt = startedAt
  }
}

/// One attempt that ended, for the record.
public struct AttemptRecord: Codable, Sendable, Equatable {
  /// How an attempt ended.
  public enum State: String, Codable, Sendable { case done, failed, tainted, timedOut = "timed-out", stopped }
  /// The unit.
  public var unit: UnitID
  /// 1 for the first attempt.
  public var attempt: Int
  /// How it ended.
  public var state: State
  /// Microseconds since 1970, UTC.
  public var startedAt: Int64
  /// Length in microseconds, by the monotonic clock.
  public var duration: Int64
  /// Why it ran.
  public var verdict: Verdict
  /// Its errors, warnings and notes.
  public var findings: [Diagnostic]
  /// Workspace-relative; `nil` when the attempt logged nothing.
  public var logFile: String?

  public init(
    unit: UnitID, attempt: Int, state: State, startedAt: Int64, duration: Int64, verdict: Verdict,
    findings: [Diagnostic] = [], logFile: String? = nil
  ) {
    self.unit = unit
    self.attempt = attempt
    self.state = state
    self.startedAt = startedAt
    self.duration = duration
    self.verdict = verdict
    self.findings = findings
    self.logFile = logFile
  }
}

/// What one transaction makes durable together.
public struct CommitGroup: Sendable {
  /// The name of the pipeline.
  public var pipeline: String
  /// The run that did it all.
  public var run: RunID
  /// The attempts that ended.
  public var attempts: [AttemptRecord]
  /// New checkpoints; each supersedes the unit's former one.
  public var checkpoints: [Checkpoint]
  /// Units that the stage no longer has; their checkpoints end.
  public var retired: [UnitID]
  /// Digests that were computed meanwhile.
  public var digests: [CachedDigest]

  public init(
    pipeline: String, run: RunID, attempts: [AttemptRecord] = [], checkpoints: [Checkpoint] = [],
    retired: [UnitID] = [], digests: [CachedDigest] = []
  ) {
    self.pipeline = pipeline
    self.run = run
    self.attempts = attempts
    self.checkpoints = checkpoints
    self.retired = retired
    self.digests = digests
  }
}

/// Where units stage their outputs, and how these become the workspace's.
public protocol ArtifactStore: Sendable {
  /// Gives the empty staging directories of one attempt; no other running attempt has them.
  func prepare(_ unit: UnitID, attempt: Int, run: RunID) throws -> Staging
  /// Checks what a unit left in its staging directories against its result and definition, and digests it.
  /// Changes nothing outside staging.
  func examine(
    _ result: UnitResult, of unit: UnitID, declared: [String], in staging: Staging, fingerprint: Digest
  )
    throws -> StagedOutputs
  /// Makes staged outputs durable and renames them into place, for several units at once. Gives each unit's
  /// placed outputs or the error for that unit; what failed is not placed.
  func place(_ staged: [StagedOutputs]) -> [Result<PlacedOutputs, any Error>]
  /// Takes an attempt's staging directories back, with all that is left in them, which is removed.
  func discard(_ staging: Staging) throws
  /// Removes artifact directories that no checkpoint names any more. Gives the files that lost a name.
  func removeArtifacts(_ paths: [String]) throws -> Set<FileIdentity>
  /// Removes all that is in staging: what a dead run left, at the start of a run, and the directories themselves at its
  /// end. Called under the lock, while no attempt runs.
  func recover() throws
}

/// The private directories of one attempt; absolute paths.
public struct Staging: Sendable, Equatable {
  /// The directory of the attempt.
  public let root: String
  /// Where the artifact is made.
  public var artifact: String { root + "/artifact" }
  /// Where published files are made, with their workspace-relative paths.
  public var publication: String { root + "/publication" }
  public init(root: String) { self.root = root }
}

/// Outputs that are complete and checked, still in staging.
public struct StagedOutputs: Sendable {
  /// The unit that made them.
  public let unit: UnitID
  /// Where they lie.
  public let staging: Staging
  /// The outputs with their final paths.
  public let outputs: [OutputFile]
  /// The artifact directory to be, relative to the workspace; `nil` without artifacts.
  public let artifact: String?
  /// What to rename into the workspace, in this order.
  public let publications: [UnitResult.Publication]
  /// Workspace-relative paths of files that got a second name: their status changed without their bytes.
  public let linkedFrom: [String]

  public init(
    unit: UnitID, staging: Staging, outputs: [OutputFile], artifact: String?,
    publications: [UnitResult.Publication], linkedFrom: [String]
  ) {
    self.unit = unit
    self.staging = staging
    self.outputs = outputs
    self.artifact = artifact
    self.publications = publications
    self.linkedFrom = linkedFrom
  }
}

/// Outputs in their final place, durable.
public struct PlacedOutputs: Sendable {
  /// The digests of what was placed.
  public let digests: [CachedDigest]
  /// Files of other units that got a second name: their change time moved, their bytes did not.
  public let relinked: Set<FileIdentity>
  /// Warnings and notes, such as of a file that was moved aside.
  public let findings: [Diagnostic]
  public init(digests: [CachedDigest], relinked: Set<FileIdentity> = [], findings: [Diagnostic] = []) {
    self.digests = digests
    self.relinked = relinked
    self.findings = findings
  }
}

/// The time of day, and waiting: real in the program, a hand-moved one in tests.
public protocol EngineClock: Sendable {
  /// Microseconds since 1970, UTC; may jump.
  var wallMicroseconds: Int64 { get }
  /// Microseconds of a clock that never goes back.
  var monotonicMicroseconds: Int64 { get }
  /// Waits, or throws `CancellationError`.
  func sleep(for duration: Duration) async throws
}

/// Hears of everything that happens in a run: terminal, JSON events. Called from the executor's task, in order.
public protocol RunObserver: Sendable {
  /// Takes one event; returns soon, for the run waits.
  func handle(_ event: RunEvent)
}

/// One thing that happened in a run.
public enum RunEvent: Sendable {
  /// The run has its number.
  case runStarted(RunID, pipeline: String)
  /// The stage looks for its units.
  case stageStarted(StageID)
  /// Whether the unit runs, and why.
  case unitJudged(UnitID, Verdict)
  /// An attempt began.
  case unitStarted(UnitID, attempt: Int)
  /// From any thread, at any rate.
  case unitProgress(UnitID, done: Int64, total: Int64?)
  /// An attempt ended and its record is durable.
  case unitEnded(AttemptRecord)
  /// A failed unit waits for its next attempt.
  case unitRetrying(UnitID, attempt: Int, after: Duration)
  /// Nothing of the stage is left.
  case stageEnded(StageRecord)
  /// Something that the person should know.
  case warning(Diagnostic)
  /// The run starts nothing new from now on.
  case stopping(signal: Int32?)
  /// The last event.
  case runEnded(RunID, RunRecord.State)
}
