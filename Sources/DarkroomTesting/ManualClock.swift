public import PipelineEngine
import Synchronization

/// A clock that stands still until the test moves it. Whoever sleeps on it wakes when its time has come or when its
/// task is cancelled.
public final class ManualClock: EngineClock {
  private struct State {
    var now: Int64
    var sleepers: [Int: (due: Int64, length: Duration, wake: CheckedContinuation<Void, any Error>)] = [:]
    var cancelled: Set<Int> = []
    var nextID = 0
    var asked: [Duration] = []
    var watchers: [(count: Int, wake: CheckedContinuation<Void, Never>)] = []
  }
  private let state: Mutex<State>
  private let wallStart: Int64

  /// - Parameter wallMicroseconds: what the wall clock shows at first, in microseconds since 1970. Far in the past, no
  ///   cached digest is ever trusted, so that the tests do not depend on the file system's clock.
  public init(wallMicroseconds: Int64 = 1_000_000) {
    wallStart = wallMicroseconds
    state = Mutex(State(now: 0))
  }

  public var wallMicroseconds: Int64 { wallStart + monotonicMicroseconds }
  public var monotonicMicroseconds: Int64 { state.withLock { $0.now } }
  /// Every length of time that somebody asked to sleep, in order.
  public var sleepsAsked: [Duration] { state.withLock { $0.asked } }
  /// How many sleep now.
  public var sleeping: Int { state.withLock { $0.sleepers.count } }

  public func sleep(for duration: Duration) async throws {
    let id = state.withLock { state in
      state.nextID += 1
      state.asked.append(duration)
      return state.nextID
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let (isCancelled, watchers) = state.withLock { state in
          if state.cancelled.remove(id) != nil { return (true, Self.due(&state)) }
          let length = Int64(duration / .microseconds(1))
          state.sleepers[id] = (state.now + length, duration, continuation)
          return (false, Self.due(&state))
        }
        if isCancelled { continuation.resume(throwing: CancellationError()) }
        for watcher in watchers { watcher.resume() }
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        let sleeper = state.sleepers.removeValue(forKey: id)
        if sleeper == nil { state.cancelled.insert(id) }
        return sleeper
      }
      sleeper?.wake.resume(throwing: CancellationError())
    }
  }

  private static func due(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
    let asked = state.asked.count
    let ready = state.watchers.filter { $0.count <= asked }.map(\.wake)
    state.watchers.removeAll { $0.count <= asked }
    return ready
  }

  /// Returns once so many sleeps have been asked for in all.
  public func waitForSleeps(_ count: Int) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if state.asked.count >= count { return true }
        state.watchers.append((count, continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }

  /// Moves the time on and wakes whoever's time has come.
  public func advance(by duration: Duration) {
    let woken = state.withLock { state in
      state.now += Int64(duration / .microseconds(1))
      let due = state.sleepers.filter { $0.value.due <= state.now }.sorted { $0.value.due < $1.value.due }
      for (id, _) in due { state.sleepers[id] = nil }
      return due.map(\.value.wake)
    }
    for wake in woken { wake.resume() }
  }
}
