import GRDB
import PipelineCore

/// The rows of a decision database of version 3 that somebody else keeps, as ``DecisionDatabase`` would take them over.
/// The file is never written, nor is anything made beside it.
public struct OlderDecisions: Sendable {
  /// One row of the file.
  public struct Record: Sendable {
    /// The row's number in the file's order, from 1.
    public let position: Int
    public let outcome: Outcome
    /// The row verbatim: its columns as SQL literals.
    public let columns: [String: String]
  }

  public enum Outcome: Sendable {
    /// A row that the constraints admit, and what was changed of it; whether its meaning was set right by that.
    case taken(DecisionRow, notes: [MigrationNote], isRepaired: Bool)
    /// One that they do not admit, and why.
    case refused(reason: String)
  }

  public let records: [Record]

  /// Whether a file that begins so is a SQLite database.
  public static func isDatabase(_ start: some Sequence<UInt8>) -> Bool {
    Array(start.prefix(16)) == Array("SQLite format 3\0".utf8)
  }

  /// Reads a database.
  /// - Throws: `Diagnostic` when it is damaged, locked, of another version or no decision database; `FileError`.
  public init(path: String) throws { try self.init(path: path, patience: 5) }

  /// - Parameter patience: how long to wait for a lock, in seconds.
  init(path: String, patience: Double) throws {
    do {
      records = try DecisionDatabase.reporting(path) {
        let copy = try DatabaseCopy(path, patience: patience)
        defer { copy.remove() }
        return try Self.records(copy.queue, path)
      }
    } catch var finding as Diagnostic {
      // The help that is right for the project's own database would be wrong for somebody else's.
      switch finding.code {
      case "decision-database-foreign": finding.help = "give a decision database of version 3"
      case "decision-database-corrupt":
        finding.help = "give another copy of it, or look at it with `sqlite3 \(path) .recover`"
      default: break
      }
      throw finding
    }
  }

  private static func records(_ queue: DatabaseQueue, _ path: String) throws -> [Record] {
    guard case .older = try queue.read({ try DecisionDatabase.Shape($0, path) }) else {
      throw Diagnostic(
        code: "import-not-older",
        "\(path) is a database of the present version or an empty one, and import takes those of version 3; nothing was imported",
        help:
          "to use a database of this version, put it to \(DecisionDatabase.folder) under its project's name")
    }
    var (records, columns): ([Record], [String]) = ([], [])
    try DecisionMigration(queue: queue, path: path).runOnCopy { db, position, outcome in
      if columns.isEmpty {
        columns = try String.fetchAll(db, sql: "SELECT name FROM pragma_table_info('older', 'temp')")
      }
      let result: Outcome
      switch outcome {
      case .refused(let reason): result = .refused(reason: reason)
      case .kept(let changes): result = try taken(db, changes)
      }
      records.append(
        Record(position: Int(position), outcome: result, columns: try literals(db, position, columns)))
    }
    return records
  }

  /// The row that was inserted last.
  private static func taken(_ db: Database, _ changes: [OlderRow.Change]) throws -> Outcome {
    let last = try db.cachedStatement(sql: "SELECT * FROM ai_decisions ORDER BY rowid DESC LIMIT 1")
    let stored = try Row.fetchOne(last)
    do {
      guard let row = try stored.map(DecisionRow.init) else {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT)
      }
      let notes = changes.map { change in
        MigrationNote(
          group: row.group, column: change.column, old: change.old ?? .null, new: change.new ?? .null,
          reason: change.reason)
      }
      return .taken(row, notes: notes, isRepaired: changes.contains { $0.isRepair })
    } catch let finding as Diagnostic {
      // The constraints admit it, and still it cannot be read: one row, not all of them.
      return .refused(reason: finding.message)
    }
  }

  private static func literals(
    _ db: Database, _ position: Int64, _ columns: [String]
  ) throws -> [String: String] {
    let quoted = columns.map { "quote(\(DecisionMigration.quoted($0)))" }.joined(separator: ", ")
    let statement = try db.cachedStatement(sql: "SELECT \(quoted) FROM temp.older WHERE rowid = ?")
    let row = try Row.fetchOne(statement, arguments: [position])
    var literals: [String: String] = [:]
    for (index, column) in columns.enumerated() { literals[column] = row?[index] }
    return literals
  }
}
