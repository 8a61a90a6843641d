import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The value nodes of an object's members, by the number of the key in its rule.
struct Slots {
  var nodes: [Int32]
  init(_ rule: ObjectRule) { nodes = [Int32](repeating: -1, count: rule.keys.count) }

  subscript<Key: RawRepresentable>(key: Key) -> Int? where Key.RawValue == Int {
    @inline(__always) get {
      let node = nodes[key.rawValue]
      return node < 0 ? nil : Int(node)
    }
  }
}

extension ObjectRule {
  subscript<Key: RawRepresentable>(key: Key) -> ValueRule where Key.RawValue == Int { rules[key.rawValue] }
}

extension DefinitionReader {
  /// Whether the string or key at `node` is `name`.
  func isText(_ node: Int, _ name: String) -> Bool {
    let entry = nodes[node]
    guard !entry.flags.contains(.escaped) else { return document.string(node) == name }
    var name = name
    return name.withUTF8 { wanted in
      let start = Int(entry.start) + 1
      guard let base = wanted.baseAddress, wanted.count == Int(entry.end) - 1 - start else {
        return wanted.isEmpty
      }
      return document.bytes.withUnsafeBytes { all in
        all.baseAddress.map { memcmp($0 + start, base, wanted.count) == 0 } ?? false
      }
    }
  }

  /// The number of the string at `node` in a table of names.
  func number(of node: Int, in table: NameTable) -> Int? {
    table.number(of: nodes[node].bits) { isText(node, $0) }
  }

  /// Finds the members of an object by its rule and reports keys that are unknown or missing.
  /// - Returns: `false` when there is no object; that is reported.
  mutating func members(of node: Int, _ rule: ObjectRule, into slots: inout Slots) -> Bool {
    for index in slots.nodes.indices { slots.nodes[index] = -1 }
    guard nodes[node].kind == .object else {
      reportType(node, .object(rule))
      return false
    }
    var key = node + 1
    let end = Int(nodes[node].next)
    while key < end {
      if let number = number(of: key, in: rule.table) {
        if slots.nodes[number] < 0 { slots.nodes[number] = Int32(truncatingIfNeeded: key + 1) }
      } else {
        reportUnknownKey(key, rule)
      }
      key = Int(nodes[key + 1].next)
    }
    for number in rule.required where slots.nodes[number] < 0 {
      let keyRule = rule.keys[number]
      findings.add(
        "missing-key", "the \(rule.name) lacks the key `\(keyRule.name)`", at: .node(node),
        help: "add \"\(keyRule.name)\": \(keyRule.rule.phrase)")
    }
    return true
  }

  /// Help for a wrong name; `nil` when looking for the right one among very many would take too long, after it was
  /// done often already.
  func help(for name: String, among names: [String], what: String) -> String? {
    guard findings.count * names.count <= 30_000 else { return nil }
    return Suggestion.help(for: name, among: names, what: what)
  }

  private mutating func reportUnknownKey(_ key: Int, _ rule: ObjectRule) {
    let name = document.string(key)
    let near = rule.suggestion(for: name).map { "did you mean `\($0)`?" }
    findings.add(
      "unknown-key", "a \(rule.name) has no key `\(name)`", at: .node(key),
      help: near ?? help(for: name, among: rule.table.names, what: "its keys are"))
  }

  /// Calls `body` with the key node, value node and name of each member of a map whose name is good.
  mutating func forEachMember(
    of node: Int, _ names: ValueRule.MapNames, _ body: (inout DefinitionReader, Int, Int, String) -> Void
  ) {
    guard nodes[node].kind == .object else { return reportType(node, .map(names, .scalar)) }
    var key = node + 1
    let end = Int(nodes[node].next)
    while key < end {
      let name = document.string(key)
      let wrong: String?
      switch names {
      case .name: wrong = TextChecks.name(name)
      case .environment: wrong = TextChecks.environmentName(name)
      case .any: wrong = nil
      }
      if let wrong {
        findings.add("bad-name", "`\(name)` cannot be a name here: \(wrong)", at: .node(key))
      } else {
        body(&self, key, key + 1, name)
      }
      key = Int(nodes[key + 1].next)
    }
  }

