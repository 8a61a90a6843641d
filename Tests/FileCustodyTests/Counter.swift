import Synchronization

/// Counts operations of one kind, and stays stopped from the wanted one on.
final class Counter: Sendable {
  private let state = Mutex<(count: Int, asked: Bool)>((0, false))

  /// Whether the `wanted`th operation of this kind is reached, or was before.
  func hasStopped(at kind: String, _ wanted: Int, _ operation: String) -> Bool {
    state.withLock { state in
      if operation == kind { state.count += 1 }
      return state.count >= wanted
    }
  }

  /// True for the first who asks.
  var firstTime: Bool {
    state.withLock { state in
      defer { state.asked = true }
      return !state.asked
    }
  }
}
