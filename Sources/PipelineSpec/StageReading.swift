import PipelineCore

extension DefinitionReader {
  /// Finds the ids of all stages, so that `needs` may name a later one.
  mutating func collectStages(_ stages: Int?, _ finally: Int?) {
    let count = [stages, finally].reduce(0) {
      $0 + ($1.map { nodes[$0].kind == .object ? Int(nodes[$0].bits) : 0 } ?? 0)
    }
    graph = DefinitionGraph(capacity: count)
    for (part, isFinal) in [(stages, false), (finally, true)] {
      guard let part else { continue }
      forEachMember(of: part, .name) { reader, key, value, name in
        let (number, isNew) = reader.graph.table.insert(name, hash: reader.nodes[key].bits)
        guard isNew else {
          // Within one map the parser has reported the repeated key.
          if isFinal, !reader.graph.stages[number].isFinal { reader.reportRepeated(key, name, number) }
          return
        }
        reader.graph.stages.append(
          DefinitionGraph.Entry(id: StageID(name), key: key, value: value, isFinal: isFinal))
      }
    }
  }

  private mutating func reportRepeated(_ key: Int, _ name: String, _ number: Int) {
    findings.add(
      "repeated-stage", "the stage `\(name)` of `finally` has the id of another stage", at: .node(key),
      notes: [("it is here already", .node(graph.stages[number].key))],
      help: "ids are unique in the whole pipeline")
  }

  mutating func readStages() -> (stages: [StageDefinition], finally: [StageDefinition]) {
    var stages: [StageDefinition] = []
    var finally: [StageDefinition] = []
    stages.reserveCapacity(graph.stages.count)
    var slots = Slots(Grammar.stage)
    for number in graph.stages.indices {
      if graph.stages[number].isFinal {
        finally.append(readStage(number, &slots))
      } else {
        stages.append(readStage(number, &slots))
      }
    }
    return (stages, finally)
  }

  private mutating func readStage(_ number: Int, _ slots: inout Slots) -> StageDefinition {
    let entry = graph.stages[number]
    var stage = StageDefinition(id: entry.id, uses: "")
    graph.firstNeed.append(graph.needs.count)
    guard members(of: entry.value, Grammar.stage, into: &slots) else { return stage }
    stage.location = lineCursor.location(of: nodes[entry.key], document, pointer: pointer(toStage: entry))
    let kind = readKind(slots[Grammar.StageKey.uses], &stage)
    stage.needs = readStages(slots[Grammar.StageKey.needs], .needs, number)
    stage.after = readStages(slots[Grammar.StageKey.after], .after, number).filter {
      !stage.needs.contains($0)
    }
    if let kind { checkDeclaredFiles(kind, slots) }
    readFanOut(slots[Grammar.StageKey.foreach], number, &stage)
    let isTemplate = kind.map { catalog.acceptsDeclaredFiles[$0] } ?? true
    let fansOut = slots[Grammar.StageKey.foreach] != nil
    let files = Placeholders(isTemplate: true, unit: fansOut)
    let programs = Placeholders(isTemplate: isTemplate, unit: isTemplate && fansOut, staging: isTemplate)
    if let node = slots[Grammar.StageKey.inputs] {
      stage.inputs = texts(node, Grammar.stage[Grammar.StageKey.inputs], files)
    }
    if let node = slots[Grammar.StageKey.outputs] {
      stage.outputs = texts(node, Grammar.stage[Grammar.StageKey.outputs], files)
      graph.outputs.append(
        DefinitionGraph.Outputs(
          stage: number, node: node, paths: stage.outputs, fansOut: stage.foreach != nil))
    }
    readSettings(slots[Grammar.StageKey.with], kind, entry, programs, &stage)
    if let node = slots[Grammar.StageKey.env] { readEnvironment(node, programs, &stage) }
    readPolicy(slots, &stage)
    return stage
  }

  private func pointer(toStage entry: DefinitionGraph.Entry) -> String {
    // Ids hold no character that a pointer escapes.
    (entry.isFinal ? "/finally/" : "/stages/") + entry.id.rawValue
  }

  /// The number of the stage's kind; `nil` when there is none, which is reported.
  private mutating func readKind(_ node: Int?, _ stage: inout StageDefinition) -> Int? {
    guard let node else { return nil }
    if !nodes[node].flags.contains(.dollar), nodes[node].kind == .string,
      let number = number(of: node, in: catalog.table)
    {
      stage.uses = catalog.table.names[number]
      return number
    }
    guard let name = value(node, .kind, .parametersOnly)?.stringValue else { return nil }
    stage.uses = name
    if let number = catalog.table.number(of: name) { return number }
    findings.add(
      "unknown-kind", "there is no stage kind `\(name)`", at: .node(node),
      help: help(for: name, among: catalog.table.names, what: "the kinds are"))
    return nil
  }

