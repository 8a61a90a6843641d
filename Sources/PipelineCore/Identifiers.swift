/// The name of a stage inside its pipeline: the key of the `stages` map, such as `extract`.
public struct StageID: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible,
  ExpressibleByStringLiteral
{
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }
  public init(_ rawValue: String) { self.rawValue = rawValue }
  public init(stringLiteral value: String) { rawValue = value }
  public init(from decoder: any Decoder) throws {
    rawValue = try decoder.singleValueContainer().decode(String.self)
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
  public var description: String { rawValue }
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// One key of a stage's fan-out: a day `2025-10-10`, a file's path, a group's id. Unique within its stage.
///
/// A stage without fan-out has one unit, ``whole``, whose key is the empty string.
public struct UnitKey: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible,
  ExpressibleByStringLiteral
{
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }
  public init(_ rawValue: String) { self.rawValue = rawValue }
  public init(stringLiteral value: String) { rawValue = value }
  public init(from decoder: any Decoder) throws {
    rawValue = try decoder.singleValueContainer().decode(String.self)
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
  /// The only unit of a stage that does not fan out.
  public static let whole = UnitKey("")
  public var description: String { rawValue }
  /// A key is its UTF-8 bytes: two spellings of the same text are two keys, as they are two files.
  public static func == (a: Self, b: Self) -> Bool { a.rawValue.utf8.elementsEqual(b.rawValue.utf8) }
  public func hash(into hasher: inout Hasher) {
    var text = rawValue
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
  /// The order of the UTF-8 bytes, which is also the state database's.
  public static func < (a: Self, b: Self) -> Bool {
    a.rawValue.utf8.lexicographicallyPrecedes(b.rawValue.utf8)
  }
}

/// A unit named across the pipeline; prints as `extract/2025-10-10`, or `snapshot` for a whole stage.
public struct UnitID: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
  /// The stage it belongs to.
  public let stage: StageID
  /// Its key in that stage.
  public let key: UnitKey
  public init(stage: StageID, key: UnitKey) {
    self.stage = stage
    self.key = key
  }
  public var description: String { key == .whole ? stage.rawValue : "\(stage)/\(key)" }
  public static func < (a: Self, b: Self) -> Bool {
    a.stage == b.stage ? a.key < b.key : a.stage < b.stage
  }
}

/// The number of a run in the state database: 1 for a workspace's first run, then rising, never reused.
public struct RunID: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
  public let rawValue: Int64
  public init(rawValue: Int64) { self.rawValue = rawValue }
  public init(_ rawValue: Int64) { self.rawValue = rawValue }
  public init(from decoder: any Decoder) throws {
    rawValue = try decoder.singleValueContainer().decode(Int64.self)
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
  public var description: String { String(rawValue) }
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
