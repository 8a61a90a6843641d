public import PipelineCore

extension Engine {
  /// The units of a stage as they are judged at this moment, ascending, with their fingerprints and checkpoints; of one
  /// unit when `key` is given. Changes nothing. What the stages it needs would still make is not foreseen.
  public func judgedUnits(of id: StageID, key: UnitKey? = nil) async throws -> [JudgedUnit] {
    guard let instance = instances[id] else { return [] }
    let expander = StageExpander(
      workspace: workspace, pipeline: pipeline.name, instances: instances, store: store,
      history: store.history(current: nil), judge: try judge(), everyFingerprint: true)
    var units: [JudgedUnit] = []
    if case .units(of: let followed) = instance.definition.foreach {
      for checkpoint in try store.checkpoints(pipeline: pipeline.name, stage: followed)
      where key == nil || checkpoint.unit.key == key {
        units.append(
          try await expander.follow(UnitID(stage: id, key: checkpoint.unit.key), followed, failed: [:]))
      }
      return units
    }
    while true {
      let expansion = try await expander.expand(id, failed: [:])
      units += expansion.units.filter { key == nil || $0.definition.key == key }
      if expansion.isExhausted { return units }
    }
  }
}
