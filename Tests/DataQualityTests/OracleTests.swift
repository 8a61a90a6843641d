import DarkroomTesting
import PipelineCore
import Testing

@testable import DataQuality

/// Random rows, compared with the plainest way to say the same.
@Suite struct OracleTests {
  private struct Row {
    var key: Int?
    var other: Int
    var value: String
    var json: JSONValue {
      ["k": key.map { .integer(Int64($0)) } ?? .null, "o": .integer(Int64(other)), "v": .string(value)]
    }
  }

  private func rows(_ count: Int, _ random: inout SeededRandom) -> [Row] {
    (0..<count).map { _ in
      Row(
        key: random.chance(0.1) ? nil : random.next(below: count), other: random.next(below: 3),
        value: ["x", "x", "x", "y"][random.next(below: 4)])
    }
  }

  @Test("Keys: exact counts and the first examples, in memory and spilled", arguments: 0..<40)
  func keys(seed: Int) throws {
    var random = SeededRandom(seed: UInt64(seed))
    let (first, second) = (rows(1 + random.next(below: 300), &random), rows(random.next(below: 300), &random))
    var checked = try CheckedRows()
    try checked.add("t", rows: first.map(\.json))
    try checked.add("u", rows: second.map(\.json))
    let (k, o, v) = (ColumnPath("k"), ColumnPath("o"), ColumnPath("v"))
    let results = try checked.results(
      [
        Expectation(table: "t", .unique([k, o])),
        Expectation(table: "t", .referential([k, o], table: "u", [k, o])),
        Expectation(table: "t", .sameWithin(keys: [k], value: v, tables: ["t", "u"])),
      ], keysInMemory: [3, 64, 100_000][seed % 3])
    var seen: Set<[Int]> = []
    let repeated = first.indices.filter { index in
      first[index].key.map { !seen.insert([$0, first[index].other]).inserted } ?? false
    }
    let parents = Set(second.compactMap { row in row.key.map { [$0, row.other] } })
    let orphans = first.indices.filter { index in
      first[index].key.map { !parents.contains([$0, first[index].other]) } ?? false
    }
    var values: [Int: String] = [:]
    let differing = (first + second).enumerated().filter { _, row in
      guard let key = row.key else { return false }
      if values[key] == nil { values[key] = row.value }
      return values[key] != row.value
    }.map(\.offset)
    expect(results[0], repeated.map { ("t", $0 + 1) })
    // Without any parent row, no row has the columns: every row is then told.
    if !second.isEmpty { expect(results[1], orphans.map { ("t", $0 + 1) }) }
    expect(
      results[2],
      differing.map { $0 < first.count ? ("t", $0 + 1) : ("u", $0 - first.count + 1) })
  }

  private func expect(_ result: CheckResult, _ places: [(String, Int)]) {
    #expect(result.violations == places.count)
    #expect(
      result.examples.map { "\($0.file):\($0.line)" } == places.prefix(5).map { "\($0.0).jsonl:\($0.1)" })
  }

  @Test("Records come back in order, however many fit into memory", arguments: [1, 2, 7, 1_000, 5_000])
  func records(capacity: Int) throws {
    var random = SeededRandom(seed: 7)
    let workspace = try TemporaryWorkspace()
    let all = (0..<4_096).map { index in
      KeyRecord(high: random.next() % 50, low: random.next() % 3, value: random.next(), order: UInt64(index))
    }
    // One record a run would be thousands of runs at once; a few hundred records show the same.
    let some = Array(all.prefix(capacity < 10 ? 300 : all.count))
    var records = KeyRecords(folder: workspace.path, capacity: capacity)
    for record in some { try records.append(record) }
    var back: [KeyRecord] = []
    try records.forEach { back.append($0) }
    #expect(back == some.sorted(by: KeyRecord.precedes))
  }

  @Test("Times are read as they are meant")
  func instants() {
    let same = [
      "2025-10-08T10:00:00Z", "2025-10-08T10:00:00.000+00:00", "2025-10-08 12:00:00+0200", "2025-10-08T10:00",
      "2025-10-08T09:59:60z", "2025-10-08t04:30:00-05:30",
    ].map { Instant($0)?.microseconds }
    #expect(same.allSatisfy { $0 == 1_759_917_600_000_000 }, "\(same)")
    for bad in [
      "", "2025-13-01", "2025-10-08T", "2025-10-08T25:00", "2025-10-08T10:00:00.Z", "2025-10-08X10:00",
    ] {
      #expect(Instant(bad) == nil, "\(bad)")
    }
  }

  @Test func columnPaths() {
    #expect(ColumnPath("a[0]").steps == [.item(0)])
    #expect(ColumnPath("a.b[2].c").steps == [.member("b"), .item(2), .member("c")])
    for odd in ["a[", "a[x]", ".a", "a..b", "a[-1]", ""] { #expect(ColumnPath(odd).column == odd) }
    let row = TableRow(
      place: .init(file: 0, line: 1), cells: ["a.b": 1, "a": ["b": 2]], isText: false)
    #expect(ColumnPath("a.b").value(in: row) == 1)
  }
}
