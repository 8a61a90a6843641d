import PipelineCore

extension DefinitionReader {
  /// Checks what the stages write: every path once, none inside another, none in the state directory.
  mutating func checkOutputs(_ stages: [StageDefinition]) {
    var writers = OutputTable(capacity: graph.outputs.count)
    var paths: [OutputTable.Entry] = []
    for (stage, list) in graph.outputs where stage < stages.count {
      var node = list + 1
      let outputs = stages[stage].outputs
      // Outputs that were left out because they are wrong have their messages.
      guard nodes[list].kind == .array, Int(nodes[list].bits) == outputs.count else { continue }
      for path in outputs {
        checkOutput(path, node, stages[stage])
        let entry = OutputTable.Entry(path: path, stage: stage, node: node)
        if let other = writers.insert(entry) { reportClash(entry, other) } else { paths.append(entry) }
        node = Int(nodes[node].next)
      }
    }
    for entry in paths {
      if let other = writers.ancestor(of: entry.path) { reportInside(entry, other) }
    }
  }

  private mutating func checkOutput(_ path: String, _ node: Int, _ stage: StageDefinition) {
    if stage.foreach != nil, !UnitTemplate.usesUnit(path) {
      findings.add(
        "output-without-unit", "every unit of stage `\(stage.id)` would write `\(path)`", at: .node(node),
        help: "put `${unit}` into the path")
    }
    if path.utf8.contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }) {
      findings.add("bad-value", "an output is a path, not a pattern", at: .node(node), help: "name each file")
    }
    let state = Workspace.state
    if path == state || path.hasPrefix(state + "/") || state.hasPrefix(path + "/") {
      findings.add(
        "reserved-path",
        "stage `\(stage.id)` would write `\(path)`: `\(state)` holds the state of this program",
        at: .node(node), help: "choose another place")
    }
  }

  private mutating func reportClash(_ entry: OutputTable.Entry, _ other: OutputTable.Entry) {
    // Twice in one list is a repeated item, which is reported.
    guard entry.stage != other.stage else { return }
    findings.add(
      "output-clash",
      "the stages `\(graph.stages[other.stage].id)` and `\(graph.stages[entry.stage].id)` both write `\(entry.path)`",
      at: .node(entry.node), notes: [("the other one is here", .node(other.node))],
      help: "give each its own path")
  }

  private mutating func reportInside(_ entry: OutputTable.Entry, _ other: OutputTable.Entry) {
    findings.add(
      "output-clash",
      "stage `\(graph.stages[entry.stage].id)` writes `\(entry.path)`, inside `\(other.path)`, which stage "
        + "`\(graph.stages[other.stage].id)` writes", at: .node(entry.node),
      notes: [("the outer one is here", .node(other.node))], help: "give each its own place")
  }

  /// Warns of declarations that nothing uses: often the sign of a wrong name elsewhere.
  mutating func warnOfUnused() {
    guard !findings.hasErrors else { return }
    for entry in parameters.entries where !entry.isUsed {
      findings.add(
        "unused-parameter", "no stage uses the parameter `\(entry.name)`", at: .node(entry.node),
        severity: .warning)
    }
    if graph.stages.isEmpty {
      findings.add(
        "no-stages", "the pipeline has no stages: a run does nothing", at: .node(0), severity: .warning)
    }
  }
}

/// Paths of a workspace that the grammar knows.
private enum Workspace {
  /// The directory of checkpoints, artifacts and logs: stages write there only through the engine.
  static let state = "data/state"
}

/// Output paths, to find equal ones and ones that lie inside others.
private struct OutputTable {
  struct Entry {
    let path: String
    let stage: Int
    let node: Int
  }
  private var table: NameTable
  private var entries: [Entry] = []

  init(capacity: Int) {
    table = NameTable(capacity: capacity)
    entries.reserveCapacity(capacity)
  }

  /// Adds an output, or returns the one with the same path.
  mutating func insert(_ entry: Entry) -> Entry? {
    let (number, isNew) = table.insert(entry.path, hash: NameHash.of(entry.path))
    guard isNew else { return entries[number] }
    entries.append(entry)
    return nil
  }

  /// The output that is a folder above `path`, the outermost if there are several.
  func ancestor(of path: String) -> Entry? {
    var path = path
    return path.withUTF8 { bytes in
      for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "/") {
        let folder = UnsafeBufferPointer(rebasing: bytes[..<index])
        if let number = table.number(of: NameHash.of(folder), where: { $0.utf8.elementsEqual(folder) }) {
          return entries[number]
        }
      }
      return nil
    }
  }
}
