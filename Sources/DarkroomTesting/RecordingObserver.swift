public import PipelineCore
public import PipelineEngine
import Synchronization

/// Keeps every event of a run, and can call the test back at each.
public final class RecordingObserver: RunObserver {
  private let recorded = Mutex<[RunEvent]>([])
  private let reaction: @Sendable (RunEvent) -> Void

  /// - Parameter reaction: called with each event after it was kept.
  public init(_ reaction: @escaping @Sendable (RunEvent) -> Void = { _ in }) { self.reaction = reaction }

  public func handle(_ event: RunEvent) {
    recorded.withLock { $0.append(event) }
    reaction(event)
  }

  public var events: [RunEvent] { recorded.withLock { $0 } }
  /// The attempts that ended, in order.
  public var attempts: [AttemptRecord] {
    events.compactMap { if case .unitEnded(let record) = $0 { record } else { nil } }
  }
  /// The units that started, in order.
  public var started: [UnitID] {
    events.compactMap { if case .unitStarted(let unit, _) = $0 { unit } else { nil } }
  }
  public var warnings: [Diagnostic] {
    events.compactMap { if case .warning(let finding) = $0 { finding } else { nil } }
  }
  public var verdicts: [UnitID: Verdict] {
    var verdicts: [UnitID: Verdict] = [:]
    for case .unitJudged(let unit, let verdict) in events { verdicts[unit] = verdict }
    return verdicts
  }
}
