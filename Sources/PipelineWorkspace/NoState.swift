import PipelineCore
import PipelineEngine

/// The state of a workspace in which nothing ever ran: for plans, which change nothing.
struct NoState: CheckpointStore {
  private var refusal: Diagnostic { Diagnostic(code: "state-database", "the state is open for reading only") }

  func beginRun(_ start: RunStart) throws -> RunID { throw refusal }
  func commit(_ group: CommitGroup) throws { throw refusal }
  func record(_ stages: [StageRecord], of run: RunID) throws { throw refusal }
  func endMainStages(of run: RunID, state: RunRecord.State, didWork: Bool, at microseconds: Int64) throws {
    throw refusal
  }
  func endRun(_ run: RunID, state: RunRecord.State, didWork: Bool, at microseconds: Int64) throws {
    throw refusal
  }
  func recordIdleRun(like model: RunID, startedAt: Int64, endedAt: Int64) throws -> RunID { throw refusal }
  func markInterruptedRuns() {}
  func generation() -> Int64 { 0 }
  func lastRunWithWork(pipeline: String) -> RunID? { nil }
  func checkpoints(pipeline: String, stage: StageID) -> any Sequence<Checkpoint> { [] }
  func checkpoint(pipeline: String, unit: UnitID) -> Checkpoint? { nil }
  func unreferenced(_ artifacts: [String]) -> [String] { [] }
  func cachedDigests() -> [CachedDigest] { [] }
  func save(_ digests: [CachedDigest]) throws {}
  func history(current: RunID?) -> any RunHistory { EmptyRunHistory() }
}
