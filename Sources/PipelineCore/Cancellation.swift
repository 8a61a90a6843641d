import Synchronization

/// A flag that goes up once: work that blocks its thread looks at it, and waiting code hears of it.
public final class Cancellation: Sendable {
  private struct State {
    var isCancelled = false
    var handlers: [Int: @Sendable () -> Void] = [:]
    var nextHandler = 0
  }
  private let state = Mutex(State())

  public init() {}

  /// Whether the flag is up.
  public var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// Raises the flag and calls the handlers, once each, on this thread. Further calls do nothing.
  public func cancel() {
    let handlers = state.withLock { state -> [@Sendable () -> Void] in
      if state.isCancelled { return [] }
      state.isCancelled = true
      defer { state.handlers = [:] }
      return state.handlers.sorted { $0.key < $1.key }.map(\.value)
    }
    for handler in handlers { handler() }
  }

  /// Calls `handler` when the flag goes up, at once if it is up. Returns a token for ``removeHandler(_:)``.
  public func onCancel(_ handler: @escaping @Sendable () -> Void) -> Int {
    let (token, now) = state.withLock { state -> (Int, Bool) in
      state.nextHandler += 1
      if !state.isCancelled { state.handlers[state.nextHandler] = handler }
      return (state.nextHandler, state.isCancelled)
    }
    if now { handler() }
    return token
  }

  /// Forgets a handler; harmless when it was called already.
  public func removeHandler(_ token: Int) {
    state.withLock { _ = $0.handlers.removeValue(forKey: token) }
  }
}
