/// Text with the placeholders that are filled in per unit: `${unit}`, the unit's key, and `${staging}`, the
/// directory where the unit's files are made.
///
/// The pipeline reader fills in everything else. It leaves `$${unit}` and `$${staging}` for the literal texts, so
/// that a parameter's value which happens to hold such text is never expanded.
public enum UnitTemplate {
  /// The name in `${unit}`.
  public static let unit = "unit"
  /// The name in `${staging}`.
  public static let staging = "staging"

  /// The text with the placeholders filled in and the literal forms unescaped. Inserted text is not looked at again.
  public static func expand(_ text: String, unit: UnitKey, staging: String = "") -> String {
    guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
    var result = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[dollar...]
      if let literal = ["$${unit}", "$${staging}"].first(where: { rest.hasPrefix($0) }) {
        result += literal.dropFirst()
        rest = rest.dropFirst(literal.count)
      } else if rest.hasPrefix("${unit}") {
        result += unit.rawValue
        rest = rest.dropFirst(7)
      } else if rest.hasPrefix("${staging}") {
        result += staging
        rest = rest.dropFirst(10)
      } else {
        result += "$"
        rest = rest.dropFirst()
      }
    }
    return result + rest
  }

  /// Text that ``expand(_:unit:staging:)`` turns back into `literal`.
  public static func escape(_ literal: String) -> String {
    literal.replacing("${unit}", with: "$${unit}").replacing("${staging}", with: "$${staging}")
  }

  /// Whether the text holds `${unit}` to be filled in.
  public static func usesUnit(_ text: String) -> Bool {
    text.utf8.contains(UInt8(ascii: "$"))
      && expand(text, unit: "\u{1}", staging: "").utf8.contains(1)
  }
}
