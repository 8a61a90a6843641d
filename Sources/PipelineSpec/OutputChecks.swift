import PipelineCore

extension DefinitionReader {
  /// Checks what the stages write: every path once, none inside another, none in the state directory.
  mutating func checkOutputs() {
    var writers = OutputTable(capacity: graph.outputs.count)
    for number in graph.outputs.indices {
      let outputs = graph.outputs[number]
      // Outputs that were left out because they are wrong have their messages.
      guard nodes[outputs.node].kind == .array, Int(nodes[outputs.node].bits) == outputs.paths.count else {
        continue
      }
      var node = outputs.node + 1
      for written in outputs.paths {
        // A directory and a file of that name clash, too.
        let path = TextChecks.withoutFinalSlash(written)
        checkOutput(path, node, outputs)
        let entry = OutputTable.Entry(path: path, stage: outputs.stage, node: node)
        if let other = writers.insert(entry) { reportClash(entry, other) }
        node = Int(nodes[node].next)
      }
    }
    for (inner, outer) in writers.nested() { reportInside(inner, outer) }
  }

  private mutating func checkOutput(_ path: String, _ node: Int, _ outputs: DefinitionGraph.Outputs) {
    if outputs.fansOut, !UnitTemplate.usesUnit(path) {
      findings.add(
        "output-without-unit",
        "every unit of stage `\(graph.stages[outputs.stage].id)` would write `\(path)`",
        at: .node(node), help: "put `${unit}` into the path")
    }
    var text = path
    if text.withUTF8({ $0.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") } }) {
      findings.add("bad-value", "an output is a path, not a pattern", at: .node(node), help: "name each file")
    }
    let state = Workspace.state
    guard path.utf8.first == state.utf8.first else { return }
    if path == state || path.hasPrefix(state + "/") || state.hasPrefix(path + "/") {
      findings.add(
        "reserved-path",
        "stage `\(graph.stages[outputs.stage].id)` would write `\(path)`: `\(state)` holds the state of this program",
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

  /// The outputs that lie inside others, each with the outermost of those.
  func nested() -> [(inner: Entry, outer: Entry)] {
    var pairs: [(inner: Entry, outer: Entry)] = []
    for number in entries.indices {
      if let outer = ancestor(of: table.names[number]) { pairs.append((entries[number], entries[outer])) }
    }
    return pairs
  }

  /// The number of the output that is a folder above `path`, the outermost if there are several.
  private func ancestor(of path: String) -> Int? {
    var path = path
    return path.withUTF8 { bytes in
      for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "/") {
        let folder = UnsafeBufferPointer(rebasing: bytes[..<index])
        let isFolder = { (name: String) in name.utf8.elementsEqual(folder) }
        if let number = table.number(of: NameHash.of(folder), where: isFolder) { return number }
      }
      return nil
    }
  }
}
