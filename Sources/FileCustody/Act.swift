import FileSystem
import PipelineCore

/// What is done to one file, reduced to renames without replacing. Whatever makes bytes makes them under a hidden name
/// first; whatever removes bytes gives them a hidden name first. So everything up to the last phase can be turned
/// back, and the journal can tell from names and marks alone how far an act is.
struct Act: Sendable, Equatable {
  enum Kind: String, Sendable, CaseIterable {
    /// source → target.
    case rename
    /// A prepared file gets its name: source → target.
    case place
    /// To another file system: a hidden copy beside the target gets its name, then the source goes.
    case crossing
    /// New bytes, or a copy of source: a hidden file gets the name target.
    case make
    /// A hidden file gets the name info, then source → target in the Trash.
    case trash
    /// source in the Trash → target, then the info file goes.
    case restore
    /// The file at source goes.
    case remove
  }

  var kind: Kind
  /// The index of the operation in its order.
  var operation: Int
  /// The index of the step in its operation.
  var step: Int
  var source: String?
  var target: String?
  /// The hidden name under which new bytes are made.
  var temporary: String?
  /// The hidden name of what is about to go.
  var aside: String?
  /// The file that tells the Trash where a file came from.
  var info: String?
  /// The new bytes, those of the info file, or those of a removed file that are kept.
  var bytes: [UInt8]?
  /// The digest of the file's content.
  var digest: Digest
  /// What the source is known by.
  var mark: FileMark?
  /// What the file at ``temporary`` is known by once it is made; for ``Kind/restore``, the info file.
  var made: FileMark?
  /// The file's row in the registry; `nil` until a new file has one.
  var file: Int64?
}

/// One rename of an act.
struct Hop: Sendable, Equatable {
  var from: String
  var to: String
  /// What the file is known by; `nil` for a file that is not made yet.
  var mark: FileMark?
  var digest: Digest
  /// Whether `to` is the hidden name of a file that is removed in the last phase.
  var isFarewell: Bool
  /// Whether what is renamed is of our own making, so that nobody misses it when it is gone.
  var isOwn: Bool
}

extension Act {
  /// Whether bytes have to be made before the renames.
  var needsPreparation: Bool { temporary != nil }

  /// The bytes of the file at ``temporary`` and ``info``: they are not the file's own for the Trash's acts.
  var infoDigest: Digest { (bytes ?? []).withUnsafeBytes { Digest(of: $0) } }

  /// The renames, in their order.
  var hops: [Hop] {
    switch kind {
    case .rename: [hop(source, target, mark)]
    case .place: [hop(source, target, mark, isOwn: true)]
    // The copy is our own as long as its source is there.
    case .crossing:
      [hop(temporary, target, made, isOwn: true), hop(source, aside, mark, isFarewell: true)]
    case .make: [hop(temporary, target, made, isOwn: true)]
    case .trash:
      (info == nil ? [] : [hop(temporary, info, made, infoDigest, isOwn: true)]) + [hop(source, target, mark)]
    case .restore:
      [hop(source, target, mark)]
        + (info == nil ? [] : [hop(info, aside, made, infoDigest, isFarewell: true, isOwn: true)])
    case .remove: [hop(source, aside, mark, isFarewell: true)]
    }
  }

  private func hop(
    _ from: String?, _ to: String?, _ mark: FileMark?, _ digest: Digest? = nil, isFarewell: Bool = false,
    isOwn: Bool = false
  ) -> Hop {
    Hop(
      from: from ?? "", to: to ?? "", mark: mark, digest: digest ?? self.digest, isFarewell: isFarewell,
      isOwn: isOwn)
  }
}
