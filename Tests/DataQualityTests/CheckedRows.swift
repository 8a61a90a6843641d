import DarkroomTesting
import FileSystem
import PipelineCore
import Testing

@testable import DataQuality

/// The testing library has an `Expectation`, too.
typealias Expectation = DataQuality.Expectation

/// A folder with tables, checked in the test.
struct CheckedRows {
  let workspace: TemporaryWorkspace
  private(set) var tables: [Table] = []

  init() throws { workspace = try TemporaryWorkspace() }

  /// Adds a table of one file.
  mutating func add(_ name: String, _ text: String, as extension: String = "jsonl") throws {
    let file = "\(name).\(`extension`)"
    try workspace.write(file, text)
    tables.append(Table(name: name, files: [Table.File(path: "\(workspace.path)/\(file)", place: file)]))
  }

  mutating func add(_ name: String, rows: [JSONValue]) throws {
    try add(name, rows.map { $0.canonical + "\n" }.joined())
  }

  /// The results of the expectations, without those that say whether lines are rows.
  func results(_ expectations: [Expectation], keysInMemory: Int = 1 << 10) throws -> [CheckResult] {
    let scratch = "\(workspace.path)/scratch"
    try FileSystem.makeDirectories(scratch)
    let check = DataCheck(
      tables: tables, expectations: expectations, scratch: scratch, keysInMemory: keysInMemory)
    let results = try check.results()
    #expect(try FileSystem.list(scratch).isEmpty)
    #expect(results.prefix(tables.count).allSatisfy { $0.kind == "readable" })
    return Array(results.dropFirst(tables.count))
  }

  /// The violations, and the lines of the examples.
  func outcome(_ rule: Expectation.Rule) throws -> Outcome {
    let result = try #require(try results([Expectation(table: tables[0].name, rule)]).first)
    return Outcome(violations: result.violations, lines: result.examples.map(\.line))
  }

  struct Outcome: Equatable, ExpressibleByArrayLiteral {
    var violations: Int
    var lines: [Int]
    init(violations: Int, lines: [Int]) { (self.violations, self.lines) = (violations, lines) }
    init(arrayLiteral lines: Int...) { self.init(violations: lines.count, lines: lines) }
  }
}