  /// `inputs`, `outputs` and `foreach` are for kinds that take their files from the pipeline file.
  private mutating func checkDeclaredFiles(_ kind: Int, _ slots: Slots) {
    guard !catalog.acceptsDeclaredFiles[kind] else { return }
    for key in Grammar.declaredFileKeys {
      guard let node = slots[key] else { continue }
      findings.add(
        "unsuitable-key",
        "stages of kind `\(catalog.table.names[kind])` have no `\(Grammar.stage.table.names[key.rawValue])`: the kind knows its files",
        at: .node(node - 1), help: "remove the key")
    }
  }

  /// `timeout`, `retry`, `pool` and the other rules of how the engine runs the stage.
  private mutating func readPolicy(_ slots: Slots, _ stage: inout StageDefinition) {
    if let node = slots[Grammar.StageKey.pool],
      let name = value(node, Grammar.stage[Grammar.StageKey.pool], .parametersOnly)?.stringValue
    {
      if let number = pools.number(of: name) {
        stage.pool = pools.names[number]
      } else {
        findings.add(
          "unknown-pool", "there is no pool `\(name)`", at: .node(node),
          help: help(for: name, among: pools.names, what: "the pools are")
            ?? "declare it under `pools`")
      }
    }
    if let node = slots[Grammar.StageKey.timeout] { stage.timeout = duration(node, allowsZero: false) }
    if let node = slots[Grammar.StageKey.continueOnError] {
      stage.continueOnError =
        value(node, Grammar.stage[Grammar.StageKey.continueOnError], .parametersOnly)?.boolValue ?? false
    }
    if let node = slots[Grammar.StageKey.maxFailures] {
      let rule = Grammar.stage[Grammar.StageKey.maxFailures]
      stage.maxFailures = value(node, rule, .parametersOnly)?.integerValue.map { Int($0) }
    }
    if let node = slots[Grammar.StageKey.retry] { stage.retry = readRetry(node) }
  }

  private mutating func readRetry(_ node: Int) -> Retry {
    var retry = Retry()
    var slots = Slots(Grammar.retry)
    guard members(of: node, Grammar.retry, into: &slots) else { return retry }
    if let node = slots[Grammar.RetryKey.attempts],
      let attempts = value(node, Grammar.retry[Grammar.RetryKey.attempts], .parametersOnly)?.integerValue
    {
      retry.attempts = Int(attempts)
    }
    if let node = slots[Grammar.RetryKey.jitter] {
      retry.jitter =
        value(node, Grammar.retry[Grammar.RetryKey.jitter], .parametersOnly)?.boolValue ?? false
    }
    if let node = slots[Grammar.RetryKey.backoff], let wait = duration(node, allowsZero: true) {
      retry.backoff = wait
    }
    if let node = slots[Grammar.RetryKey.maxBackoff], let wait = duration(node, allowsZero: true) {
      retry.maxBackoff = wait
      if wait < retry.backoff {
        findings.add(
          "bad-value",
          "`maxBackoff` (\(DurationText.text(wait))) is less than `backoff` "
            + "(\(DurationText.text(retry.backoff)))", at: .node(node))
      }
    } else {
      retry.maxBackoff = max(retry.maxBackoff, retry.backoff)
    }
    return retry
  }

  private mutating func duration(_ node: Int, allowsZero: Bool) -> Duration? {
    guard let text = value(node, .value(.duration), .parametersOnly)?.stringValue else { return nil }
    let duration = DurationText.duration(text)
    guard allowsZero || duration != .zero else {
      findings.add("bad-value", "\(label(node)) must be longer than nothing", at: .node(node))
      return nil
    }
    return duration
  }

  private mutating func readEnvironment(
    _ node: Int, _ placeholders: Placeholders, _ stage: inout StageDefinition
  ) {
    var environment: [String: String] = [:]
    forEachMember(of: node, .environment) { reader, _, value, name in
      guard let text = reader.value(value, .value(.string), placeholders)?.stringValue else { return }
      environment[name] = text
      if text.utf8.contains(0) {
        reader.findings.add("bad-value", "an environment variable cannot hold U+0000", at: .node(value))
      }
    }
    stage.environment = environment
  }
}
