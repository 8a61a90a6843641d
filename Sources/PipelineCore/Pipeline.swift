/// A validated pipeline definition: what a file in `pipelines/` says, with parameters filled in.
///
/// Values of this type come from PipelineSpec's reader, which has checked every rule: names are known, settings
/// fit, the graph has no cycle, no two stages write the same output.
public struct Pipeline: Sendable, Equatable {
  /// The name that runs and checkpoints are kept under.
  public var name: String
  /// What it is for, in words; may be empty.
  public var description: String
  /// The parameters' values of this run, after defaults and `--param`.
  public var parameters: [String: JSONValue]
  /// How many units of a pool may run at once, by pool name; at least 1 each.
  public var pools: [String: Int]
  /// The stages in the order of the file.
  public var stages: [StageDefinition]
  /// The stages of `finally`, in order; they run after all others ended, whatever the outcome.
  public var finally: [StageDefinition]

  public init(
    name: String, description: String = "", parameters: [String: JSONValue] = [:], pools: [String: Int] = [:],
    stages: [StageDefinition], finally: [StageDefinition] = []
  ) {
    self.name = name
    self.description = description
    self.parameters = parameters
    self.pools = pools
    self.stages = stages
    self.finally = finally
  }
}

/// One stage as the pipeline file defines it, interpolated and typed.
public struct StageDefinition: Sendable, Equatable {
  /// The key in the `stages` or `finally` map.
  public var id: StageID
  /// The stage kind, such as `logs.extract` or `command`.
  public var uses: String
  /// The settings of `with`, checked against the kind's table, defaults filled in.
  public var settings: [String: JSONValue]
  /// The stages that come before this one, in the order of the file.
  public var needs: [StageID]
  /// The stages that have to have ended before this one starts, whatever became of them. It depends on nothing that
  /// they make, and no selection follows these names.
  public var after: [StageID]
  /// Workspace-relative paths or glob patterns this stage reads. May contain `${unit}`.
  public var inputs: [String]
  /// Workspace-relative paths this stage writes. May contain `${unit}`.
  public var outputs: [String]
  /// How the stage fans out into units; `nil` leaves it to the kind.
  public var foreach: ForEach?
  /// The pool whose size bounds this stage's units; `nil` means only `--jobs` bounds them.
  public var pool: String?
  /// The longest a unit's attempt may take.
  public var timeout: Duration?
  /// How failed attempts are repeated.
  public var retry: Retry
  /// Whether a failure of this stage leaves its dependents and the run's success alone.
  public var continueOnError: Bool
  /// How many of its units may fail: with one more, no more are started. At least 0; `nil` means any number.
  public var maxFailures: Int?
  /// Environment variables for the stage's programs; part of the fingerprint.
  public var environment: [String: String]
  /// Where the stage is defined, for messages.
  public var location: SourceLocation?

  public init(
    id: StageID, uses: String, settings: [String: JSONValue] = [:], needs: [StageID] = [],
    after: [StageID] = [], inputs: [String] = [], outputs: [String] = [], foreach: ForEach? = nil,
    pool: String? = nil,
    timeout: Duration? = nil, retry: Retry = Retry(), continueOnError: Bool = false, maxFailures: Int? = nil,
    environment: [String: String] = [:], location: SourceLocation? = nil
  ) {
    self.id = id
    self.uses = uses
    self.settings = settings
    self.needs = needs
    self.after = after
    self.inputs = inputs
    self.outputs = outputs
    self.foreach = foreach
    self.pool = pool
    self.timeout = timeout
    self.retry = retry
    self.continueOnError = continueOnError
    self.maxFailures = maxFailures
    self.environment = environment
    self.location = location
  }
}

/// The fan-out of a stage that the pipeline file declares.
public enum ForEach: Sendable, Equatable {
  /// One unit per UTC day, both ends included; keys `YYYY-MM-DD`.
  case days(ClosedRange<Day>)
  /// One unit per file that matches a workspace-relative glob; keys are the paths.
  case files(String)
  /// One unit per value, which is the key.
  case values([String])
  /// One unit per whole number, both ends included; keys are the numbers, without leading zeros.
  case range(ClosedRange<Int>)
  /// One unit per unit of another stage in `needs`, with the same key; each waits only for that unit.
  case units(of: StageID)
}

/// How failed attempts are repeated.
public struct Retry: Sendable, Equatable {
  /// Attempts in all, the first included; 1 means no retry.
  public var attempts: Int
  /// The wait before the second attempt; it doubles for each further one.
  public var backoff: Duration
  /// The longest wait.
  public var maxBackoff: Duration
  /// Whether each wait is spread over half to all of its length; off keeps runs repeatable.
  public var jitter: Bool

  public init(
    attempts: Int = 1, backoff: Duration = .seconds(1), maxBackoff: Duration = .seconds(60),
    jitter: Bool = false
  ) {
    self.attempts = attempts
    self.backoff = backoff
    self.maxBackoff = maxBackoff
    self.jitter = jitter
  }

  /// The wait after `attempt` (1 = the first) has failed: `backoff` · 2^(attempt − 1), at most `maxBackoff`.
  public func wait(after attempt: Int) -> Duration {
    var wait = backoff
    for _ in 1..<max(1, attempt) where wait < maxBackoff { wait *= 2 }
    return min(wait, maxBackoff)
  }
}
