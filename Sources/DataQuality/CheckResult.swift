public import PipelineCore

/// What came of one expectation.
public struct CheckResult: Sendable, Equatable {
  public enum Status: String, Sendable, CaseIterable { case pass, warn, fail }

  /// A row that breaks the expectation.
  public struct Example: Sendable, Equatable {
    /// The file's ``Table/File/place``.
    public var file: String
    /// From 1.
    public var line: Int
    /// What the row has there.
    public var value: String

    public init(file: String, line: Int, value: String) {
      self.file = file
      self.line = line
      self.value = value
    }
  }

  public var name: String
  /// The table; for `sameWithin`, its tables with commas between.
  public var table: String
  /// ``Expectation/Rule/kind``.
  public var kind: String
  public var severity: Expectation.Severity
  /// How many rows the table has, or the tables together.
  public var rows: Int
  /// Exactly how many rows break it; where the items of arrays are keys, how many items; of a rule for the whole
  /// table, whether it does (0 or 1), of `drift` how many values did.
  public var violations: Int
  public var observed: String
  public var expected: String
  /// The first rows that break it, at most five.
  public var examples: [Example]
  /// What to do.
  public var help: String?

  public init(
    name: String, table: String, kind: String, severity: Expectation.Severity, rows: Int, violations: Int,
    observed: String, expected: String, examples: [Example] = [], help: String? = nil
  ) {
    self.name = name
    self.table = table
    self.kind = kind
    self.severity = severity
    self.rows = rows
    self.violations = violations
    self.observed = observed
    self.expected = expected
    self.examples = examples
    self.help = help
  }

  public var status: Status {
    if violations == 0 { return .pass }
    return severity == .fail ? .fail : .warn
  }

  /// What is told to a person; `nil` for a result that passed.
  /// - Parameter severity: for a result that failed; one that warns is a warning.
  public func finding(_ severity: Diagnostic.Severity = .error) -> Diagnostic? {
    guard status != .pass else { return nil }
    let places = examples.map { (SourceLocation(path: $0.file, line: $0.line), $0.value) }
    let times = violations == 1 ? "once" : "\(violations) times"
    var message = "check \"\(name)\" is broken \(times) in \(rows) rows of \(table): \(observed)"
    // A name that was made of table and rule says it already.
    if name != "\(table): \(expected)" { message += "; expected is: \(expected)" }
    if let first = places.first { message += "; the first has \(first.1)" }
    return Diagnostic(
      status == .fail ? severity : .warning, code: status == .fail ? "check-failed" : "check-warned", message,
      at: places.first?.0, notes: places.dropFirst().map { Diagnostic.Note("also \($0.1)", at: $0.0) },
      help: help ?? "look at these rows and mend what made them, or change the expectation if they are right")
  }

  /// An entry of `results` of a `training_checks_v1` file.
  public var json: JSONValue {
    [
      "name": .string(name), "table": .string(table), "kind": .string(kind),
      "severity": .string(severity.rawValue), "status": .string(status.rawValue),
      "rows": .integer(Int64(rows)), "violations": .integer(Int64(violations)),
      "observed": .string(observed), "expected": .string(expected),
      "examples": .array(
        examples.map {
          ["file": .string($0.file), "line": .integer(Int64($0.line)), "value": .string($0.value)]
        }), "help": help.map(JSONValue.string) ?? .null,
    ]
  }

  /// Reads what ``json`` wrote; `nil` for anything else.
  public init?(_ json: JSONValue) {
    guard let name = json["name"]?.stringValue, let table = json["table"]?.stringValue,
      let kind = json["kind"]?.stringValue,
      let severity = json["severity"]?.stringValue.flatMap(Expectation.Severity.init),
      let rows = json["rows"]?.integerValue, let violations = json["violations"]?.integerValue,
      let observed = json["observed"]?.stringValue, let expected = json["expected"]?.stringValue,
      let examples = json["examples"]?.arrayValue
    else { return nil }
    let read = examples.compactMap { example -> Example? in
      guard let file = example["file"]?.stringValue, let line = example["line"]?.integerValue,
        let value = example["value"]?.stringValue
      else { return nil }
      return Example(file: file, line: Int(line), value: value)
    }
    guard read.count == examples.count else { return nil }
    self.init(
      name: name, table: table, kind: kind, severity: severity, rows: Int(rows), violations: Int(violations),
      observed: observed, expected: expected, examples: read, help: json["help"]?.stringValue)
  }
}
