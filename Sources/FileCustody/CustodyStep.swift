import FileSystem
import Foundation
public import PipelineCore

/// What is done with one file. Paths are absolute, without `.`, `..` and double slashes. A source that is a
/// link or a folder is refused.
public enum CustodyStep: Sendable, Equatable {
  /// The file gets another name. Onto another file system: copied under a hidden name, made durable, compared, named,
  /// and only then the source goes. With a digest, a source of another content is refused.
  case move(from: String, to: String, digest: Digest?)
  /// A small file of our own, such as a sidecar. At most ``largestOwnFile`` bytes.
  case create(at: String, bytes: [UInt8])
  /// A finished hidden file on the same file system gets its name: a crop.
  case place(prepared: String, at: String, digest: Digest)
  /// A new file with the same bytes: a companion of a crop.
  case copy(from: String, to: String)
  /// To the Trash of its file system. With a digest, a file of another content is refused.
  case trash(String, digest: Digest? = nil)
  /// A small file of our own goes; its bytes are kept in the receipt. At most ``largestOwnFile`` bytes.
  case remove(String)

  /// The most bytes that the journal takes in for one file: 1 MiB.
  public static let largestOwnFile = 1 << 20

  /// The path that has to be there; `nil` for ``create(at:bytes:)``.
  var source: String? {
    switch self {
    case .move(let from, _, _), .copy(let from, _), .place(let from, _, _), .trash(let from, _),
      .remove(let from):
      from
    case .create: nil
    }
  }

  /// The path that has to be free; `nil` for ``trash(_:digest:)`` and ``remove(_:)``.
  var target: String? {
    switch self {
    case .move(_, let to, _), .create(let to, _), .place(_, let to, _), .copy(_, let to): to
    case .trash, .remove: nil
    }
  }

  /// The name under which the log lists the file.
  var fileName: String { RelativePath(target ?? source ?? "").name }
}

extension CustodyStep: Codable {
  private enum Key: String, CodingKey { case step, from, to, digest, bytes }
  private enum Word: String, Codable { case move, create, place, copy, trash, remove }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    func path(_ key: Key) throws -> String { try container.decode(String.self, forKey: key) }
    switch try container.decode(Word.self, forKey: .step) {
    case .move:
      self = .move(
        from: try path(.from), to: try path(.to),
        digest: try container.decodeIfPresent(Digest.self, forKey: .digest))
    case .create:
      self = .create(at: try path(.to), bytes: [UInt8](try container.decode(Data.self, forKey: .bytes)))
    case .place:
      self = .place(
        prepared: try path(.from), at: try path(.to),
        digest: try container.decode(Digest.self, forKey: .digest))
    case .copy: self = .copy(from: try path(.from), to: try path(.to))
    case .trash:
      self = .trash(
        try path(.from), digest: try container.decodeIfPresent(Digest.self, forKey: .digest))
    case .remove: self = .remove(try path(.from))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    let word: Word =
      switch self {
      case .move: .move
      case .create: .create
      case .place: .place
      case .copy: .copy
      case .trash: .trash
      case .remove: .remove
      }
    try container.encode(word, forKey: .step)
    try container.encodeIfPresent(source, forKey: .from)
    try container.encodeIfPresent(target, forKey: .to)
    switch self {
    case .move(_, _, let digest), .trash(_, let digest):
      try container.encodeIfPresent(digest, forKey: .digest)
    case .place(_, _, let digest): try container.encode(digest, forKey: .digest)
    case .create(_, let bytes): try container.encode(Data(bytes), forKey: .bytes)
    case .copy, .remove: break
    }
  }
}

extension CustodyStep {
  /// Equal when every path has the same bytes; Swift's own `==` takes two spellings of `é` for one.
  public static func == (a: Self, b: Self) -> Bool {
    func path(_ path: String?) -> RelativePath? { path.map { RelativePath($0) } }
    guard path(a.source) == path(b.source), path(a.target) == path(b.target) else { return false }
    return switch (a, b) {
    case (.move(_, _, let a), .move(_, _, let b)), (.trash(_, let a), .trash(_, let b)): a == b
    case (.place(_, _, let a), .place(_, _, let b)): a == b
    case (.create(_, let a), .create(_, let b)): a == b
    case (.copy, .copy), (.remove, .remove): true
    default: false
    }
  }
}
