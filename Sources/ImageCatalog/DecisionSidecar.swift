public import FileSystem
public import PipelineCore
import PipelineSpec

/// A `.decision` file beside an image, in one of the two forms that are about; one of them is written.
public enum DecisionSidecar: Sendable, Equatable {
  /// Beside one image, with its stem.
  case image(ImageSidecar)
  /// Of a whole group, from the older system; read only.
  case group(GroupSidecar)

  /// Reads a sidecar's bytes. Which form it is the members tell: `image` or `needs_crop`, or `images`.
  /// - Parameter path: for messages.
  /// - Throws: `Diagnostics` with everything that is wrong, each with its place; `sidecar-unknown` for a JSON file that
  ///   is neither.
  public static func read(_ bytes: [UInt8], path: String) throws -> DecisionSidecar {
    let (value, findings) = JSONDocument.parse(bytes, path: path)
    guard let value, findings.isEmpty else { throw Diagnostics(findings) }
    var members = RecordMembers(value, noun: "a .decision file")
    let sidecar: DecisionSidecar?
    if members.optional("image") != nil {
      sidecar = ImageSidecar(&members).map { .image($0) }
    } else if members.optional("images") != nil {
      sidecar = GroupSidecar(&members).map { .group($0) }
    } else if members.optional("needs_crop") != nil {
      sidecar = ImageSidecar(&members).map { .image($0) }
    } else {
      members.report(
        "sidecar-unknown",
        "this file has neither image nor needs_crop nor images: it is no .decision file that is known",
        at: value)
      sidecar = nil
    }
    guard let sidecar, members.problems.isEmpty else { throw Diagnostics(members.problems) }
    return sidecar
  }
}

/// What a `.decision` file says of one image: why it waits in a crop folder.
public struct ImageSidecar: Sendable, Equatable {
  /// Who draws the crop.
  public enum Route: String, Sendable, Codable, CaseIterable {
    /// The recommended rectangle was accepted.
    case suggestion
    /// A person will draw it.
    case manual
  }

  /// The form that is written. From 2 on `ai_crop_coords` are fractions of the displayed image, always; in older files
  /// they may be pixels. The members are the same.
  public static let currentVersion = 2

  public var group: GroupID
  public var project: String
  /// The image's name; `nil` in files of the older system that do not say: it is the image with the file's stem.
  public var image: String?
  /// Whether a crop has still to be made.
  public var needsCrop: Bool
  public var route: Route
  /// `ai_crop_coords` as they stand in the file, four numbers; `nil` when there are none. ``rectangle(width:height:)``
  /// makes a rectangle of them.
  public var coordinates: [Double]?
  /// `schema_version`; 1 for a file that does not say.
  public var version: Int
  /// Members of older files that have no meaning here, so that nothing is lost.
  public var others: [String: JSONValue] = [:]

  /// A sidecar as it is written now.
  public init(group: GroupID, project: String, image: String, route: Route, crop: CropRectangle?) {
    self.group = group
    self.project = project
    self.image = image
    self.needsCrop = true
    self.route = route
    self.coordinates = crop?.coordinates
    self.version = Self.currentVersion
  }

  init?(_ members: inout RecordMembers) {
    let group = members.text("group_id")
    let project = members.text("project_id")
    let image = members.text("image", required: false)
    let needsCrop = members.read("needs_crop", required: false, "true or false", Self.flag)
    let route = members.read("ai_route", required: false, "suggestion or manual") {
      $0.stringValue.flatMap(Route.init)
    }
    let coordinates = members.read("ai_crop_coords", required: false, "an array of 4 numbers") {
      value -> [Double]? in
      let numbers = value.arrayValue?.compactMap(\.doubleValue)
      return numbers?.count == 4 && value.arrayValue?.count == 4 ? numbers : nil
    }
    let version = members.read("schema_version", required: false, "a whole number", Self.version)
    if let version, version > Self.currentVersion {
      members.report(
        "sidecar-newer", "schema_version is \(version), only versions up to \(Self.currentVersion) are known",
        at: members.optional("schema_version"), help: "a newer Darkroom wrote it")
    }
    guard members.problems.isEmpty, let group, let project else { return nil }
    self.group = GroupID(group)
    self.project = project
    self.image = image
    self.needsCrop = needsCrop ?? true
    self.route = route ?? .manual
    self.coordinates = coordinates
    self.version = version ?? 1
    others = members.others
  }

