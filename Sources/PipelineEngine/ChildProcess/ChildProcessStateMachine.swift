/// What to do about a child process, decided from what is known of it: a pure value, without I/O or clock.
///
///     running ──timeout, cancellation──▶ terminating ──grace period──▶ killing ──grace period──▶ abandoned
///        └────────────exit────────────────────┴──────────exit──────────────┘
///                                             ▼
///                                         collecting ──▶ ended
///
/// SIGTERM and SIGKILL go to the child's whole process group. Collecting means to end what the child left behind,
/// to reap it and to read what is still in its pipe.
struct ChildProcessStateMachine: Sendable, Equatable {
  typealias Instant = SuspendingClock.Instant

  /// Why the engine ended the child, when it did.
  enum Cause: Sendable, Equatable { case timeout, cancelled }

  enum Event: Sendable, Equatable {
    /// The main process has ended; it may or may not have been told to.
    case exited
    /// The run is stopping.
    case cancelled
    /// Nothing happened, but time has passed.
    case timePassed
    /// The action that was asked for is done.
    case done
  }

  enum Action: Sendable, Equatable {
    /// Wait for the exit, a cancellation (if the child was not told to end yet) or this instant.
    case wait(until: Instant?, hearsCancellation: Bool)
    /// Send SIGTERM to the group, and SIGCONT so that stopped processes hear it.
    case terminate
    /// Send SIGKILL to the group.
    case kill
    /// End what is left, reap, drain.
    case collect
    /// The child is gone and collected.
    case end(Cause?)
    /// The child does not end even with SIGKILL: the kernel holds it, in a dead network mount for example.
    case abandon(Cause)
  }

  private enum State: Sendable, Equatable {
    case running(deadline: Instant?)
    case terminating(Cause)
    case killing(Cause, abandonAt: Instant)
    case collecting(Cause?)
    case ended
  }
  private var state: State
  private var killAt: Instant?
  private let grace: Duration

  /// A child that was started at `now`, with at most `timeout` to run and `grace` between SIGTERM and SIGKILL.
  init(startedAt now: Instant, timeout: Duration?, grace: Duration) {
    state = .running(deadline: timeout.map { now + $0 })
    self.grace = grace
  }

  /// The first action.
  var firstAction: Action {
    if case .running(let deadline) = state {
      .wait(until: deadline, hearsCancellation: true)
    } else {
      .end(nil)
    }
  }

  /// Takes note of `event` at the time `now` and says what to do next. An exit wins over everything else that
  /// happened at the same time: a child that ended is not called timed out.
  mutating func next(_ event: Event, now: Instant) -> Action {
    switch (state, event) {
    case (.running, .exited): return collect(nil)
    case (.terminating(let cause), .exited), (.killing(let cause, _), .exited): return collect(cause)

    case (.running, .cancelled): return terminate(.cancelled, now)
    case (.running(let deadline), _):
      if let deadline, deadline <= now { return terminate(.timeout, now) }
      return .wait(until: deadline, hearsCancellation: true)

    case (.terminating(let cause), _):
      guard let killAt, killAt <= now else { return .wait(until: killAt, hearsCancellation: false) }
      state = .killing(cause, abandonAt: now + max(grace, .seconds(5)))
      return .kill

    case (.killing(let cause, let abandonAt), _):
      if abandonAt > now { return .wait(until: abandonAt, hearsCancellation: false) }
      state = .ended
      return .abandon(cause)

    case (.collecting(let cause), _):
      state = .ended
      return .end(cause)
    case (.ended, _): return .end(nil)
    }
  }

  private mutating func collect(_ cause: Cause?) -> Action {
    state = .collecting(cause)
    return .collect
  }

  private mutating func terminate(_ cause: Cause, _ now: Instant) -> Action {
    state = .terminating(cause)
    killAt = now + grace
    return .terminate
  }
}
