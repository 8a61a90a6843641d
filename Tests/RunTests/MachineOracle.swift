import PipelineCore
import PipelineEngine

/// Says how an undisturbed run ends, by plain recursion over the definition: no queues, no order, no counters.
/// Valid without `maxFailures` and without a stop, which make the outcome depend on timing.
struct MachineOracle {
  enum Outcome { case done, upToDate, failed, blocked }
  struct Ending: Equatable {
    var state: StageRecord.State
    var done = 0
    var upToDate = 0
    var failed = 0
    var blocked = 0
    var failedKeys: Set<UnitKey> = []
  }
  let driver: MachineDriver

  private func definition(_ id: StageID) -> StageDefinition? {
    (driver.pipeline.stages + driver.pipeline.finally).first { $0.id == id }
  }
  private func isFinally(_ id: StageID) -> Bool { driver.pipeline.finally.contains { $0.id == id } }

  /// Whether the stage gets to look for its units at all.
  func begins(_ id: StageID) -> Bool {
    guard driver.scope.contains(id), let definition = definition(id) else { return false }
    if isFinally(id) { return true }
    return definition.needs.allSatisfy { need in
      guard driver.scope.contains(need), self.definition(need)?.continueOnError == false else { return true }
      if need == driver.followed(by: id) { return begins(need) }
      let state = ending(need).state
      return state != .failed && state != .blocked
    }
  }

  /// The units that come to the stage, in any order.
  func keys(_ id: StageID) -> [UnitKey] {
    guard begins(id) else { return [] }
    if let source = driver.followed(by: id) { return keys(source) }
    return Array(driver.fates.found(id))
  }

  func outcome(_ id: StageID, _ key: UnitKey) -> Outcome {
    if let source = driver.followed(by: id), definition(source)?.continueOnError == false,
      [.failed, .blocked].contains(outcome(source, key))
    {
      return .blocked
    }
    if driver.followed(by: id) != nil, driver.fates.brokenAfter[id] == Int(String(key.rawValue.dropFirst())) {
      return .failed
    }
    guard let fate = driver.fates.units[UnitID(stage: id, key: key)] else { return .failed }
    if fate.isUpToDate { return .upToDate }
    let attempts = fate.isRetryable ? definition(id)?.retry.attempts ?? 1 : 1
    return fate.failures < attempts ? .done : .failed
  }

  /// Whether some of its units were never found.
  func isIncomplete(_ id: StageID) -> Bool {
    guard begins(id) else { return false }
    guard let source = driver.followed(by: id) else { return driver.fates.brokenAfter[id] != nil }
    return definition(source)?.continueOnError == false && isIncomplete(source)
  }

  func ending(_ id: StageID) -> Ending {
    if !driver.scope.contains(id) { return Ending(state: .skipped) }
    if !begins(id) { return Ending(state: .blocked) }
    var ending = Ending(state: .upToDate)
    for key in keys(id) {
      switch outcome(id, key) {
      case .done: ending.done += 1
      case .upToDate: ending.upToDate += 1
      case .failed:
        ending.failed += 1
        ending.failedKeys.insert(key)
      case .blocked:
        ending.blocked += 1
        ending.failedKeys.insert(key)
      }
    }
    let isBroken = driver.followed(by: id) == nil && driver.fates.brokenAfter[id] != nil
    if isBroken { ending.failed += 1 }
    if ending.failed > 0 {
      ending.state = .failed
    } else if ending.blocked > 0 || isIncomplete(id) {
      ending.state = .blocked
    } else if ending.done > 0 {
      ending.state = .succeeded
    }
    return ending
  }
}
