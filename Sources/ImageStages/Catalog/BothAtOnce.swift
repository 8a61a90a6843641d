import Dispatch
import Synchronization

/// Two things that do not need each other, done by two threads; the caller's is one of them.
enum BothAtOnce {
  /// - Throws: the first one's error, or else the second one's, when both have ended.
  static func run<First: Sendable, Second: Sendable>(
    _ first: @Sendable () throws -> First, _ second: @Sendable () throws -> Second
  ) throws -> (First, Second) {
    // Both are replaced before they are looked at.
    let results = Mutex<(Result<First, any Error>, Result<Second, any Error>)>(
      (.failure(CancellationError()), .failure(CancellationError())))
    DispatchQueue.concurrentPerform(iterations: 2) { index in
      if index == 0 {
        let result = Result { try first() }
        results.withLock { $0.0 = result }
      } else {
        let result = Result { try second() }
        results.withLock { $0.1 = result }
      }
    }
    let (one, other) = results.withLock { $0 }
    return (try one.get(), try other.get())
  }
}
