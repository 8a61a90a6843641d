import PipelineCore

/// The units that a needed stage has committed.
struct CommittedGroups {
  let keys: Set<UnitKey>

  init(_ context: ExpansionContext, kind: String, neededBy stage: String) throws {
    guard let upstream = context.upstream.first(where: { $0.kind == kind }) else {
      throw Diagnostic(
        code: "needs-stage", "\(stage) works on what a stage \(kind) has done",
        help: "name that stage in \"needs\"")
    }
    var keys: Set<UnitKey> = []
    for unit in try upstream.units() { keys.insert(unit.key) }
    self.keys = keys
  }
}
