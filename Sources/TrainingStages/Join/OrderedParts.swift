import Dispatch
import Synchronization

/// Makes parts of something on several threads, and takes them over one after the other in their order.
struct OrderedParts {
  let count: Int
  /// At least 1; the caller's thread is one of them.
  let threads: Int

  /// The caller's closures on their way to the threads. Unchecked, because: they do not outlive the call; `make` keeps for
  /// each thread what is that thread's, and `take` runs for one part at a time, each after the one before by a semaphore,
  /// which also makes what was written visible.
  private struct Work: @unchecked Sendable {
    let make: (Int, Int) throws -> Void
    let take: (Int, Int) throws -> Void
  }
  private struct Progress {
    var next = 0
    var failure: (part: Int, error: any Error)?
  }

  /// Each thread makes a part, waits for its turn, hands it over and goes on: there are never more parts in memory than
  /// threads.
  /// - Parameters:
  ///   - make: makes a part; the first number is the thread's, from 0. Called by several threads at once.
  ///   - take: takes the part over that the thread has just made. Called for one part at a time, in their order.
  /// - Throws: the error of the first part that failed; parts after it are not taken over.
  func forEach(
    make: (_ thread: Int, _ part: Int) throws -> Void, take: (_ thread: Int, _ part: Int) throws -> Void
  ) throws {
    try withoutActuallyEscaping(make) { make in
      try withoutActuallyEscaping(take) { take in try run(Work(make: make, take: take)) }
    }
  }

  private func run(_ work: Work) throws {
    let progress = Mutex(Progress())
    // Waited for by a part, signalled by the one before.
    let turns = (0...count).map { _ in DispatchSemaphore(value: 0) }
    turns[0].signal()
    DispatchQueue.concurrentPerform(iterations: min(threads, max(count, 1))) { thread in
      while let part = Self.next(progress, count) {
        var made = Result { try work.make(thread, part) }
        turns[part].wait()
        if case .success = made, progress.withLock({ $0.failure == nil }) {
          made = Result { try work.take(thread, part) }
        }
        if case .failure(let error) = made {
          progress.withLock { if $0.failure == nil { $0.failure = (part, error) } }
        }
        turns[part + 1].signal()
      }
    }
    if let failure = progress.withLock({ $0.failure }) { throw failure.error }
  }

  /// The next part to make; none after a failure.
  private static func next(_ progress: borrowing Mutex<Progress>, _ count: Int) -> Int? {
    progress.withLock { progress in
      guard progress.failure == nil, progress.next < count else { return nil }
      defer { progress.next += 1 }
      return progress.next
    }
  }
}
