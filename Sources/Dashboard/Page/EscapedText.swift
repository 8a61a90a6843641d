/// Text of others, made safe and visible for HTML, in element content and in quoted attributes.
///
/// It works on Unicode scalars: a template engine that escapes whole characters lets a quote followed by a
/// combining mark through.
enum EscapedText {
  /// `text` with markup escaped, and with characters that would hide or reorder text spelled out.
  static func html(_ text: String) -> String {
    var escaped = ""
    escaped.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars { append(scalar, to: &escaped) }
    return escaped
  }

  /// `text` without line breaks, at most `limit` characters long; an ellipsis says that there was more.
  static func shortened(_ text: String, _ limit: Int = 120) -> String {
    let flat =
      text.unicodeScalars.contains { $0 == "\n" || $0 == "\r" }
      ? String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\n" || $0 == "\r" ? " " : $0 }))
      : text
    return flat.unicodeScalars.count > limit
      ? String(String.UnicodeScalarView(flat.unicodeScalars.prefix(limit - 1))) + "…" : flat
  }

  private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
    switch scalar {
    case "&": text += "&amp;"
    case "<": text += "&lt;"
    case ">": text += "&gt;"
    case "\"": text += "&quot;"
    case "'": text += "&#39;"
    case "`": text += "&#96;"
    case "\n", "\t": text.unicodeScalars.append(scalar)
    // Controls, Arabic letter mark, zero-width and bidirectional marks, separators, byte order mark.
    case "\u{0}"..<"\u{20}", "\u{7F}"..."\u{9F}", "\u{61C}", "\u{200B}", "\u{200E}", "\u{200F}",
      "\u{2028}"..."\u{202E}",
      "\u{2060}"..."\u{2069}", "\u{FEFF}", "\u{FFF9}"..."\u{FFFB}":
      let digits = String(scalar.value, radix: 16, uppercase: true)
      text += "⟨U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "⟩"
    default: text.unicodeScalars.append(scalar)
    }
  }
}
