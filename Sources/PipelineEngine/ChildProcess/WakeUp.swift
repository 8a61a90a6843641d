import CSystem
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Lets another thread wake one that waits in `poll`. A call after ``close()`` does nothing, so a handler that runs
/// late cannot write into a descriptor that was given to somebody else meanwhile.
final class WakeUp: Sendable {
  /// The descriptor to poll for reading; it stays readable once ``wake()`` was called.
  let descriptor: Int32
  private let writeEnd: Mutex<Int32>

  /// Returns `nil` with `errno` set when the system has no descriptor to give.
  init?() {
    var ends: [Int32] = [-1, -1]
    guard cs_open_wake(&ends) == 0 else { return nil }
    descriptor = ends[0]
    writeEnd = Mutex(ends[1])
  }

  func wake() {
    writeEnd.withLock { end in
      guard end >= 0 else { return }
      var one: UInt64 = 1
      // The only failure is a full pipe, which is readable already.
      _ = write(end, &one, 8)
    }
  }

  /// Gives the descriptors back; to be called once, by the thread that polls.
  func close() {
    writeEnd.withLock { end in
      if end != descriptor { platformClose(end) }
      platformClose(descriptor)
      end = -1
    }
  }
}

private func platformClose(_ descriptor: Int32) { close(descriptor) }
