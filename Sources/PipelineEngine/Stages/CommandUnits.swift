import FileSystem
import PipelineCore

/// The units of a `command` stage: one per key of its `foreach`, each made when it is asked for.
struct CommandUnits {
  private let stage: CommandStage
  private let context: ExpansionContext
  /// What is the same for every unit: inputs without `${unit}`, and the values.
  private let shared: Shared

  /// The value that carries what is wrong with one unit, so that only this unit fails, when it runs.
  static let problemValue = "problem"
  static func passedValue(_ name: String) -> String { "environment:\(name)" }

  private struct Shared: Sendable {
    var inputs: [InputReference] = []
    var values: [String: String] = [:]
  }

  init(_ stage: CommandStage, _ context: ExpansionContext) throws {
    self.stage = stage
    self.context = context
    var shared = Shared()
    for name in stage.passEnvironment {
      context.observe(.environment(name))
      shared.values[Self.passedValue(name)] = ProcessEnvironment.value(name)
    }
    if let program = stage.run.first, !program.uses(.unit), !program.uses(.staging) {
      try Self.addProgram(program.filled(unit: .whole), to: &shared)
    }
    for input in stage.inputs where !input.uses(.unit) {
      try Self.add(input.filled(unit: .whole), to: &shared, context)
    }
    self.shared = shared
  }

  func all() throws -> any Sequence<UnitDefinition> {
    switch stage.definition.foreach {
    case nil: return [try made(.whole, file: nil)]
    case .days(let days): return days.lazy.map { unit(UnitKey($0.description)) }
    case .range(let range): return DecimalKeys(range: range).lazy.map { unit(UnitKey($0)) }
    case .values(let values):
      return try ascending(values, "foreach names the value").lazy.map { unit(UnitKey($0)) }
    case .files(let pattern):
      let files = try Self.files(pattern, context)
      return try ascending(files, "foreach finds the file").lazy.map { unit(UnitKey($0), file: $0) }
    case .units(let id):
      guard let upstream = context.upstream.first(where: { $0.id == id }) else {
        throw Diagnostics([
          Diagnostic(
            code: "foreach-unknown-stage", "foreach follows the units of \(id), which is not in needs",
            at: stage.definition.location, help: "add \(id) to needs")
        ])
      }
      return units(of: try upstream.units())
    }
  }

  private func units(of committed: some Sequence<CommittedUnit>) -> any Sequence<UnitDefinition> {
    committed.lazy.map { unit($0.key) }
  }

  /// The keys in the order of `UnitKey`; a key that comes twice is an error. Names that differ only in their
  /// Unicode normalisation are one key.
  private func ascending(_ keys: [String], _ what: String) throws -> [String] {
    let sorted = keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for (a, b) in zip(sorted, sorted.dropFirst()) where a == b {
      let isSame = a.utf8.elementsEqual(b.utf8)
      throw Diagnostics([
        Diagnostic(
          code: "duplicate-unit",
          "\(what) \(a.debugDescription) twice\(isSame ? "" : ", in two Unicode spellings")",
          at: stage.definition.location, help: isSame ? "remove one" : "rename one of them")
      ])
    }
    return sorted
  }

  /// One unit; what is wrong with it becomes a value that makes its run fail.
  private func unit(_ key: UnitKey, file: String? = nil) -> UnitDefinition {
    do {
      return try made(key, file: file)
    } catch let error as Diagnostics {
      return UnitDefinition(
        key: key, values: [Self.problemValue: error.items.map(\.message).joined(separator: "; ")])
    } catch {
      return UnitDefinition(key: key, values: [Self.problemValue: "\(error)"])
    }
  }

  private func made(_ key: UnitKey, file: String?) throws -> UnitDefinition {
    var parts = Shared(inputs: [], values: shared.values)
    if let file { parts.inputs.append(InputReference(path: file)) }
    if let program = stage.run.first, program.uses(.unit), !program.uses(.staging) {
      try Self.addProgram(program.filled(unit: key), to: &parts)
    }
    for input in stage.inputs where input.uses(.unit) {
      try Self.add(input.filled(unit: key), to: &parts, context)
    }
    let outputs = stage.outputs.map { $0.filled(unit: key) }
    for output in outputs {
      if let problem = CommandPath.outputProblem(output) { throw Self.pathError("the output \(problem)") }
    }
    return UnitDefinition(
      key: key, inputs: Self.unique(parts.inputs, shared.inputs), outputs: outputs, values: parts.values)
  }

  /// Both lists, each path once, in their order.
  private static func unique(_ own: [InputReference], _ shared: [InputReference]) -> [InputReference] {
    if own.isEmpty { return shared }
    var seen: Set<String> = []
    return (own + shared).filter { seen.insert($0.path).inserted }
  }

  /// A program in the workspace is an input; one from PATH, or with an absolute path, is known by name only.
  private static func addProgram(_ program: String, to parts: inout Shared) throws {
    guard program.utf8.contains(UInt8(ascii: "/")), !program.hasPrefix("/") else { return }
    let path = program.hasPrefix("./") ? String(program.dropFirst(2)) : program
    if let problem = CommandPath.problem(path) { throw pathError("the program \(problem)") }
    parts.inputs.append(InputReference(path: path))
  }

  /// A path is one input, whether it exists or not; a pattern is what it matches now, and its count is a value.
  private static func add(_ input: String, to parts: inout Shared, _ context: ExpansionContext) throws {
    if let problem = CommandPath.problem(input) { throw pathError("the input \(problem)") }
    var paths = [input]
    if Glob.isPattern(input) {
      paths = try files(input, context)
      parts.values["files:\(input)"] = String(paths.count)
    }
    let known = Set(parts.inputs.map(\.path))
    parts.inputs += paths.lazy.filter { !known.contains($0) }.map { InputReference(path: $0) }
  }

  private static func files(_ pattern: String, _ context: ExpansionContext) throws -> [String] {
    try Glob(pattern).files(below: context.workspace, closed: [CommandPath.stateDirectory]) {
      context.observe(.path($0))
    }
  }

  private static func pathError(_ message: String) -> Diagnostics {
    Diagnostics([Diagnostic(code: "path", message)])
  }
}
