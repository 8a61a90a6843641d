import FileSystem
public import PipelineCore

/// What somebody decided of a group of images: one line of a project's inbox, schema `decision_v1`.
///
/// A value that exists keeps the rules of the schema: the parts do not contradict each other.
public struct Decision: Sendable, Equatable {
  /// What is to be done; the routing is in the contracts, section 3.
  public enum Action: String, Sendable, Codable, CaseIterable {
    /// The recommended image as it is.
    case approve
    /// Another image than the recommended one, or one without a recommendation, as it is.
    case override
    /// A part of an image that a person draws; without a rectangle it is drawn later.
    case crop
    /// The recommended image with the recommended crop.
    case acceptCrop = "accept-crop"
    /// None of the images.
    case reject
    /// Not decided yet: it moves nothing, and keeps nobody from deciding.
    case skip
    /// Takes back the decision that ``Decision/undoes`` names.
    case undo
  }

  /// Who decided. A machine's decision is never a human label.
  public enum Actor: String, Sendable, Codable, CaseIterable { case human, machine }

  /// 32 hexadecimal digits: SHA-256 over the canonical JSON of all other members. The same decision appended twice has
  /// one id.
  public let id: String
  /// The id of the project.
  public let project: String
  public let group: GroupID
  public let action: Action
  /// The name of the picked image; `nil` for reject, skip and undo.
  public let image: String?
  /// The part of the picked image; only for ``Action/crop`` and ``Action/acceptCrop``.
  public internal(set) var crop: CropRectangle?
  public let actor: Actor
  /// The recommendation as it was shown, verbatim; `nil` when there was none.
  public let recommendation: Recommendation?
  /// The names of the group's images as they were shown, in their order; empty only for undo.
  public let images: [String]
  /// When the group was shown: RFC 3339 in UTC, `2025-10-08T18:47:32.429632Z`.
  public let shownAt: String?
  /// When it was decided, in the same form.
  public let decidedAt: String
  /// Whether the recommendation was hidden from who decided.
  public let blind: Bool
  /// The id of the decision that an undo takes back; `nil` for all other actions.
  public let undoes: String?

  /// - Throws: `Diagnostics` `decision-invalid` with every contradiction.
  public init(
    project: String, group: GroupID, action: Action, image: String? = nil, crop: CropRectangle? = nil,
    actor: Actor, recommendation: Recommendation? = nil, images: [String], shownAt: String? = nil,
    decidedAt: String, blind: Bool = false, undoes: String? = nil
  ) throws {
    self.project = project
    self.group = group
    self.action = action
    self.image = image
    self.crop = crop
    self.actor = actor
    self.recommendation = recommendation
    self.images = images
    self.shownAt = shownAt
    self.decidedAt = decidedAt
    self.blind = blind
    self.undoes = undoes
    id = Self.id(
      Self.members(
        project: project, group: group, action: action, image: image, crop: crop, actor: actor,
        recommendation: recommendation, images: images, shownAt: shownAt, decidedAt: decidedAt, blind: blind,
        undoes: undoes))
    let contradictions = self.contradictions
    if !contradictions.isEmpty {
      throw Diagnostics(contradictions.map { Diagnostic(code: "decision-invalid", $0.message) })
    }
  }

  /// The version of the format.
  static let schema = "decision_v1"

  private static func id(_ members: [String: JSONValue]) -> String {
    String(Digest(of: JSONValue.object(members).canonical).hex.prefix(32))
  }

  /// All members but the id; those without a value are left out.
  private static func members(
    project: String, group: GroupID, action: Action, image: String?, crop: CropRectangle?, actor: Actor,
    recommendation: Recommendation?, images: [String], shownAt: String?, decidedAt: String, blind: Bool,
    undoes: String?
  ) -> [String: JSONValue] {
    var members: [String: JSONValue] = [
      "schema": .string(schema), "project": .string(project), "group": .string(group.rawValue),
      "action": .string(action.rawValue), "actor": .string(actor.rawValue),
      "images": .array(images.map(JSONValue.string)), "decidedAt": .string(decidedAt), "blind": .bool(blind),
    ]
    members["image"] = image.map(JSONValue.string)
    members["crop"] = crop?.json
    members["recommendation"] = recommendation?.json
    members["shownAt"] = shownAt.map(JSONValue.string)
    members["undoes"] = undoes.map(JSONValue.string)
    return members
  }

  /// All members, as a line of the inbox holds them.
  public var json: JSONValue {
    var members = Self.members(
      project: project, group: group, action: action, image: image, crop: crop, actor: actor,
      recommendation: recommendation, images: images, shownAt: shownAt, decidedAt: decidedAt, blind: blind,
      undoes: undoes)
    members["id"] = .string(id)
    return .object(members)
  }

