import DatabaseFiles
import FileSystem
import Foundation
import GRDB
public import PipelineCore
public import PipelineEngine

extension StateDatabase {
  public func commit(_ group: CommitGroup) throws {
    try mirror.requireCommits()
    try durably { db in
      try insert(group.attempts, run: group.run, db)
      let end = try db.cachedStatement(
        sql: """
          UPDATE checkpoints SET ended_by = ?
          WHERE pipeline = ? AND stage = ? AND unit = ? AND ended_by IS NULL
          """)
      for unit in group.retired + group.checkpoints.map(\.unit) {
        try end.execute(arguments: [
          group.run.rawValue, group.pipeline, unit.stage.rawValue, unit.key.rawValue,
        ])
      }
      try insert(group.checkpoints, pipeline: group.pipeline, db)
      try insert(group.digests, db)
      try Self.moveGeneration(db)
    }
    mirror.apply(group)
  }

  private func insert(_ attempts: [AttemptRecord], run: RunID, _ db: Database) throws {
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO attempts (run, stage, unit, attempt, state, started_at, duration, verdict, findings, log_file)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    for attempt in attempts {
      try statement.execute(arguments: [
        run.rawValue, attempt.unit.stage.rawValue, attempt.unit.key.rawValue, attempt.attempt,
        attempt.state.rawValue, attempt.startedAt, max(0, attempt.duration),
        try Self.text(attempt.verdict),
        attempt.findings.isEmpty ? "[]" : try JSONColumn.text(attempt.findings), attempt.logFile,
      ])
    }
  }

  /// The verdict as JSON. Nearly all units of a first run have the same one, and encoding it costs more than the
  /// rest of the row.
  private static func text(_ verdict: Verdict) throws -> String {
    if verdict == neverRan.verdict, let text = neverRan.text { return text }
    return try JSONColumn.text(verdict)
  }

  // `try?`: without the shortcut each one is encoded, and then the error is thrown.
  private static let neverRan = (
    verdict: Verdict.run([.neverRan]), text: try? JSONColumn.text(Verdict.run([.neverRan]))
  )

  private func insert(_ checkpoints: [Checkpoint], pipeline: String, _ db: Database) throws {
    let insert = try db.cachedStatement(
      sql: """
        INSERT INTO checkpoints (pipeline, stage, unit, fingerprint, components, counters, artifact, run)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """)
    let insertOutput = try db.cachedStatement(
      sql: """
        INSERT INTO outputs (checkpoint, position, name, path, digest, bytes, rows) VALUES (?, ?, ?, ?, ?, ?, ?)
        """)
    for checkpoint in checkpoints {
      let counters = JSONValue.object(checkpoint.counters.mapValues { .integer($0) })
      try insert.execute(arguments: [
        pipeline, checkpoint.unit.stage.rawValue, checkpoint.unit.key.rawValue, checkpoint.fingerprint.data,
        checkpoint.storedComponents.encoded, counters.canonical, checkpoint.artifact, checkpoint.run.rawValue,
      ])
      let id = db.lastInsertedRowID
      for (position, output) in checkpoint.outputs.enumerated() {
        try insertOutput.execute(arguments: [
          id, position, output.name, output.path, output.digest.data, output.bytes, output.rows,
        ])
      }
    }
  }

  private func insert(_ digests: [CachedDigest], _ db: Database) throws {
    let statement = try db.cachedStatement(
      sql: """
        INSERT OR REPLACE INTO digests (path, device, inode, size, modified, changed, digest, observed_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """)
    for entry in digests {
      try statement.execute(arguments: [
        entry.path, Int64(bitPattern: entry.status.device), Int64(bitPattern: entry.status.inode),
        entry.status.size, entry.status.modified, entry.status.changed, entry.digest.data, entry.observedAt,
      ])
    }
  }

  public func save(_ digests: [CachedDigest]) throws {
    if digests.isEmpty { return }
    try reporting { try pool.write { try insert(digests, $0) } }
  }

  public func unreferenced(_ artifacts: [String]) throws -> [String] {
    try reporting {
      try pool.read { db in
        let statement = try db.cachedStatement(
          sql: "SELECT 1 FROM checkpoints WHERE artifact = ? AND ended_by IS NULL LIMIT 1")
        return try artifacts.filter { try Int.fetchOne(statement, arguments: [$0]) == nil }
      }
    }
  }

  public func cachedDigests() throws -> [CachedDigest] {
    try reporting {
      try pool.read { db in
        var entries: [CachedDigest] = []
        let rows = try Row.fetchCursor(
          db, sql: "SELECT path, device, inode, size, modified, changed, digest, observed_at FROM digests")
        while let row = try rows.next() {
          entries.append(
            CachedDigest(
              path: row[0],
              status: FileStatus(
                device: UInt64(bitPattern: row[1]), inode: UInt64(bitPattern: row[2]), size: row[3],
                modified: row[4], changed: row[5]), digest: try Self.digest(row, 6), observedAt: row[7]))
        }
        return entries
      }
    }
  }

  public func checkpoint(pipeline: String, unit: UnitID) throws -> Checkpoint? {
    if let stage = try mirror.checkpoints(self, pipeline, unit.stage) {
      let index = stage.partitioningIndex { $0.unit.key >= unit.key }
      return index < stage.count && stage[index].unit == unit ? stage[index] : nil
    }
    return try page(pipeline, unit.stage, "unit = ?", [unit.key.rawValue], limit: 1).first
  }

