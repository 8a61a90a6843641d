import PipelineCore
import PipelineSpec

/// The members of one JSON object while it is read strictly: collects what is wrong, each with its place.
struct RecordMembers {
  let object: LocatedValue
  /// What messages call the record, such as `a decision`.
  let noun: String
  private let members: [(name: String, value: LocatedValue)]
  private var read: Set<String> = []
  private(set) var problems: [Diagnostic] = []

  /// - Parameter object: any value; one that is no object is a problem.
  init(_ object: LocatedValue, noun: String) {
    self.object = object
    self.noun = noun
    members = (object.members ?? []).map { ($0.key.value.stringValue ?? "", $0.value) }
    if object.members == nil {
      report("record-type", "\(noun) is an object, not \(object.value.typeName)", at: object)
    }
  }

  mutating func report(_ code: String, _ message: String, at place: LocatedValue?, help: String? = nil) {
    problems.append(Diagnostic(code: code, message, at: (place ?? object).location, help: help))
  }

  mutating func add(_ others: [Diagnostic]) { problems += others }

  /// The member's value; `nil` when it is absent or null.
  mutating func optional(_ name: String) -> LocatedValue? {
    read.insert(name)
    guard let value = members.first(where: { $0.name == name })?.value, value.value != .null else {
      return nil
    }
    return value
  }

  /// The member's value; absent or null is a problem.
  mutating func required(_ name: String) -> LocatedValue? {
    if let value = optional(name) { return value }
    if object.members != nil { report("record-missing", "\(name) is missing in \(noun)", at: object) }
    return nil
  }

  /// The value of a member, as `make` reads it; what `make` cannot read is a problem.
  mutating func read<Value>(
    _ name: String, required isRequired: Bool = true, _ wanted: String, _ make: (JSONValue) -> Value?
  ) -> Value? {
    guard let place = isRequired ? required(name) : optional(name) else { return nil }
    if let value = make(place.value) { return value }
    report("record-type", "\(name) must be \(wanted)", at: place)
    return nil
  }

  mutating func text(_ name: String, required isRequired: Bool = true) -> String? {
    read(name, required: isRequired, "a text that is not empty") { value in
      value.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    }
  }

  mutating func texts(_ name: String, required isRequired: Bool = true) -> [String]? {
    read(name, required: isRequired, "an array of texts that are not empty") { value in
      guard let items = value.arrayValue else { return nil }
      let texts = items.compactMap(\.stringValue).filter { !$0.isEmpty }
      return texts.count == items.count ? texts : nil
    }
  }

  mutating func number(_ name: String) -> Double? {
    read(name, required: false, "a number") { $0.doubleValue }
  }

  /// A rectangle; a bad one is a problem that says why.
  mutating func rectangle(_ name: String) -> CropRectangle? {
    guard let place = optional(name) else { return nil }
    guard let items = place.value.arrayValue, case let numbers = items.compactMap(\.doubleValue),
      numbers.count == items.count
    else {
      report("record-type", "\(name) must be an array of 4 numbers", at: place)
      return nil
    }
    do throws(Diagnostic) {
      return try CropRectangle(numbers)
    } catch {
      report(error.code, "\(name): \(error.message)", at: place, help: error.help)
      return nil
    }
  }

  /// Reports what was not asked for.
  mutating func finish() {
    for member in members where !read.contains(member.name) {
      report("unknown-key", "\(member.name) is not a member of \(noun)", at: member.value)
    }
  }

  /// The members that were not asked for.
  var others: [String: JSONValue] {
    Dictionary(members.filter { !read.contains($0.name) }.map { ($0.name, $0.value.value) }) { _, last in last
    }
  }
}
