import FileSystem
import GRDB
import GRDBSQLite
import PipelineCore

/// Reads all rows of a decision database part by part, for those who read a million of them: several threads at once, all
/// of one state of the database, and the texts where SQLite keeps them.
///
/// Other programs can read meanwhile, not write. Each connection is for one thread at a time.
public final class DecisionScan {
  /// Consecutive rows in the order of the bytes of their groups' ids.
  public struct Part: Sendable, Equatable {
    /// The least id that a row of it may have; `nil` for the first part.
    public var from: String?
    /// The least id of the next part; `nil` for the last one.
    public var before: String?
    /// How many rows are in the parts before.
    public var firstRow: Int
  }

  /// The columns that a scan gives, by their numbers.
  public enum Column: Int32, Sendable, CaseIterable {
    case group_id, directory, images, ai_selected_index, ai_crop_coords, ai_confidence, user_selected_index,
      user_action, ai_crop_accepted, final_crop_coords, crop_timestamp, image_width, image_height,
      image_digests, recommender, recommender_version, model_digest, actor, shown_at, decided_at, blind,
      decision_id, schema_version
  }

  /// In the order of the groups.
  public let parts: [Part]
  /// How many threads may read at once.
  public var connections: Int { queues.count }
  private let queues: [DatabaseQueue]
  private let path: String

  /// Opens a project's database and holds its present state; `nil` when there is none.
  /// - Parameters:
  ///   - workspace: absolute.
  ///   - project: the project's id.
  ///   - threads: how many want to read at once, from 1; fewer may be able to.
  ///   - rowsInPart: how many rows a part has, from 1.
  /// - Throws: as ``DecisionDatabase/openForReading(workspace:project:)``.
  public init?(workspace: String, project: String, threads: Int, rowsInPart: Int) throws {
    path = "\(workspace)/\(DecisionDatabase.path(project: project))"
    guard let status = try FileStatus(following: path), status.size > 0 else { return nil }
    let held = try DecisionDatabase.reporting(path) { [path] () -> ([DatabaseQueue], [Part])? in
      let first = try Self.holding(path, patience: 5)
      switch try first.unsafeRead({ try DecisionDatabase.Shape($0, path) }) {
      case .empty: return nil
      case .older: throw DecisionDatabase.older(path)
      case .current: break
      }
      let queues = try [first] + Self.others(path, first, count: threads - 1)
      return (queues, try first.unsafeRead { try Self.parts($0, rowsInPart) })
    }
    guard let held else { return nil }
    (queues, parts) = held
  }

