import PipelineCore
import PipelineSpec

/// The members of an object of a file of models or judgements while it is read.
struct ModelMembers {
  let json: JSONValue
  private let members: [String: JSONValue]
  private let name: String

  init(_ value: JSONValue, _ name: String) throws(Diagnostic) {
    guard let members = value.objectValue else {
      throw Self.failure("\(name) is \(value.typeName), not an object")
    }
    json = value
    self.members = members
    self.name = name
  }

  /// The members of a whole file: one object whose `schema` is this one.
  /// - Parameters:
  ///   - path: for messages.
  ///   - name: of the object, for messages.
  /// - Throws: a `Diagnostic` with the place in the file, where there is one, for what is no JSON, no object, or of another
  ///   schema, such as that of a newer version.
  init(file bytes: [UInt8], path: String, schema: String, _ name: String) throws(Diagnostic) {
    let (tree, problems) = JSONDocument.parse(bytes, path: path)
    guard let value = tree?.value, problems.isEmpty else {
      var failure = Self.failure(problems.first?.message ?? "it is empty")
      failure.location = problems.first?.location
      throw failure
    }
    try self.init(value, name)
    let found = try text("schema")
    guard found == schema else {
      throw Self.failure("its schema is \(found), not \(schema); a newer Darkroom may have made it")
    }
  }

  static func failure(_ message: String) -> Diagnostic { Diagnostic(code: "model-unreadable", message) }

  private func value<Value>(
    _ member: String, _ wanted: String, _ make: (JSONValue) -> Value?
  ) throws(Diagnostic) -> Value {
    guard let found = members[member] else { throw Self.failure("\(member) is missing in \(name)") }
    guard let value = make(found) else {
      throw Self.failure("\(member) of \(name) is \(found.typeName), not \(wanted)")
    }
    return value
  }

  private func list<Item>(
    _ member: String, _ wanted: String, _ make: (JSONValue) -> Item?
  ) throws(Diagnostic) -> [Item] {
    try value(member, wanted) { value in
      guard let items = value.arrayValue else { return nil }
      let made = items.compactMap(make)
      return made.count == items.count ? made : nil
    }
  }

  /// Whether the member is there and not null.
  func has(_ member: String) -> Bool { (members[member] ?? .null) != .null }

  func object(_ member: String) throws(Diagnostic) -> ModelMembers {
    try ModelMembers(try value(member, "an object") { $0 }, member)
  }
  func optionalObject(_ member: String) throws(Diagnostic) -> ModelMembers? {
    has(member) ? try object(member) : nil
  }
  func objects(_ member: String) throws -> [ModelMembers] {
    try list(member, "an array") { $0 }.map { try ModelMembers($0, "an entry of \(member)") }
  }
  func text(_ member: String) throws(Diagnostic) -> String { try value(member, "a text", \.stringValue) }
  func texts(_ member: String) throws(Diagnostic) -> [String] {
    try list(member, "an array of texts", \.stringValue)
  }
  func truth(_ member: String) throws(Diagnostic) -> Bool { try value(member, "true or false", \.boolValue) }
  func truths(_ member: String) throws(Diagnostic) -> [Bool] {
    try list(member, "an array of true and false", \.boolValue)
  }
  func integer(_ member: String) throws(Diagnostic) -> Int {
    try value(member, "a whole number") { $0.integerValue.flatMap { Int(exactly: $0) } }
  }
  func number(_ member: String) throws(Diagnostic) -> Double {
    try value(member, "a number", \.doubleValue)
  }
  func optionalNumber(_ member: String) throws(Diagnostic) -> Double? {
    has(member) ? try number(member) : nil
  }
  func numbers(_ member: String) throws(Diagnostic) -> [Double] {
    try list(member, "an array of numbers", \.doubleValue)
  }
  func rows(_ member: String) throws(Diagnostic) -> [[Double]] {
    try list(member, "an array of arrays of numbers") { row in
      guard let items = row.arrayValue else { return nil }
      let numbers = items.compactMap(\.doubleValue)
      return numbers.count == items.count ? numbers : nil
    }
  }
  func digest(_ member: String) throws(Diagnostic) -> Digest {
    try value(member, "a digest of 64 hexadecimal digits") { $0.stringValue.flatMap { Digest(hex: $0) } }
  }
  func optionalDigest(_ member: String) throws(Diagnostic) -> Digest? {
    has(member) ? try digest(member) : nil
  }
}