  /// The text at `node` by a rule; `nil` when there is none or it does not fit, which is reported.
  mutating func text(_ node: Int?, _ rule: ValueRule) -> String? {
    node.flatMap { value($0, rule)?.stringValue }
  }

  /// Reads a single value by its rule, with placeholders filled in where `placeholders` is given.
  mutating func value(_ node: Int, _ rule: ValueRule, _ placeholders: Placeholders? = nil) -> JSONValue? {
    let entry = nodes[node]
    var value: JSONValue
    var isFromParameter = false
    switch entry.kind {
    case .invalid: return nil
    case .array, .object:
      reportType(node, rule)
      return nil
    case .null: value = .null
    case .boolFalse: value = .bool(false)
    case .boolTrue: value = .bool(true)
    case .integer: value = .integer(Int64(bitPattern: entry.bits))
    case .number: value = .number(Double(bitPattern: entry.bits))
    case .string:
      value = .string(document.string(node))
      if let placeholders, entry.flags.contains(.dollar) {
        guard let resolved = resolve(node, placeholders) else { return nil }
        (value, isFromParameter) = (resolved.value, resolved.isWhole)
      }
    }
    do throws(Misfit) {
      return try rule.fit(value, rendersText: isFromParameter)
    } catch {
      report(error, node, rule, value)
      return nil
    }
  }

  mutating func report(_ misfit: Misfit, _ node: Int, _ rule: ValueRule, _ value: JSONValue) {
    switch misfit.kind {
    case .type: reportType(node, rule, value)
    case .value(let reason):
      findings.add(
        "bad-value", "\(label(node)) must be \(rule.phrase), and \(Self.shown(value)) is not: \(reason)",
        at: .node(node), help: misfit.help)
    }
  }

  /// Reports that the value at `node` has the wrong type.
  mutating func reportType(_ node: Int, _ rule: ValueRule, _ resolved: JSONValue? = nil) {
    guard nodes[node].kind != .invalid else { return }
    let found = resolved ?? LocatedValue(document: document, index: node).value
    let help = Self.quotingHelp(found, rule)
    findings.add(
      "wrong-type", "\(label(node)) must be \(rule.phrase), not \(Self.described(found))", at: .node(node),
      help: help)
  }

  /// Points out quotes that are too many or missing.
  private static func quotingHelp(_ found: JSONValue, _ rule: ValueRule) -> String? {
    switch found {
    case .string(let text):
      if case .list = rule { return "write it as an array" }
      guard ["true", "false"].contains(text) || Double(text) != nil else { return nil }
      // `try?`: a value that does not fit either way gets no hint.
      return (try? rule.fit(unquoted(text))).map { _ in "write it without quotes: \(text)" }
    case .bool, .integer, .number:
      // `try?`: see above.
      return (try? rule.fit(found, rendersText: true)).map { _ in "write it in quotes: \"\(found.canonical)\""
      }
    case .null, .array, .object: return nil
    }
  }

  private static func unquoted(_ text: String) -> JSONValue {
    if let whole = Int64(text) { return .integer(whole) }
    if let number = Double(text) { return .number(number) }
    return .bool(text == "true")
  }

  static func shown(_ value: JSONValue) -> String {
    let text = value.canonical
    return text.count <= 60 ? text : String(text.prefix(57)) + "…"
  }

  private static func described(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer, .number: "the number \(shown(value))"
    case .string: "the text \(shown(value))"
    case .array: "an array"
    case .object: "an object"
    }
  }

  /// What a person calls the value: its key, or its place in a list.
  func label(_ node: Int) -> String {
    let parts = document.pointer(to: node).split(separator: "/")
    guard let last = parts.last else { return "the file" }
    guard Int(last) != nil, parts.count > 1 else { return "`\(last)`" }
    return "item \((Int(last) ?? 0) + 1) of `\(parts[parts.count - 2])`"
  }
}
