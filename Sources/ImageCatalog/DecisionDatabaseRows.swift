import GRDB
import PipelineCore
import PipelineSpec

extension DecisionDatabase {
  /// All rows, in the order of the bytes of their group ids.
  public func rows() throws -> [DecisionRow] {
    try reading { rows, _ in try rows.all() }
  }

  /// The row of a group; `nil` when there is none.
  public func row(group: GroupID) throws -> DecisionRow? {
    try Self.reporting(path) { try queue.read { try DecisionRow.find($0, group) } }
  }

  /// Writes a row, once: an equal row that is there already is fine, whether its crop was entered meanwhile or not.
  /// - Throws: `Diagnostic` `decision-row-differs` when the group has another row, `decision-row-invalid` when the
  ///   constraints do not admit it; nothing was written.
  public func record(_ row: DecisionRow) throws { try record([row]) }

  /// Writes rows as ``record(_:)-(DecisionRow)`` does, all or none.
  public func record(_ rows: [DecisionRow]) throws {
    try changing { db in for row in rows { try self.record(db, row) } }
  }

  func record(_ db: Database, _ row: DecisionRow) throws {
    guard row.project == project || row.schemaVersion == 3 else {
      throw Diagnostic(
        code: "decision-row-invalid",
        "the row of group \(row.group) is of project \(row.project), the database of \(project); nothing was written"
      )
    }
    guard let present = try DecisionRow.find(db, row.group) else { return try row.insert(db) }
    let isSame =
      row.finalCrop == nil && row.cropTimestamp == nil ? present.withoutCrop == row : present == row
    if !isSame { throw differs(row.group, DecisionRow.differences(present, row)) }
  }

  /// Enters the crop that was made of a group's picked image, once; the same rectangle again changes nothing.
  /// - Parameters:
  ///   - at: when it was made, RFC 3339 in UTC.
  ///   - width: of the image as displayed, in pixels; entered where the row does not know it.
  ///   - height: its height.
  /// - Throws: `Diagnostic` `decision-row-missing` without a row, `decision-row-differs` when another crop or size is
  ///   entered, `decision-row-invalid` when nothing is to be cropped.
  public func recordCrop(
    group: GroupID, rectangle: CropRectangle, at: String, width: Int? = nil, height: Int? = nil
  ) throws {
    try changing { try self.recordCrop($0, group, rectangle, at: at, width: width, height: height) }
  }

  func recordCrop(
    _ db: Database, _ group: GroupID, _ rectangle: CropRectangle, at: String, width: Int?, height: Int?
  ) throws {
    guard UTCTime(at) != nil else {
      throw Diagnostic(
        code: "decision-row-invalid",
        "\(at) is no RFC 3339 time in UTC; no crop of group \(group) was entered")
    }
    guard let present = try DecisionRow.find(db, group) else {
      throw Diagnostic(
        code: "decision-row-missing", "group \(group) has no row in \(path); no crop was entered",
        help: "run the review stage first")
    }
    var row = present
    if present.finalCrop == nil { row.cropTimestamp = at }
    row.finalCrop = rectangle
    row.imageWidth = width ?? present.imageWidth
    row.imageHeight = height ?? present.imageHeight
    if row == present { return }
    if present.finalCrop.map({ $0 != rectangle }) ?? false
      || present.imageWidth.map({ $0 != row.imageWidth }) ?? false
      || present.imageHeight.map({ $0 != row.imageHeight }) ?? false
    {
      throw differs(group, DecisionRow.differences(present, row))
    }
    try row.update(db)
  }

  /// Takes a group's crop out of its row, for undo. A row without one, or no row, is fine.
  public func removeCrop(group: GroupID) throws {
    try changing { db in
      guard let present = try DecisionRow.find(db, group), present.finalCrop != nil else { return }
      try present.withoutCrop.update(db)
    }
  }

  /// Takes a group's row away, for undo.
  /// - Parameter decision: the id of the decision whose row it must be; `nil` for whatever row there is.
  /// - Returns: the row, for ``restoreRow(_:)``; `nil` when there was none.
  /// - Throws: `Diagnostic` `decision-row-differs` when the row is of another decision; nothing was changed.
  @discardableResult public func removeRow(group: GroupID, decision: String? = nil) throws -> DecisionRow? {
    var removed: DecisionRow?
    try changing { db in
      guard let present = try DecisionRow.find(db, group) else { return }
      if let decision, present.decisionID != decision { throw self.differs(group, ["decision_id"]) }
      try db.execute(sql: "DELETE FROM ai_decisions WHERE group_id = ?", arguments: [group.rawValue])
      removed = present
    }
    return removed
  }

  /// Puts a row back as it was, its crop included.
  /// - Throws: as ``record(_:)-(DecisionRow)``.
  public func restoreRow(_ row: DecisionRow) throws { try record(row) }

  /// One change: all or nothing, on the disk when it returns.
  func changing(_ body: (Database) throws -> Void) throws {
    try Self.reporting(path) {
      try queue.writeWithoutTransaction { db in
        try db.inTransaction(.immediate) {
          try body(db)
          return .commit
        }
      }
    }
  }

  private func differs(_ group: GroupID, _ columns: [String]) -> Diagnostic {
    Diagnostic(
      code: "decision-row-differs",
      "group \(group) has another row in \(path) already (\(columns.joined(separator: ", ")) differ); it was not changed",
      help: "undo its decision first")
  }
}

extension DecisionRow {
  fileprivate static func find(_ db: Database, _ group: GroupID) throws -> DecisionRow? {
    let names = columns.joined(separator: ", ")
    let statement = try db.cachedStatement(sql: "SELECT \(names) FROM ai_decisions WHERE group_id = ?")
    return try Row.fetchOne(statement, arguments: [group.rawValue]).map(DecisionRow.init)
  }

  fileprivate func insert(_ db: Database) throws {
    let marks = Self.columns.map { _ in "?" }.joined(separator: ", ")
    let statement = try db.cachedStatement(
      sql: "INSERT INTO ai_decisions (\(Self.columns.joined(separator: ", "))) VALUES (\(marks))")
    try statement.execute(arguments: StatementArguments(values))
  }

  fileprivate func update(_ db: Database) throws {
    let settings = Self.columns.map { "\($0) = ?" }.joined(separator: ", ")
    try db.execute(
      sql: "UPDATE ai_decisions SET \(settings) WHERE group_id = ?",
      arguments: StatementArguments(values + [group.rawValue.databaseValue]))
  }

  /// A JSON column's value; `nil` when it is no JSON.
  static func json(_ text: String) -> JSONValue? {
    let (value, findings) = JSONDocument.parse(Array(text.utf8), path: "")
    return findings.isEmpty ? value?.value : nil
  }
}
