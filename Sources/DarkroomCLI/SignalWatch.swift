import Dispatch
import PipelineEngine

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Hands SIGINT and SIGTERM to a run.
struct SignalWatch {
  private let sources: [any DispatchSourceSignal]

  init(_ control: RunControl) {
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { control.stop(signal: number) }
      source.resume()
      return source
    }
  }

  func cancel() { for source in sources { source.cancel() } }
}
