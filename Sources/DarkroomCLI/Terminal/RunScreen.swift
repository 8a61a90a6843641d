import PipelineCore
import PipelineEngine
import Synchronization

/// Shows a run while it goes on. Text that comes in the first moments is held back and written at once, so that a run
/// that finds nothing to do costs one write; later text is written, and the live lines are redrawn, ten times a second.
final class RunScreen: RunObserver {
  /// Microseconds between two writes.
  static let interval: Int64 = 100_000

  enum Form: Sendable {
    /// Lasting lines; with `live`, the running stages below them.
    case text(RunReport.Setting, live: Bool)
    /// One JSON object per line.
    case json
  }

  private struct State {
    var report: RunReport?
    var json = RunEventJSON()
    var live: LiveRegion?
    var progress = RunProgress()
    var pending = ""
    var lastWrite: Int64
  }

  private let state: Mutex<State>
  private let clock: any EngineClock
  private let terminal: Terminal
  private let output: @Sendable (String) -> Void

  /// - Parameter output: takes text that is written whole.
  init(
    _ form: Form, terminal: Terminal = Terminal(), clock: any EngineClock,
    output: @escaping @Sendable (String) -> Void = { StandardOutput.write($0) }
  ) {
    self.clock = clock
    self.terminal = terminal
    self.output = output
    var state = State(lastWrite: clock.monotonicMicroseconds)
    if case .text(let setting, let live) = form {
      state.report = RunReport(setting)
      if live, !setting.isQuiet { state.live = LiveRegion(style: setting.style, stages: setting.stages) }
    }
    self.state = Mutex(state)
  }

  func handle(_ event: RunEvent) {
    let now = clock.monotonicMicroseconds
    state.withLock { state in
      if state.report == nil {
        state.pending += state.json.line(for: event, now: now)
      } else {
        state.pending += state.report?.lines(for: event, now: now) ?? ""
        if state.live != nil { state.progress.handle(event, now: now) }
      }
      if case .runEnded = event {
        finish(&state)
      } else if now - state.lastWrite >= Self.interval {
        show(&state, now)
      }
    }
  }

  /// Redraws while nothing happens; ends when it is cancelled.
  func keepFresh() async {
    while !Task.isCancelled {
      // `try?`: the wait ends early when the run does, and the loop with it.
      try? await Task.sleep(for: .microseconds(Self.interval))
      let now = clock.monotonicMicroseconds
      state.withLock { state in
        if !Task.isCancelled, now - state.lastWrite >= Self.interval { show(&state, now) }
      }
    }
  }

  /// Leaves a clean terminal with all lasting lines: after the run, or when it ends with an error.
  func close() { state.withLock { finish(&$0) } }

  private func show(_ state: inout State, _ now: Int64) {
    if state.live == nil, state.pending.isEmpty { return }
    let lasting = state.pending
    let text =
      state.live?.draw(
        state.progress, lasting: lasting, now: now, width: terminal.width, height: terminal.height) ?? lasting
    state.pending = ""
    state.lastWrite = now
    output(text)
  }

  private func finish(_ state: inout State) {
    let text = (state.live?.erase() ?? "") + state.pending
    state.pending = ""
    if !text.isEmpty { output(text) }
  }
}
