public import PipelineCore

extension RunMachine {
  /// What the driver must do next.
  public enum Action: Sendable, Equatable {
    /// Get the stage's next units, judge them and report ``expanded(_:ready:upToDate:left:exhausted:)``.
    case expand(StageID)
    /// Judge one unit that follows a unit of another stage, and report it the same way.
    case follow(UnitID)
    case start(UnitID, attempt: Int)
    /// Report ``retryDue(_:)`` after the wait.
    case wait(UnitID, attempt: Int, Duration)
    case stageEnded(StageID)
    /// All stages but those of `finally` have ended.
    case mainStagesEnded
  }

  /// How a unit ended.
  public enum UnitOutcome: Sendable, Equatable {
    case done
    /// It failed; `retryable` is false where another attempt cannot help.
    case failed(retryable: Bool)
    case stopped
    /// In a plan: it would run, and what comes of it is not known.
    case planned
  }

  /// One stage as the machine sees it.
  public struct Stage: Sendable {
    public let definition: StageDefinition
    public let isFinally: Bool
    public let inScope: Bool
    public internal(set) var state: StageRecord.State = .waiting
    public internal(set) var done = 0
    public internal(set) var upToDate = 0
    public internal(set) var failed = 0
    public internal(set) var blocked = 0
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