  /// The checkpoint that a unit had when `run` ended: the newest one not younger than the run.
  public func checkpoint(pipeline: String, unit: UnitID, asOf run: RunID) throws -> Checkpoint? {
    try page(
      pipeline, unit.stage, "unit = ? AND run <= ? AND (ended_by IS NULL OR ended_by > ?)",
      [unit.key.rawValue, run.rawValue, run.rawValue], limit: 1, onlyCurrent: false
    ).first
  }

  public func checkpoints(pipeline: String, stage: StageID) throws -> any Sequence<Checkpoint> {
    if let checkpoints = try mirror.checkpoints(self, pipeline, stage) { return checkpoints }
    return CheckpointSequence(database: self, pipeline: pipeline, stage: stage)
  }

  /// Checkpoints of a stage that fulfil a condition, ascending by unit, with their outputs.
  func page(
    _ pipeline: String, _ stage: StageID, _ condition: String, _ values: [any DatabaseValueConvertible],
    limit: Int, onlyCurrent: Bool = true
  ) throws -> [Checkpoint] {
    try reporting {
      try pool.read { db in
        let statement = try db.cachedStatement(
          sql: """
            SELECT id, unit, fingerprint, components, counters, artifact, run FROM checkpoints
            WHERE pipeline = ? AND stage = ? AND \(onlyCurrent ? "ended_by IS NULL AND " : "")\(condition)
            ORDER BY unit, run DESC LIMIT \(limit)
            """)
        let arguments: [any DatabaseValueConvertible] = [pipeline, stage.rawValue] + values
        let rows = try Row.fetchAll(statement, arguments: StatementArguments(arguments))
        let outputs = try db.cachedStatement(
          sql: "SELECT name, path, digest, bytes, rows FROM outputs WHERE checkpoint = ? ORDER BY position")
        return try rows.map { row in
          var files: [OutputFile] = []
          let cursor = try Row.fetchCursor(outputs, arguments: [row[0] as Int64])
          while let file = try cursor.next() { files.append(try Self.output(file, from: 0)) }
          return try Self.checkpoint(row, stage, files)
        }
      }
    }
  }

  /// Reads the columns id, unit, fingerprint, components, counters, artifact and run.
  static func checkpoint(_ row: Row, _ stage: StageID, _ outputs: [OutputFile]) throws -> Checkpoint {
    let counters: String = row[4]
    return Checkpoint(
      unit: UnitID(stage: stage, key: UnitKey(row[1])), fingerprint: try digest(row, 2),
      components: .encoded(row[3]), outputs: outputs,
      counters: counters == "{}" ? [:] : try JSONColumn.value([String: Int64].self, counters),
      run: RunID(row[6]),
      artifact: row[5])
  }

  /// Reads the columns name, path, digest, bytes and rows, which begin at `first`.
  static func output(_ row: Row, from first: Int) throws -> OutputFile {
    OutputFile(
      name: row[first], path: row[first + 1], digest: try digest(row, first + 2), bytes: row[first + 3],
      rows: row[first + 4])
  }

  static func digest(_ row: Row, _ index: Int) throws -> Digest {
    let digest = try row.withUnsafeData(atIndex: index) { data in
      data?.withUnsafeBytes { Digest(rawBytes: $0) }
    }
    guard let digest else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a digest does not have 32 bytes")
    }
    return digest
  }
}

/// A stage's current checkpoints, read in pages, so that 100,000 units need memory for one page.
struct CheckpointSequence: Sequence {
  let database: StateDatabase
  let pipeline: String
  let stage: StageID

  func makeIterator() -> Iterator { Iterator(sequence: self) }

  struct Iterator: IteratorProtocol {
    private let sequence: CheckpointSequence
    private var page: [Checkpoint] = []
    private var index = 0
    private var last: String?
    private var isLast = false
    private static let pageSize = 512

    init(sequence: CheckpointSequence) { self.sequence = sequence }

    mutating func next() -> Checkpoint? {
      if index == page.count {
        guard !isLast else { return nil }
        page = readPage()
        index = 0
        isLast = page.count < Self.pageSize
        last = page.last?.unit.key.rawValue
      }
      guard index < page.count else { return nil }
      defer { index += 1 }
      return page[index]
    }

    /// A sequence cannot throw, and one that is cut short must not pass for a whole one: the database then takes no
    /// more commits, so that nothing that was made from it is kept.
    private func readPage() -> [Checkpoint] {
      do {
        return try sequence.database.page(
          sequence.pipeline, sequence.stage, last == nil ? "unit >= ?" : "unit > ?", [last ?? ""],
          limit: Self.pageSize)
      } catch {
        sequence.database.mirror.refuseCommits(because: error)
        return []
      }
    }
  }
}

extension Array {
  /// The index of the first element that fulfils the condition, when all that do come last.
  func partitioningIndex(where isAfter: (Element) -> Bool) -> Int {
    var range = startIndex..<endIndex
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      if isAfter(self[middle]) {
        range = range.lowerBound..<middle
      } else {
        range = middle + 1..<range.upperBound
      }
    }
    return range.lowerBound
  }
}
