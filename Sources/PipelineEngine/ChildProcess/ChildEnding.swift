/// How a child program ended.
public struct ChildEnding: Sendable, Equatable {
  public enum Status: Sendable, Equatable {
    /// It ended by itself with this code, 0 to 255.
    case exited(Int32)
    /// This signal ended it.
    case signalled(Int32)
  }
  public var status: Status
  /// Whether the engine ended it because its time was up.
  public var isTimedOut: Bool
  /// Whether the engine ended it because the run is stopping.
  public var isCancelled: Bool
  /// The last lines of its output, at most 20, without control characters.
  public var lastLines: [String]
  /// How many bytes it wrote.
  public var outputBytes: Int
  /// How many of them are not in the log file, because there were too many.
  public var droppedBytes: Int
  /// The errno of writing the log file, when that failed.
  public var logError: Int32?
  /// The first line that starts like a message to the engine and is none.
  public var misunderstood: String?
  /// The last value of each counter that it reported.
  public var counters: [String: Int64]
  /// The names of the processes that it left running; they were killed.
  public var leftBehind: [String]
  /// Whether one of its processes does not end even with SIGKILL.
  public var isStillRunning: Bool

  /// Whether it ended by itself with code 0.
  public var isSuccess: Bool { status == .exited(0) && !isTimedOut && !isCancelled && !isStillRunning }
}
