public import PipelineCore
import PipelineSpec

/// Makes expectations of what a pipeline file says, and checks what ``ExpectationType`` cannot express.
public struct ExpectationReader {
  /// The tables that there are, with their columns where these are known before any row is read.
  private let tables: [String: [String]?]

  public init(tables: [String: [String]?]) { self.tables = tables }

  /// Reads a list of expectations.
  /// - Parameter settings: checked against ``ExpectationType/object``, defaults filled in.
  /// - Throws: `Diagnostics` with everything that is wrong, each naming the check by its number from 1.
  public func expectations(_ settings: [JSONValue]) throws(Diagnostics) -> [Expectation] {
    var expectations: [Expectation] = []
    var findings: [Diagnostic] = []
    for (index, json) in settings.enumerated() {
      do throws(Diagnostic) {
        let expectation = try Self.expectation(json)
        findings += problems(expectation).map { Self.numbered($0, index) }
        expectations.append(expectation)
      } catch {
        findings.append(Self.numbered(error, index))
      }
    }
    var names: [String: Int] = [:]
    for (index, expectation) in expectations.enumerated() {
      if let other = names.updateValue(index, forKey: expectation.name) {
        findings.append(
          Diagnostic(
            code: "bad-check",
            "checks \(other + 1) and \(index + 1) are both called \"\(expectation.name)\"",
            help: "give one of them another \"name\", or remove it"))
      }
    }
    if !findings.isEmpty { throw Diagnostics(findings) }
    return expectations
  }

  private static func numbered(_ finding: Diagnostic, _ index: Int) -> Diagnostic {
    var finding = finding
    finding.message = "check \(index + 1) of `expectations`: \(finding.message)"
    return finding
  }

  /// Tables and columns that are not there.
  private func problems(_ expectation: Expectation) -> [Diagnostic] {
    let unknown = expectation.tables.filter { tables[$0] == nil }
    if !unknown.isEmpty {
      return unknown.map { name in
        Diagnostic(
          code: "bad-check", "there is no table `\(name)`",
          help: Suggestion.help(for: name, among: tables.keys.sorted(), what: "the tables are"))
      }
    }
    return expectation.columns.compactMap { table, column in
      guard let known = tables[table] ?? nil, Set(known).isDisjoint(with: column.columns) else { return nil }
      return Diagnostic(
        code: "bad-check", "the table `\(table)` has no column `\(column.text)`",
        help: Suggestion.help(for: column.column, among: known, what: "its columns are"))
    }
  }

  private static func expectation(_ json: JSONValue) throws(Diagnostic) -> Expectation {
    let members = Members(json)
    return Expectation(
      name: members.text("name"), table: members.text("table") ?? "", try rule(members),
      severity: members.text("severity").flatMap(Expectation.Severity.init) ?? .fail,
      help: members.text("help"))
  }

  /// The members of one expectation, which are of the right type.
  private struct Members {
    private let json: JSONValue
    init(_ json: JSONValue) { self.json = json }
    func text(_ name: String) -> String? { json[name]?.stringValue }
    func number(_ name: String) -> Double? { json[name]?.doubleValue }
    func integer(_ name: String) -> Int? { json[name]?.integerValue.map { Int($0) } }
    func isTrue(_ name: String) -> Bool { json[name]?.boolValue ?? false }
    func texts(_ name: String) -> [String] { (json[name]?.arrayValue ?? []).compactMap(\.stringValue) }
    func values(_ name: String) -> [JSONValue] { json[name]?.arrayValue ?? [] }
    func path(_ name: String) -> ColumnPath { ColumnPath(text(name) ?? "") }
    func paths(_ name: String) -> [ColumnPath] { texts(name).map(ColumnPath.init) }
  }

  private static func rule(_ members: Members) throws(Diagnostic) -> Expectation.Rule {
    switch members.text("kind") {
    case "range": return .range(members.path("column"), try range(members))
    case "notNull": return .notNull(members.paths("columns"))
    case "unique": return .unique(members.paths("columns"))
    case "oneOf":
      return .oneOf(members.path("column"), Set(members.values("values").compactMap(\.scalarText)))
    case "pattern": return .pattern(members.path("column"), try pattern(members.text("pattern") ?? ""))
    case "referential": return try referential(members)
    case "rows":
      let range = try range(members)
      return .rows(Int(max(0, range.lowerBound))...(range.upperBound.isFinite ? Int(range.upperBound) : .max))
    case "freshness":
      return .freshness(
        members.path("column"), days: members.number("days") ?? 0, reference: try reference(members))
    case "drift":
      var drift = Expectation.Drift()
      drift.weeks = members.integer("weeks") ?? drift.weeks
      drift.minimum = members.integer("minimum") ?? drift.minimum
      drift.change = members.number("change") ?? drift.change
      drift.score = members.number("score") ?? drift.score
      return .drift(members.path("column"), time: members.path("time"), drift)
    case "ordered":
      return .ordered(
        members.paths("columns"), gap: members.number("gap") ?? 0, allowsEqual: members.isTrue("allowEqual"))
    case "index": return .index(members.path("column"), of: members.path("of"))
    default:
      let table = members.text("table") ?? ""
      let others = members.texts("andTables").filter { $0 != table }
      return .sameWithin(
        keys: members.paths("keys"), value: members.path("value"), tables: [table] + others)
    }
  }

  private static func range(_ members: Members) throws(Diagnostic) -> ClosedRange<Double> {
    let (low, high) = (members.number("min"), members.number("max"))
    guard low != nil || high != nil else {
      throw Diagnostic(code: "bad-check", "it has neither `min` nor `max`", help: "give one of them")
    }
    guard low ?? -.infinity <= high ?? .infinity else {
      throw Diagnostic(code: "bad-check", "its `min` is greater than its `max`")
    }
    return (low ?? -.infinity)...(high ?? .infinity)
  }

  private static func pattern(_ text: String) throws(Diagnostic) -> String {
    do {
      _ = try Regex(text)
    } catch {
      throw Diagnostic(
        code: "bad-check", "`\(text)` is no regular expression: \(error)",
        help: "write a backslash twice in JSON")
    }
    return text
  }

  private static func referential(_ members: Members) throws(Diagnostic) -> Expectation.Rule {
    let columns = members.paths("columns")
    let others = members.texts("inColumns").isEmpty ? columns : members.paths("inColumns")
    guard columns.count == others.count else {
      throw Diagnostic(
        code: "bad-check", "it has \(columns.count) `columns` and \(others.count) `inColumns`",
        help: "name as many, in the same order")
    }
    return .referential(columns, table: members.text("inTable") ?? "", others)
  }

  private static func reference(_ members: Members) throws(Diagnostic) -> Expectation.Reference {
    switch (members.text("on"), members.text("inTable")) {
    case (let on?, nil):
      guard let day = Day(on) else {
        throw Diagnostic(
          code: "bad-check", "\"\(on)\" in `on` is no day", help: "write it as \"2025-10-31\"")
      }
      return .day(day)
    case (nil, let table?):
      return .newest(table: table, members.text("inColumn").map(ColumnPath.init) ?? members.path("column"))
    default:
      throw Diagnostic(
        code: "bad-check", "it needs either `on` or `inTable` to compare with",
        help: "no clock is asked, so that the same rows give the same result")
    }
  }
}
