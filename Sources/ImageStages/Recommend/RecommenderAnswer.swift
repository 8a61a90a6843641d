import ImageCatalog
import PipelineCore
import PipelineSpec

/// What a recommending program says of a group; not yet compared with the group's images.
struct RecommenderAnswer {
  private let program: String
  private let index: Int64
  private let confidence: Double?
  private let crop: CropRectangle?

  /// Reads one line.
  /// - Returns: `nil` for no opinion.
  /// - Throws: `Diagnostics` `answer-invalid` for everything that is not an answer to this group.
  static func read(_ line: [UInt8], program: String, group: GroupID) throws -> RecommenderAnswer? {
    func failure(_ what: String) -> Diagnostics {
      let shown = String(decoding: line.prefix(200), as: UTF8.self).debugDescription
      return Diagnostics([
        Diagnostic(
          code: "answer-invalid",
          "\(program) gave no valid answer for \(group): \(what); nothing of it was kept",
          notes: [.init("it wrote \(shown)\(line.count > 200 ? "…" : "")")],
          help: #"one line such as {"group": "\#(group)", "index": 0, "confidence": 0.9}"#)
      ])
    }
    let (tree, problems) = JSONDocument.parse(line, path: program)
    guard let value = tree?.value, problems.isEmpty else {
      throw failure("it is not JSON" + (problems.first.map { " (\($0.message))" } ?? ""))
    }
    guard let members = value.objectValue else { throw failure("it is \(value.typeName), not an object") }
    guard let named = members["group"]?.stringValue, named.utf8.elementsEqual(group.rawValue.utf8) else {
      throw failure("it names another group or none")
    }
    let known: Set<String> = ["group", "index", "confidence", "crop"]
    if let unknown = members.keys.filter({ !known.contains($0) }).min() {
      throw failure("it has the unknown member \(unknown.debugDescription)")
    }
    guard let index = members["index"] else { throw failure("it has no index") }
    let confidence = try optional(members["confidence"]).map { value in
      guard let number = value.doubleValue else {
        throw failure("confidence is \(value.typeName), no number")
      }
      guard (0...1).contains(number) else { throw failure("confidence \(number) is outside 0 to 1") }
      return number
    }
    let crop = try optional(members["crop"]).map { value in
      let coordinates = value.arrayValue?.compactMap(\.doubleValue) ?? []
      guard coordinates.count == value.arrayValue?.count else {
        throw failure("crop is not a list of numbers")
      }
      do throws(Diagnostic) {
        return try CropRectangle(coordinates)
      } catch {
        throw failure("crop: \(error.message)")
      }
    }
    if index == .null { return nil }
    guard let number = index.integerValue else {
      throw failure("index is \(index.typeName), no whole number")
    }
    return RecommenderAnswer(program: program, index: number, confidence: confidence, crop: crop)
  }

  private static func optional(_ value: JSONValue?) -> JSONValue? { value == .null ? nil : value }

  /// The recommendation that it makes.
  /// - Throws: `Diagnostics` when the index is none of the group's images.
  func recommendation(
    by name: String, version: String, model: Digest?, of group: ImageGroup, digests: [Digest]
  ) throws -> Recommendation {
    guard let index = Int(exactly: index), group.images.indices.contains(index) else {
      throw Diagnostics([
        Diagnostic(
          code: "answer-invalid",
          "\(program) gave no valid answer for \(group.id): index \(index) is none of the \(group.images.count) images, "
            + "which count from 0; nothing of it was kept")
      ])
    }
    return try Recommendation(
      recommender: name, version: version, modelDigest: model?.hex, index: index, confidence: confidence,
      crop: crop, group: group.id, images: group.images, digests: digests)
  }
}
