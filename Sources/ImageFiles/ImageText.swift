/// A text that an image carries, such as the prompt it was generated from.
public struct ImageText: Codable, Sendable, Equatable {
  /// What the text is, such as `parameters`; 1 to 79 characters of Latin-1 in a PNG.
  public var keyword: String
  /// The text itself.
  public var text: String

  public init(keyword: String, text: String) {
    self.keyword = keyword
    self.text = text
  }
}
