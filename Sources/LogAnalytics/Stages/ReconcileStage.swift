import OperationLog
public import PipelineCore

/// `logs.reconcile`: the proof that every line of every log is accounted for.
public struct ReconcileStage: Stage {
  public static let description = StageDescription(
    kind: "logs.reconcile", version: 1,
    summary: "Prove that every line of every log is accounted for.",
    discussion: """
      For each log, lines = accepted + duplicates + quarantined + blank, where an event that an earlier log has too counts as a \
      duplicate. Writes `reconciliation_v1/files.jsonl` (a record for each log) and `reconciliation_v1/total.json`; an account that \
      does not add up is an error. Needs stages of kinds `logs.extract` and `logs.merge`.
      """,
    observesItsExpansion: true)

  public init(_ definition: StageDefinition) {}

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    var unit = UnitDefinition()
    let kinds = [ExtractStage.description.kind, MergeStage.description.kind]
    for stage in context.upstream where kinds.contains(stage.kind) {
      for committed in try stage.units() {
        for file in committed.outputs where file.name == "internal/accounting.json" {
          unit.inputs.append(InputReference(path: file.path, digest: file.digest))
        }
      }
    }
    return [unit]
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    let reconciliation = try LogReconciliation(
      accounts: order.inputs.map(\.path), workspace: context.workspace)
    let files = reconciliation.files
    return UnitResult(
      artifacts: try reconciliation.write(to: context.artifact),
      counters: [
        "files": Int64(files.count), "lines": files.reduce(0) { $0 + $1.counts.lines },
        "rows": files.reduce(0) { $0 + $1.counts.accepted },
      ])
  }
}
