import ArtifactStore
import PipelineCore
public import PipelineEngine
public import PipelineStore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A pipeline with the state of its workspace, ready to be planned or run.
///
/// This is where the parts of the framework are put together. A program that only wants to run a pipeline calls
/// ``run(_:selection:jobs:observer:control:)``.
public struct PipelineSession {
  /// The pipeline file.
  public let file: PipelineFile
  /// The workspace's state; `nil` when nothing ever ran there and the session only reads.
  public let database: StateDatabase?
  /// The clock of the session's engines.
  public let clock = SystemClock()

  /// Opens the state of the file's workspace. For `StateDatabase.Access.readWrite` the caller holds
  /// the `WorkspaceLock`.
  /// - Throws: `Diagnostics` when the state cannot be used; it is untouched then.
  public init(_ file: PipelineFile, _ access: StateDatabase.Access) throws {
    self.init(file, database: try StateDatabase.open(workspace: file.workspace, access))
  }

  /// Takes a state that is open already.
  public init(_ file: PipelineFile, database: StateDatabase?) {
    self.file = file
    self.database = database
  }

  /// What a run with this selection would do now, and why. Changes nothing.
  public func plan(_ selection: Selection = .everything) async throws -> Plan {
    try await engine(selection: selection, jobs: 1).plan()
  }

  /// The engine for one command.
  /// - Parameters:
  ///   - selection: What of the pipeline is meant.
  ///   - jobs: How many units may run at once.
  ///   - observer: Hears of everything that happens.
  /// - Throws: `Diagnostics` when a stage cannot be made from its definition.
  public func engine(
    selection: Selection = .everything, jobs: Int, observer: any RunObserver = SilentObserver()
  ) throws -> Engine {
    let store: any CheckpointStore = database ?? NoState()
    let artifacts = WorkspaceArtifacts(
      workspace: file.workspace, pipeline: file.pipeline.name, store: store, clock: clock)
    return try Engine(
      workspace: file.workspace, pipeline: file.pipeline, definition: file.digest, kinds: file.kinds,
      selection: selection, jobs: jobs, store: store, artifacts: artifacts, clock: clock, observer: observer,
      settledKey: file.settledKey)
  }

  /// Runs everything of the selection that is not up to date, holding the workspace's lock meanwhile.
  ///
  /// - Parameters:
  ///   - file: The pipeline with its workspace.
  ///   - selection: What of the pipeline is meant.
  ///   - jobs: How many units may run at once.
  ///   - observer: Hears of everything that happens.
  ///   - control: Stops the run from outside.
  /// - Returns: The outcome; that a stage failed is an outcome, not an error.
  /// - Throws: `Diagnostics` when another process is at work in the workspace, when the state cannot
  ///   be used, or when the selection names a stage that does not exist.
  public static func run(
    _ file: PipelineFile, selection: Selection = .everything, jobs: Int = processorCount,
    observer: any RunObserver = SilentObserver(), control: RunControl = RunControl()
  ) async throws -> RunOutcome {
    let lock = try WorkspaceLock(workspace: file.workspace)
    let session = try PipelineSession(file, .readWrite)
    let outcome = try await session.engine(selection: selection, jobs: jobs, observer: observer).run(control)
    _ = consume lock
    return outcome
  }

  /// How many processors are at hand; at least 1.
  public static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}

/// Hears nothing: for plans, which have no events, and for programs that only want the outcome.
public struct SilentObserver: RunObserver {
  public init() {}
  public func handle(_ event: RunEvent) {}
}
