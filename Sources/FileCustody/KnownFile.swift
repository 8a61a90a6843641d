public import FileSystem
public import PipelineCore

/// What a file is to the people who own it.
public enum FileKind: String, Codable, Sendable, CaseIterable {
  /// A picture.
  case image
  /// Whatever travels with one.
  case companion
}

/// A file as a scan saw it.
public struct SeenFile: Sendable {
  /// Where it lies, relative to the project's root.
  public var origin: RelativePath
  /// What it is.
  public var kind: FileKind
  /// The digest of its content.
  public var digest: Digest
  /// Its status at the time the digest was taken.
  public var status: FileStatus

  public init(origin: RelativePath, kind: FileKind, digest: Digest, status: FileStatus) {
    self.origin = origin
    self.kind = kind
    self.digest = digest
    self.status = status
  }
}

/// Where a file is now, as far as custody knows.
public enum Place: Codable, Sendable, Equatable {
  /// Below the project's root.
  case inProject(RelativePath)
  /// In the Trash, at this absolute path.
  case trash(String)
  /// Taken away by custody, which had made it or keeps its bytes in a receipt.
  case removed
  /// Gone without custody's doing.
  case missing

  /// Equal when the paths' bytes are.
  public static func == (a: Self, b: Self) -> Bool {
    switch (a, b) {
    case (.inProject(let a), .inProject(let b)): a == b
    case (.trash(let a), .trash(let b)): RelativePath(a) == RelativePath(b)
    case (.removed, .removed), (.missing, .missing): true
    default: false
    }
  }
}

/// A file that was seen at some time. The registry never forgets one.
public struct KnownFile: Sendable, Equatable {
  /// Where it was first seen or made, relative to the project's root.
  public var origin: RelativePath
  /// 1 for the first file at its origin; a new file at the origin of one that custody took away counts on.
  public var generation: Int
  /// What it is.
  public var kind: FileKind
  /// The digest when it was first seen.
  public var firstDigest: Digest
  /// The digest when it was last read.
  public var digest: Digest
  /// Its status when a scan last saw it at its origin. What custody did since does not show in it.
  public var status: FileStatus
  /// When it was first seen, in microseconds since 1970.
  public var firstSeen: Int64
  /// Where it is now.
  public var place: Place
  /// Its status when it was last seen where it is, by a scan or by custody, whose moves change times.
  public var placeStatus: FileStatus

  /// Whether a content is one that the file is known by: the first, or the last that was read.
  public func holds(_ content: Digest) -> Bool { content == digest || content == firstDigest }
}

/// All that is known of one file.
public struct FileHistory: Sendable, Equatable {
  /// The id of the project it belongs to.
  public var project: String
  /// The file.
  public var file: KnownFile
  /// The orders that touched it, the oldest first.
  public var receipts: [Receipt]
  /// What a person said of it when it was not where custody had put it, the oldest first.
  public var acceptances: [Acceptance]
}
