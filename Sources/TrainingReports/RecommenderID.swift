import TrainingData

/// Who recommended: figures of different versions or models are never mixed.
public struct RecommenderID: Sendable, Hashable, Comparable {
  /// `nil` where the older system stored a recommendation and not whose it was.
  public let name: String?
  public let version: String?
  /// The digest of its model file; `nil` for one without.
  public let model: String?

  public init(name: String?, version: String?, model: String?) {
    self.name = name
    self.version = version
    self.model = model
  }

  private var parts: [String] { [name ?? "", version ?? "", model ?? ""] }

  /// In the order of the bytes of name, version and model.
  public static func < (a: Self, b: Self) -> Bool {
    for (left, right) in zip(a.parts, b.parts) where !left.utf8.elementsEqual(right.utf8) {
      return left.utf8.lexicographicallyPrecedes(right.utf8)
    }
    return false
  }
}
