public import PipelineCore

extension RunMachine {
  /// What the driver must do next.
  public enum Action: Sendable, Equatable {
    /// Get the stage's next units, judge them and report ``expanded(_:ready:upToDate:left:exhausted:)``.
    case expand(StageID)
    /// Judge one unit that follows a unit of another stage, and report it the same way.
    case follow(UnitID)
    /// Start an attempt.
    case start(UnitID, attempt: Int)
    /// Report ``RunMachine/retryDue(_:attempt:)`` after the wait.
    case wait(UnitID, attempt: Int, Duration)
    /// Nothing of the stage is left.
    case stageEnded(StageID)
    /// All stages but those of `finally` have ended.
    case mainStagesEnded
  }

  /// How a unit ended.
  public enum UnitOutcome: Sendable, Equatable {
    /// It is committed.
    case done
    /// It failed; `retryable` is false where another attempt cannot help.
    case failed(retryable: Bool)
    /// It was cancelled.
    case stopped
    /// In a plan: it would run, and what comes of it is not known.
    case planned
  }

  /// One stage as the machine sees it.
  public struct Stage: Sendable {
    /// The stage as the pipeline file defines it.
    public let definition: StageDefinition
    /// Whether it is one of `finally`.
    public let isFinally: Bool
    /// Whether the selection names it.
    public let inScope: Bool
    /// How far it is.
    public internal(set) var state: StageRecord.State = .waiting
    /// Units that ran and were committed.
    public internal(set) var done = 0
    /// Units that did not have to run.
    public internal(set) var upToDate = 0
    /// Units whose last attempt failed.
    public internal(set) var failed = 0
    /// Units that were not tried.
    public internal(set) var blocked = 0
    /// In a plan: units that would run.
    public internal(set) var planned = 0
    /// Keys of units that failed or were blocked: their old checkpoints are not current.
    public internal(set) var failedKeys: Set<UnitKey> = []
    /// In a plan: units cannot be known because something it needs would run.
    public internal(set) var isDeferred = false
    /// The stage whose failure blocked this one.
    public internal(set) var blockedBy: StageID?

    /// Whether it got to look for its units.
    var hasBegun = false
    var isExhausted = false
    var isExpanding = false
    var isAborted = false
    var ready: [(key: UnitKey, attempt: Int)] = []
    var readyHead = 0
    var active = 0
    var judging = 0
    /// Index of the stage whose units it follows one by one.
    var follows: Int?
    /// Keys of the followed stage that ended before this stage began, and whether they are current.
    var toFollow: [(key: UnitKey, isCurrent: Bool)] = []
    /// Units that wait for another attempt.
    var waiting: Set<UnitKey> = []
    /// Whether some of its units were never found, because expansion failed here or in the stage it follows.
    var isIncomplete = false
    /// How many of the stages it needs have not ended.
    var openNeeds = 0

    var readyCount: Int { ready.count - readyHead }
    var hasEnded: Bool { state != .waiting && state != .running }
  }
}
