import GRDB
import PipelineCore

/// What was changed of a row of the older system, or where a value comes from: a row of `migration_notes`.
public struct MigrationNote: Sendable, Equatable {
  public let group: GroupID
  public let column: String
  let old: DatabaseValue
  let new: DatabaseValue
  public let reason: String

  /// A note about a value that the source does not say itself.
  public init(group: GroupID, column: String, new: String, reason: String) {
    self.init(group: group, column: column, old: .null, new: new.databaseValue, reason: reason)
  }

  init(group: GroupID, column: String, old: DatabaseValue, new: DatabaseValue, reason: String) {
    self.group = group
    self.column = column
    self.old = old
    self.new = new
    self.reason = reason
  }
}

/// What an import adds to a decision database.
public struct OlderRecords: Sendable, Equatable {
  /// Rows of groups that have none.
  public var rows: [DecisionRow] = []
  /// Rows that are there without the crop that these have.
  public var completed: [DecisionRow] = []
  /// Crops that were made.
  public var crops: [OlderCrop] = []
  /// What was changed of ``rows``.
  public var notes: [MigrationNote] = []

  public init() {}

  public var isEmpty: Bool { rows.isEmpty && completed.isEmpty && crops.isEmpty }
}

extension DecisionDatabase {
  /// Writes what an import found, all or nothing; what is there already stays as it is.
  /// - Throws: `Diagnostic` as ``record(_:)-(DecisionRow)`` and ``recordCrop(group:rectangle:at:width:height:)``; nothing
  ///   was written.
  public func record(_ records: OlderRecords) throws {
    if records.isEmpty { return }
    try changing { db in
      for row in records.rows { try self.record(db, row) }
      for row in records.completed {
        guard let crop = row.finalCrop, let at = row.cropTimestamp else { continue }
        try self.recordCrop(db, row.group, crop, at: at, width: row.imageWidth, height: row.imageHeight)
      }
      for note in records.notes {
        let statement = try db.cachedStatement(
          sql:
            "INSERT INTO migration_notes (group_id, column_name, old_value, new_value, reason) VALUES (?, ?, ?, ?, ?)"
        )
        try statement.execute(arguments: [
          note.group.rawValue, note.column, note.old, note.new, note.reason,
        ])
      }
      for (group, crops) in Dictionary(grouping: records.crops, by: \.group) {
        try Self.record(db, crops, of: group)
      }
    }
  }

  /// Adds crops of one group. All of the group are numbered again: one that is added may be older than those there.
  private static func record(_ db: Database, _ crops: [OlderCrop], of group: GroupID) throws {
    let columns = OlderCrop.columns.joined(separator: ", ")
    let known = try db.cachedStatement(sql: "SELECT \(columns) FROM \(OlderCrop.table) WHERE group_id = ?")
    let present = try Row.fetchAll(known, arguments: [group.rawValue]).map(OlderCrop.init)
    var all = Dictionary(present.map { ($0.id, $0) }) { first, _ in first }
    for crop in crops where all[crop.id] == nil { all[crop.id] = crop }
    if all.count == present.count { return }
    if !present.isEmpty {
      try db.execute(sql: "DELETE FROM \(OlderCrop.table) WHERE group_id = ?", arguments: [group.rawValue])
    }
    // Times of one form sort as texts.
    let sorted = all.values.sorted { ($0.timestamp, $0.id.hex) < ($1.timestamp, $1.id.hex) }
    let marks = OlderCrop.columns.map { _ in "?" }.joined(separator: ", ")
    let insert = try db.cachedStatement(sql: "INSERT INTO \(OlderCrop.table) (\(columns)) VALUES (\(marks))")
    for (occurrence, crop) in sorted.enumerated() {
      var numbered = crop
      numbered.occurrence = occurrence
      try insert.execute(arguments: StatementArguments(numbered.values))
    }
  }
}
