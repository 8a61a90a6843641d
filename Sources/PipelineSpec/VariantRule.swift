import PipelineCore

/// The rule of an object of which there are several kinds: one member names the kind, the kind has the other members.
struct VariantRule: Sendable {
  struct Kind: Sendable {
    /// What the member that names the kind says.
    let kindName: String
    /// All its members, the one that names the kind as the first.
    let rule: ObjectRule
  }

  let name: String
  let kindKey: String
  let kinds: [Kind]
  /// The kinds' names, numbered as in ``kinds``.
  let table: NameTable
  /// The rule of the member that names the kind.
  let kindRule: ValueRule

  init(_ type: ObjectType) {
    name = type.name
    kindKey = type.kindMember
    let names = type.kinds.map(\.name)
    table = NameTable(names)
    let kindRule = ValueRule.value(.oneOf(names))
    self.kindRule = kindRule
    kinds = type.kinds.map { kind in
      let kindKey = KeyRule(type.kindMember, .value(.oneOf([kind.name])), required: true, "Its kind.")
      let keys = kind.members.map { member in
        KeyRule(
          member.name, ValueRule(member.type), required: member.isRequired, default: member.defaultValue,
          member.summary)
      }
      return Kind(
        kindName: kind.name,
        rule: ObjectRule(
          "\(type.name) of kind `\(kind.name)`", interpolates: true, kind.summary, [kindKey] + keys))
    }
  }
}

extension DefinitionReader {
  /// Reads an object by the rule of its kind and fills in the defaults.
  mutating func variantValue(_ node: Int, _ rule: VariantRule, _ placeholders: Placeholders) -> JSONValue? {
    guard nodes[node].kind == .object else {
      reportType(node, .variants(rule))
      return nil
    }
    guard let kindNode = member(rule.kindKey, of: node) else {
      findings.add(
        "missing-key", "the \(rule.name) lacks the key `\(rule.kindKey)`", at: .node(node),
        help: "add \"\(rule.kindKey)\": \(rule.kindRule.phrase)")
      return nil
    }
    guard let kind = value(kindNode, rule.kindRule, placeholders)?.stringValue,
      let number = rule.table.number(of: kind)
    else { return nil }
    let object = rule.kinds[number].rule
    var slots = Slots(object)
    guard members(of: node, object, into: &slots) else { return nil }
    var values = [rule.kindKey: JSONValue.string(kind)]
    // The first key is the kind itself.
    for (index, key) in object.keys.enumerated().dropFirst() {
      let found = slots.nodes[index]
      values[key.name] =
        found < 0 ? key.defaultValue : settingValue(Int(found), key.rule, placeholders) ?? key.defaultValue
    }
    return .object(values)
  }
}
