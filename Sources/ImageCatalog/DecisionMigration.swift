import FileSystem
import GRDB
import PipelineCore

/// Takes over a decision database of version 3: a verified copy beside it, then one transaction in place.
///
/// No row is lost: what the constraints admit is kept, repaired where older tools are known to have written something
/// else, with a note for each changed value; the rest is put aside verbatim with the reason.
struct DecisionMigration {
  let queue: DatabaseQueue
  let path: String

  func run() throws -> DecisionDatabase.Migration? {
    try queue.writeWithoutTransaction { db in
      // Nobody else may write between the copy and the change. The lock is kept from here on, also outside transactions:
      // a database with a transaction under way cannot be copied.
      try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
      defer {
        // `try?`: the lock then lasts until this connection is closed; nothing is wrong with what was done.
        try? db.execute(sql: "PRAGMA locking_mode = NORMAL")
        try? db.execute(sql: "SELECT count(*) FROM sqlite_master")  // The lock goes with the next access.
      }
      try db.execute(sql: "BEGIN EXCLUSIVE; COMMIT")
      if try String.fetchOne(db, sql: "PRAGMA journal_mode")?.lowercased() == "wal" {
        try db.execute(sql: "PRAGMA journal_mode = DELETE")
      }
      // Another process may have been first.
      guard case .older = try DecisionDatabase.Shape(db, path) else { return nil }
      try checkWhole(db)
      let backup = try makeBackup(db)
      var migration = DecisionDatabase.Migration(
        rows: 0, kept: 0, repaired: 0, quarantined: 0, backup: backup)
      try db.execute(sql: "PRAGMA temp_store = MEMORY")
      try db.inTransaction(.exclusive) {
        try rebuild(db, &migration)
        return .commit
      }
      return migration
    }
  }

  /// Takes over a database that is the caller's own copy.
  /// - Parameter taken: hears of each older row in order, while it is in `temp.older` under its position.
  func runOnCopy(taken: (Database, Int64, Outcome) throws -> Void) throws {
    try queue.writeWithoutTransaction { db in
      try checkWhole(db)
      try db.execute(sql: "PRAGMA temp_store = MEMORY")
      var migration = DecisionDatabase.Migration(rows: 0, kept: 0, repaired: 0, quarantined: 0, backup: "")
      try db.inTransaction(.exclusive) {
        try rebuild(db, &migration) { try taken(db, $0, $1) }
        return .commit
      }
    }
  }

  private func checkWhole(_ db: Database) throws {
    let answers = try String.fetchAll(db, sql: "PRAGMA integrity_check(5)")
    guard answers == ["ok"] else {
      throw Diagnostic(
        code: "decision-database-corrupt",
        "the decision database \(path) is damaged: \(answers.joined(separator: "; ")); it was not touched",
        help: "restore it from a backup, or look at it with `sqlite3 \(path) .recover`")
    }
  }

  // MARK: The copy

  /// Copies the database beside itself under a name that is free.
  /// - Returns: the copy's path. A copy of the same content that an interrupted attempt left is taken as it is.
  private func makeBackup(_ db: Database) throws -> String {
    let content = try Self.contentDigest(db)
    var number = 1
    while true {
      let backup = path + ".v3-backup" + (number == 1 ? "" : "-\(number)")
      if try FileStatus(backup) == nil {
        try FileSystem.create(backup, [])
        try copy(db, to: backup)
        guard try Self.digestOfCopy(backup) == content else {
          throw Diagnostic(
            code: "decision-backup-failed",
            "the copy \(backup) has not the content of \(path), which was not touched",
            help: "check the health of the disk, remove the copy and try again")
        }
        return backup
      }
      // `try?`: a copy that cannot be read is not one that can be relied on; the next name is taken.
      if let known = try? Self.digestOfCopy(backup), known == content {
        try makeDurable(backup)
        return backup
      }
      number += 1
    }
  }

  private func copy(_ db: Database, to backup: String) throws {
    let target = try DatabaseQueue(path: backup)
    try target.writeWithoutTransaction { try db.backup(to: $0) }
    try target.close()
    try makeDurable(backup)
  }

  private func makeDurable(_ backup: String) throws {
    try FileSystem.sync(backup)
    try FileSystem.sync(String(backup[..<(backup.lastIndex(of: "/") ?? backup.endIndex)]))
  }

  private static func digestOfCopy(_ backup: String) throws -> Digest {
    var configuration = Configuration()
    configuration.readonly = true
    let queue = try DatabaseQueue(path: backup, configuration: configuration)
    defer {
      // `try?`: it was only read.
      try? queue.close()
    }
    return try queue.read { db in
      guard try String.fetchAll(db, sql: "PRAGMA integrity_check(1)") == ["ok"] else {
        throw DatabaseError(resultCode: .SQLITE_CORRUPT)
      }
      return try contentDigest(db)
    }
  }

