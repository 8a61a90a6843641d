import DataQuality
public import PipelineCore

/// `training.gate`: fails where an expectation of severity `fail` is broken, after its results were published.
public struct GateStage: Stage {
  public static let description = StageDescription(
    kind: "training.gate", version: 1,
    summary: "Fails where a check of a needed stage failed, so that the run fails and nothing behind it runs",
    discussion: """
      A unit that fails publishes nothing, and a stage whose needs failed does not run. So that the results of failed \
      checks are published all the same, `training.check` keeps them with `"onFailure": "keep"` and this stage fails in \
      its place: the snapshot needs the check, and whatever must not run at all needs the gate. `training.fit` and \
      `training.export` need the check itself: they leave out the datasets whose check failed, and use the others.
      """,
    unit: "a unit of the checks", observesItsExpansion: true)

  public init(_ definition: StageDefinition) throws {
    guard !definition.needs.isEmpty else {
      throw Diagnostics([
        Diagnostic(
          code: "gate-without-checks", "the gate needs no checks, so it would let everything pass",
          help: "name a stage of kind training.check in `needs`")
      ])
    }
  }

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    let checks = context.upstream.filter { $0.kind == CheckStage.description.kind }
    guard !checks.isEmpty else {
      throw Diagnostic(
        code: "gate-without-checks", "the gate needs no checks, so it would let everything pass",
        help: "name a stage of kind training.check in `needs`")
    }
    var units: [UnitDefinition] = []
    for stage in checks {
      for unit in try stage.units() {
        let files = unit.outputs.filter { $0.name.hasPrefix("\(CheckFile.schema)/") }
        let name = UnitID(stage: stage.id, key: unit.key).description
        units.append(
          UnitDefinition(
            key: UnitKey(checks.count == 1 ? unit.key.rawValue : name),
            inputs: files.map { InputReference(path: $0.path, digest: $0.digest) }))
      }
    }
    return units.sorted { $0.key < $1.key }
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    var checks = 0
    var findings: [Diagnostic] = []
    for input in order.inputs {
      let file = try CheckFile.read("\(context.workspace)/\(input.path)", shownAs: input.path)
      checks += file.results.count
      findings += file.results.filter { $0.status == .fail }.compactMap { $0.finding() }
    }
    if !findings.isEmpty { throw Diagnostics(findings) }
    return UnitResult(counters: ["checks": Int64(checks)])
  }
}
