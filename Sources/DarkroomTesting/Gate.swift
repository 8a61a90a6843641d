import Synchronization

/// A door in a test: whoever comes waits until it is opened; the test can wait until enough have come.
public final class Gate: Sendable {
  private struct State {
    var isOpen = false
    var arrived = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
    var watchers: [(count: Int, wake: CheckedContinuation<Void, Never>)] = []
  }
  private let state = Mutex(State())

  public init() {}

  /// How many have come so far.
  public var arrived: Int { state.withLock { $0.arrived } }

  /// Says that somebody came, and waits until the gate is open.
  public func pass() async {
    await withCheckedContinuation { continuation in
      let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
        state.arrived += 1
        let arrived = state.arrived
        var woken = state.watchers.filter { $0.count <= arrived }.map(\.wake)
        state.watchers.removeAll { $0.count <= arrived }
        if state.isOpen { woken.append(continuation) } else { state.waiting.append(continuation) }
        return woken
      }
      for one in woken { one.resume() }
    }
  }

  /// Lets everybody through, now and later.
  public func open() {
    let woken = state.withLock { state in
      state.isOpen = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for one in woken { one.resume() }
  }

  /// Returns once so many have come in all.
  public func waitForArrivals(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.arrived >= count { return true }
        state.watchers.append((count, continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }
}
