import GRDB

/// Gives the rows of one table one after the other, in order, holding one in memory. Valid only within the call that
/// gave it; not for several threads.
public final class DecisionCursor<Element> {
  private let step: () throws -> Element?

  init(_ step: @escaping () throws -> Element?) { self.step = step }

  /// The next row; `nil` at the end.
  /// - Throws: `Diagnostic` `decision-row-damaged` for a row that somebody wrote past the constraints, and what the
  ///   database says.
  public func next() throws -> Element? { try step() }

  /// The rows that are left.
  func all() throws -> [Element] {
    var elements: [Element] = []
    while let element = try next() { elements.append(element) }
    return elements
  }
}

extension DecisionDatabase {
  /// Reads decisions and older crops side by side, as they are at one moment, a row at a time: for joins of more rows
  /// than memory holds.
  ///
  /// `rows` come in the order of the bytes of their group ids; `crops` in the same order, those of one group in the order
  /// of time. A group may have crops and no row, as after undo, and the other way about. The body must not use this
  /// database otherwise, nor keep the cursors. Other programs cannot write while it lasts.
  /// - Throws: `Diagnostic` when the database is damaged, locked or not accessible, and what the body throws.
  public func reading<Result>(
    _ body: (_ rows: DecisionCursor<DecisionRow>, _ crops: DecisionCursor<OlderCrop>) throws -> Result
  ) throws -> Result {
    try Self.reporting(path) {
      try queue.read { db in
        let rows = try Row.fetchCursor(
          db,
          sql: "SELECT \(DecisionRow.columns.joined(separator: ", ")) FROM ai_decisions ORDER BY group_id")
        let decisions = DecisionCursor { try rows.next().map(DecisionRow.init) }
        // A database that was never opened for writing since there are older crops has no table for them.
        guard try OlderCrop.isThere(db) else { return try body(decisions, DecisionCursor { nil }) }
        let crops = try Row.fetchCursor(
          db,
          sql:
            "SELECT \(OlderCrop.columns.joined(separator: ", ")) FROM \(OlderCrop.table) ORDER BY group_id, occurrence"
        )
        return try body(decisions, DecisionCursor { try crops.next().map(OlderCrop.init) })
      }
    }
  }

  /// All crops of the older system, in the order of the bytes of their group ids, those of one group in the order of
  /// time. ``reading(_:)`` gives them one after the other.
  public func olderCrops() throws -> [OlderCrop] { try reading { _, crops in try crops.all() } }
}
