import PipelineCore

/// A JSON Schema, or a part of one (draft 2020-12).
struct SchemaPart {
  private(set) var members: [String: JSONValue]

  init(_ members: [String: JSONValue]) { self.members = members }

  var json: JSONValue { .object(members) }

  // MARK: Values

  static let text = SchemaPart(["type": "string"])
  static let truth = SchemaPart(["type": "boolean"])
  /// A number of things.
  static let count = integer(atLeast: 0)
  /// A share, a probability, a coordinate.
  static let share = number(0, 1)
  /// SHA-256.
  static let digest = text(matching: "^[0-9a-f]{64}$")
  /// An instant in UTC.
  static let time = text(matching: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$")
  static let day = text(matching: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")

  static func text(matching pattern: String) -> SchemaPart {
    SchemaPart(["type": "string", "pattern": .string(pattern)])
  }

  static func constant(_ text: String) -> SchemaPart { SchemaPart(["const": .string(text)]) }

  static func integer(atLeast least: Int64) -> SchemaPart {
    SchemaPart(["type": "integer", "minimum": .integer(least)])
  }

  /// A number; a bound that is `nil` is none.
  static func number(_ least: Double?, _ greatest: Double?) -> SchemaPart {
    var part = SchemaPart(["type": "number"])
    part.members["minimum"] = least.map(JSONValue.number)
    part.members["maximum"] = greatest.map(JSONValue.number)
    return part
  }

  static func oneOf(_ words: [String]) -> SchemaPart {
    SchemaPart(["enum": .array(words.map(JSONValue.string))])
  }

  static func oneOf<Word: RawRepresentable<String> & CaseIterable>(_ type: Word.Type) -> SchemaPart {
    oneOf(type.allCases.map(\.rawValue))
  }

  /// A definition of the same schema.
  static func reference(_ name: String) -> SchemaPart {
    SchemaPart(["$ref": .string("#/$defs/\(name)")])
  }

  // MARK: Lists and objects

  /// - Parameter count: the number of items; `nil` for any.
  static func list(_ items: SchemaPart, count: Int64? = nil) -> SchemaPart {
    var part = SchemaPart(["type": "array", "items": items.json])
    part.members["minItems"] = count.map(JSONValue.integer)
    part.members["maxItems"] = count.map(JSONValue.integer)
    return part
  }

  /// An object that has all these members.
  /// - Parameters:
  ///   - optional: members that it may have besides.
  ///   - isOpen: whether it may have members that are named nowhere.
  static func object(
    _ members: [String: SchemaPart], optional: [String: SchemaPart] = [:], isOpen: Bool = false
  ) -> SchemaPart {
    SchemaPart([
      "type": "object", "additionalProperties": .bool(isOpen),
      "required": .array(
        members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map(JSONValue.string)),
      "properties": .object(members.merging(optional) { $1 }.mapValues(\.json)),
    ])
  }

  /// An object with members of any name and one kind.
  /// - Parameter names: the only names there may be; `nil` for any.
  static func map(_ values: SchemaPart, names: [String]? = nil) -> SchemaPart {
    var part = SchemaPart(["type": "object", "additionalProperties": values.json])
    part.members["propertyNames"] = names.map { ["enum": .array($0.map(JSONValue.string))] }
    return part
  }

  // MARK: Changes

  /// This, or null.
  var orNull: SchemaPart {
    if case .string(let type)? = members["type"], members["enum"] == nil {
      var part = self
      part.members["type"] = .array([.string(type), "null"])
      return part
    }
    return SchemaPart(["anyOf": .array([json, ["type": "null"]])])
  }

  func described(_ text: String) -> SchemaPart {
    var part = self
    part.members["description"] = .string(text)
    return part
  }

  /// The whole schema of a file or of its lines.
  /// - Parameter definitions: what ``reference(_:)`` names.
  func file(_ name: String, title: String, definitions: [String: SchemaPart] = [:]) -> String {
    var file = members
    file["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    file["$id"] = .string("\(name).schema.json")
    file["title"] = .string(title)
    if !definitions.isEmpty { file["$defs"] = .object(definitions.mapValues(\.json)) }
    return JSONValue.object(file).pretty
  }
}
