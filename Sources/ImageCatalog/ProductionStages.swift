public import Projects

/// How far production has come with an image: the number in its stage's name, in thousandths, so that it is exact.
/// 0 is an unknown stage.
public struct StageRank: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
  /// The number times 1,000: 1,500 for stage 1.5.
  public let thousandths: Int
  /// The rank of an image whose name tells no stage.
  public static let unknown = StageRank(thousandths: 0)

  public init(thousandths: Int) { self.thousandths = thousandths }
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let number = try container.decode(Double.self)
    guard number >= 0, number <= 1_000_000 else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "a stage's rank is a number from 0 to 1,000,000")
    }
    thousandths = Int((number * 1_000).rounded())
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(Double(thousandths) / 1_000)
  }
  public static func < (a: Self, b: Self) -> Bool { a.thousandths < b.thousandths }
  /// The number: `2`, `1.5`.
  public var description: String {
    thousandths % 1_000 == 0 ? String(thousandths / 1_000) : String(Double(thousandths) / 1_000)
  }
}

/// The stages of production and how names tell them: configuration.
public struct ProductionStages: Sendable, Codable, Equatable {
  /// One stage.
  public struct Stage: Sendable, Codable, Equatable {
    /// What stands in the names of its images, such as `stage2_upscaled`; upper and lower case are the same.
    public var name: String
    /// Its place in production, above 0.
    public var rank: StageRank

    public init(name: String, rank: StageRank) {
      self.name = name
      self.rank = rank
    }
  }

  /// The name of a stage that no entry tells.
  public static let unknownName = "unknown"

  /// The stages; of several that a name holds, the first in this list counts.
  public var stages: [Stage]
  public init(_ stages: [Stage]) { self.stages = stages }

  /// The four stages of the contracts.
  public static let usual = ProductionStages([
    Stage(name: "stage1_generated", rank: StageRank(thousandths: 1_000)),
    Stage(name: "stage1.5_face_swapped", rank: StageRank(thousandths: 1_500)),
    Stage(name: "stage2_upscaled", rank: StageRank(thousandths: 2_000)),
    Stage(name: "stage3_enhanced", rank: StageRank(thousandths: 3_000)),
  ])

  /// The stages that a project's manifest names; the usual ones when it names none.
  public init(_ manifest: ProjectManifest) {
    self =
      manifest.stages.isEmpty
      ? .usual
      : ProductionStages(
        manifest.stages.map { Stage(name: $0.name, rank: StageRank(thousandths: $0.thousandths)) })
  }

  /// The stages as one text: equal texts for equal stages.
  public var text: String {
    stages.map { "\($0.rank) \($0.name)" }.joined(separator: "\n")
  }

  /// The stage whose name is in a file's name, without regard to case; `nil` for an unknown one.
  public func stage(ofName name: String) -> Stage? {
    stages.first { Self.holds(name, $0.name) }
  }

  /// The rank of a file's stage; ``StageRank/unknown`` without one.
  public func rank(ofName name: String) -> StageRank { stage(ofName: name)?.rank ?? .unknown }

  /// The name of a file's stage; ``unknownName`` without one.
  public func name(ofName name: String) -> String { stage(ofName: name)?.name ?? Self.unknownName }

  /// Only ASCII has case here: stage names are ASCII, and other letters fold differently from system to system.
  private static func lowercase(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  private static func holds(_ text: String, _ part: String) -> Bool {
    var (text, part) = (text, part)
    return text.withUTF8 { text in
      part.withUTF8 { part in
        guard let first = part.first, text.count >= part.count else { return false }
        for start in 0...text.count - part.count where lowercase(text[start]) == lowercase(first) {
          var index = 1
          while index < part.count, lowercase(text[start + index]) == lowercase(part[index]) { index += 1 }
          if index == part.count { return true }
        }
        return false
      }
    }
  }
}
