import PipelineCore

extension DefinitionReader {
  /// Reads `with` by the kind's table of settings and fills in the defaults.
  mutating func readSettings(
    _ node: Int?, _ kind: KindEntry?, _ entry: DefinitionGraph.Entry, _ placeholders: Placeholders,
    _ stage: inout StageDefinition
  ) {
    guard let kind else {
      if let node, nodes[node].kind != .object { reportType(node, .settings) }
      return
    }
    stage.settings = kind.defaults
    var given = 0
    if let node {
      guard nodes[node].kind == .object else { return reportType(node, .settings) }
      var key = node + 1
      let end = Int(nodes[node].next)
      while key < end {
        if let number = number(of: key, in: kind.settings) {
          let setting = kind.description.settings[number]
          if setting.isRequired { given += 1 }
          if let value = settingValue(key + 1, setting.type, placeholders) {
            stage.settings[setting.name] = value
          }
        } else {
          reportUnknownSetting(key, kind)
        }
        key = Int(nodes[key + 1].next)
      }
    }
    if given < kind.required.count { reportMissing(node, kind, entry) }
  }

  private mutating func reportUnknownSetting(_ key: Int, _ kind: KindEntry) {
    let name = document.string(key)
    findings.add(
      "unknown-setting", "stages of kind `\(kind.description.kind)` have no setting `\(name)`",
      at: .node(key),
      help: Suggestion.help(for: name, among: kind.settings.names, what: "the settings are")
        ?? "the kind has no settings")
  }

  private mutating func reportMissing(_ node: Int?, _ kind: KindEntry, _ entry: DefinitionGraph.Entry) {
    for number in kind.required {
      let setting = kind.description.settings[number]
      if let node {
        var key = node + 1
        var isThere = false
        while key < Int(nodes[node].next), !isThere {
          isThere = isText(key, setting.name)
          key = Int(nodes[key + 1].next)
        }
        if isThere { continue }
      }
      findings.add(
        "missing-setting",
        "stage `\(entry.id)` lacks the setting `\(setting.name)`, which kind "
          + "`\(kind.description.kind)` needs", at: .node(node ?? entry.key),
        help: "add \"\(setting.name)\" to `with`: \(setting.type.phrase)")
    }
  }

  /// Reads a value of a setting's type, arrays and maps included.
  private mutating func settingValue(_ node: Int, _ type: SettingType, _ placeholders: Placeholders)
    -> JSONValue?
  {
    switch type {
    case .array(let item, let least):
      guard nodes[node].kind == .array else {
        reportType(node, .value(type))
        return nil
      }
      var values: [JSONValue] = []
      values.reserveCapacity(Int(nodes[node].bits))
      var child = node + 1
      while child < Int(nodes[node].next) {
        if let value = settingValue(child, item, placeholders) { values.append(value) }
        child = Int(nodes[child].next)
      }
      if nodes[node].bits < UInt64(max(0, least)) {
        findings.add("too-few-items", "\(label(node)) must be \(type.phrase)", at: .node(node))
      }
      return .array(values)
    case .map(let item):
      guard nodes[node].kind == .object else {
        reportType(node, .value(type))
        return nil
      }
      var values: [String: JSONValue] = [:]
      var key = node + 1
      while key < Int(nodes[node].next) {
        if let value = settingValue(key + 1, item, placeholders) { values[document.string(key)] = value }
        key = Int(nodes[key + 1].next)
      }
      return .object(values)
    default: return value(node, .value(type), placeholders)
    }
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
    var places: [Int] = []
    list.reserveCapacity(Int(nodes[node].bits))
    var child = node + 1
    while child < Int(nodes[node].next) {
      if let item = read(&self, child) {
        list.append(item)
        places.append(child)
      }
      child = Int(nodes[child].next)
    }
    if nodes[node].bits < UInt64(least) {
      findings.add("too-few-items", "\(label(node)) must be \(rule.phrase)", at: .node(node))
    }
    if isUnique, list.count > 1 { checkUnique(list, places) }
    return list
  }

  private mutating func checkUnique<Item: Hashable>(_ list: [Item], _ places: [Int]) {
    if list.count == 2, list[0] != list[1] { return }
    var first: [Item: Int] = [:]
    for (item, place) in zip(list, places) {
      if let earlier = first[item] {
        findings.add(
          "repeated-item", "\(label(place)) occurs twice", at: .node(place),
          notes: [("it is here already", .node(earlier))])
      } else {
        first[item] = place
      }
    }
  }

  /// Reads a list of texts.
  mutating func texts(_ node: Int, _ rule: ValueRule, _ placeholders: Placeholders) -> [String] {
    guard case .list(let item, _, _) = rule else { return [] }
    return items(of: node, rule) { reader, child in reader.value(child, item, placeholders)?.stringValue }
  }
}
