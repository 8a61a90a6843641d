import PipelineCore

/// The parameters of a file with their values in this run.
struct ParameterTable {
  struct Entry {
    let name: String
    /// The key node of its declaration.
    let node: Int
    /// `nil` when it has none that fits; that is reported.
    var value: JSONValue?
    var isUsed = false
  }
  /// The names, numbered as in ``entries``.
  var table = NameTable()
  var entries: [Entry] = []

  var values: [String: JSONValue] {
    Dictionary(entries.compactMap { entry in entry.value.map { (entry.name, $0) } }) { first, _ in first }
  }
}

/// The declaration of one parameter.
private struct ParameterDeclaration {
  var type: ParameterType
  var minimum: JSONValue?
  var maximum: JSONValue?
  var allowed: [JSONValue]?

  /// Throws when a value of the right type is outside the declared range or set.
  func check(_ value: JSONValue) throws(Misfit) {
    if let minimum, Self.precedes(value, minimum) { throw .value("the least value is \(minimum.canonical)") }
    if let maximum, Self.precedes(maximum, value) {
      throw .value("the greatest value is \(maximum.canonical)")
    }
    if let allowed, !allowed.contains(where: { Self.isEqual($0, value) }) {
      let names = allowed.map { $0.stringValue ?? $0.canonical }
      throw .value(
        "it is not among the values of `enum`",
        help: Suggestion.help(for: value.stringValue ?? value.canonical, among: names, what: "it may be"))
    }
  }

  private static func isEqual(_ a: JSONValue, _ b: JSONValue) -> Bool {
    a == b || a.doubleValue.map { $0 == b.doubleValue } ?? false
  }

  /// The order of numbers, durations and days; `false` for values without an order.
  static func precedes(_ a: JSONValue, _ b: JSONValue) -> Bool {
    if case (.integer(let a), .integer(let b)) = (a, b) { return a < b }
    if let a = a.doubleValue, let b = b.doubleValue { return a < b }
    guard let a = a.stringValue, let b = b.stringValue else { return false }
    if let a = DurationText.duration(a), let b = DurationText.duration(b) { return a < b }
    // Days of four-digit years are in the order of their texts.
    return a < b
  }
}

extension DefinitionReader {
  /// Reads the declarations and gives each parameter its value: that of the run, or the default.
  mutating func readParameters(_ node: Int?, overriding values: [String: String]) {
    if let node {
      forEachMember(of: node, .name) { reader, key, value, name in
        let number = reader.parameters.table.insert(name, hash: reader.nodes[key].bits).number
        // A repeated key is reported by the parser; the first counts.
        guard number == reader.parameters.entries.count else { return }
        let fit = reader.readParameter(key, value, name, values[name])
        reader.parameters.entries.append(ParameterTable.Entry(name: name, node: key, value: fit))
      }
    }
    for name in values.keys.sorted() where parameters.table.number(of: name) == nil {
      let names = parameters.table.names
      findings.add(
        "unknown-parameter", "the pipeline has no parameter `\(name)`",
        at: node.map { .node($0) } ?? .node(0),
        help: help(for: name, among: names, what: "its parameters are")
          ?? "it declares no parameters")
    }
  }

  private mutating func readParameter(_ key: Int, _ node: Int, _ name: String, _ given: String?) -> JSONValue?
  {
    var slots = Slots(Grammar.parameter)
    guard members(of: node, Grammar.parameter, into: &slots) else { return nil }
    _ = text(slots[Grammar.ParameterKey.description], .value(.string))
    guard let typeNode = slots[Grammar.ParameterKey.type],
      let type = text(typeNode, Grammar.parameter[Grammar.ParameterKey.type]).flatMap(ParameterType.init)
    else { return nil }
    var declaration = ParameterDeclaration(type: type)
    declaration.minimum = bound(slots[Grammar.ParameterKey.minimum], type)
    declaration.maximum = bound(slots[Grammar.ParameterKey.maximum], type)
    if let low = declaration.minimum, let high = declaration.maximum,
      ParameterDeclaration.precedes(high, low),
      let place = slots[Grammar.ParameterKey.minimum]
    {
      findings.add(
        "bad-value", "`minimum` of parameter `\(name)` is greater than its `maximum`", at: .node(place))
      return nil
    }
    if let list = slots[Grammar.ParameterKey.allowed] {
      declaration.allowed = items(of: list, Grammar.parameter[Grammar.ParameterKey.allowed]) {
        reader, item in
        reader.value(item, type.rule)
      }
    }
    let fallback = slots[Grammar.ParameterKey.defaultValue].flatMap { checked($0, declaration) }
    if let given { return checked(given, key, name, declaration) }
    if slots[Grammar.ParameterKey.defaultValue] == nil {
      findings.add(
        "missing-parameter", "parameter `\(name)` has no value: it has no `default`, and the run sets none",
        at: .node(key), help: "give it with --param \(name)=VALUE")
    }
    return fallback
  }

  private mutating func bound(_ node: Int?, _ type: ParameterType) -> JSONValue? {
    guard let node else { return nil }
    guard type.isOrdered else {
      findings.add(
        "unsuitable-key", "\(label(node)) has no meaning for a parameter of type \(type.rawValue)",
        at: .node(node),
        help: "remove it, or use `enum`")
      return nil
    }
    return value(node, type.rule)
  }

  /// The default at `node`, checked against the declaration.
  private mutating func checked(_ node: Int, _ declaration: ParameterDeclaration) -> JSONValue? {
    guard let fit = value(node, declaration.type.rule) else { return nil }
    do throws(Misfit) {
      try declaration.check(fit)
      return fit
    } catch {
      report(error, node, declaration.type.rule, fit)
      return nil
    }
  }

  /// A value from the command line, checked against the declaration at `key`.
  private mutating func checked(
    _ given: String, _ key: Int, _ name: String, _ declaration: ParameterDeclaration
  ) -> JSONValue? {
    do throws(Misfit) {
      let fit = try declaration.type.rule.fit(Self.typed(given, declaration.type))
      try declaration.check(fit)
      return fit
    } catch {
      var reason = ""
      if case .value(let text) = error.kind { reason = ": \(text)" }
      findings.add(
        "bad-parameter",
        "--param \(name)=\(given): parameter `\(name)` is \(declaration.type.rule.phrase)\(reason)",
        at: .node(key),
        help: error.help)
      return nil
    }
  }

  /// The text of the command line as a value of the type, or as text when it is none.
  private static func typed(_ text: String, _ type: ParameterType) -> JSONValue {
    switch type {
    case .integer: return Int64(text).map { .integer($0) } ?? .string(text)
    case .number:
      if let whole = Int64(text) { return .integer(whole) }
      guard let number = Double(text), number.isFinite else { return .string(text) }
      return .number(number)
    case .boolean: return text == "true" ? true : text == "false" ? false : .string(text)
    case .string, .duration, .path, .day, .timeZone: return .string(text)
    }
  }
}
