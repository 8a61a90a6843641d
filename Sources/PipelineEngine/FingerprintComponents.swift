public import PipelineCore

/// A fingerprint's parts as they are kept: decoded only when somebody asks, which is when they differ.
public enum FingerprintComponents: Sendable, Equatable {
  case parts([Fingerprint.Component])
  /// A canonical JSON array of `[NAME, VALUE]` pairs.
  case encoded(String)

  /// The parts, sorted by name.
  public var parts: [Fingerprint.Component] {
    switch self {
    case .parts(let parts): return parts
    case .encoded(let text):
      var strings = QuotedStrings(text)
      var parts: [Fingerprint.Component] = []
      while let name = strings.next(), let value = strings.next() {
        parts.append(.init(name: name, value: value))
      }
      return parts
    }
  }

  /// The canonical JSON array of `[NAME, VALUE]` pairs.
  public var encoded: String {
    switch self {
    case .encoded(let text): text
    case .parts(let parts):
      JSONValue.array(parts.map { .array([.string($0.name), .string($0.value)]) }).canonical
    }
  }

  public static func == (a: Self, b: Self) -> Bool { a.encoded == b.encoded }
}

/// The strings of a canonical JSON text, one after the other: all there is to read in nested arrays of strings.
private struct QuotedStrings {
  private var rest: Substring.UnicodeScalarView
  init(_ text: String) { rest = text[...].unicodeScalars }

  mutating func next() -> String? {
    guard let open = rest.firstIndex(of: "\"") else { return nil }
    rest = rest[rest.index(after: open)...]
    var string = String.UnicodeScalarView()
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\"": return String(string)
      case "\\": if let plain = unescaped() { string.append(plain) }
      default: string.append(scalar)
      }
    }
    return nil
  }

  private mutating func unescaped() -> Unicode.Scalar? {
    switch rest.popFirst() {
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u":
      let digits = String(String.UnicodeScalarView(rest.prefix(4)))
      rest = rest.dropFirst(4)
      return UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init)
    case let other: return other
    }
  }
}
