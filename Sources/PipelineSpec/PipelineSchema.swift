public import PipelineCore

/// The JSON Schema of pipeline files (draft 2020-12), made from the rules that the reader follows.
///
/// It is for editors and other programs. What a schema cannot say (unknown stages, cycles, paths that clash,
/// values of parameters) only ``PipelineReader`` checks.
public enum PipelineSchema {
  /// The schema as text, with members in a fixed order and a final newline: the same kinds give the same bytes.
  public static func json(kinds: [StageDescription]) -> String { value(kinds: kinds).pretty }

  /// The schema as a value.
  public static func value(kinds: [StageDescription]) -> JSONValue {
    let kinds = kinds.sorted { $0.kind < $1.kind }
    var definitions: [String: JSONValue] = [
      "placeholder": [
        "description": "The value of a parameter.", "type": "string",
        "pattern": "^\\$\\{parameters\\.[^{}]+\\}$",
      ],
      "parameter": object(Grammar.parameter, kinds),
      "retry": object(Grammar.retry, kinds),
      "foreach": object(Grammar.forEach, kinds, exactlyOne: true),
      "stage": stage(kinds),
    ]
    for kind in kinds { definitions["with \(kind.kind)"] = settings(kind) }
    var schema = object(Grammar.top, kinds).objectValue ?? [:]
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Pipeline"
    schema["$defs"] = .object(definitions)
    return .object(schema)
  }

  private static func object(_ rule: ObjectRule, _ kinds: [StageDescription], exactlyOne: Bool = false)
    -> JSONValue
  {
    var properties: [String: JSONValue] = [:]
    for key in rule.keys {
      var property = schema(key.rule, kinds, interpolates: rule.interpolates).objectValue ?? [:]
      property["description"] = .string(key.summary)
      if let value = key.defaultValue { property["default"] = value }
      properties[key.name] = .object(property)
    }
    var schema: [String: JSONValue] = [
      "type": "object", "description": .string(rule.summary), "properties": .object(properties),
      "additionalProperties": false,
    ]
    let required = rule.required.map { JSONValue.string(rule.keys[$0].name) }
    if !required.isEmpty { schema["required"] = .array(required) }
    if exactlyOne {
      schema["minProperties"] = 1
      schema["maxProperties"] = 1
    }
    return .object(schema)
  }

  /// A stage: its keys, and what its kind adds to them.
  private static func stage(_ kinds: [StageDescription]) -> JSONValue {
    var schema = object(Grammar.stage, kinds).objectValue ?? [:]
    schema["allOf"] = .array(
      kinds.map { kind in
        let with = Grammar.stage.table.names[Grammar.StageKey.with.rawValue]
        var properties: [String: JSONValue] = [with: reference("with \(kind.kind)")]
        if !kind.acceptsDeclaredFiles {
          for key in Grammar.declaredFileKeys { properties[Grammar.stage.table.names[key.rawValue]] = false }
        }
        var then: [String: JSONValue] = ["properties": .object(properties)]
        if kind.settings.contains(where: \.isRequired) { then["required"] = [.string(with)] }
        let uses = Grammar.stage.table.names[Grammar.StageKey.uses.rawValue]
        return [
          "if": ["properties": [uses: ["const": .string(kind.kind)]], "required": [.string(uses)]],
          "then": .object(then),
        ]
      })
    return .object(schema)
  }

  private static func settings(_ kind: StageDescription) -> JSONValue {
    var properties: [String: JSONValue] = [:]
    for setting in kind.settings {
      var property = schema(ValueRule(setting.type), [], interpolates: true).objectValue ?? [:]
      property["description"] = .string(setting.summary)
      if let value = setting.defaultValue { property["default"] = value }
      properties[setting.name] = .object(property)
    }
    var schema: [String: JSONValue] = [
      "type": "object", "description": .string(kind.summary), "properties": .object(properties),
      "additionalProperties": false,
    ]
    let required = kind.settings.filter(\.isRequired).map { JSONValue.string($0.name) }
    if !required.isEmpty { schema["required"] = .array(required) }
    return .object(schema)
  }

  private static func reference(_ name: String) -> JSONValue {
    ["$ref": .string("#/$defs/" + name.replacing(" ", with: "%20"))]
  }

