public import TrainingData

/// Why something is not in an export.
public enum Omission: String, Sendable, CaseIterable {
  /// The row has no digest, so that nobody can tell which file is meant.
  case noDigest = "no-digest"
  /// No file with this content was ever seen in the project.
  case unknownImage = "unknown-image"
  /// The file is in the Trash.
  case inTrash = "in-trash"
  /// The file is not where it was seen last.
  case gone
  /// The file has other content than when it was decided on.
  case changed
  /// The row does not say how large the image is.
  case noSize = "no-size"
  /// The rectangle is none.
  case badRectangle = "bad-rectangle"
  /// All images were rejected: nothing was preferred.
  case reject
  /// There was nothing to choose from.
  case oneImage = "one-image"
  /// The row does not say which image was picked.
  case noPick = "no-pick"
  /// Chosen and rejected image are the same to the byte.
  case sameImage = "same-image"
}

/// What became of the rows of one kind: how many there were is how many were exported and how many were left out.
public struct ExportAccount: Sendable, Equatable {
  /// How many were exported, by split.
  public internal(set) var exported: [Split: Int] = [:]
  /// How many were not, by reason.
  public internal(set) var leftOut: [Omission: Int] = [:]

  /// How many there were.
  public var seen: Int { exported.values.reduce(0, +) + leftOut.values.reduce(0, +) }
}
