public import PipelineCore

/// Makes pipelines of any shape the grammar allows: needs, followed units, pools, retries, bounds on failures,
/// errors that do not matter, `finally` stages.
public enum RandomPipeline {
  /// - Parameter most: the most main stages.
  public static func make(_ random: inout SeededRandom, most: Int = 9) -> Pipeline {
    let count = Int.random(in: 1...most, using: &random)
    var stages: [StageDefinition] = []
    for index in 0..<count {
      stages.append(stage("s\(index)", after: stages.map(\.id), follows: true, &random))
    }
    var finally: [StageDefinition] = []
    for index in 0..<Int.random(in: 0...2, using: &random) {
      finally.append(stage("f\(index)", after: finally.map(\.id), follows: false, &random))
    }
    return Pipeline(name: "random", pools: ["one": 1, "two": 2], stages: stages, finally: finally)
  }

  private static func stage(
    _ name: String, after earlier: [StageID], follows: Bool, _ random: inout SeededRandom
  ) -> StageDefinition {
    let needs = earlier.filter { _ in random.chance(2.0 / Double(earlier.count + 1)) }
    var definition = StageDefinition(id: StageID(name), uses: "scripted", needs: needs)
    if follows, let followed = needs.randomElement(using: &random), random.chance(0.5) {
      definition.foreach = .units(of: followed)
    }
    definition.pool = [nil, nil, "one", "two"].randomElement(using: &random) ?? nil
    if random.chance(0.3) { definition.retry = Retry(attempts: Int.random(in: 2...3, using: &random)) }
    if random.chance(0.2) { definition.maxFailures = Int.random(in: 0...2, using: &random) }
    definition.continueOnError = random.chance(0.15)
    return definition
  }
}
