import ArgumentParser
import Dispatch
import PipelineCore
import PipelineEngine
import PipelineStore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a pipeline: everything that is not up to date.")

  @Argument(help: "The pipeline's name: a file pipelines/NAME.json.")
  var pipeline: String
  @OptionGroup var place: WorkspaceOptions
  @OptionGroup var choice: SelectionOptions
  @Option(name: .shortAndLong, help: "How many units run at once (default: the number of processors).")
  var jobs: Int?

  func run() async throws {
    let workspace = try place.locate()
    let file = try PipelineFile.load(pipeline, in: workspace, parameters: choice.parameters)
    let lock = try WorkspaceLock(workspace: workspace.root)
    let session = try EngineSession.forWriting(workspace, file)
    let selection = try choice.selection(pipeline: file.pipeline, database: session.database)
    let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    let engine = try session.engine(selection: selection, jobs: jobs ?? processors, observer: PlainLines())
    let control = RunControl()
    let signals = SignalWatch(control)
    let outcome = try await engine.run(control)
    signals.cancel()
    _ = consume lock
    if let status = ExitStatus(of: outcome) { throw status.code }
  }
}

extension ExitStatus {
  /// The code for a run's outcome; `nil` for success.
  init?(of outcome: RunOutcome) {
    switch (outcome.state, outcome.signal) {
    case (.succeeded, _): return nil
    case (.stopped, SIGTERM?): self = .terminated
    case (.stopped, _): self = .interrupted
    default: self = .stagesFailed
    }
  }
}

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
