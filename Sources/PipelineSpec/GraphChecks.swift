import PipelineCore

/// The stages of a file by number, in the order of the file, and who needs whom.
struct DefinitionGraph {
  struct Entry {
    let id: StageID
    /// The node of its key.
    let key: Int
    /// The node of its object.
    let value: Int
    let isFinal: Bool
  }
  /// One entry of a `needs` or `after` list.
  struct Need {
    let stage: Int
    /// The node of the text.
    let node: Int
  }

  /// The `outputs` of one stage.
  struct Outputs {
    let stage: Int
    /// The node of the list.
    let node: Int
    let paths: [String]
    let fansOut: Bool
  }

  /// The ids, numbered as in ``stages``.
  var table: NameTable
  var stages: [Entry] = []
  /// All entries of `needs` and `after`, those of one stage behind each other.
  var needs: [Need] = []
  /// For each stage, the index of its first need.
  var firstNeed: [Int] = []
  var outputs: [Outputs] = []

  init(capacity: Int = 0) {
    table = NameTable(capacity: capacity)
    stages.reserveCapacity(capacity)
    firstNeed.reserveCapacity(capacity)
    needs.reserveCapacity(capacity)
  }

  func needs(of stage: Int) -> ArraySlice<Need> {
    needs[firstNeed[stage]..<(stage + 1 < firstNeed.count ? firstNeed[stage + 1] : needs.count)]
  }
}

extension DefinitionReader {
  /// The stages that `needs` or `after` names; both are edges of the graph.
  mutating func readStages(_ node: Int?, _ key: Grammar.StageKey, _ number: Int) -> [StageID] {
    guard let node else { return [] }
    return items(of: node, Grammar.stage[key]) { reader, item in reader.readNeed(item, number) }
      .map { graph.stages[$0].id }
  }

  private mutating func readNeed(_ node: Int, _ stage: Int) -> Int? {
    var needed: Int?
    if nodes[node].kind == .string, !nodes[node].flags.contains(.dollar) {
      needed = number(of: node, in: graph.table)
    }
    if needed == nil {
      guard let name = value(node, .stageReference, .parametersOnly)?.stringValue else { return nil }
      guard let number = graph.table.number(of: name) else {
        reportUnknownStage(name, node)
        return nil
      }
      needed = number
    }
    guard let needed else { return nil }
    if needed == stage {
      findings.add("self-need", "the stage `\(graph.stages[stage].id)` needs itself", at: .node(node))
      return nil
    }
    if graph.stages[needed].isFinal, !graph.stages[stage].isFinal {
      findings.add(
        "needs-finally",
        "the stage `\(graph.stages[stage].id)` needs `\(graph.stages[needed].id)`, which runs after "
          + "all others have ended", at: .node(node),
        notes: [("it is one of `finally`", .node(graph.stages[needed].key))])
      return nil
    }
    graph.needs.append(DefinitionGraph.Need(stage: needed, node: node))
    return needed
  }

  /// Reports cycles, each with the place of every step. Stages that share a cycle's stages are told once.
  mutating func checkGraph() {
    var rest = stagesThatWait()
    while let first = rest.firstIndex(of: true) {
      guard let cycle = cycle(from: first, among: rest) else { return }
      reportCycle(cycle)
      for need in cycle { rest[need.stage] = false }
      trim(&rest)
    }
  }

  /// Which stages are in a cycle or between cycles: what is left when every stage that can run has run.
  private func stagesThatWait() -> [Bool] {
    var rest = [Bool](repeating: true, count: graph.stages.count)
    trim(&rest)
    return rest
  }

  /// Takes out, again and again, stages that need none of the rest (Kahn's algorithm), then those that none of the
  /// rest needs, so that every stage left leads to a cycle and comes from one.
  private func trim(_ rest: inout [Bool]) {
    let count = graph.stages.count
    var edges: [(from: Int, to: Int)] = []
    edges.reserveCapacity(graph.needs.count)
    for stage in 0..<count where rest[stage] {
      for need in graph.needs(of: stage) where rest[need.stage] { edges.append((stage, need.stage)) }
    }
    for forwards in [true, false] {
      var waiting = [Int32](repeating: 0, count: count)
      var first = [Int32](repeating: 0, count: count + 1)
      for edge in edges {
        waiting[forwards ? edge.from : edge.to] += 1
        first[(forwards ? edge.to : edge.from) + 1] += 1
      }
      for index in 0..<count { first[index + 1] += first[index] }
      var fill = first
      var targets = [Int32](repeating: 0, count: edges.count)
      for edge in edges {
        let (key, target) = forwards ? (edge.to, edge.from) : (edge.from, edge.to)
        targets[Int(fill[key])] = Int32(target)
        fill[key] += 1
      }
      var ready = (0..<count).filter { rest[$0] && waiting[$0] == 0 }
      while let stage = ready.popLast() {
        rest[stage] = false
        for place in first[stage]..<first[stage + 1] {
          let dependent = Int(targets[Int(place)])
          waiting[dependent] -= 1
          if waiting[dependent] == 0, rest[dependent] { ready.append(dependent) }
        }
      }
    }
  }

  /// A cycle that a walk along needs within `rest` ends in: the steps, each the need that leads on from a stage.
  private func cycle(from start: Int, among rest: [Bool]) -> [DefinitionGraph.Need]? {
    var path: [DefinitionGraph.Need] = []
    var seen: [Int: Int] = [:]
    var stage = start
    while seen[stage] == nil {
      seen[stage] = path.count
      // Every stage of the rest needs another one of the rest.
      guard let need = graph.needs(of: stage).first(where: { rest[$0.stage] }) else { return nil }
      path.append(need)
      stage = need.stage
    }
    return Array(path[(seen[stage] ?? 0)...])
  }

  private mutating func reportCycle(_ cycle: [DefinitionGraph.Need]) {
    guard !cycle.isEmpty else { return }
    // The step at `index` leads from the stage that the step before it leads to.
    let steps = cycle.indices.map { index in
      (from: graph.stages[cycle[index == 0 ? cycle.count - 1 : index - 1].stage].id, need: cycle[index])
    }
    let start = steps.indices.min { nodes[steps[$0].need.node].start < nodes[steps[$1].need.node].start } ?? 0
    let turned = Array(steps[start...] + steps[..<start])
    // A cycle through thousands of stages is told by its beginning.
    let shown = turned.prefix(Self.longestCycle)
    let more = turned.count > shown.count ? ["… (\(turned.count - shown.count) more)"] : []
    let text = (shown.map(\.from.rawValue) + more + [turned[0].from.rawValue]).joined(separator: " → ")
    findings.add(
      "cycle", "stages need each other in a circle: \(text)", at: .node(turned[0].need.node),
      notes: shown.dropFirst().map { step in
        ("`\(step.from)` needs `\(graph.stages[step.need.stage].id)` here", .node(step.need.node))
      }, help: "remove one of these needs")
  }

  /// How many steps of a cycle a message shows.
  private static let longestCycle = 32
}
