import FileSystem
import Synchronization

/// The log file of one attempt. It is made with the first line: thousands of silent units make no files.
final class AttemptLog: Sendable {
  let path: String
  private let hasStarted = Mutex(false)

  /// - Parameter path: absolute.
  init(path: String) { self.path = path }

  func write(_ line: String) {
    hasStarted.withLock { started in
      // `try?` twice: a log line that cannot be written must not fail the work it describes; a full disk fails
      // the unit's own writes with a clear error.
      if !started, let slash = path.lastIndex(of: "/") {
        try? FileSystem.makeDirectories(String(path[..<slash]))
      }
      started = true
      try? FileSystem.append(path, Array((line + "\n").utf8))  // See above.
    }
  }
}
