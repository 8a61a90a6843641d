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

  /// The directories with a manifest that were published directly below a folder, as far as checkpoints name them, the
  /// last published first: versions of a snapshot or of a dataset. Current ones are those of
  /// current checkpoints.
  /// - Parameter folder: workspace-relative, such as `data/snapshot/versions`.
  public func publishedVersions(below folder: String) throws -> [(path: String, isCurrent: Bool)] {
    let manifest = "/manifest.json"
    let prefix = folder + "/"
    return try reporting {
      try pool.read { db in
        let rows = try Row.fetchAll(
          db,
          sql: """
            SELECT o.path, max(c.ended_by IS NULL) FROM outputs o JOIN checkpoints c ON c.id = o.checkpoint
            WHERE o.path GLOB '*/manifest.json' AND substr(o.path, 1, length(?1)) = ?1
            GROUP BY o.path ORDER BY max(c.run) DESC
            """, arguments: [prefix])
        return rows.map { row in (String((row[0] as String).dropLast(manifest.count)), row[1]) }
      }
    }
  }
}
