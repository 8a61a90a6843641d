import PipelineCore

/// Which placeholders besides `${parameters.NAME}` a text may hold.
struct Placeholders {
  /// Whether the stage fills in the text per unit, so that literal `${unit}` and `${staging}` stay escaped.
  var isTemplate = false
  var unit = false
  var staging = false

  static let parametersOnly = Placeholders()
}

extension DefinitionReader {
  /// Fills in the placeholders of the string at `node`; `nil` when that fails, which is reported.
  ///
  /// A string that is one placeholder takes the parameter's typed value (`isWhole`); inside other text the value
  /// is written as text. `$${` stands for `${`.
  mutating func resolve(_ node: Int, _ placeholders: Placeholders) -> (value: JSONValue, isWhole: Bool)? {
    let text = document.string(node)
    var result = ""
    var rest = text[...]
    var isGood = true
    while let dollar = rest.utf8.firstIndex(of: UInt8(ascii: "$")) {
      result += rest[..<dollar]
      rest = rest[dollar...]
      if rest.hasPrefix("$${") {
        let isLiteral = rest.hasPrefix("$${unit}") || rest.hasPrefix("$${staging}")
        result += placeholders.isTemplate && isLiteral ? "$${" : "${"
        rest = rest.dropFirst(3)
      } else if rest.hasPrefix("${") {
        guard let close = rest.firstIndex(of: "}") else {
          reportPlaceholder(
            node, "the placeholder `\(rest.prefix(20))` is not closed",
            help: "close it with `}`, or write `$${` for `${`")
          return nil
        }
        let name = String(rest[rest.index(rest.startIndex, offsetBy: 2)..<close])
        let whole = rest[...close]
        rest = rest[rest.index(after: close)...]
        guard let value = placeholder(name, node, placeholders) else {
          isGood = false
          continue
        }
        if case .string(let filled) = value {
          result += filled
        } else if whole.count == text.count {
          return (value, true)
        } else {
          result += value.canonical
        }
      } else {
        result += "$"
        rest = rest.dropFirst()
      }
    }
    return isGood ? (.string(result + rest), false) : nil
  }

  /// What a placeholder stands for here; `nil` when there is no such thing, which is reported.
  private mutating func placeholder(_ name: String, _ node: Int, _ placeholders: Placeholders) -> JSONValue? {
    if name.hasPrefix("parameters.") {
      let wanted = String(name.dropFirst("parameters.".count))
      guard let number = parameters.table.number(of: wanted) else {
        reportPlaceholder(
          node, "there is no parameter `\(wanted)`",
          help: help(for: wanted, among: parameters.table.names, what: "the parameters are")
            ?? "declare it under `parameters`")
        return nil
      }
      parameters.entries[number].isUsed = true
      // A parameter without a value has its own message.
      guard let value = parameters.entries[number].value else { return nil }
      if placeholders.isTemplate, case .string(let text) = value { return .string(UnitTemplate.escape(text)) }
      return value
    }
    switch name {
    case UnitTemplate.unit:
      if placeholders.unit { return "${unit}" }
      reportPlaceholder(
        node, "`${unit}` has no meaning here",
        help: placeholders.isTemplate
          ? "give the stage a `foreach`: without it there is one unit, which has no key"
          : "it stands in `inputs`, `outputs`, `env` and `with` of stages with declared files")
    case UnitTemplate.staging:
      if placeholders.staging { return "${staging}" }
      reportPlaceholder(
        node, "`${staging}` has no meaning here",
        help: "it stands in `env` and `with` of stages with declared files")
    default: reportUnknown(name, node, placeholders)
    }
    return nil
  }

  private mutating func reportUnknown(_ name: String, _ node: Int, _ placeholders: Placeholders) {
    var known = parameters.table.names.map { "parameters.\($0)" }
    if placeholders.unit { known.append(UnitTemplate.unit) }
    if placeholders.staging { known.append(UnitTemplate.staging) }
    let near =
      parameters.table.number(of: name) != nil
      ? "parameters.\(name)" : Suggestion.nearest(to: name, among: known)
    reportPlaceholder(
      node, "there is no placeholder `${\(name)}`",
      help: near.map { "did you mean `${\($0)}`?" } ?? "write `$${\(name)}` for the text itself")
  }

  private mutating func reportPlaceholder(_ node: Int, _ message: String, help: String) {
    findings.add("bad-placeholder", message, at: .node(node), help: help)
  }
}
