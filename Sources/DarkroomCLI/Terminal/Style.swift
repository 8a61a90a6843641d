/// How text is dressed for the place it goes to: colours and symbols on a terminal, plain words elsewhere.
struct Style: Sendable, Equatable {
  /// Whether colour escapes may be written.
  var isColoured = false
  /// Whether characters outside ASCII are shown as they are.
  var isUnicode = true
  /// Whether stages are marked with a symbol besides the word.
  var hasSymbols = false

  /// For logs, pipes and files.
  static let plain = Style()

  enum Colour: Int {
    case bold = 1
    case dim = 2
    case red = 31
    case green = 32
    case yellow = 33
    case cyan = 36
  }

  func paint(_ text: String, _ colour: Colour?) -> String {
    guard isColoured, let colour, !text.isEmpty else { return text }
    return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
  }

  var ellipsis: String { isUnicode ? "…" : "..." }
  var dot: String { isUnicode ? " · " : ", " }
}
