import PipelineCore
import PipelineEngine

/// The run as plain lines, for logs and pipes.
struct PlainLines: RunObserver {
  func handle(_ event: RunEvent) {
    switch event {
    case .runStarted(let run, let pipeline): print("run \(run) of \(pipeline)")
    case .stageEnded(let stage):
      var line = "\(stage.id): \(stage.state.rawValue)"
      line += " (\(stage.unitsDone) done, \(stage.unitsUpToDate) up to date, \(stage.unitsFailed) failed)"
      print(line)
    case .unitEnded(let attempt) where attempt.state != .done:
      print("\(attempt.unit): \(attempt.state.rawValue)")
      for finding in attempt.findings { print(finding) }
    case .warning(let finding): print(finding)
    case .runEnded(let run, let state): print("run \(run): \(state.rawValue)")
    default: break
    }
  }
}
