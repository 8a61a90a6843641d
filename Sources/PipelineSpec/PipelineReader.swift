public import PipelineCore

/// Reads pipeline files: text in, a `Pipeline` or everything that is wrong with the text out.
public struct PipelineReader: Sendable {
  private let catalog: KindCatalog

  /// A reader that knows these stage kinds; of kinds with the same name the first counts.
  public init(kinds: [StageDescription]) { catalog = KindCatalog(kinds) }

  /// A reader that knows these stage kinds.
  public init(kinds: [StageKind]) { self.init(kinds: kinds.map(\.description)) }

  /// Reads one file.
  ///
  /// - Parameters:
  ///   - bytes: The file's content.
  ///   - path: How messages name the file: relative to the workspace where it lies inside.
  ///   - parameters: The values that this run sets, as `--param NAME=VALUE` gives them: text, which the
  ///     declaration's type reads.
  /// - Returns: The pipeline, and warnings in the order of the text.
  /// - Throws: Every error and warning in the order of the text.
  public func read(
    _ bytes: [UInt8], path: String, parameters: [String: String] = [:]
  ) throws(Diagnostics) -> (pipeline: Pipeline, warnings: [Diagnostic]) {
    let parsed = ParsedText(bytes, path: path)
    var reader = DefinitionReader(parsed.document, catalog)
    reader.findings.add(parsed.problems)
    // A tree that was guessed gives misleading findings: first the text has to be JSON.
    let pipeline = parsed.isIntact ? reader.pipeline(overriding: parameters) : nil
    let findings = reader.findings.sorted()
    guard let pipeline, !reader.findings.hasErrors else { throw Diagnostics(findings) }
    return (pipeline, findings)
  }
}

/// One file being read: its tree, what is known so far, and what was found.
struct DefinitionReader {
  let document: JSONDocument
  let nodes: [JSONNode]
  let catalog: KindCatalog
  var findings: Findings
  var parameters = ParameterTable()
  var pools = NameTable()
  var graph = DefinitionGraph()
  /// Where the place of the last stage was, so that counting lines goes on from there.
  var lineCursor = LineCursor()

  init(_ document: JSONDocument, _ catalog: KindCatalog) {
    self.document = document
    nodes = document.nodes
    self.catalog = catalog
    findings = Findings(document)
  }

  /// Reads the whole file; `nil` when it is so wrong that nothing can be made of it.
  mutating func pipeline(overriding values: [String: String]) -> Pipeline? {
    var slots = Slots(Grammar.top)
    guard checkVersion(), members(of: 0, Grammar.top, into: &slots) else { return nil }
    readParameters(slots[Grammar.TopKey.parameters], overriding: values)
    let poolSizes = readPools(slots[Grammar.TopKey.pools])
    let name = text(slots[Grammar.TopKey.name], Grammar.top[Grammar.TopKey.name])
    let description = text(slots[Grammar.TopKey.description], Grammar.top[Grammar.TopKey.description])
    _ = text(slots[Grammar.TopKey.schema], Grammar.top[Grammar.TopKey.schema])
    collectStages(slots[Grammar.TopKey.stages], slots[Grammar.TopKey.finally])
    let (stages, finally) = readStages()
    checkGraph()
    checkOutputs()
    warnOfUnused()
    return Pipeline(
      name: name ?? "", description: description ?? "", parameters: parameters.values, pools: poolSizes,
      stages: stages, finally: finally)
  }

  /// Whether the file is written in the grammar's version. A newer file gets this one message: its keys may be right.
  private mutating func checkVersion() -> Bool {
    guard let node = member("version", of: 0), nodes[node].kind == .integer || nodes[node].kind == .number
    else {
      if let node = member("version", of: 0) { _ = value(node, .version) }
      return true
    }
    guard let version = value(node, .version)?.integerValue, version != Grammar.version else { return true }
    let isNewer = version > Grammar.version
    findings.add(
      isNewer ? "newer-version" : "unknown-version",
      "the file is written in version \(version) of the grammar; this program reads version \(Grammar.version)",
      at: .node(node),
      help: isNewer ? "update the program; nothing was read" : "write \"version\": \(Grammar.version)")
    return !isNewer
  }

  /// The value of a member by name, without the checks of ``members(of:_:into:)``.
  func member(_ name: String, of node: Int) -> Int? {
    guard nodes[node].kind == .object else { return nil }
    var key = node + 1
    while key < Int(nodes[node].next) {
      if isText(key, name) { return key + 1 }
      key = Int(nodes[key + 1].next)
    }
    return nil
  }

  private mutating func readPools(_ node: Int?) -> [String: Int] {
    var sizes: [String: Int] = [:]
    guard let node else { return sizes }
    forEachMember(of: node, .name) { reader, key, value, name in
      _ = reader.pools.insert(name, hash: reader.nodes[key].bits)
      if let size = reader.value(value, .value(.integer(1...100_000)))?.integerValue {
        sizes[name] = Int(size)
      }
    }
    return sizes
  }
}