  private static func schema(_ rule: ValueRule, _ kinds: [StageDescription], interpolates: Bool) -> JSONValue
  {
    switch rule {
    case .version: ["const": .integer(Grammar.version)]
    case .object(let object): reference(object.name)
    case .oneKey(let object): reference(object.name)
    case .settings: ["type": "object"]
    case .scalar: ["type": ["string", "integer", "number", "boolean"]]
    case .list(let item, let least, let isUnique): list(item, least, isUnique, kinds, interpolates)
    case .map(let names, let item): map(names, schema(item, kinds, interpolates: interpolates))
    case .variants(let rule): variants(rule, interpolates)
    case .wholeRange:
      list(
        .value(.integer(-Grammar.largestWhole...Grammar.largestWhole)), 2, false, kinds, interpolates, most: 2
      )
    case .value(let type): single(type, interpolates)
    case .kind:
      // Kinds are offered by name; with no kinds known, any text passes.
      kinds.isEmpty
        ? ["type": "string"]
        : alternatives(["enum": .array(kinds.map { .string($0.kind) })], or: interpolates)
    case .day: text(TextChecks.dayPattern, interpolates)
    case .dayRange: text(TextChecks.dayRangePattern, interpolates)
    case .name, .poolReference, .stageReference: text(TextChecks.namePattern, interpolates)
    case .pattern, .unitKey: text(TextChecks.pathPattern, interpolates)
    case .output: text(TextChecks.outputPattern, interpolates)
    }
  }

  /// An object of several kinds: which one says which members it has, as with a stage and its settings.
  private static func variants(_ rule: VariantRule, _ interpolates: Bool) -> JSONValue {
    let branches = rule.kinds.map { kind -> JSONValue in
      let name = JSONValue.string(kind.kindName)
      return [
        "if": ["properties": [rule.kindKey: ["const": name]], "required": [.string(rule.kindKey)]],
        "then": object(kind.rule, []),
      ]
    }
    let names = JSONValue.array(rule.kinds.map { .string($0.kindName) })
    return [
      "type": "object", "required": [.string(rule.kindKey)],
      "properties": [rule.kindKey: alternatives(["enum": names], or: interpolates)],
      "allOf": .array(branches),
    ]
  }

  private static func list(
    _ item: ValueRule, _ least: Int, _ isUnique: Bool, _ kinds: [StageDescription], _ interpolates: Bool,
    most: Int? = nil
  ) -> JSONValue {
    var list: [String: JSONValue] = [
      "type": "array", "items": schema(item, kinds, interpolates: interpolates),
    ]
    if least > 0 { list["minItems"] = .integer(Int64(least)) }
    if let most { list["maxItems"] = .integer(Int64(most)) }
    if isUnique { list["uniqueItems"] = true }
    return .object(list)
  }

  private static func map(_ names: ValueRule.MapNames, _ item: JSONValue) -> JSONValue {
    switch names {
    case .any: ["type": "object", "additionalProperties": item]
    case .name:
      [
        "type": "object", "propertyNames": ["pattern": .string(TextChecks.namePattern)],
        "additionalProperties": item,
      ]
    case .environment:
      [
        "type": "object", "propertyNames": ["pattern": .string(TextChecks.environmentPattern)],
        "additionalProperties": item,
      ]
    }
  }

  private static func single(_ type: SettingType, _ interpolates: Bool) -> JSONValue {
    switch type {
    case .boolean: return alternatives(["type": "boolean"], or: interpolates)
    case .integer(let range):
      var schema: [String: JSONValue] = ["type": "integer"]
      if range.lowerBound != .min { schema["minimum"] = .integer(range.lowerBound) }
      if range.upperBound != .max { schema["maximum"] = .integer(range.upperBound) }
      return alternatives(.object(schema), or: interpolates)
    case .number(let range):
      var schema: [String: JSONValue] = ["type": "number"]
      if range.lowerBound > -.greatestFiniteMagnitude { schema["minimum"] = .number(range.lowerBound) }
      if range.upperBound < .greatestFiniteMagnitude { schema["maximum"] = .number(range.upperBound) }
      return alternatives(.object(schema), or: interpolates)
    case .string: return ["type": "string"]
    case .oneOf(let values):
      return alternatives(["enum": .array(values.map { .string($0) })], or: interpolates)
    case .duration: return text(DurationText.pattern, interpolates)
    case .path: return text(TextChecks.pathPattern, interpolates)
    case .timeZone: return text(TextChecks.timeZonePattern, interpolates)
    case .array, .map, .scalar, .object: return schema(ValueRule(type), [], interpolates: interpolates)
    }
  }

  /// A text of a pattern, or, where placeholders are filled in, any text that holds one.
  private static func text(_ pattern: String, _ interpolates: Bool) -> JSONValue {
    interpolates
      ? ["type": "string", "anyOf": [["pattern": .string(pattern)], ["pattern": "\\$\\{"]]]
      : ["type": "string", "pattern": .string(pattern)]
  }

  private static func alternatives(_ schema: JSONValue, or interpolates: Bool) -> JSONValue {
    interpolates ? ["anyOf": [schema, reference("placeholder")]] : schema
  }
}