  /// Older tools wrote 0 and 1, too.
  private static func flag(_ value: JSONValue) -> Bool? {
    value.boolValue ?? value.integerValue.flatMap { (0...1).contains($0) ? $0 == 1 : nil }
  }

  /// A number, or the text of one, perhaps with more behind a dot: `1`, `"1"`, `"1.0"`.
  private static func version(_ value: JSONValue) -> Int? {
    if let number = value.doubleValue { return Int(exactly: number.rounded(.down)) }
    return value.stringValue?.split(separator: ".").first.flatMap { Int($0) }
  }

  public static func == (a: Self, b: Self) -> Bool { a.bytes == b.bytes }

  /// The recommended rectangle; `nil` without one. Coordinates of older files may be pixels.
  /// - Parameters:
  ///   - width: the displayed image's width in pixels, where it is known.
  ///   - height: its height.
  public func rectangle(width: Int?, height: Int?) throws(Diagnostic) -> CropRectangle? {
    guard let coordinates else { return nil }
    if version >= 2 { return try CropRectangle(coordinates) }
    guard coordinates.count == 4 else { return try CropRectangle(coordinates) }
    return try CropRectangle.legacy(
      x1: coordinates[0], y1: coordinates[1], x2: coordinates[2], y2: coordinates[3], width: width,
      height: height
    ).rectangle
  }

  /// The file as it is written: canonical JSON and a newline; equal values give equal bytes.
  public var bytes: [UInt8] {
    let members: [String: JSONValue] = [
      "group_id": .string(group.rawValue), "project_id": .string(project),
      "image": image.map(JSONValue.string) ?? .null,
      "needs_crop": .bool(needsCrop), "ai_route": .string(route.rawValue),
      "ai_crop_coords": coordinates.map { .array($0.map(JSONValue.number)) } ?? .null,
      "schema_version": .integer(Int64(version)),
    ]
    return Array(JSONValue.object(others.merging(members) { _, own in own }).canonical.utf8)
      + [UInt8(ascii: "\n")]
  }
}

/// What an older `.decision` file says of a whole group.
public struct GroupSidecar: Sendable, Equatable {
  public var group: GroupID
  /// The names of the group's images.
  public var images: [String]
  /// `ai_recommendation` as it stands in the file.
  public var recommendation: JSONValue?
  /// `user_decision` as it stands in the file; `nil` while nobody decided.
  public var userDecision: JSONValue?
  /// All other members.
  public var others: [String: JSONValue]

  init?(_ members: inout RecordMembers) {
    let group = members.text("group_id")
    let images = members.texts("images")
    recommendation = members.optional("ai_recommendation")?.value
    userDecision = members.optional("user_decision")?.value
    guard members.problems.isEmpty, let group, let images else { return nil }
    self.group = GroupID(group)
    self.images = images
    // `image` was asked for to tell the forms apart; where it is, it is null.
    others = members.others
  }

  /// The groups whose files these sidecars travel with: the one that has all images of a sidecar. Sidecars of images
  /// that are in several groups, or gone, belong to none.
  /// - Parameters:
  ///   - sidecars: sidecars of one folder by path.
  ///   - groups: the groups of that folder.
  public static func owners(
    of sidecars: [RelativePath: GroupSidecar], groups: [ImageGroup]
  ) -> [GroupID: [RelativePath]] {
    var groupOf: [RelativePath: GroupID] = [:]
    for group in groups { for image in group.images { groupOf[RelativePath(image)] = group.id } }
    var owned: [GroupID: [RelativePath]] = [:]
    for (path, sidecar) in sidecars {
      let owners = Set(sidecar.images.map { groupOf[RelativePath($0)] })
      if owners.count == 1, let owner = owners.first ?? nil { owned[owner, default: []].append(path) }
    }
    return owned.mapValues { $0.sorted() }
  }
}
