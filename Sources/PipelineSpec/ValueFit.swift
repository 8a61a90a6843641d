import PipelineCore

/// Why a value does not fit its rule.
struct Misfit: Error {
  enum Kind {
    /// It is of another type.
    case type
    /// It is of the right type and not allowed; the text ends a sentence "…, because …".
    case value(String)
  }
  let kind: Kind
  var help: String?

  static let type = Misfit(kind: .type)
  static func value(_ reason: String, help: String? = nil) -> Misfit {
    Misfit(kind: .value(reason), help: help)
  }
}

extension ValueRule {
  /// The value as this rule has it, for rules of a single value (not arrays and objects).
  ///
  /// - Parameter rendersText: Whether a number or a boolean becomes text where text is expected: so for the values
  ///   of parameters, not for those that stand in the file.
  func fit(_ value: JSONValue, rendersText: Bool = false) throws(Misfit) -> JSONValue {
    switch self {
    case .version: return try SettingType.integer(.min ... .max).fit(value, rendersText: false)
    case .value(let type): return try type.fit(value, rendersText: rendersText)
    case .scalar:
      switch value {
      case .string, .integer, .number, .bool: return value
      case .null, .array, .object: throw .type
      }
    default:
      guard let text = SettingType.text(value, rendersText) else { throw .type }
      if let reason = misfit(of: text) { throw .value(reason) }
      return .string(text)
    }
  }

  /// What is wrong with a text for this rule; references are looked up elsewhere.
  func misfit(of text: String) -> String? {
    switch self {
    case .day: Day(text) == nil ? "there is no such day" : nil
    case .name: TextChecks.name(text)
    case .pattern, .unitKey: TextChecks.path(text)
    case .output: TextChecks.path(TextChecks.withoutFinalSlash(text))
    case .dayRange: FanOutText.days(text) == nil ? "it is not two days `A..B` with A not after B" : nil
    default: nil
    }
  }
}

extension SettingType {
  /// The value as this type has it; see ``ValueRule/fit(_:rendersText:)``.
  func fit(_ value: JSONValue, rendersText: Bool) throws(Misfit) -> JSONValue {
    switch self {
    case .boolean:
      guard case .bool = value else { throw .type }
      return value
    case .integer(let range):
      guard let whole = Self.whole(value) else { throw .type }
      guard range.contains(whole) else { throw .value("it is out of range") }
      return .integer(whole)
    case .number(let range):
      guard let number = value.doubleValue else { throw .type }
      guard range.contains(number) else { throw .value("it is out of range") }
      return value
    case .array, .map, .object: throw .type
    case .scalar: return try ValueRule.scalar.fit(value, rendersText: rendersText)
    case .string, .oneOf, .duration, .path, .timeZone:
      guard let text = Self.text(value, rendersText) else { throw .type }
      if let misfit = misfit(of: text) { throw misfit }
      return .string(text)
    }
  }

  private func misfit(of text: String) -> Misfit? {
    let reason: String?
    switch self {
    case .oneOf(let values):
      if values.contains(text) { return nil }
      return .value(
        "it is not among them", help: Suggestion.help(for: text, among: values, what: "it may be"))
    case .duration:
      reason = DurationText.duration(text) == nil ? "it is not a whole number and ms, s, m, h or d" : nil
    case .path: reason = TextChecks.path(text)
    case .timeZone: reason = TextChecks.timeZone(text)
    default: reason = nil
    }
    return reason.map { .value($0) }
  }

  /// A whole number, also when it is written as `3.0`: JSON Schema takes that for an integer, too.
  private static func whole(_ value: JSONValue) -> Int64? {
    if case .number(let number) = value { return Int64(exactly: number) }
    return value.integerValue
  }

  /// The text of a value where text is expected.
  static func text(_ value: JSONValue, _ rendersText: Bool) -> String? {
    switch value {
    case .string(let text): text
    case .integer, .number, .bool: rendersText ? value.canonical : nil
    case .null, .array, .object: nil
    }
  }
}

/// The texts of `foreach`.
enum FanOutText {
  /// Reads `YYYY-MM-DD..YYYY-MM-DD`; `nil` for anything else and for a range that ends before it starts.
  static func days(_ text: String) -> ClosedRange<Day>? {
    let parts = text.split(separator: "..", omittingEmptySubsequences: false)
    guard parts.count == 2, let first = Day(parts[0]), let last = Day(parts[1]), first <= last else {
      return nil
    }
    return first...last
  }
}
