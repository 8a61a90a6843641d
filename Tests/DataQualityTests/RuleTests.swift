import DarkroomTesting
import PipelineCore
import Testing

@testable import DataQuality

/// Every kind of rule on rows of which the answer is known.
@Suite struct RuleTests {
  private func outcome(_ rule: Expectation.Rule, _ text: String, as form: String = "jsonl") throws
    -> CheckedRows.Outcome
  {
    var rows = try CheckedRows()
    try rows.add("t", text, as: form)
    return try rows.outcome(rule)
  }
  private let a = ColumnPath("a")

  @Test func range() throws {
    let text = """
      {"a":0}
      {"a":1.0}
      {"a":-0.001}
      {"a":[0.5,[1.5]]}
      {"a":null}
      {"b":7}
      {"a":"0.5"}
      {"a":[]}
      """
    #expect(try outcome(.range(a, 0...1), text) == [3, 4, 7])
    #expect(try outcome(.range(a, -1...2), text) == [7])
    #expect(try outcome(.range(ColumnPath("a[0]"), 0...0.4), text) == [4])
    #expect(try outcome(.range(a, 0...1), "a,b\n0.5,x\n2,y\n,z\nq,\"u\nv\"\n3,w\n", as: "csv") == [3, 5, 7])
  }

  @Test func notNull() throws {
    let text = "{\"a\":1,\"b\":2}\n{\"a\":null,\"b\":2}\n\n{\"b\":1}\n{\"a\":\"\",\"b\":[]}\n"
    #expect(try outcome(.notNull([a, ColumnPath("b")]), text) == [2, 4])
    #expect(try outcome(.notNull([a]), "a,b\n1,2\n,2\n\"\",2\n", as: "csv") == [3])
  }

  @Test func unique() throws {
    let text = """
      {"a":1,"b":2}
      {"a":1,"b":3}
      {"a":1.0,"b":2}
      {"a":1,"b":2}
      {"a":null,"b":2}
      {"a":null,"b":2}
      {"a":1,"b":2}
      """
    #expect(try outcome(.unique([a, ColumnPath("b")]), text) == [4, 7])
    #expect(try outcome(.unique([a]), text) == [2, 4, 7])
    #expect(try outcome(.unique([a]), "a\n007\n7\n007\n", as: "csv") == [4])
  }

  @Test func oneOf() throws {
    let text = "{\"a\":\"x\"}\n{\"a\":1}\n{\"a\":true}\n{\"a\":\"y\"}\n{\"a\":[\"x\",\"z\"]}\n{\"a\":{}}\n"
    #expect(try outcome(.oneOf(a, ["x", "1", "true"]), text) == [4, 5, 6])
  }

  @Test func pattern() throws {
    let text = "{\"a\":\"12\"}\n{\"a\":\"12x\"}\n{\"a\":12}\n{\"a\":[\"1\",\"\"]}\n"
    #expect(try outcome(.pattern(a, "[0-9]+"), text) == [2, 3, 4])
  }

  @Test func ordered() throws {
    let text = """
      {"a":[1,2],"t":"2025-10-08T10:00:00Z","u":"2025-10-08T11:00:00+02:00"}
      {"a":[2,2],"t":"2025-10-08","u":"2025-10-08T00:00:00.5"}
      {"a":[3,2],"t":"b","u":"a"}
      {"a":[3],"t":null,"u":"a"}
      {"a":["1",2],"t":1,"u":"a"}
      """
    let items = [ColumnPath("a[0]"), ColumnPath("a[1]")]
    let times = [ColumnPath("t"), ColumnPath("u")]
    #expect(try outcome(.ordered(items, gap: 0, allowsEqual: false), text) == [2, 3, 5])
    #expect(try outcome(.ordered(items, gap: 0, allowsEqual: true), text) == [3, 5])
    #expect(try outcome(.ordered(items, gap: 2, allowsEqual: false), text) == [1, 2, 3, 5])
    #expect(try outcome(.ordered(times, gap: 0, allowsEqual: false), text) == [1, 3, 5])
    #expect(try outcome(.ordered(times, gap: 0.4, allowsEqual: false), text) == [1, 3, 5])
    #expect(try outcome(.ordered(times, gap: 0.6, allowsEqual: false), text) == [1, 2, 3, 5])
  }

  @Test func index() throws {
    let text = """
      {"a":0,"b":["x"]}
      {"a":1,"b":["x"]}
      {"a":-1,"b":["x"]}
      {"a":null,"b":[]}
      {"a":0.5,"b":["x"]}
      {"a":0,"b":null}
      """
    #expect(try outcome(.index(a, of: ColumnPath("b")), text) == [2, 3, 5, 6])
  }

  @Test func rows() throws {
    #expect(try outcome(.rows(2...3), "{}\n{}\n").violations == 0)
    #expect(try outcome(.rows(3...Int.max), "{}\n{}\n").violations == 1)
    #expect(try outcome(.rows(1...Int.max), "").violations == 1)
  }

  @Test func referential() throws {
    var rows = try CheckedRows()
    try rows.add("t", "{\"a\":1}\n{\"a\":[1,3]}\n{\"a\":2}\n{\"a\":4}\n{\"a\":null}\n{\"a\":4}\n")
    try rows.add("u", "{\"b\":2}\n{\"b\":1}\n{\"b\":2}\n")
    let rule = Expectation.Rule.referential([a], table: "u", [ColumnPath("b")])
    #expect(try rows.outcome(rule) == [2, 4, 6])
    // A table may refer to itself.
    try rows.add("v", "{\"a\":1,\"b\":2}\n{\"a\":3,\"b\":1}\n")
    let own = Expectation(table: "v", .referential([a], table: "v", [ColumnPath("b")]))
    #expect(try rows.results([own])[0].examples.map(\.line) == [2])
  }

