import GRDB
import PipelineCore
import PipelineEngine
import Synchronization

/// The current checkpoints of a pipeline in memory, read in one pass and kept in step with the commits: asking the
/// database stage by stage costs a tenth of a millisecond each, which 10,000 stages would pay on every run.
///
/// Pipelines with more checkpoints than ``mostCheckpoints`` are not mirrored; their stages are read in pages.
final class CheckpointMirror: Sendable {
  /// About 50 MB at the most.
  static let mostCheckpoints = 50_000

  private enum Content {
    case mirrored([StageID: [Checkpoint]])
    case tooLarge
  }
  private let contents = Mutex<[String: Content]>([:])
  private let refusal = Mutex<(any Error)?>(nil)

  /// From now on ``requireCommits()`` throws `error`: a read that failed may have misled what is to be committed.
  func refuseCommits(because error: any Error) { refusal.withLock { $0 = $0 ?? error } }

  func requireCommits() throws {
    if let error = refusal.withLock({ $0 }) { throw error }
  }

  /// The checkpoints of a stage, ascending by key; `nil` when the pipeline is not mirrored.
  func checkpoints(_ database: StateDatabase, _ pipeline: String, _ stage: StageID) throws -> [Checkpoint]? {
    try contents.withLock { contents in
      let content = try contents[pipeline] ?? load(database, pipeline)
      contents[pipeline] = content
      guard case .mirrored(let stages) = content else { return nil }
      return stages[stage] ?? []
    }
  }

  /// Takes over what a transaction has committed.
  func apply(_ group: CommitGroup) {
    contents.withLock { contents in
      guard case .mirrored(var stages)? = contents.removeValue(forKey: group.pipeline) else { return }
      let gone = Set(group.retired)
      for stage in Set(gone.map(\.stage)) { stages[stage]?.removeAll { gone.contains($0.unit) } }
      for checkpoint in group.checkpoints {
        Self.put(checkpoint, &stages[checkpoint.unit.stage, default: []])
      }
      contents[group.pipeline] = .mirrored(stages)
    }
  }

  private static func put(_ checkpoint: Checkpoint, _ stage: inout [Checkpoint]) {
    let index = stage.partitioningIndex { $0.unit.key >= checkpoint.unit.key }
    if index < stage.count, stage[index].unit == checkpoint.unit {
      stage[index] = checkpoint
    } else {
      stage.insert(checkpoint, at: index)
    }
  }

  private func load(_ database: StateDatabase, _ pipeline: String) throws -> Content {
    try database.reporting {
      try database.pool.read { db in
        let count =
          try Int.fetchOne(
            db, sql: "SELECT count(*) FROM checkpoints WHERE pipeline = ? AND ended_by IS NULL",
            arguments: [pipeline])
          ?? 0
        if count > Self.mostCheckpoints { return .tooLarge }
        var outputs = try OutputCursor(
          Row.fetchCursor(
            db,
            sql: """
              SELECT o.checkpoint, o.name, o.path, o.digest, o.bytes, o.rows
              FROM checkpoints c JOIN outputs o ON o.checkpoint = c.id
              WHERE c.pipeline = ? AND c.ended_by IS NULL ORDER BY c.id, o.position
              """, arguments: [pipeline]))
        var stages: [StageID: [Checkpoint]] = [:]
        let rows = try Row.fetchCursor(
          db,
          sql: """
            SELECT id, unit, fingerprint, components, counters, artifact, run, stage FROM checkpoints
            WHERE pipeline = ? AND ended_by IS NULL ORDER BY id
            """, arguments: [pipeline])
        while let row = try rows.next() {
          let files = try outputs.next(of: row[0])
          let checkpoint = try StateDatabase.checkpoint(row, StageID(row[7]), files)
          stages[checkpoint.unit.stage, default: []].append(checkpoint)
        }
        return .mirrored(stages.mapValues { $0.count > 1 ? $0.sorted { $0.unit.key < $1.unit.key } : $0 })
      }
    }
  }
}

/// Reads outputs that are sorted by checkpoint, one checkpoint at a time.
private struct OutputCursor {
  private let rows: RowCursor
  private var ahead: (checkpoint: Int64, file: OutputFile)?

  init(_ rows: RowCursor) throws {
    self.rows = rows
    try advance()
  }

  mutating func next(of checkpoint: Int64) throws -> [OutputFile] {
    var files: [OutputFile] = []
    while let (owner, file) = ahead, owner <= checkpoint {
      if owner == checkpoint { files.append(file) }
      try advance()
    }
    return files
  }

  private mutating func advance() throws {
    ahead = nil
    if let row = try rows.next() { ahead = (row[0], try StateDatabase.output(row, from: 1)) }
  }
}
