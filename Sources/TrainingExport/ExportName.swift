import FileSystem
import PipelineCore

/// Names of exported files: unique in an export, the same in every export, in lower case, without dots but the one
/// before the extension, and free of everything that shells, tar readers and file systems take amiss.
enum ExportName {
  /// What stands for a group: its id where that is made of `a`–`z`, `0`–`9`, `_` and `-`, else `x` and 32 digits of its
  /// SHA-256. Ids of the older system may hold anything, and may differ in case alone.
  static func group(_ id: String) -> String {
    let bytes = Array(id.utf8)
    // An id that looks like a digest of another one must not be taken for it.
    let isDigest = bytes.count == 33 && bytes[0] == UInt8(ascii: "x") && bytes.dropFirst().allSatisfy(isHex)
    if (1...64).contains(bytes.count), bytes[0] != UInt8(ascii: "-"), !isDigest, bytes.allSatisfy(isPlain) {
      return id
    }
    return "x" + Digest(of: id).hex.prefix(32)
  }

  /// The key of an image: its group and its place in it.
  static func key(group: String, index: Int) -> String { "\(Self.group(group))-\(index)" }

  /// The key of an image of which only the name is known: a crop whose group has no such image any more.
  static func key(group: String, name: String) -> String {
    "\(Self.group(group))-n\(Digest(of: name).hex.prefix(16))"
  }

  /// The extension of an image's name, with its dot, in lower case; none when it is not a plain one.
  static func suffix(_ name: String) -> String {
    let text = RelativePath(name).lowercasedExtension
    let isUsual = (1...8).contains(text.utf8.count) && text.utf8.allSatisfy { isPlain($0) && $0 != 0x2D }
    return isUsual ? ".\(text)" : ""
  }

  private static func isHex(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }
}
