import PipelineCore

// Stages that follow another one unit by unit.
extension RunMachine {
  /// Tells the stages that follow `index` what came of one of its units. A list, not recursion: a chain of 20,000
  /// following stages cannot overflow the stack.
  mutating func notifyFollowers(of index: Int, _ key: UnitKey, isCurrent: Bool) {
    var news = [(source: index, isCurrent: isCurrent)]
    while let (source, isCurrent) = news.popLast() {
      for dependent in followers[source] where !stages[dependent].hasEnded {
        if stages[dependent].state != .running {
          stages[dependent].toFollow.append((key, isCurrent))
        } else if !follow(dependent, key, isCurrent) {
          news.append((dependent, false))
        }
      }
    }
  }

  /// Takes over what came of a followed unit; `false` when the unit with that key is blocked here, too.
  private mutating func follow(_ index: Int, _ key: UnitKey, _ isCurrent: Bool) -> Bool {
    guard let source = stages[index].follows else { return true }
    if isCurrent || stages[source].definition.continueOnError {
      if isStopping { return true }
      stages[index].judging += 1
      queue.append(.follow(UnitID(stage: stages[index].definition.id, key: key)))
      return true
    }
    if stages[source].planned > 0 || stages[source].isDeferred {
      stages[index].isDeferred = true
      return true
    }
    stages[index].blocked += 1
    stages[index].failedKeys.insert(key)
    return false
  }

  mutating func drainFollowed(_ index: Int) {
    let news = stages[index].toFollow
    stages[index].toFollow = []
    for (key, isCurrent) in news where !follow(index, key, isCurrent) {
      notifyFollowers(of: index, key, isCurrent: false)
    }
  }
}
