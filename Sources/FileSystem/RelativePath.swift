#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file's name, or its path relative to some root, with `/`. Unlike `String`, two of them are equal only when their
/// UTF-8 bytes are: `é` in one code point and in two are two files on disk.
public struct RelativePath: RawRepresentable, Hashable, Comparable, Codable, Sendable,
  CustomStringConvertible,
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
  public static func == (a: Self, b: Self) -> Bool {
    a.rawValue.utf8.count == b.rawValue.utf8.count && order(a, b) == 0
  }
  public func hash(into hasher: inout Hasher) {
    var text = rawValue
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
  /// The order of the UTF-8 bytes.
  public static func < (a: Self, b: Self) -> Bool {
    order(a, b) < 0
  }

  /// Negative when `a` comes first, 0 for equal bytes. Listings compare millions of paths: `memcmp` where the bytes lie
  /// in one piece, which they do but for texts of other languages' runtimes.
  private static func order(_ a: Self, _ b: Self) -> Int {
    let fast = a.rawValue.utf8.withContiguousStorageIfAvailable { first in
      b.rawValue.utf8.withContiguousStorageIfAvailable { second -> Int in
        let shared = min(first.count, second.count)
        // An empty text may have no base address.
        if shared > 0, let start = first.baseAddress, let other = second.baseAddress {
          let order = memcmp(start, other, shared)
          if order != 0 { return Int(order) }
        }
        return first.count - second.count
      }
    }
    if let fast = fast ?? nil { return fast }
    if a.rawValue.utf8.lexicographicallyPrecedes(b.rawValue.utf8) { return -1 }
    return b.rawValue.utf8.lexicographicallyPrecedes(a.rawValue.utf8) ? 1 : 0
  }

  /// The last component.
  public var name: String {
    guard let slash = rawValue.utf8.lastIndex(of: UInt8(ascii: "/")) else { return rawValue }
    return String(rawValue[rawValue.utf8.index(after: slash)...])
  }

  /// What is before the last slash; empty for a bare name.
  public var folder: RelativePath {
    guard let slash = rawValue.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
    return RelativePath(String(rawValue[..<slash]))
  }

  /// The name without its extension, which is what follows the last dot; a leading dot starts no extension.
  public var stem: String {
    let name = self.name
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.utf8.startIndex else {
      return name
    }
    return String(name[..<dot])
  }

  /// What follows the last dot of the name, in lower case; empty without one.
  public var lowercasedExtension: String {
    let name = self.name
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.utf8.startIndex else { return "" }
    return name[name.utf8.index(after: dot)...].lowercased()
  }

  /// The path of `name` in this folder; the empty path is the root itself.
  public func appending(_ name: String) -> RelativePath {
    RelativePath(rawValue.isEmpty ? name : rawValue + "/" + name)
  }
}
