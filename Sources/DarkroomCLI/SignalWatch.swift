import Dispatch
import PipelineEngine
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Hands SIGINT and SIGTERM to a run. The third one ends the process on the spot, whatever hangs: what was committed
/// stays, and the next run goes on from there.
struct SignalWatch {
  private let sources: [any DispatchSourceSignal]

  init(_ control: RunControl) {
    // A serial queue has a thread of its own, which busy units cannot keep waiting.
    let queue = DispatchQueue(label: "darkroom.signals")
    let count = SignalCount()
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        if count.next() >= 3 { _exit(128 + number) }
        control.stop(signal: number)
      }
      source.resume()
      return source
    }
  }

  func cancel() { for source in sources { source.cancel() } }
}

private final class SignalCount: Sendable {
  private let count = Mutex(0)
  func next() -> Int {
    count.withLock {
      $0 += 1
      return $0
    }
  }
}
