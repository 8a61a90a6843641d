public import FileSystem

/// A regular file in a project's folders, as the system told of it; nothing of it was read.
public struct ListedFile: Sendable, Hashable {
  /// What it is by its extension.
  public enum Kind: String, Sendable, Codable {
    case image
    /// Any other file; it belongs to the image with its stem.
    case companion
  }

  /// Relative to the project's root.
  public let path: RelativePath
  /// The folder it lies in, relative to the project's root; empty for the root itself.
  public let folder: RelativePath
  public let kind: Kind
  /// Without following links: it is none.
  public let status: FileStatus
  /// Whether something in the folder shares its stem and cannot be moved: a link, a special file, a file that cannot be
  /// looked at, a name that is not UTF-8. Its set must not move.
  public let isHeld: Bool

  public init(
    path: RelativePath, folder: RelativePath, kind: Kind, status: FileStatus, isHeld: Bool = false
  ) {
    self.path = path
    self.folder = folder
    self.kind = kind
    self.status = status
    self.isHeld = isHeld
  }
}

/// The bytes of a name that matter here, without making texts of them.
struct NameBytes {
  let bytes: UnsafeRawBufferPointer

  /// Where the extension's dot stands; a leading dot starts no extension.
  private var dot: Int? {
    guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return nil }
    return dot
  }

  /// The name without its extension.
  var stem: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[..<(dot ?? bytes.count)]) }

  /// Whether the extension is an image's, in whatever case.
  var isImage: Bool {
    guard let dot else { return false }
    let count = bytes.count - dot - 1
    guard (3...4).contains(count) else { return false }
    // Up to four letters fit into one word, in lower case.
    var word: UInt32 = 0
    for byte in bytes[(dot + 1)...] { word = word << 8 | UInt32(byte | 0x20) }
    return Self.imageWords.contains(word) && bytes[(dot + 1)...].allSatisfy { $0 >= 0x40 && $0 < 0x80 }
  }

  private static let imageWords: [UInt32] = imageExtensions.map { name in
    name.utf8.reduce(0) { $0 << 8 | UInt32($1) }
  }
}
