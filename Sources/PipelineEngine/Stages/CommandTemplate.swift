import PipelineCore

/// A text of a `command` stage with its placeholders: `${unit}`, the key of the unit, and `${staging}`, the absolute
/// path of the directory to write outputs in. `$${` stands for `${` itself.
struct CommandTemplate: Sendable, Equatable {
  enum Placeholder: String, Sendable, CaseIterable { case unit, staging }
  enum Part: Sendable, Equatable {
    case text(String)
    case placeholder(Placeholder)
  }
  let parts: [Part]

  /// Reads `text`; throws a ``Diagnostic`` that names the place in the definition, `owner`, when it has a
  /// placeholder that is unknown, not `allowed` there, or not closed.
  init(_ text: String, allowed: [Placeholder], owner: String, at location: SourceLocation?) throws(Diagnostic)
  {
    var parts: [Part] = []
    var plain = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      plain += rest[..<dollar]
      rest = rest[dollar...]
      if rest.hasPrefix("$${") {
        plain += "${"
        rest = rest.dropFirst(3)
      } else if rest.hasPrefix("${") {
        guard let end = rest.firstIndex(of: "}") else {
          throw Self.problem("\(owner) has a ${ without its }", allowed, location)
        }
        let name = rest[rest.index(rest.startIndex, offsetBy: 2)..<end]
        guard let placeholder = Placeholder(rawValue: String(name)), allowed.contains(placeholder) else {
          throw Self.problem(
            "\(owner) has the placeholder ${\(name)}, which means nothing here", allowed, location)
        }
        if !plain.isEmpty { parts.append(.text(plain)) }
        plain = ""
        parts.append(.placeholder(placeholder))
        rest = rest[rest.index(after: end)...]
      } else {
        plain += "$"
        rest = rest.dropFirst()
      }
    }
    plain += rest
    if !plain.isEmpty { parts.append(.text(plain)) }
    self.parts = parts
  }

  private static func problem(_ message: String, _ allowed: [Placeholder], _ location: SourceLocation?)
    -> Diagnostic
  {
    let known = allowed.map { "${\($0.rawValue)}" }.joined(separator: ", ")
    return Diagnostic(
      code: "unknown-placeholder", message, at: location,
      help: (known.isEmpty ? "no placeholders are filled in here" : "known here: \(known)")
        + "; write $${ for a plain ${")
  }

  func uses(_ placeholder: Placeholder) -> Bool { parts.contains(.placeholder(placeholder)) }

  func filled(unit: UnitKey, staging: String = "") -> String {
    var text = ""
    for part in parts {
      switch part {
      case .text(let plain): text += plain
      case .placeholder(.unit): text += unit.rawValue
      case .placeholder(.staging): text += staging
      }
    }
    return text
  }
}
