public import FileSystem
import PipelineCore

/// The name of a group of images: `g_` and 20 hexadecimal digits for groups found here; rows that older tools
/// wrote have names of their own.
public struct GroupID: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible,
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
  public static func == (a: Self, b: Self) -> Bool { a.rawValue.utf8.elementsEqual(b.rawValue.utf8) }
  public func hash(into hasher: inout Hasher) {
    var text = rawValue
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
  public static func < (a: Self, b: Self) -> Bool {
    a.rawValue.utf8.lexicographicallyPrecedes(b.rawValue.utf8)
  }

  /// Whether it has the form of ids that are made here.
  public var isWellFormed: Bool {
    let bytes = Array(rawValue.utf8)
    return bytes.count == 22 && bytes.starts(with: Array("g_".utf8))
      && bytes.dropFirst(2).allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }

  /// The id of the group that these images of one folder are: the same on every machine, in whatever order they come.
  ///
  /// SHA-256 over `group-1`, the project's id, the folder's path and the stems in the order of their bytes, each
  /// with its length before it (8 bytes, little-endian), shortened to 20 digits.
  /// - Parameters:
  ///   - project: the project's id.
  ///   - folder: relative to the project's root.
  ///   - stems: the members' names without extension.
  public init(project: String, folder: RelativePath, stems: [String]) {
    let sorted = stems.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    self.init(digesting: ["group-1", project, folder.rawValue] + sorted)
  }

  /// The id of a group of one image that shares its stem with another image: made of the whole name.
  init(project: String, folder: RelativePath, image: String) {
    self.init(digesting: ["image-1", project, folder.rawValue, image])
  }

  private init(digesting parts: [String]) {
    var hasher = DigestHasher()
    for part in parts {
      withUnsafeBytes(of: UInt64(part.utf8.count).littleEndian) { hasher.update($0) }
      hasher.update(part)
    }
    rawValue = "g_" + hasher.finalize().hex.prefix(20)
  }
}
