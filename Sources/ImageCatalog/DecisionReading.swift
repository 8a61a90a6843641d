import PipelineCore
import PipelineSpec

extension Decision {
  /// Reads one line of an inbox.
  /// - Parameters:
  ///   - line: without its newline.
  ///   - path: the inbox, workspace-relative, for messages.
  ///   - number: the line's number, from 1.
  /// - Throws: `Diagnostics` with everything that is wrong with it, each with its place.
  public init(line: some Collection<UInt8>, path: String, number: Int) throws {
    let (value, findings) = JSONDocument.parse(Array(line), path: path)
    var problems = findings
    if findings.isEmpty, let value, let decision = Decision(value, problems: &problems) {
      self = decision
      return
    }
    for index in problems.indices {
      problems[index].location?.line = number
      for note in problems[index].notes.indices { problems[index].notes[note].location?.line = number }
    }
    throw Diagnostics(problems)
  }

  /// `nil` when something is wrong with it, which is then in `problems`.
  private init?(_ value: LocatedValue, problems: inout [Diagnostic]) {
    var members = RecordMembers(value, noun: "a decision")
    if let schema = members.text("schema"), schema != Self.schema {
      members.report(
        "decision-schema", "schema is \(schema), only \(Self.schema) is known",
        at: members.optional("schema"),
        help: "a newer Darkroom may have written it")
    }
    let id = members.text("id")
    let project = members.text("project")
    let group = members.text("group")
    let action = members.read("action", Self.list(Action.self)) { $0.stringValue.flatMap(Action.init) }
    let image = members.text("image", required: false)
    let crop = members.rectangle("crop")
    let actor = members.read("actor", Self.list(Actor.self)) { $0.stringValue.flatMap(Actor.init) }
    let images = members.read("images", "an array of file names") { value -> [String]? in
      let names = value.arrayValue?.map(\.stringValue)
      return names.flatMap { $0.allSatisfy { $0 != nil } ? $0.compactMap { $0 } : nil }
    }
    let shownAt = members.text("shownAt", required: false)
    let decidedAt = members.text("decidedAt")
    let blind = members.read("blind", "true or false") { $0.boolValue }
    let undoes = members.text("undoes", required: false)
    var recommendation: Recommendation?
    if let shown = members.optional("recommendation") {
      var found: [Diagnostic] = []
      recommendation = Recommendation(shown, problems: &found)
      members.add(found)
    }
    members.finish()
    defer { problems += members.problems }
    guard members.problems.isEmpty, let id, let project, let group, let action, let actor, let images,
      let decidedAt, let blind
    else { return nil }
    do {
      self = try Decision(
        project: project, group: GroupID(group), action: action, image: image, crop: crop, actor: actor,
        recommendation: recommendation, images: images, shownAt: shownAt, decidedAt: decidedAt, blind: blind,
        undoes: undoes)
    } catch {
      for problem in (error as? Diagnostics)?.items ?? [] {
        members.report(problem.code, problem.message, at: value)
      }
      return nil
    }
    guard self.id == id else {
      members.report(
        "decision-altered",
        "id \(id) is not the id of this content; somebody changed the line, so that it does not count",
        at: members.optional("id"),
        help: "lines of an inbox are never changed: append a new decision")
      return nil
    }
  }

  private static func list<Value: RawRepresentable & CaseIterable>(_: Value.Type) -> String
  where Value.RawValue == String {
    let names = Value.allCases.map(\.rawValue)
    return names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
  }
}

extension Decision: Codable {
  public init(from decoder: any Decoder) throws {
    let value = try JSONValue(from: decoder)
    try self.init(line: value.canonical.utf8, path: "decision", number: 1)
  }
  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}