  @Test func sameWithin() throws {
    var rows = try CheckedRows()
    try rows.add("t", "{\"a\":1,\"s\":\"x\"}\n{\"a\":[2,3],\"s\":\"x\"}\n{\"a\":1,\"s\":\"y\"}\n")
    try rows.add("u", "{\"a\":3,\"s\":\"y\"}\n{\"a\":2,\"s\":\"x\"}\n{\"a\":2}\n")
    let rule = Expectation.Rule.sameWithin(keys: [a], value: ColumnPath("s"), tables: ["t", "u"])
    let result = try rows.results([Expectation(table: "t", rule)])[0]
    #expect(result.violations == 2)
    #expect(result.examples.map { "\($0.file):\($0.line)" } == ["t.jsonl:3", "u.jsonl:1"])
    #expect(result.examples[0].value == #"{"a":1,"s":"y"}, and t.jsonl:1 has "x""#)
  }

  @Test func freshness() throws {
    var rows = try CheckedRows()
    try rows.add("t", "{\"a\":\"2025-10-01\"}\n{\"a\":\"2025-10-03T12:00:00Z\"}\n{\"a\":null}\n")
    try rows.add("u", "{\"a\":\"2025-10-05T12:00:00Z\"}\n")
    func violations(_ days: Double, _ reference: Expectation.Reference) throws -> CheckedRows.Outcome {
      try rows.outcome(.freshness(a, days: days, reference: reference))
    }
    #expect(try violations(2, .newest(table: "u", a)) == [])
    #expect(try violations(1.9, .newest(table: "u", a)) == [2])
    #expect(try violations(0.5, .day(try #require(Day("2025-10-03")))) == [])
    #expect(try violations(0.4, .day(try #require(Day("2025-10-03")))) == [2])
    #expect(
      try outcome(.freshness(a, days: 9, reference: .day(Day(number: 0))), "{\"a\":\"soon\"}\n").violations
        == 2)
  }

  @Test func drift() throws {
    func table(_ recent: [String: Int]) throws -> CheckResult {
      var rows: [JSONValue] = []
      for day in 0..<28 {
        let counts = day < 21 ? ["x": 10, "y": 10] : recent
        for (value, count) in counts.sorted(by: { $0.key < $1.key }) {
          for _ in 0..<count {
            rows.append(["a": .string(value), "t": .string("\(Day(number: 20_000 + day))")])
          }
        }
      }
      var checked = try CheckedRows()
      try checked.add("t", rows: rows)
      return try checked.results([Expectation(table: "t", .drift(a, time: ColumnPath("t"), .init(weeks: 3)))]
      )[0]
    }
    #expect(try table(["x": 10, "y": 10]).violations == 0)
    #expect(try table(["x": 11, "y": 9]).violations == 0)
    let drifted = try table(["x": 16, "y": 4])
    #expect(drifted.violations == 2)
    // z = 0.3 / sqrt(0.575 · 0.425 · (1/140 + 1/420)) with all 560 rows pooled.
    #expect(drifted.examples.first?.value == "x: 80 % of 140, before 50 % of 420, z = 6.2")
    #expect(drifted.examples.map(\.line) == [421, 437])
    #expect(try table(["z": 2]).observed.hasPrefix("14 values"))
    #expect(try table(["z": 20]).violations == 3)
  }

  @Test func linesThatAreNoRows() throws {
    var rows = try CheckedRows()
    try rows.add("t", "{\"a\":1}\n[1]\n{\"a\":\n{\"a\":2}\n")
    try rows.add("u", "a,b\n1,2\n1\n\"x,3\n", as: "csv")
    let check = DataCheck(tables: rows.tables, expectations: [], scratch: rows.workspace.path)
    let results = try check.results()
    #expect(results.map(\.violations) == [2, 2])
    #expect(results.map(\.rows) == [2, 1])
    #expect(results.map { $0.examples.map(\.line) } == [[2, 3], [3, 4]])
    #expect(results.allSatisfy { $0.status == .fail })
  }

  @Test func aColumnThatNoRowHas() throws {
    var rows = try CheckedRows()
    try rows.add("t", "{\"crop\":1}\n{\"crop\":2}\n")
    let result = try rows.results([Expectation(table: "t", .range(ColumnPath("corp"), 0...9))])[0]
    #expect(result.violations == 2)
    #expect(result.help == "did you mean `crop`?")
    #expect(try rows.results([Expectation(table: "t", .rows(0...9))])[0].violations == 0)
  }

  @Test func aFindingSaysWhereAndWhatToDo() throws {
    var rows = try CheckedRows()
    try rows.add("t", "{\"a\":1}\n{\"a\":5}\n{\"a\":6}\n")
    let expectation = Expectation(table: "t", .range(a, 0...2), severity: .warn, help: "do this")
    let finding = try #require(try rows.results([expectation])[0].finding())
    #expect(
      finding.description == """
        t.jsonl:2:1: warning: check "t: `a` is 0 to 2" is broken 2 times in 3 rows of t: 1 to 6; the first has 5 [check-warned]
          note: t.jsonl:3:1: also 6
          help: do this
        """)
    let result = try rows.results([expectation])[0]
    #expect(CheckResult(result.json) == result)
  }
}
