import GRDB
public import PipelineCore

/// Questions that only reports ask.
extension StateDatabase {
  /// For each stage, the newest run that made one of its current checkpoints.
  public func newestCheckpointRuns(pipeline: String) throws -> [StageID: RunID] {
    try reporting {
      try pool.read { db in
        let rows = try Row.fetchAll(
          db, sql: "SELECT stage, max(run) FROM checkpoints WHERE pipeline = ? AND ended_by IS NULL GROUP BY stage",
          arguments: [pipeline])
        return Dictionary(rows.map { (StageID($0[0]), RunID($0[1])) }) { first, _ in first }
      }
    }
  }
}