  /// A digest over the definitions and all values of all tables, as SQL literals.
  private static func contentDigest(_ db: Database) throws -> Digest {
    var hasher = DigestHasher()
    let objects = try Row.fetchAll(
      db, sql: "SELECT type, name, coalesce(sql, '') AS sql FROM sqlite_master ORDER BY type, name")
    for object in objects {
      let (type, name, sql): (String, String, String) = (object["type"], object["name"], object["sql"])
      hasher.update("\(type) \(name)\n\(sql)\n")
      guard type == "table" else { continue }
      let columns = try String.fetchAll(db, sql: "SELECT name FROM pragma_table_info(?)", arguments: [name])
      let literals = columns.map { "quote(\(quoted($0)))" }.joined(separator: " || ',' || ")
      let rows = try String.fetchCursor(
        db, sql: "SELECT \(literals) AS line FROM \(quoted(name)) ORDER BY line")
      while let line = try rows.next() { hasher.update(line + "\n") }
    }
    return hasher.finalize()
  }

  static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }

  // MARK: The change

  private func rebuild(
    _ db: Database, _ migration: inout DecisionDatabase.Migration,
    taken: (Int64, Outcome) throws -> Void = { _, _ in }
  ) throws {
    // A copy in memory has row numbers in any case, and its values keep their types.
    try db.execute(sql: "CREATE TEMP TABLE older AS SELECT * FROM main.ai_decisions")
    let columns = try String.fetchAll(db, sql: "SELECT name FROM pragma_table_info('older', 'temp')")
    for view in ["ai_performance", "incomplete_crops", "ai_mistakes"] {
      try db.execute(sql: "DROP VIEW IF EXISTS \(view)")
    }
    try db.execute(sql: "DROP TABLE ai_decisions")
    try db.execute(sql: DecisionSQL.text)
    let positions = try Int64.fetchAll(db, sql: "SELECT rowid FROM temp.older ORDER BY rowid")
    for position in positions {
      guard
        let row = try Row.fetchOne(
          db.cachedStatement(sql: "SELECT * FROM temp.older WHERE rowid = ?"), arguments: [position])
      else { continue }
      migration.rows += 1
      let outcome = try keep(db, OlderRow(row, columns))
      try taken(position, outcome)
      switch outcome {
      case .kept(let changes):
        migration.kept += 1
        migration.repaired += changes.contains { $0.isRepair } ? 1 : 0
      case .refused(let reason):
        migration.quarantined += 1
        try quarantine(db, position, columns, reason)
      }
    }
    try note(
      db, nil,
      .init(
        column: "*", old: nil, new: nil,
        reason:
          "taken over from version 3: \(migration.rows) rows, \(migration.kept) kept, \(migration.quarantined) quarantined"
      ))
    try db.execute(sql: "DROP TABLE temp.older")
    let kept = try Int.fetchOne(db, sql: "SELECT count(*) FROM ai_decisions") ?? 0
    let aside = try Int.fetchOne(db, sql: "SELECT count(*) FROM quarantined_rows") ?? 0
    guard kept == migration.kept, aside == migration.quarantined, kept + aside == migration.rows else {
      throw Diagnostic(
        code: "decision-migration-failed",
        "\(kept) kept and \(aside) quarantined rows are not the \(migration.rows) rows of \(path); nothing was changed"
      )
    }
  }

  /// What becomes of a row: the row inserted last, with what was changed of it; or why it is put aside.
  enum Outcome { case kept([OlderRow.Change]), refused(String) }

  private func keep(_ db: Database, _ older: OlderRow) throws -> Outcome {
    switch older.repaired() {
    case .failure(let refusal): return .refused(refusal.reason)
    case .success(let (values, changes)):
      let names = values.map(\.column).joined(separator: ", ")
      let marks = values.map { _ in "?" }.joined(separator: ", ")
      var refusal: String?
      try db.inSavepoint {
        do {
          let insert = try db.cachedStatement(sql: "INSERT INTO ai_decisions (\(names)) VALUES (\(marks))")
          try insert.execute(arguments: StatementArguments(values.map(\.value)))
          for change in changes { try note(db, older.group, change) }
          return .commit
        } catch let error as DatabaseError
          where [.SQLITE_CONSTRAINT, .SQLITE_ERROR, .SQLITE_MISMATCH].contains(error.resultCode)
        {
          // SQLITE_ERROR: a JSON function met something that is no JSON.
          refusal = ConstraintWords.reason(error.message ?? "")
          return .rollback
        }
      }
      return refusal.map { .refused($0) } ?? .kept(changes)
    }
  }

  private func quarantine(_ db: Database, _ position: Int64, _ columns: [String], _ reason: String) throws {
    let known = DecisionSQL.olderColumns.filter(columns.contains)
    let names = known.joined(separator: ", ")
    try db.execute(
      sql: """
        INSERT INTO quarantined_rows (reason, position, \(names))
        SELECT ?, rowid, \(names) FROM temp.older WHERE rowid = ?
        """, arguments: [reason, position])
    for column in columns where !DecisionSQL.olderColumns.contains(column) {
      try db.execute(
        sql: """
          INSERT INTO migration_notes (group_id, column_name, old_value, reason)
          SELECT group_id, ?, \(Self.quoted(column)), 'not a column of version 4; its row is in quarantine'
          FROM temp.older WHERE rowid = ? AND \(Self.quoted(column)) IS NOT NULL
          """, arguments: [column, position])
    }
  }

  private func note(_ db: Database, _ group: DatabaseValue?, _ change: OlderRow.Change) throws {
    try db.execute(
      sql:
        "INSERT INTO migration_notes (group_id, column_name, old_value, new_value, reason) VALUES (?, ?, ?, ?, ?)",
      arguments: [group, change.column, change.old, change.new, change.reason])
  }
}
