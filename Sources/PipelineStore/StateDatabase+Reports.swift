import GRDB
public import PipelineCore

/// Questions that only reports ask.
extension StateDatabase {
  /// For each stage, the newest run that made one of its current checkpoints.
  public func newestCheckpointRuns(pipeline: String) throws -> [StageID: RunID] {
    try reporting {
      try pool.read { db in
        let rows = try Row.fetchAll(
          db,
          sql:
            "SELECT stage, max(run) FROM checkpoints WHERE pipeline = ? AND ended_by IS NULL GROUP BY stage",
          arguments: [pipeline])
        return Dictionary(rows.map { (StageID($0[0]), RunID($0[1])) }) { first, _ in first }
      }
    }
  }

  /// The artifact directories, relative to the workspace, that current checkpoints of any pipeline name.
  public func currentArtifacts() throws -> Set<String> {
    try reporting {
      try pool.read { db in
        try String.fetchSet(
          db, sql: "SELECT artifact FROM checkpoints WHERE ended_by IS NULL AND artifact IS NOT NULL")
      }
    }
  }

  /// The directories of published snapshots that checkpoints name, the last published first; current ones are those of
  /// current checkpoints.
  public func publishedSnapshots() throws -> [(path: String, isCurrent: Bool)] {
    let manifest = "/manifest.json"
    return try reporting {
      try pool.read { db in
        let rows = try Row.fetchAll(
          db,
          sql: """
            SELECT o.path, max(c.ended_by IS NULL) FROM outputs o JOIN checkpoints c ON c.id = o.checkpoint
            WHERE o.path LIKE 'data/snapshot/versions/%/manifest.json' GROUP BY o.path ORDER BY max(c.run) DESC
            """)
        return rows.map { row in (String((row[0] as String).dropLast(manifest.count)), row[1]) }
      }
    }
  }
}
