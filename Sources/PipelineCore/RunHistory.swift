/// The runs of the past, for stages that report on them. Read-only; safe from any thread.
///
/// A run that found nothing to do is not part of the history: it changes no page.
public protocol RunHistory: Sendable {
  /// The latest runs that did work or failed, the newest first, the present one included with what has ended of it.
  func recentRuns(limit: Int) throws -> [RunRecord]
}

/// A history without runs.
public struct EmptyRunHistory: RunHistory {
  public init() {}
  public func recentRuns(limit: Int) -> [RunRecord] { [] }
}

/// One run as reports show it.
public struct RunRecord: Codable, Sendable, Equatable {
  /// How far a run is, or how it ended.
  public enum State: String, Codable, Sendable, CaseIterable {
    case running, succeeded, failed, interrupted, stopped
  }
  /// The number of the run.
  public var id: RunID
  /// The name of the pipeline that ran.
  public var pipeline: String
  /// How far it is, or how it ended.
  public var state: State
  /// Microseconds since 1970, UTC.
  public var startedAt: Int64
  /// Microseconds since 1970, UTC; `nil` while it runs, and for an interrupted run.
  public var endedAt: Int64?
  /// Its stages in the order of the pipeline file.
  public var stages: [StageRecord]

  public init(
    id: RunID, pipeline: String, state: State, startedAt: Int64, endedAt: Int64? = nil,
    stages: [StageRecord] = []
  ) {
    self.id = id
    self.pipeline = pipeline
    self.state = state
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.stages = stages
  }
}

/// One stage of a run as reports show it.
public struct StageRecord: Codable, Sendable, Equatable {
  /// How far a stage is, or how it ended.
  public enum State: String, Codable, Sendable, CaseIterable {
    /// Not ended yet.
    case waiting, running
    /// All units are done; some ran.
    case succeeded
    /// All units were up to date.
    case upToDate = "up-to-date"
    /// Some unit failed.
    case failed
    /// Not run because something it needs failed.
    case blocked
    /// Left out by the selection of the run.
    case skipped
    /// Stopped by a signal.
    case stopped
  }
  /// The stage's name in its pipeline.
  public var id: StageID
  /// The stage kind.
  public var kind: String
  /// How far it is, or how it ended.
  public var state: State
  /// Microseconds since 1970, UTC; `nil` when it did not start.
  public var startedAt: Int64?
  /// Microseconds since 1970, UTC; `nil` when it did not end.
  public var endedAt: Int64?
  /// Units that ran and were committed.
  public var unitsDone: Int
  /// Units that did not have to run.
  public var unitsUpToDate: Int
  /// Units whose last attempt failed.
  public var unitsFailed: Int
  /// Units that were not tried.
  public var unitsBlocked: Int
  /// The sums of the units' counters, by name.
  public var counters: [String: Int64]
  /// The first errors, each as a person reads it; at most five.
  public var errors: [String]
  /// Whether it is one of the `finally` stages, which the history leaves out.
  public var isFinally: Bool

  public init(
    id: StageID, kind: String, state: State, startedAt: Int64? = nil, endedAt: Int64? = nil,
    unitsDone: Int = 0,
    unitsUpToDate: Int = 0, unitsFailed: Int = 0, unitsBlocked: Int = 0, counters: [String: Int64] = [:],
    errors: [String] = [], isFinally: Bool = false
  ) {
    self.id = id
    self.kind = kind
    self.state = state
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.unitsDone = unitsDone
    self.unitsUpToDate = unitsUpToDate
    self.unitsFailed = unitsFailed
    self.unitsBlocked = unitsBlocked
    self.counters = counters
    self.errors = errors
    self.isFinally = isFinally
  }
}
