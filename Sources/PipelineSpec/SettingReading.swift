import PipelineCore

extension DefinitionReader {
  /// Reads `with` by the kind's table of settings and fills in the defaults.
  mutating func readSettings(
    _ node: Int?, _ kind: Int?, _ entry: DefinitionGraph.Entry, _ placeholders: Placeholders,
    _ stage: inout StageDefinition
  ) {
    if let node, nodes[node].kind != .object { return reportType(node, .settings) }
    guard let kind else { return }
    stage.settings = catalog.defaults[kind]
    var given = 0
    if let node {
      var key = node + 1
      let end = Int(nodes[node].next)
      while key < end {
        if let number = number(of: key, in: catalog.settings[kind]) {
          if catalog.isRequired[kind][number] { given += 1 }
          if let value = settingValue(key + 1, catalog.rules[kind][number], placeholders) {
            stage.settings[catalog.settings[kind].names[number]] = value
          }
        } else {
          reportUnknownSetting(key, kind)
        }
        key = Int(nodes[key + 1].next)
      }
    }
    if given < catalog.requiredCount[kind] { reportMissing(node, kind, entry) }
  }

  private mutating func reportUnknownSetting(_ key: Int, _ kind: Int) {
    let name = document.string(key)
    findings.add(
      "unknown-setting", "stages of kind `\(catalog.table.names[kind])` have no setting `\(name)`",
      at: .node(key),
      help: help(for: name, among: catalog.settings[kind].names, what: "the settings are")
        ?? "the kind has no settings")
  }

  private mutating func reportMissing(_ node: Int?, _ kind: Int, _ entry: DefinitionGraph.Entry) {
    for setting in catalog.descriptions[kind].settings where setting.isRequired {
      if let node, member(setting.name, of: node) != nil { continue }
      findings.add(
        "missing-setting",
        "stage `\(entry.id)` lacks the setting `\(setting.name)`, which kind `\(catalog.table.names[kind])` needs",
        at: .node(node ?? entry.key), help: "add \"\(setting.name)\" to `with`: \(setting.type.phrase)")
    }
  }

  /// Reads a value of a setting's type, arrays and maps included.
  mutating func settingValue(_ node: Int, _ rule: ValueRule, _ placeholders: Placeholders)
    -> JSONValue?
  {
    switch rule {
    case .list(let item, _, _):
      guard nodes[node].kind == .array else { break }
      return .array(items(of: node, rule) { reader, child in reader.settingValue(child, item, placeholders) })
    case .map(_, let item):
      guard nodes[node].kind == .object else { break }
      var values: [String: JSONValue] = [:]
      var key = node + 1
      while key < Int(nodes[node].next) {
        if let value = settingValue(key + 1, item, placeholders) { values[document.string(key)] = value }
        key = Int(nodes[key + 1].next)
      }
      return .object(values)
    case .variants(let variants): return variantValue(node, variants, placeholders)
    default: return value(node, rule, placeholders)
    }
    reportType(node, rule)
    return nil
  }

  /// Reads the items of a list rule, with its least count and its uniqueness; items that do not fit are left out.
  mutating func items<Item: Hashable>(
    of node: Int, _ rule: ValueRule, _ read: (inout DefinitionReader, Int) -> Item?
  ) -> [Item] {
    guard case .list(_, let least, let isUnique) = rule, nodes[node].kind == .array else {
      reportType(node, rule)
      return []
    }
    var list: [Item] = []
    list.reserveCapacity(Int(nodes[node].bits))
    var child = node + 1
    while child < Int(nodes[node].next) {
      if let item = read(&self, child) { list.append(item) }
      child = Int(nodes[child].next)
    }
    if nodes[node].bits < UInt64(least) {
      findings.add("too-few-items", "\(label(node)) must be \(rule.phrase)", at: .node(node))
    }
    if isUnique, list.count > 1 { checkUnique(list, node) }
    return list
  }

  /// Reports items that occur twice. A list with items that do not fit has other messages first.
  private mutating func checkUnique<Item: Hashable>(_ list: [Item], _ node: Int) {
    if list.count == 2, list[0] != list[1] { return }
    guard list.count == Int(nodes[node].bits) else { return }
    var first: [Item: Int] = [:]
    var child = node + 1
    for item in list {
      if let earlier = first[item] {
        findings.add(
          "repeated-item", "\(label(child)) occurs twice", at: .node(child),
          notes: [("it is here already", .node(earlier))])
      } else {
        first[item] = child
      }
      child = Int(nodes[child].next)
    }
  }

  /// Reads a list of texts.
  mutating func texts(_ node: Int, _ rule: ValueRule, _ placeholders: Placeholders) -> [String] {
    guard case .list(let item, _, _) = rule else { return [] }
    return items(of: node, rule) { reader, child in reader.value(child, item, placeholders)?.stringValue }
  }
}
