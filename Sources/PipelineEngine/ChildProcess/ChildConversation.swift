public import PipelineCore
import Synchronization

/// A long-lived program that answers questions, a line each: we write one to its input, it writes one to its output.
///
/// It is started with the first question and shared by all threads that ask; they wait for each other. What it writes
/// to its error output goes to the log of whoever asks then. It is ended with the value: its input is closed, and what
/// has not ended after the grace period is killed with its process group. On Linux it does not outlive us either.
public final class ChildConversation: Sendable {
  /// What the program is held to.
  public struct Limits: Sendable, Equatable {
    /// The longest wait for one answer, the start of the program included. Sleep of the machine does not count.
    public var timeout: Duration
    /// How often a program is started again after it died, hung, flooded or got out of step; 0 or more.
    public var restarts = 3
    /// The longest answer in bytes, without its line end.
    public var answerBytes = 1 << 20
    /// How much of its error output during one question goes to the log, in bytes; the rest is read and dropped.
    public var logBytes = 1 << 20
    /// How long it may take to end when its input is closed.
    public var gracePeriod: Duration = .seconds(2)

    public init(timeout: Duration) { self.timeout = timeout }
  }

  private struct State {
    var child: TalkingChild?
    var starts = 0
    var lastFailure: String?
  }

  private let child: ChildProcess
  private let limits: Limits
  private let state = Mutex(State())

  /// Starts nothing yet.
  /// - Parameters:
  ///   - words: the program and its arguments. A name is looked for in PATH, a path is relative to the workspace.
  ///   - workspace: absolute; the program's working directory.
  ///   - limits: how long an answer may take, how long it may be and how often the program is started.
  /// - Throws: a `Diagnostic` when there is no such program in PATH.
  public init(_ words: [String], workspace: String, limits: Limits) throws(Diagnostic) {
    var variables: [String: String] = [:]
    for name in CommandStage.inherited { variables[name] = ProcessEnvironment.value(name) }
    let program = words.first ?? ""
    child = ChildProcess(
      program: program,
      executable: try ProgramSearch(workspace: workspace, path: variables["PATH"]).find(program),
      arguments: Array(words.dropFirst()), environment: variables, workingDirectory: workspace, logFile: "")
    self.limits = limits
  }

  deinit {
    state.withLock { state in _ = state.child?.end(grace: limits.gracePeriod) }
  }

  /// Asks one question and waits for its answer. Blocks its thread; from any thread.
  /// - Parameters:
  ///   - question: one line, without its end.
  ///   - cancellation: when it goes up the program is ended, as it would answer a question that nobody asks any more.
  ///   - log: gets the lines of its error output.
  /// - Returns: the bytes of the answer without the line end.
  /// - Throws: `CancellationError`, or a `Diagnostic` for a program that does not start, dies, hangs, floods, or writes
  ///   more than one line for a question. The program is then ended; the next question starts it anew, as often as the
  ///   limits say.
  public func ask(
    _ question: String, cancellation: Cancellation = Cancellation(), log: (String) -> Void = { _ in }
  ) throws -> [UInt8] {
    try state.withLock { state in
      if cancellation.isCancelled { throw CancellationError() }
      let deadline = SuspendingClock.now + limits.timeout
      var talking = try state.child ?? start(&state)
      state.child = talking
      let answer = Result {
        try talking.exchange(
          Array(question.utf8) + [UInt8(ascii: "\n")], until: deadline, limits, cancellation, log)
      }
      switch answer {
      case .success(.answer(let bytes)):
        state.child = talking
        return bytes
      case .success(.failed(let failure)):
        state.child = nil
        let ending = talking.end(grace: failure == .ended ? limits.gracePeriod : .zero)
        let (code, message) = failure.text(limits, ending)
        state.lastFailure = message
        throw Diagnostic(
          code: code, "\(child.program) \(message); nothing of its answer was kept",
          notes: [.init("what it wrote to its error output is in the log of the attempt")])
      case .failure(let error):
        state.child = nil
        _ = talking.end(grace: .zero)
        // Stopping a run is no fault of the program.
        state.starts -= 1
        throw error
      }
    }
  }

  /// Ends the program because an answer shows that it is out of step; the next question starts it anew, if the limit of
  /// restarts allows it.
  public func abandon(_ reason: String) {
    state.withLock { state in
      _ = state.child?.end(grace: .zero)
      state.child = nil
      state.lastFailure = reason
    }
  }

  private func start(_ state: inout State) throws -> TalkingChild {
    guard state.starts <= limits.restarts else {
      throw Diagnostic(
        code: "program-given-up",
        "\(child.program) was not asked: it was started \(state.starts) times in this run and failed each time",
        notes: state.lastFailure.map { [.init("the last time it \($0)")] } ?? [],
        help: "try it by hand with a question on its input")
    }
    state.starts += 1
    return try TalkingChild(child)
  }
}
