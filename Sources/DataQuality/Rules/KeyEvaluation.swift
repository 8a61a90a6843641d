import PipelineCore

/// The rules that compare rows by keys: uniqueness, references, and equal values within a key.
///
/// Every key becomes a record of 32 bytes; see ``KeyRecords`` for what that needs.
struct KeyEvaluation: Evaluation {
  private let rule: Expectation.Rule
  private let table: String
  /// A class, for the records cannot be copied and evaluations can.
  private let collector: Collector
  private var rows = 0
  /// Set in `order` for the rows that refer to others, so that the others come first.
  private static let referring: UInt64 = 1 << 63

  private final class Collector {
    var records: KeyRecords
    init(_ records: consuming KeyRecords) { self.records = records }
  }

  init(_ rule: Expectation.Rule, table: String, scratch: String, capacity: Int) {
    self.rule = rule
    self.table = table
    collector = Collector(KeyRecords(folder: scratch, capacity: capacity))
  }

  mutating func take(_ row: TableRow, of table: String) throws {
    switch rule {
    case .unique(let columns):
      guard let key = Self.key(columns, row) else { return }
      rows += 1
      try add(key, value: 0, order: row.place.bits)
    case .referential(let columns, let other, let others):
      if table == other {
        for key in Self.keys(others, row) { try add(key, value: 0, order: row.place.bits) }
      }
      if table == self.table {
        rows += 1
        for key in Self.keys(columns, row) {
          try add(key, value: 0, order: row.place.bits | Self.referring)
        }
      }
    case .sameWithin(let columns, let value, _):
      guard let value = value.value(in: row)?.canonical else { return }
      rows += 1
      for key in Self.keys(columns, row) {
        try add(key, value: Digest(of: value).leadingWords.high, order: row.place.bits)
      }
    default: return
    }
  }

  private func add(_ key: String, value: UInt64, order: UInt64) throws {
    let words = Digest(of: key).leadingWords
    try collector.records.append(KeyRecord(high: words.high, low: words.low, value: value, order: order))
  }

  /// The values of a row as one text; `nil` when one of them is absent. JSON texts hold no line feed.
  private static func key(_ columns: [ColumnPath], _ row: TableRow) -> String? {
    var key = ""
    for column in columns {
      guard let value = column.value(in: row) else { return nil }
      key += value.canonical
      key += "\n"
    }
    return key
  }

  /// The keys of a row: one, or those of the items of an array.
  private static func keys(_ columns: [ColumnPath], _ row: TableRow) -> [String] {
    guard columns.count == 1, let items = columns[0].value(in: row)?.arrayValue else {
      return key(columns, row).map { [$0] } ?? []
    }
    return items.filter { $0 != .null }.map { $0.canonical + "\n" }
  }

  mutating func finish() throws -> Verdict {
    var broken = BrokenKeys()
    var first: KeyRecord?
    var keys = 0
    try collector.records.forEach { record in
      guard let begin = first, begin.hasKey(of: record) else {
        first = record
        keys += 1
        if case .referential = rule, record.order & Self.referring != 0 {
          broken.add(record.order, first: nil)
        }
        return
      }
      switch rule {
      case .unique: broken.add(record.order, first: begin.order)
      case .referential:
        if begin.order & Self.referring != 0 { broken.add(record.order, first: nil) }
      default:
        if record.value != begin.value { broken.add(record.order, first: begin.order) }
      }
    }
    return broken.verdict(
      observed: isReferential
        ? "\(broken.count) of \(rows) rows refer to nothing" : "\(keys) keys in \(rows) rows",
      mask: ~Self.referring)
  }

  private var isReferential: Bool { if case .referential = rule { true } else { false } }

  /// The rows that break the rule: how many, and the first few in the order of the rows.
  private struct BrokenKeys {
    private(set) var count = 0
    private var first: [(order: UInt64, other: UInt64?)] = []

    mutating func add(_ order: UInt64, first other: UInt64?) {
      count += 1
      // Of a row with several such keys, the first example is enough.
      if first.contains(where: { $0.order == order }) { return }
      let place = first.firstIndex { order < $0.order } ?? first.count
      guard place < Verdict.mostExamples else { return }
      first.insert((order, other), at: place)
      if first.count > Verdict.mostExamples { first.removeLast() }
    }

    func verdict(observed: String, mask: UInt64) -> Verdict {
      var verdict = Verdict()
      for (order, other) in first {
        verdict.add(
          TableRow.Place(bits: order & mask), nil, other: other.map { TableRow.Place(bits: $0 & mask) })
      }
      verdict.violations = count
      verdict.observed = observed
      return verdict
    }
  }
}
