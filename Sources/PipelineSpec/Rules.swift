public import PipelineCore

/// What a value in a pipeline file may be. The rules of ``Grammar`` are made of these; validation, the JSON Schema
/// and the reference page all follow them.
indirect enum ValueRule: Sendable {
  /// The version of the grammar that the file is written in.
  case version
  /// A value of a type that settings and parameters have, too.
  case value(SettingType)
  /// A UTC day `YYYY-MM-DD`.
  case day
  /// A name of letters, digits, `-` and `_`.
  case name
  /// The name of a stage kind.
  case kind
  /// The id of a stage of this file.
  case stageReference
  /// The name of a pool of this file.
  case poolReference
  /// A workspace-relative path or glob pattern.
  case pattern
  /// A workspace-relative path that a stage writes.
  case output
  /// A key of a unit.
  case unitKey
  /// Two UTC days `A..B`.
  case dayRange
  /// Two whole numbers, the first and the last.
  case wholeRange
  /// Text, a number or a boolean: which one, another key of the same object says.
  case scalar
  case list(ValueRule, atLeast: Int, unique: Bool)
  case map(MapNames, ValueRule)
  case object(ObjectRule)
  /// An object of one of several kinds.
  case variants(VariantRule)
  /// An object with exactly one of the rule's keys.
  case oneKey(ObjectRule)
  /// The settings of the stage's kind.
  case settings

  /// Which keys a map has.
  enum MapNames: Sendable { case name, environment, any }
}

/// One key of an object: its type, its default and its meaning.
struct KeyRule: Sendable {
  let name: String
  let rule: ValueRule
  let isRequired: Bool
  /// What holds when the key is left out, as the file would say it, where that can be said.
  let defaultValue: JSONValue?
  /// One or two sentences for the reference and for editors.
  let summary: String
  /// What other systems call it, so that a wrong key finds the right one.
  let aliases: [String]

  init(
    _ name: String, _ rule: ValueRule, required: Bool = false, default defaultValue: JSONValue? = nil,
    aliases: [String] = [], _ summary: String
  ) {
    self.name = name
    self.rule = rule
    isRequired = required
    self.defaultValue = defaultValue
    self.summary = summary
    self.aliases = aliases
  }
}

/// An object of the grammar: which keys it has.
struct ObjectRule: Sendable {
  /// What a person calls it: `stage`.
  let name: String
  let summary: String
  let keys: [KeyRule]
  /// The rules of ``keys`` alone, for the reader.
  let rules: [ValueRule]
  /// The numbers of the keys that must be given.
  let required: [Int]
  /// The keys' names, numbered as in ``keys``.
  let table: NameTable
  /// Whether strings in it may hold `${parameters.NAME}`.
  let interpolates: Bool

  /// - Parameter rules: The rule of each key; the order of `Key` is that of the reference page.
  init<Key: CaseIterable & RawRepresentable>(
    _ name: String, interpolates: Bool, _ summary: String, _ rules: (Key) -> KeyRule
  ) where Key.RawValue == Int {
    self.name = name
    self.interpolates = interpolates
    self.summary = summary
    keys = Key.allCases.map(rules)
    required = keys.indices.filter { [keys] in keys[$0].isRequired }
    self.rules = keys.map(\.rule)
    table = NameTable(keys.map(\.name))
  }

  /// - Parameter keys: in the order of the reference page.
  init(_ name: String, interpolates: Bool, _ summary: String, _ keys: [KeyRule]) {
    self.name = name
    self.interpolates = interpolates
    self.summary = summary
    self.keys = keys
    required = keys.indices.filter { keys[$0].isRequired }
    rules = keys.map(\.rule)
    table = NameTable(keys.map(\.name))
  }

  /// The key that `name` probably means: another system's word for it, or a slip of the keyboard.
  func suggestion(for name: String) -> String? {
    let folded = name.lowercased().filter { $0 != "-" && $0 != "_" }
    let alias = keys.first { $0.aliases.contains { $0.lowercased() == folded } }
    return alias?.name ?? Suggestion.nearest(to: name, among: table.names)
  }
}

extension ValueRule {
  /// What a person calls such a value: `a duration such as "5m"`.
  var phrase: String {
    switch self {
    case .version: "the number \(Grammar.version)"
    case .value(let type): type.phrase
    case .day: "a day such as \"2025-10-31\""
    case .name: "a name of letters, digits, `-` and `_`"
    case .kind: "the name of a stage kind"
    case .stageReference: "the id of a stage"
    case .poolReference: "the name of a pool"
    case .pattern: "a path or glob pattern inside the workspace"
    case .output: "a path inside the workspace"
    case .unitKey: "text"
    case .dayRange: "two days such as \"2025-10-01..2025-10-31\""
    case .wholeRange: "two whole numbers such as [1, 100]"
    case .scalar: "text, a number or a boolean"
    case .list(let item, let least, _):
      switch least {
      case ...0: "an array of \(item.plural)"
      case 1: "a non-empty array of \(item.plural)"
      default: "an array of at least \(least) \(item.plural)"
      }
    case .map(_, let item): "an object whose values are \(item.plural)"
    case .object, .settings: "an object"
    case .variants(let rule): "a \(rule.name)"
    case .oneKey(let rule):
      "an object with one of " + rule.table.names.map { "`\($0)`" }.joined(separator: ", ")
    }
  }

  private var plural: String {
    switch self {
    case .value(let type): type.plural
    case .pattern: "paths or glob patterns"
    case .output: "paths"
    case .stageReference: "stage ids"
    case .object(let rule): "\(rule.name) objects"
    case .variants(let rule): "\(rule.name)s"
    case .unitKey: "strings"
    default: "values"
    }
  }
}

extension SettingType {
  /// What a person calls such a value.
  public var phrase: String {
    switch self {
    case .boolean: "`true` or `false`"
    case .integer(let range): "a whole number" + Self.text(range.lowerBound, range.upperBound, .min, .max)
    case .number(let range):
      "a number"
        + Self.text(range.lowerBound, range.upperBound, -.greatestFiniteMagnitude, .greatestFiniteMagnitude)
    case .string: "text"
    case .oneOf(let values): "one of " + values.map { "\"\($0)\"" }.joined(separator: ", ")
    case .duration: "a duration such as \"250ms\", \"2s\", \"5m\", \"1h\" or \"7d\""
    case .path: "a path inside the workspace"
    case .timeZone: "a time zone such as \"Europe/Berlin\""
    case .array, .map, .scalar, .object: ValueRule(self).phrase
    }
  }

  var plural: String {
    switch self {
    case .boolean: "booleans"
    case .integer: "whole numbers"
    case .number: "numbers"
    case .string: "strings"
    case .oneOf(let values): "values of " + values.map { "\"\($0)\"" }.joined(separator: ", ")
    case .duration: "durations"
    case .path: "paths"
    case .timeZone: "time zones"
    case .array(let item, _): "arrays of \(item.plural)"
    case .map(let item): "objects of \(item.plural)"
    case .scalar: "texts, numbers or booleans"
    case .object(let type): "\(type.name)s"
    }
  }

  /// ` from A to B`, ` of at least A`, ` of at most B` or nothing, as far as there are bounds.
  private static func text<Bound: Comparable>(_ low: Bound, _ high: Bound, _ lowest: Bound, _ highest: Bound)
    -> String
  {
    switch (low > lowest, high < highest) {
    case (true, true): " from \(low) to \(high)"
    case (true, false): " of at least \(low)"
    case (false, true): " of at most \(high)"
    case (false, false): ""
    }
  }
}
