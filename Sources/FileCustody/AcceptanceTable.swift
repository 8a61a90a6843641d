import FileSystem
import GRDB
import PipelineCore

/// The acceptances, within one transaction. Rows are only ever added.
struct AcceptanceTable {
  let db: Database

  private static let columns =
    "sequence, id, file, kind, successor, place, accepted_at, log_file, log_offset, log_line"

  private static func row(_ row: Row) throws -> AcceptanceRow {
    guard let kind = Acceptance.Kind(rawValue: row[3]) else { throw FileRow.damaged("an acceptance") }
    let record: AcceptanceRow.Record? =
      if let file = row[7] as String?, let offset = row[8] as Int64?, let line = row[9] as String? {
        .init(file: file, offset: offset, line: line)
      } else { nil }
    return AcceptanceRow(
      sequence: row[0], id: OrderID(rawValue: row[1]), file: row[2],
      acceptance: Acceptance(
        kind: kind, place: RelativePath(row[5]), successor: row[4], acceptedAt: row[6]),
      record: record)
  }

  /// Whether there is the table: a journal that was last written by an older Darkroom is read as it is.
  static func isThere(_ db: Database) throws -> Bool { try db.tableExists("acceptances") }

  private func rows(_ condition: String, _ arguments: StatementArguments) throws -> [AcceptanceRow] {
    guard try Self.isThere(db) else { return [] }
    let statement = try db.cachedStatement(
      sql: "SELECT \(Self.columns) FROM acceptances WHERE \(condition) ORDER BY sequence")
    return try Row.fetchAll(statement, arguments: arguments).map(Self.row)
  }

  /// What was said of a file, the oldest first.
  func rows(file: Int64) throws -> [AcceptanceRow] { try rows("file = ? AND state = 'done'", [file]) }

  /// What counts of a file now; `nil` when nothing was said, or it came back.
  func standing(_ file: Int64) throws -> AcceptanceRow? {
    try rows(file: file).last.flatMap { $0.acceptance.isSettling ? $0 : nil }
  }

  /// What counts now of each file of a project.
  func standing(project: String) throws -> [Int64: AcceptanceRow] {
    let newest = Dictionary(try rows(project: project).map { ($0.file, $0) }) { _, last in last }
    return newest.filter { $0.value.acceptance.isSettling }
  }

  private func rows(project: String) throws -> [AcceptanceRow] {
    try rows(
      "state = 'done' AND EXISTS (SELECT 1 FROM files WHERE files.id = file AND project = ?)", [project])
  }

  /// Whether a person gave the file up: it is lost, or what it was moved to is.
  func isLost(_ file: Int64) throws -> Bool {
    try Acceptance.isLost(file) { try standing($0)?.acceptance }
  }

  /// Whether a file was given up and found again, and nothing was said of it since.
  func wasFound(_ file: Int64) throws -> Bool { try wasFound(rows(file: file)) }

  /// Those of a project.
  func found(project: String) throws -> Set<Int64> {
    let words = Dictionary(grouping: try rows(project: project), by: \.file)
    return Set(try words.filter { try wasFound($0.value) }.keys)
  }

  /// - Parameter words: all that was said of a file, the oldest first.
  private func wasFound(_ words: [AcceptanceRow]) throws -> Bool {
    guard words.last?.acceptance.kind == .back, let before = words.dropLast().last?.acceptance else {
      return false
    }
    return try before.successor.map(isLost) ?? (before.kind == .lost)
  }

  /// The file that a file was taken for, as it counts now; `nil` when it is nobody's successor.
  func predecessor(of successor: Int64) throws -> Int64? {
    let hits = try rows("successor = ? AND state = 'done'", [successor])
    return try hits.first { try standing($0.file)?.acceptance.successor == successor }?.file
  }

  /// Those whose record may not be in the log yet.
  func open() throws -> [AcceptanceRow] { try rows("state = 'intended'", []) }

  /// Those of a file, the oldest first.
  func open(file: Int64) throws -> [AcceptanceRow] { try rows("file = ? AND state = 'intended'", [file]) }

  /// The name of the next acceptance of a file: the same until it is there.
  func nextID(file: Int64) throws -> OrderID {
    let count =
      try Int.fetchOne(
        db.cachedStatement(sql: "SELECT count(*) FROM acceptances WHERE file = ?"), arguments: [file]) ?? 0
    var hasher = DigestHasher()
    hasher.update("custody-acceptance-1 \(file) \(count)")
    return OrderID(rawValue: String(hasher.finalize().hex.prefix(32)))
  }

  /// Adds one, to be completed by ``finish(_:)``.
  func begin(_ row: AcceptanceRow) throws { try insert(row, state: "intended") }

  private func insert(_ row: AcceptanceRow, state: String) throws {
    let acceptance = row.acceptance
    try db.cachedStatement(
      sql: """
        INSERT INTO acceptances (id, file, kind, successor, place, accepted_at, state, log_file, log_offset, log_line)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      row.id.rawValue, row.file, acceptance.kind.rawValue, acceptance.successor, acceptance.place.rawValue,
      acceptance.acceptedAt, state, row.record?.file, row.record?.offset, row.record?.line,
    ])
  }

  /// Its record is in the log: it counts from now on.
  func finish(_ id: OrderID) throws {
    try db.cachedStatement(sql: "UPDATE acceptances SET state = 'done' WHERE id = ?").execute(
      arguments: [id.rawValue])
  }

  /// A file was seen again, or moved: what was said of it when it was gone does not hold for the next time. Nothing is
  /// added where nothing was said.
  func returned(_ file: Int64, to place: RelativePath, at time: Int64) throws {
    guard try standing(file) != nil else { return }
    let row = AcceptanceRow(
      sequence: 0, id: try nextID(file: file), file: file,
      acceptance: Acceptance(kind: .back, place: place, acceptedAt: time), record: nil)
    try insert(row, state: "done")
  }
}
