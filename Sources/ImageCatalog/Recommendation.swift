import FileSystem
public import PipelineCore
import PipelineSpec

/// What a recommender said of a group, as it is stored and shown: always verbatim.
public struct Recommendation: Sendable, Equatable {
  /// The recommender's name, and its version.
  public let recommender: String
  public let version: String
  /// The digest of its model, 64 hexadecimal digits or whatever it calls its model by; `nil` without a model.
  public let modelDigest: String?
  /// Which of ``images`` it picks, from 0.
  public let index: Int
  /// The name of that image.
  public let image: String
  /// How sure it is, 0 to 1.
  public let confidence: Double?
  /// How it would crop that image; `nil` when it would not.
  public let crop: CropRectangle?
  /// The group it is about.
  public let group: GroupID
  /// The names of the group's images in their order.
  public let images: [String]
  /// The content digests of ``images``, in the same order.
  public let digests: [Digest]
  /// Whether it is to be hidden from whoever decides, to learn what people choose without it.
  public let blind: Bool

  /// - Throws: `Diagnostics` when the parts contradict each other: an index outside the images, another image than the
  ///   index says, a confidence outside 0…1, not one digest for each image.
  public init(
    recommender: String, version: String, modelDigest: String? = nil, index: Int, confidence: Double? = nil,
    crop: CropRectangle? = nil, group: GroupID, images: [String], digests: [Digest], blind: Bool = false
  ) throws {
    self.recommender = recommender
    self.version = version
    self.modelDigest = modelDigest
    self.index = index
    self.image = images.indices.contains(index) ? images[index] : ""
    self.confidence = confidence
    self.crop = crop
    self.group = group
    self.images = images
    self.digests = digests
    self.blind = blind
    let contradictions = self.contradictions
    if !contradictions.isEmpty {
      throw Diagnostics(contradictions.map { Diagnostic(code: "recommendation-invalid", $0.message) })
    }
  }

  /// The same, hidden from whoever decides.
  public func hidden() throws -> Recommendation {
    try Recommendation(
      recommender: recommender, version: version, modelDigest: modelDigest, index: index,
      confidence: confidence, crop: crop, group: group, images: images, digests: digests, blind: true)
  }

  /// What is wrong with it, with the member that shows it.
  private var contradictions: [(member: String, message: String)] {
    var found: [(String, String)] = []
    if recommender.isEmpty || version.isEmpty {
      found.append(("recommender", "a recommender has a name and a version"))
    }
    if !images.indices.contains(index) {
      found.append(("index", "index \(index) is none of the \(images.count) images, which count from 0"))
    }
    if let confidence, !(0...1).contains(confidence) {
      found.append(("confidence", "confidence \(confidence) is outside 0 to 1"))
    }
    if digests.count != images.count {
      found.append(("digests", "there are \(digests.count) digests for \(images.count) images"))
    }
    return found
  }

  /// The members as they are stored; absent ones are left out.
  public var json: JSONValue {
    var members: [String: JSONValue] = [
      "recommender": .string(recommender), "version": .string(version), "index": .integer(Int64(index)),
      "image": .string(image), "group": .string(group.rawValue),
      "images": .array(images.map(JSONValue.string)), "digests": .array(digests.map { .string($0.hex) }),
    ]
    members["modelDigest"] = modelDigest.map(JSONValue.string)
    members["confidence"] = confidence.map(JSONValue.number)
    members["crop"] = crop?.json
    if blind { members["blind"] = true }
    return .object(members)
  }

  /// Reads a stored recommendation, `data/review/recommendations/PROJECT/GROUP.json`.
  /// - Parameter path: workspace-relative, for messages.
  /// - Throws: `Diagnostics` with every error and its place.
  public init(_ bytes: [UInt8], path: String) throws {
    let (value, findings) = JSONDocument.parse(bytes, path: path)
    guard let value, findings.isEmpty else { throw Diagnostics(findings) }
    var problems: [Diagnostic] = []
    guard let read = Recommendation(value, problems: &problems) else { throw Diagnostics(problems) }
    self = read
  }

  /// `nil` when something is wrong with it, which is then in `problems`.
  init?(_ value: LocatedValue, problems: inout [Diagnostic]) {
    var members = RecordMembers(value, noun: "a recommendation")
    let recommender = members.text("recommender")
    let version = members.text("version")
    let modelDigest = members.text("modelDigest", required: false)
    let index = members.read("index", "a whole number") { $0.integerValue.flatMap { Int(exactly: $0) } }
    let image = members.text("image")
    let confidence = members.number("confidence")
    let crop = members.rectangle("crop")
    let blind = members.read("blind", required: false, "true or false") { $0.boolValue } ?? false
    let group = members.text("group")
    let images = members.texts("images")
    let digests = members.read(
      "digests", "an array of SHA-256 digests, 64 lower-case hexadecimal digits each"
    ) {
      value -> [Digest]? in
      let digests = value.arrayValue?.map { $0.stringValue.flatMap { Digest(hex: $0) } }
      guard let digests, digests.allSatisfy({ $0 != nil }) else { return nil }
      return digests.compactMap { $0 }
    }
    members.finish()
    defer { problems += members.problems }
    guard members.problems.isEmpty, let recommender, let version, let index, let image, let group, let images,
      let digests
    else { return nil }
    do {
      self = try Recommendation(
        recommender: recommender, version: version, modelDigest: modelDigest, index: index,
        confidence: confidence, crop: crop, group: GroupID(group), images: images, digests: digests,
        blind: blind)
    } catch {
      for problem in (error as? Diagnostics)?.items ?? [] {
        members.report(problem.code, problem.message, at: value)
      }
      return nil
    }
    if !self.image.hasSameBytes(as: image) {
      members.report(
        "recommendation-invalid", "image \(FileSystem.shown(image)) is not the image of index \(index)",
        at: members.optional("image"))
      return nil
    }
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.recommender == b.recommender && a.version == b.version && a.modelDigest == b.modelDigest
      && a.index == b.index && a.confidence == b.confidence && a.crop == b.crop && a.group == b.group
      && a.images.hasSameBytes(as: b.images) && a.digests == b.digests && a.blind == b.blind
  }
}

extension Recommendation: Codable {
  public init(from decoder: any Decoder) throws {
    let value = try JSONValue(from: decoder)
    try self.init(Array(value.canonical.utf8), path: "recommendation")
  }
  public func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }
}