  /// Byte for byte: names in two normal forms are two names.
  public static func == (a: Self, b: Self) -> Bool {
    a.id == b.id && a.crop == b.crop && a.undoes == b.undoes && a.isSameChoice(as: b)
  }

  /// Whether it says the same of the group as another decision: action, image and rectangle, whoever said it when.
  func isSameChoice(as other: Decision) -> Bool {
    action == other.action && image.hasSameBytes(as: other.image) && crop == other.crop
  }
}

extension Decision {
  /// What contradicts what, with the member that shows it.
  var contradictions: [(member: String, message: String)] {
    var found: [(member: String, message: String)] = []
    if !Self.isProjectID(project) { found.append(("project", "\(project) cannot be a project's id")) }
    if !group.isWellFormed {
      found.append(("group", "\(group) is no group id: g_ and 20 hexadecimal digits"))
    }
    if let shownAt, UTCTime(shownAt) == nil {
      found.append(("shownAt", "\(shownAt) is no RFC 3339 time in UTC"))
    }
    if UTCTime(decidedAt) == nil { found.append(("decidedAt", "\(decidedAt) is no RFC 3339 time in UTC")) }
    if let shown = shownAt.flatMap({ UTCTime($0) }), let decided = UTCTime(decidedAt), decided < shown {
      found.append(("decidedAt", "it was decided before it was shown"))
    }
    return found + imageContradictions + recommendationContradictions + undoContradictions
  }

  private var imageContradictions: [(member: String, message: String)] {
    var found: [(member: String, message: String)] = []
    if images.isEmpty, action != .undo {
      found.append(("images", "the group's images as shown are missing"))
    }
    if Set(images.map { RelativePath($0) }).count != images.count {
      found.append(("images", "an image occurs twice"))
    }
    if let bad = images.first(where: { !Self.isName($0) }) {
      found.append(("images", "\(FileSystem.shown(bad)) is no name of a file"))
    }
    switch action {
    case .approve, .override, .crop, .acceptCrop:
      guard let image else {
        found.append(("action", "\(action.rawValue) needs an image"))
        break
      }
      if !images.contains(where: { $0.hasSameBytes(as: image) }) {
        found.append(("image", "\(FileSystem.shown(image)) is none of the group's images as shown"))
      }
    case .reject, .skip, .undo:
      if image != nil { found.append(("image", "\(action.rawValue) picks no image")) }
    }
    if crop != nil, action != .crop, action != .acceptCrop {
      found.append(("crop", "\(action.rawValue) takes no rectangle"))
    }
    return found
  }

  private var recommendationContradictions: [(member: String, message: String)] {
    guard let recommendation else {
      if action == .approve || action == .acceptCrop {
        return [
          ("action", "\(action.rawValue) needs a recommendation; without one, pick with override or crop")
        ]
      }
      return []
    }
    var found: [(member: String, message: String)] = []
    if recommendation.group != group || !recommendation.images.hasSameBytes(as: images), action != .undo {
      found.append(("recommendation", "it is about another group, or other images than were shown"))
    }
    guard action == .approve || action == .acceptCrop else { return found }
    if let image, !image.hasSameBytes(as: recommendation.image) {
      found.append(
        (
          "image",
          "\(FileSystem.shown(image)) is not the recommended image; pick another with override or crop"
        ))
    }
    if action == .acceptCrop {
      if recommendation.crop == nil { found.append(("action", "no crop was recommended")) }
      if let crop, crop != recommendation.crop {
        found.append(("crop", "it is not the recommended rectangle; draw another with crop"))
      }
    }
    return found
  }

  private var undoContradictions: [(member: String, message: String)] {
    switch (action, undoes) {
    case (.undo, nil): [("action", "undo must say which decision it takes back, in undoes")]
    case (.undo, let id?) where !Self.isID(id):
      [("undoes", "\(id) is no id of a decision: 32 hexadecimal digits")]
    case (.undo, _), (_, nil): []
    default: [("undoes", "only undo takes a decision back")]
    }
  }

  static func isID(_ text: String) -> Bool {
    text.utf8.count == 32
      && text.utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }

  /// Whether it can be a project's id, and with that a part of a path.
  static func isProjectID(_ text: String) -> Bool {
    func isAlphanumeric(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    guard let first = text.utf8.first, isAlphanumeric(first) else { return false }
    return text.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
  }

  /// Whether it can be the name of a file in a folder.
  static func isName(_ text: String) -> Bool {
    !text.isEmpty && text != "." && text != ".." && !text.utf8.contains(UInt8(ascii: "/"))
      && !text.utf8.contains(0)
  }
}
