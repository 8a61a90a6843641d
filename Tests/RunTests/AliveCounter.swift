import Synchronization

/// Counts units that a stage has made and that have not run yet.
final class AliveCounter: Sendable {
  private let state = Mutex((alive: 0, most: 0))

  func made(_: Int) {
    state.withLock { state in
      state.alive += 1
      state.most = max(state.most, state.alive)
    }
  }
  func ended() { state.withLock { $0.alive -= 1 } }
  func reset() { state.withLock { $0 = (0, 0) } }
  var mostAlive: Int { state.withLock { $0.most } }
}