  /// A connection that holds the database's present state.
  private static func holding(_ path: String, patience: Double) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.busyMode = .timeout(patience)
    configuration.allowsUnsafeTransactions = true
    configuration.prepareDatabase { db in
      // Not a read-only connection: that could not look past what a kill in the middle of a commit left. The cache
      // in KiB: mapped, the file would cost a tenth less time, and count as memory whole.
      try db.execute(sql: "PRAGMA query_only = ON; PRAGMA cache_size = -32768")
    }
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.inDatabase { db in
      try db.execute(sql: "BEGIN")
      // A transaction begins to hold with its first look.
      _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master")
    }
    return queue
  }

  /// More connections that see what the first one sees: it keeps others from committing. Without a rollback journal it
  /// does not, and when a program waits for its commit, no more connections come in: then there is one.
  private static func others(_ path: String, _ first: DatabaseQueue, count: Int) throws -> [DatabaseQueue] {
    guard try first.unsafeRead({ try String.fetchOne($0, sql: "PRAGMA journal_mode") }) != "wal" else {
      return []
    }
    var others: [DatabaseQueue] = []
    for _ in 0..<max(count, 0) {
      do { others.append(try holding(path, patience: 0)) } catch let error as DatabaseError
        where error.resultCode == .SQLITE_BUSY
      {
        break
      }
    }
    return others
  }

  private static func parts(_ db: Database, _ rowsInPart: Int) throws -> [Part] {
    var parts = [Part(from: nil, before: nil, firstRow: 0)]
    try step(db, "SELECT group_id FROM ai_decisions ORDER BY group_id", []) { row, number in
      guard number > 0, number.isMultiple(of: rowsInPart) else { return }
      let group = String(decoding: try row.required(.group_id), as: UTF8.self)
      parts[parts.count - 1].before = group
      parts.append(Part(from: group, before: nil, firstRow: number))
    }
    return parts
  }

  /// Gives the rows of a part in their order.
  /// - Parameters:
  ///   - connection: from 0 below ``connections``.
  ///   - body: gets the row, whose texts are valid during the call, and its place among all rows, from 0.
  /// - Throws: `Diagnostic` when the database cannot be read. What `body` throws.
  public func forEach(in part: Part, connection: Int, _ body: (ScannedRow, Int) throws -> Void) throws {
    let columns = Column.allCases.map { "\($0)" }.joined(separator: ", ")
    let (condition, keys) = Self.condition(part)
    try DecisionDatabase.reporting(path) {
      try queues[connection].unsafeRead { db in
        let query = "SELECT \(columns) FROM ai_decisions\(condition) ORDER BY group_id"
        try Self.step(db, query, keys) { try body($0, part.firstRow + $1) }
      }
    }
  }

  /// The crops of the older system's records of a part's groups, in the order of the groups, then of time.
  public func olderCrops(in part: Part, connection: Int) throws -> [OlderCrop] {
    try DecisionDatabase.reporting(path) {
      try queues[connection].unsafeRead { db in
        guard try db.tableExists(OlderCrop.table) else { return [] }
        let columns = OlderCrop.columns.joined(separator: ", ")
        let (condition, keys) = Self.condition(part)
        return try Row.fetchAll(
          db.cachedStatement(
            sql: "SELECT \(columns) FROM \(OlderCrop.table)\(condition) ORDER BY group_id, occurrence"),
          arguments: StatementArguments(keys)
        ).map(OlderCrop.init)
      }
    }
  }

  private static func condition(_ part: Part) -> (sql: String, keys: [String]) {
    switch (part.from, part.before) {
    case (let from?, let before?): (" WHERE group_id >= ? AND group_id < ?", [from, before])
    case (let from?, nil): (" WHERE group_id >= ?", [from])
    case (nil, let before?): (" WHERE group_id < ?", [before])
    case (nil, nil): ("", [])
    }
  }

  /// Steps through a query's rows, with SQLite's own calls: a value costs no copy.
  private static func step(
    _ db: Database, _ sql: String, _ keys: [String], _ body: (ScannedRow, Int) throws -> Void
  ) throws {
    func failure(_ code: Int32) -> DatabaseError {
      DatabaseError(resultCode: ResultCode(rawValue: code), message: db.lastErrorMessage)
    }
    var prepared: OpaquePointer?
    let code = sqlite3_prepare_v2(db.sqliteConnection, sql, -1, &prepared, nil)
    guard code == SQLITE_OK, let statement = prepared else { throw failure(code) }
    defer { sqlite3_finalize(statement) }
    for (index, key) in keys.enumerated() {
      // SQLITE_TRANSIENT: SQLite makes a copy.
      let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
      let code = sqlite3_bind_text(
        statement, Int32(index + 1), key, Int32(key.utf8.count), transient)
      guard code == SQLITE_OK else { throw failure(code) }
    }
    var number = 0
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW:
        try body(ScannedRow(statement: statement), number)
        number += 1
      case SQLITE_DONE: return
      case let code: throw failure(code)
      }
    }
  }
}

/// The row that a scan is at. Valid, with its texts, during the call that it is given to.
public struct ScannedRow {
  let statement: OpaquePointer

  /// A text; `nil` for NULL.
  /// - Throws: `Diagnostic` `decision-row-damaged` for a value of another type.
  public func text(_ column: DecisionScan.Column) throws -> UnsafeRawBufferPointer? {
    switch sqlite3_column_type(statement, column.rawValue) {
    case SQLITE_NULL: return nil
    case SQLITE_TEXT:
      let bytes = sqlite3_column_text(statement, column.rawValue)
      return UnsafeRawBufferPointer(
        start: bytes, count: Int(sqlite3_column_bytes(statement, column.rawValue)))
    default: throw damaged(column)
    }
  }

  /// A text that no row may lack.
  public func required(_ column: DecisionScan.Column) throws -> UnsafeRawBufferPointer {
    guard let text = try text(column) else { throw damaged(column) }
    return text
  }

  /// A whole number; `nil` for NULL.
  public func integer(_ column: DecisionScan.Column) throws -> Int? {
    switch sqlite3_column_type(statement, column.rawValue) {
    case SQLITE_NULL: nil
    case SQLITE_INTEGER: Int(sqlite3_column_int64(statement, column.rawValue))
    default: throw damaged(column)
    }
  }

  /// A number; `nil` for NULL.
  public func number(_ column: DecisionScan.Column) throws -> Double? {
    switch sqlite3_column_type(statement, column.rawValue) {
    case SQLITE_NULL: nil
    case SQLITE_INTEGER, SQLITE_FLOAT: sqlite3_column_double(statement, column.rawValue)
    default: throw damaged(column)
    }
  }

  /// A truth value, 0 or 1; `nil` for NULL.
  public func truth(_ column: DecisionScan.Column) throws -> Bool? {
    switch try integer(column) {
    case nil: nil
    case 0: false
    case 1: true
    default: throw damaged(column)
    }
  }

  private func damaged(_ column: DecisionScan.Column) -> Diagnostic {
    let bytes = sqlite3_column_text(statement, DecisionScan.Column.group_id.rawValue)
    let group = UnsafeRawBufferPointer(
      start: bytes, count: Int(sqlite3_column_bytes(statement, DecisionScan.Column.group_id.rawValue)))
    return Diagnostic(
      code: "decision-row-damaged",
      "\(column) of group \(FileSystem.shown(String(decoding: group, as: UTF8.self))) cannot be read; the row was not touched"
    )
  }
}
