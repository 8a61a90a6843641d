import DatabaseFiles
import FileSystem
import Foundation
import GRDB
import PipelineCore

extension CustodyJournal {
  private static let orderColumns = """
    sequence, id, cause, project, root, group_id, decision, actor, operations, state, run, intended_at, done_at,
    undone_at
    """

  /// Which receipts are wanted; `nil` is any.
  struct ReceiptFilter {
    var id: OrderID?
    var project: String?
    var group: String?
    var run: RunID?
    var states: Set<Receipt.State> = Set(Receipt.State.allCases)
    var file: Int64?
    var limit: Int?
  }

  /// Receipts, the newest first.
  func receipts(_ filter: ReceiptFilter) throws -> [Receipt] {
    try read { try Self.receipts(filter, $0) }
  }

  static func receipts(_ filter: ReceiptFilter, _ db: Database) throws -> [Receipt] {
    var conditions = ["1"]
    var arguments: StatementArguments = []
    func require(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
      guard let value else { return }
      conditions.append(condition)
      arguments += [value]
    }
    require("id = ?", filter.id?.rawValue)
    require("project = ?", filter.project)
    require("group_id = ?", filter.group)
    require("run = ?", filter.run?.rawValue)
    require(
      "sequence IN (SELECT order_sequence FROM passes JOIN acts ON pass = passes.id WHERE file = ?)",
      filter.file)
    if filter.states.count < Receipt.State.allCases.count {
      let states = filter.states.map(\.rawValue).sorted()
      conditions.append("state IN (\(states.map { "'\($0)'" }.joined(separator: ",")))")
    }
    let limit = filter.limit.map { " LIMIT \(max(0, $0))" } ?? ""
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT \(orderColumns) FROM orders WHERE \(conditions.joined(separator: " AND "))
        ORDER BY sequence DESC\(limit)
        """, arguments: arguments)
    return try rows.map { try receipt($0, db) }
  }

  private static func order(_ row: Row) throws -> CustodyOrder {
    guard let cause = OrderCause(rawValue: row[2]) else { throw FileRow.damaged("an order's cause") }
    return CustodyOrder(
      id: OrderID(rawValue: row[1]), cause: cause, project: row[3], root: row[4], group: row[5],
      decision: row[6], actor: row[7],
      operations: try JSONColumn.value([CustodyOperation].self, row[8]))
  }

  private static func receipt(_ row: Row, _ db: Database) throws -> Receipt {
    let order = try order(row)
    let passes = try passes(sequence: row[0], order, db)
    let performed = passes.first { $0.direction == .perform }
    var steps: [Receipt.Step] = []
    for act in performed?.acts ?? [] {
      guard order.operations.indices.contains(act.operation),
        order.operations[act.operation].steps.indices.contains(act.step)
      else { throw FileRow.damaged("an act without its step") }
      let isTrash = act.kind == .trash
      steps.append(
        Receipt.Step(
          operation: act.operation, step: order.operations[act.operation].steps[act.step], digest: act.digest,
          trash: isTrash
            ? TrashSlot(
              data: act.target ?? "", info: act.info, infoBytes: act.bytes ?? [],
              folders: (performed?.folders ?? []).filter(\.isPrivate).map(\.path)) : nil,
          removed: act.kind == .remove ? act.bytes : nil, file: act.file))
    }
    return Receipt(
      id: order.id, sequence: row[0], order: order, state: try state(row[9]),
      run: (row[10] as Int64?).map { RunID($0) }, intendedAt: row[11], doneAt: row[12], undoneAt: row[13],
      steps: steps,
      reversedSteps: passes.first { $0.direction == .undo && row[9] == "undone" }?.acts.count ?? 0,
      madeFolders: (performed?.folders ?? []).map(\.path),
      operationIDs: passes.flatMap { pass in order.operations.indices.map(pass.operationID) })
  }

  /// The passes that are not known to be finished, the oldest first.
  func openPasses(_ id: OrderID? = nil) throws -> [Pass] {
    try read { db in
      let condition = id == nil ? "" : " AND id = ?"
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT \(Self.orderColumns) FROM orders WHERE state IN ('intended','undoing')\(condition)
          ORDER BY sequence
          """, arguments: id.map { [$0.rawValue] } ?? [])
      return try rows.flatMap { row in
        try Self.passes(sequence: row[0], try Self.order(row), db, onlyOpen: true)
      }
    }
  }

  /// What was done for an order, to be undone.
  func performed(_ id: OrderID) throws -> Pass? {
    try read { db in
      let row = try Row.fetchOne(
        db, sql: "SELECT \(Self.orderColumns) FROM orders WHERE id = ?", arguments: [id.rawValue])
      guard let row else { return nil }
      return try Self.passes(sequence: row[0], try Self.order(row), db).first { $0.direction == .perform }
    }
  }

  private static func passes(
    sequence: Int64, _ order: CustodyOrder, _ db: Database, onlyOpen: Bool = false
  ) throws -> [Pass] {
    let rows = try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT id, direction, state, actor, run, intended_at, folders, log_file, log_offset, log_lines
          FROM passes WHERE order_sequence = ? ORDER BY id
          """), arguments: [sequence])
    return try rows.compactMap { row in
      let state: String = row[2]
      if onlyOpen, state == "done" { return nil }
      guard let direction = Pass.Direction(rawValue: row[1]) else { throw FileRow.damaged("a pass") }
      return Pass(
        id: row[0], sequence: sequence, direction: direction, order: order, actor: row[3],
        run: (row[4] as Int64?).map { RunID($0) }, intendedAt: row[5],
        folders: try JSONColumn.value([MissingFolder].self, row[6]), acts: try acts(row[0], db),
        logFile: row[7], logOffset: row[8], logLines: try JSONColumn.value([String].self, row[9]),
        isPrepared: state != "intended")
    }
  }

  private static func acts(_ pass: Int64, _ db: Database) throws -> [Act] {
    let rows = try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT kind, operation, step, source, target, temporary, aside, info, bytes, digest, mark, made, file
          FROM acts WHERE pass = ? ORDER BY position
          """), arguments: [pass])
    return try rows.map { row in
      guard let kind = Act.Kind(rawValue: row[0]) else { throw FileRow.damaged("an act's kind") }
      func mark(_ column: Int) throws -> FileMark? {
        try (row[column] as String?).map { try JSONColumn.value(FileMark.self, $0) }
      }
      return Act(
        kind: kind, operation: row[1], step: row[2], source: row[3], target: row[4], temporary: row[5],
        aside: row[6], info: row[7], bytes: (row[8] as Data?).map { [UInt8]($0) },
        digest: try FileRow.digest(row, 9), mark: try mark(10), made: try mark(11), file: row[12])
    }
  }

  /// The order that touched a file after another one and still stands; `nil` when there is none.
  func laterOrder(file: Int64, than sequence: Int64) throws -> OrderID? {
    try read { db in
      let id = try String.fetchOne(
        db,
        sql: """
          SELECT orders.id FROM acts JOIN passes ON passes.id = pass
          JOIN orders ON sequence = order_sequence
          WHERE file = ? AND sequence > ? AND orders.state <> 'undone' ORDER BY sequence DESC LIMIT 1
          """, arguments: [file, sequence])
      return id.map { OrderID(rawValue: $0) }
    }
  }

  /// The order that was begun and not ended, and that a file is part of; `nil` when there is none.
  func openOrder(file: Int64) throws -> OrderID? {
    try read { db in
      let id = try String.fetchOne(
        db,
        sql: """
          SELECT orders.id FROM acts JOIN passes ON passes.id = pass
          JOIN orders ON sequence = order_sequence
          WHERE file = ? AND orders.state IN ('intended','undoing') LIMIT 1
          """, arguments: [file])
      return id.map { OrderID(rawValue: $0) }
    }
  }
}
