import PipelineCore

extension DefinitionReader {
  /// Reads `foreach`: an object with exactly one key.
  mutating func readFanOut(_ node: Int?, _ number: Int, _ stage: inout StageDefinition) {
    guard let node else { return }
    var slots = Slots(Grammar.forEach)
    guard members(of: node, Grammar.forEach, into: &slots) else { return }
    let given = slots.nodes.filter { $0 >= 0 }
    guard given.count == 1 else {
      findings.add(
        "bad-foreach",
        given.isEmpty ? "`foreach` does not say over what" : "`foreach` has \(given.count) keys at once",
        at: .node(node),
        help: "give exactly one of " + Grammar.forEach.table.names.map { "`\($0)`" }.joined(separator: ", "))
      return
    }
    if let node = slots[Grammar.ForEachKey.days], let text = text(node, .dayRange) {
      stage.foreach = FanOutText.days(text).map { .days($0) }
    } else if let node = slots[Grammar.ForEachKey.files], let text = text(node, .pattern) {
      stage.foreach = .files(text)
    } else if let node = slots[Grammar.ForEachKey.values] {
      let rule = Grammar.forEach[Grammar.ForEachKey.values]
      stage.foreach = .values(texts(node, rule, .parametersOnly))
    } else if let node = slots[Grammar.ForEachKey.range] {
      stage.foreach = readRange(node).map { .range($0) }
    } else if let node = slots[Grammar.ForEachKey.unitsOf] {
      stage.foreach = readUnits(node, number, needs: stage.needs)
    }
  }

  private mutating func text(_ node: Int, _ rule: ValueRule) -> String? {
    value(node, rule, .parametersOnly)?.stringValue
  }

  private mutating func readRange(_ node: Int) -> ClosedRange<Int>? {
    guard nodes[node].kind == .array, nodes[node].bits == 2 else {
      reportType(node, .wholeRange)
      return nil
    }
    let rule = ValueRule.value(.integer(-Grammar.largestWhole...Grammar.largestWhole))
    let low = value(node + 1, rule, .parametersOnly)?.integerValue
    let high = value(Int(nodes[node + 1].next), rule, .parametersOnly)?.integerValue
    guard let low, let high else { return nil }
    guard low <= high else {
      findings.add("bad-value", "`range` ends at \(high), before it starts at \(low)", at: .node(node))
      return nil
    }
    return Int(low)...Int(high)
  }

  private mutating func readUnits(_ node: Int, _ number: Int, needs: [StageID]) -> ForEach? {
    guard let name = text(node, .stageReference) else { return nil }
    guard let other = graph.table.number(of: name) else {
      reportUnknownStage(name, node)
      return nil
    }
    let id = graph.stages[other].id
    guard needs.contains(id) else {
      findings.add(
        "missing-need", "`unitsOf` names the stage `\(name)`, which is not in `needs`", at: .node(node),
        help: other == number ? "a stage cannot fan out over itself" : "add \"\(name)\" to `needs`")
      return nil
    }
    return .units(of: id)
  }

  mutating func reportUnknownStage(_ name: String, _ node: Int) {
    findings.add(
      "unknown-stage", "there is no stage `\(name)`", at: .node(node),
      help: help(for: name, among: graph.table.names, what: "the stages are"))
  }
}
