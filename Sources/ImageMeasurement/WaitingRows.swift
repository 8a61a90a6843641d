import Synchronization

/// Rows of several threads on their way into the database: while one thread commits, the rows of all others gather and
/// share the next commit, so that a slow disk costs one wait for all of them instead of one for each.
final class WaitingRows: Sendable {
  /// One commit, that of all rows that came before it began.
  private final class Commit: Sendable {
    /// Held by the thread that commits, or waits to; empty until it did.
    let outcome = Mutex<Result<Void, any Error>?>(nil)
  }
  private struct Gathering {
    var rows: [MeasuredImage] = []
    /// The commit that `rows` will be in.
    var commit = Commit()
  }

  private let gathering = Mutex(Gathering())
  /// Held while a commit is written.
  private let writing = Mutex(())

  /// Adds rows, and returns when they are committed.
  /// - Parameter write: commits rows of this and other threads; called by one thread at a time.
  /// - Throws: what `write` threw for the commit that the rows were in.
  func add(_ rows: [MeasuredImage], _ write: ([MeasuredImage]) throws -> Void) throws {
    let commit = gathering.withLock { gathering in
      gathering.rows += rows
      return gathering.commit
    }
    try commit.outcome.withLock { outcome in
      if let outcome { return try outcome.get() }
      // The first thread of a commit writes it; until the commit before it is done, others may join.
      let result = writing.withLock { _ in
        let all = gathering.withLock { gathering in
          defer { gathering = Gathering() }
          return gathering.rows
        }
        return Result { try write(all) }
      }
      outcome = result
      try result.get()
    }
  }
}
