import DarkroomTesting
import PipelineCore

@testable import TrainingData

/// A decision with everything that a database may say of one, in Swift's own types.
struct RandomDecision {
  var group: String
  var directory: String?
  var images: [String]
  var recommendedIndex: Int?
  var recommendedCrop: [Double]?
  var confidence: Double?
  var pickedIndex: Int?
  var action: String
  var cropAccepted: Bool?
  var finalCrop: [Double]?
  var croppedAt: String?
  var imageWidth: Int?
  var imageHeight: Int?
  var digests: [String]?
  var recommender: String?
  var modelDigest: String?
  var actor: String
  var shownAt: String?
  var decidedAt: String
  var blind: Bool?
  var decision: String?
  var schemaVersion: Int
  var recorded: [RecordedCrop] = []

  static func rectangle(_ random: inout SeededRandom) -> [Double] {
    let (x, y) = (Double(random.next(below: 500)) / 1_000, Double(random.next(below: 501)) / 1_001)
    return random.chance(0.1)
      ? [0, 0, 1, 1] : [x, y, x + Double(1 + random.next(below: 499)) / 1_000, y + 0.3 + 1.0 / 7]
  }

  private static let names = [
    "20250101_000000_stage2_upscaled.png", "x_STAGE1.5_Face_Swapped.png", "plain.png",
    "a \"quoted\" \\ name.png",
    "é\u{301}.png", "tab\t.png", "stage3_enhanced.webp",
  ]

  init(number: Int, random: inout SeededRandom) {
    group = "g_\(number / 10)\(number % 10)" + (random.chance(0.1) ? "ü" : "")
    directory = random.chance(0.2) ? nil : random.chance(0.3) ? "" : "batch \(random.next(below: 3))"
    let count = 1 + random.next(below: 4)
    images = (0..<count).map { "\($0)_\(Self.names[random.next(below: Self.names.count)])" }
    schemaVersion = random.chance(0.3) ? 3 : 4
    action = ["approve", "crop", "reject", "skip"][random.next(below: 4)]
    actor = random.chance(0.1) ? "machine" : "human"
    pickedIndex = action == "reject" || action == "skip" ? nil : random.next(below: count)
    let second = 10 + random.next(below: 50)
    decidedAt = "2026-02-03T04:05:\(second)\(random.chance(0.5) ? ".25" : "")Z"
    if random.chance(0.5) {
      recommendedIndex = random.next(below: count)
      if random.chance(0.5) { recommendedCrop = Self.rectangle(&random) }
      if random.chance(0.8) { confidence = Double(random.next(below: 1_000)) / 999 }
      if schemaVersion == 4 {
        recommender = "rules"
        modelDigest = random.chance(0.5) ? "m\u{1}" : nil
      }
    }
    if recommendedCrop != nil, action != "reject" { cropAccepted = random.chance(0.5) }
    if random.chance(0.5) {
      finalCrop = Self.rectangle(&random)
      croppedAt = random.chance(0.8) ? "2026-02-03T05:00:00Z" : nil
    }
    if random.chance(0.7) { (imageWidth, imageHeight) = (100, 200) }
    if schemaVersion == 4 {
      digests = images.indices.map { Digest(of: "\(number) \($0)").hex }
      decision = "d\(number)"
      blind = random.chance(0.2)
    }
    if random.chance(0.5) { shownAt = "2026-02-03T04:05:\(random.chance(0.9) ? "09" : "59").999999Z" }
    if random.chance(0.2) {
      let drawn = finalCrop
      recorded = (0...random.next(below: 2)).map {
        RecordedCrop(
          id: "crop \(number) \($0)", group: group, image: random.chance(0.8) ? images[0] : "other.png",
          rectangle: random.chance(0.5) ? drawn ?? [0, 0, 1, 1] : Self.rectangle(&random),
          at: "2025-01-01T00:00:00Z",
          imageWidth: random.chance(0.5) ? 100 : nil, imageHeight: 200,
          session: random.chance(0.5) ? "s" : nil,
          occurrence: $0)
      }
    }
  }

  /// The row as a database gives it, while `body` runs.
  func withRow<Result>(_ body: (DecidedRow) throws -> Result) rethrows -> Result {
    var copies: [UnsafeMutableRawBufferPointer] = []
    defer { for copy in copies { copy.deallocate() } }
    func bytes(_ text: String) -> UnsafeRawBufferPointer {
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
      copy.copyBytes(from: text.utf8)
      copies.append(copy)
      return UnsafeRawBufferPointer(copy)
    }
    func list(_ texts: [String]) -> UnsafeRawBufferPointer {
      let json = JSONValue.array(texts.map(JSONValue.string)).canonical
      // Older tools write a space after each comma.
      return bytes(schemaVersion == 3 ? json.replacing("\",\"", with: "\", \"") : json)
    }
    func numbers(_ numbers: [Double]) -> UnsafeRawBufferPointer {
      bytes(JSONValue.array(numbers.map { $0 == 1 ? .integer(1) : .number($0) }).canonical)
    }
    var row = DecidedRow(
      group: bytes(group), images: list(images), action: bytes(action), actor: bytes(actor),
      decidedAt: bytes(decidedAt), schemaVersion: schemaVersion)
    row.directory = directory.map(bytes)
    row.recommendedIndex = recommendedIndex
    row.recommendedCrop = recommendedCrop.map(numbers)
    row.confidence = confidence
    row.pickedIndex = pickedIndex
    row.cropAccepted = cropAccepted
    row.finalCrop = finalCrop.map(numbers)
    row.croppedAt = croppedAt.map(bytes)
    row.imageWidth = imageWidth
    row.imageHeight = imageHeight
    row.digests = digests.map(list)
    row.recommender = recommender.map(bytes)
    row.recommenderVersion = recommender.map { _ in bytes("1") }
    row.modelDigest = modelDigest.map(bytes)
    row.shownAt = shownAt.map(bytes)
    row.blind = blind
    row.decision = decision.map(bytes)
    return try body(row)
  }
}
