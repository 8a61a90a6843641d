import PipelineCore
import PipelineSpec

/// Looks at the rows of tables and says which expectations they break.
///
/// Every file is read once, row by row, and once more up to the last example whose value has to be shown. Memory: the
/// row at hand; for each expectation that compares rows by keys (`unique`, `referential`, `sameWithin`) 32 bytes a key
/// up to 16 MiB, then sorted runs in a scratch file; for `drift` a count for each day and value. Pure: the same rows
/// and expectations give the same results.
public struct DataCheck {
  private let tables: [Table]
  private let expectations: [Expectation]
  private let scratch: String
  private let keysInMemory: Int
  /// The files of all tables; a row's place names one by its number.
  private let files: [Table.File]

  /// - Parameters:
  ///   - tables: with different names.
  ///   - expectations: of these tables only; see ``ExpectationReader/unknownTables``.
  ///   - scratch: an absolute path of a folder for what does not fit into memory; nothing stays there.
  public init(tables: [Table], expectations: [Expectation], scratch: String) {
    self.init(
      tables: tables, expectations: expectations, scratch: scratch, keysInMemory: KeyRecords.inMemory)
  }

  init(tables: [Table], expectations: [Expectation], scratch: String, keysInMemory: Int) {
    self.tables = tables
    self.keysInMemory = keysInMemory
    self.expectations = expectations
    self.scratch = scratch
    files = tables.flatMap(\.files)
  }

  /// What is known of a table after it was read.
  private struct Seen {
    var rows = 0
    /// The columns of the first row, for suggestions.
    var names: [String] = []
    /// The wanted columns that some row has.
    var present: Set<String> = []
    var unreadable = Verdict()
  }

  /// Evaluates everything. First a result for each table whether all of its lines are rows, then the expectations in
  /// their order.
  /// - Parameter each: called for every 1024th row, with the number of rows so far; may throw to stop.
  /// - Throws: `FileError`, and what `each` throws.
  public func results(each: (Int64) throws -> Void = { _ in }) throws -> [CheckResult] {
    var evaluations = try expectations.map { try $0.evaluation(scratch: scratch, keysInMemory: keysInMemory) }
    var seen: [String: Seen] = [:]
    var done: Int64 = 0
    var file = 0
    for table in tables {
      let takers = expectations.indices.filter { expectations[$0].tables.contains(table.name) }
      let columns = columns(of: table.name)
      var state = Seen()
      for _ in table.files {
        let reader = TableReader(file: files[file], number: file, columns: columns)
        var names = state.names
        try reader.forEach(names: { if names.isEmpty { names = $0 } }) { line in
          done += 1
          if done & 1023 == 0 { try each(done) }
          switch line {
          case .unreadable(let place, let reason): state.unreadable.add(place, reason)
          case .row(let row):
            state.rows += 1
            if state.present.count < columns.count { state.present.formUnion(row.cells.keys) }
            for taker in takers { try evaluations[taker].take(row, of: table.name) }
          }
        }
        state.names = names
        file += 1
      }
      seen[table.name] = state
    }
    return try finish(&evaluations, seen)
  }

  private func columns(of table: String) -> Set<String> {
    Set(expectations.flatMap(\.columns).filter { $0.table == table }.flatMap { $0.1.columns })
  }

  private func finish(_ evaluations: inout [any Evaluation], _ seen: [String: Seen]) throws -> [CheckResult] {
    var pending: [(expectation: Expectation, verdict: Verdict, help: String?)] = tables.map { table in
      var verdict = seen[table.name]?.unreadable ?? Verdict()
      verdict.observed = "\(verdict.violations) lines are none"
      return (
        Expectation(table: table.name, .readable), verdict,
        "mend or remove these lines; the other checks went on without them"
      )
    }
    for (index, expectation) in expectations.enumerated() {
      var verdict = try evaluations[index].finish()
      var help = expectation.help
      if let (column, suggestion) = missingColumn(expectation, seen) {
        verdict = Verdict()
        verdict.violations = max(1, seen[column.table]?.rows ?? 0)
        verdict.observed = "no row of \(column.table) has the column `\(column.path.text)`"
        help = suggestion ?? help
      }
      pending.append((expectation, verdict, help))
    }
    let values = try values(pending.map { ($0.expectation, $0.verdict) })
    return pending.map { expectation, verdict, help in
      CheckResult(
        name: expectation.name, table: expectation.ownTables.joined(separator: ", "),
        kind: expectation.rule.kind, severity: expectation.severity,
        rows: expectation.ownTables.reduce(0) { $0 + (seen[$1]?.rows ?? 0) },
        violations: verdict.violations, observed: verdict.observed, expected: expectation.rule.expected,
        examples: verdict.examples.map { example(of: expectation, $0, values) }, help: help)
    }
  }

  /// A column that no row has: a slip in its name would else pass for ever.
  private func missingColumn(_ expectation: Expectation, _ seen: [String: Seen]) -> (
    (table: String, path: ColumnPath), String?
  )? {
    for (table, column) in expectation.columns {
      guard let state = seen[table], state.rows > 0, state.present.isDisjoint(with: column.columns) else {
        continue
      }
      return (
        (table, column),
        Suggestion.help(for: column.text, among: state.names, what: "the columns of its first row are")
      )
    }
    return nil
  }

  // MARK: Values of examples

  private func example(
    of expectation: Expectation, _ example: Verdict.Example, _ values: [TableRow.Place: TableRow]
  ) -> CheckResult.Example {
    var value = example.value
    if value == nil, let row = values[example.place] {
      let table = table(ofFile: example.place.file)
      let columns = expectation.columns.filter { $0.table == table }.map(\.1)
      let members = columns.map { ($0.text, $0.value(in: row) ?? .null) }
      value = JSONValue.object(Dictionary(members) { first, _ in first }).shown
    }
    if let other = example.other {
      let place = "\(files[other.file].place):\(other.line)"
      let row = values[other]
      if case .sameWithin(_, let column, _) = expectation.rule, let row {
        value = (value ?? "") + ", and \(place) has \((column.value(in: row) ?? .null).shown)"
      } else {
        value = (value ?? "") + ", the same as \(place)"
      }
    }
    return CheckResult.Example(
      file: files[example.place.file].place, line: example.place.line, value: value ?? "")
  }

  private func table(ofFile number: Int) -> String? {
    var first = 0
    for table in tables {
      first += table.files.count
      if number < first { return table.name }
    }
    return nil
  }

  private struct FoundAll: Error {}

  /// The rows whose values an example shows and no evaluation kept.
  private func values(_ verdicts: [(Expectation, Verdict)]) throws -> [TableRow.Place: TableRow] {
    let examples = verdicts.flatMap(\.1.examples)
    var wanted: [Int: Set<TableRow.Place>] = [:]
    for example in examples where example.value == nil {
      wanted[example.place.file, default: []].insert(example.place)
      if let other = example.other { wanted[other.file, default: []].insert(other) }
    }
    var rows: [TableRow.Place: TableRow] = [:]
    for (file, places) in wanted {
      guard let table = table(ofFile: file) else { continue }
      var left = places.count
      do {
        try TableReader(file: files[file], number: file, columns: columns(of: table)).forEach { line in
          guard case .row(let row) = line, places.contains(row.place) else { return }
          rows[row.place] = row
          left -= 1
          if left == 0 { throw FoundAll() }
        }
      } catch is FoundAll {}
    }
    return rows
  }
}
