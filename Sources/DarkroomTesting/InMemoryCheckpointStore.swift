import FileSystem
public import PipelineCore
public import PipelineEngine
import Synchronization

/// A checkpoint store without a disk, with a lever that makes it fail.
public final class InMemoryCheckpointStore: CheckpointStore {
  private struct Row {
    var checkpoint: Checkpoint
    var endedBy: RunID?
  }
  private struct Run {
    var record: RunRecord
    var main: (state: RunRecord.State, endedAt: Int64)?
    var didWork = false
  }
  private struct State {
    var runs: [Run] = []
    var rows: [String: [UnitID: [Row]]] = [:]
    var attempts: [AttemptRecord] = []
    var digests: [String: CachedDigest] = [:]
    var failing: (any Error)?
    var generation: Int64 = 0
  }
  private let state = Mutex(State())

  public init() {}

  /// From now on every write fails with this error; `nil` heals it.
  public func failWrites(with error: (any Error)?) { state.withLock { $0.failing = error } }
  /// Every attempt that was committed, in order.
  public var attempts: [AttemptRecord] { state.withLock { $0.attempts } }

  private func write<Result>(_ body: (inout State) throws -> Result) throws -> Result where Result: Sendable {
    try state.withLock { state in
      if let error = state.failing { throw error }
      return try body(&state)
    }
  }

  public func beginRun(_ start: RunStart) throws -> RunID {
    try write { state in
      for index in state.runs.indices where state.runs[index].record.state == .running {
        state.runs[index].record.state = .interrupted
        state.runs[index].didWork = true
        state.generation += 1
      }
      let id = RunID(Int64(state.runs.count + 1))
      state.runs.append(
        Run(
          record: RunRecord(id: id, pipeline: start.pipeline, state: .running, startedAt: start.startedAt)))
      return id
    }
  }

  public func recordIdleRun(like model: RunID, startedAt: Int64, endedAt: Int64) throws -> RunID {
    try write { state in
      let id = RunID(Int64(state.runs.count + 1))
      let pipeline = state.runs[Int(model.rawValue) - 1].record.pipeline
      state.runs.append(
        Run(
          record: RunRecord(
            id: id, pipeline: pipeline, state: .succeeded, startedAt: startedAt, endedAt: endedAt)))
      return id
    }
  }

  public func markInterruptedRuns() throws {
    try write { state in
      for index in state.runs.indices where state.runs[index].record.state == .running {
        state.runs[index].record.state = .interrupted
        state.runs[index].didWork = true
        state.generation += 1
      }
    }
  }

  public func generation() -> Int64 { state.withLock { $0.generation } }

  public func lastRunWithWork(pipeline: String) -> RunID? {
    state.withLock { $0.runs.last { $0.didWork && $0.record.pipeline == pipeline }?.record.id }
  }

  public func commit(_ group: CommitGroup) throws {
    try write { state in
      state.generation += 1
      for unit in group.retired + group.checkpoints.map(\.unit) {
        guard let last = state.rows[group.pipeline]?[unit]?.indices.last else { continue }
        if state.rows[group.pipeline]?[unit]?[last].endedBy == nil {
          state.rows[group.pipeline]?[unit]?[last].endedBy = group.run
        }
      }
      for checkpoint in group.checkpoints {
        state.rows[group.pipeline, default: [:]][checkpoint.unit, default: []].append(
          Row(checkpoint: checkpoint))
      }
      state.attempts += group.attempts
      for entry in group.digests { state.digests[entry.path] = entry }
    }
  }

  public func record(_ stages: [StageRecord], of run: RunID) throws {
    try write { $0.runs[Int(run.rawValue) - 1].record.stages = stages }
  }

  public func endMainStages(
    of run: RunID, state: RunRecord.State, didWork: Bool, at microseconds: Int64
  ) throws {
    try write {
      $0.runs[Int(run.rawValue) - 1].main = (state, microseconds)
      $0.runs[Int(run.rawValue) - 1].didWork = didWork
    }
  }

  public func endRun(_ run: RunID, state: RunRecord.State, didWork: Bool, at microseconds: Int64) throws {
    try write {
      $0.runs[Int(run.rawValue) - 1].record.state = state
      $0.runs[Int(run.rawValue) - 1].record.endedAt = microseconds
      $0.runs[Int(run.rawValue) - 1].didWork = didWork
      if didWork { $0.generation += 1 }
    }
  }

  public func unreferenced(_ artifacts: [String]) -> [String] {
    state.withLock { state in
      let named = Set(
        state.rows.values.flatMap { $0.values }.compactMap { rows in
          rows.last.flatMap { $0.endedBy == nil ? $0.checkpoint.artifact : nil }
        })
      return artifacts.filter { !named.contains($0) }
    }
  }

  public func checkpoints(pipeline: String, stage: StageID) throws -> any Sequence<Checkpoint> {
    state.withLock { state in
      (state.rows[pipeline] ?? [:]).filter { $0.key.stage == stage }.sorted { $0.key < $1.key }.compactMap {
        $0.value.last.flatMap { $0.endedBy == nil ? $0.checkpoint : nil }
      }
    }
  }

  public func checkpoint(pipeline: String, unit: UnitID) throws -> Checkpoint? {
    state.withLock { state in
      state.rows[pipeline]?[unit]?.last.flatMap { $0.endedBy == nil ? $0.checkpoint : nil }
    }
  }

  public func cachedDigests() throws -> [CachedDigest] {
    state.withLock { $0.digests.values.sorted { $0.path < $1.path } }
  }

  public func save(_ digests: [CachedDigest]) throws {
    try write { state in for entry in digests { state.digests[entry.path] = entry } }
  }

  public func history(current: RunID?) -> any RunHistory { InMemoryHistory(store: self, current: current) }

  fileprivate func recentRuns(limit: Int, current: RunID?) -> [RunRecord] {
    state.withLock { state in
      let known = state.runs.filter { run in
        run.didWork && current.map { run.record.id <= $0 } ?? true
      }
      return known.reversed().prefix(limit).map { run in
        var record = run.record
        if let main = run.main {
          record.state = record.state == .failed ? .failed : main.state
          record.endedAt = main.endedAt
          record.stages = record.stages.filter {
            !$0.isFinally && $0.state != .waiting && $0.state != .running
          }
        }
        return record
      }
    }
  }
}

private struct InMemoryHistory: RunHistory {
  let store: InMemoryCheckpointStore
  let current: RunID?
  func recentRuns(limit: Int) -> [RunRecord] { store.recentRuns(limit: limit, current: current) }
}
