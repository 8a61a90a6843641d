import DarkroomTesting

@testable import Learning

/// Makes decisions of a person with known preferences: the highest of weights · features + noise is chosen.
struct DecisionGenerator {
  /// What the person's choice adds to the preference.
  enum Noise: String, CaseIterable {
    /// Of the distribution for which softmax probabilities are exact.
    case gumbel
    case normal
    /// None, but one decision in five is made blindly.
    case blind
    /// No preference at all.
    case random
  }

  var weights: [Double]
  var noise: Noise
  var size = 0.7
  var candidates = 2...4
  private(set) var random: SeededRandom

  init(weights: [Double], noise: Noise, seed: UInt64) {
    self.weights = weights
    self.noise = noise
    random = SeededRandom(seed: seed)
  }

  var features: [String] { weights.indices.map { "feature \($0)" } }

  mutating func groups(_ count: Int) throws -> ChoiceGroups {
    var groups = try ChoiceGroups(features: features)
    for _ in 0..<count {
      let rows = (0..<Int.random(in: candidates, using: &random)).map { _ in
        weights.map { _ in normal() }
      }
      let chosen =
        isBlind ? random.next(below: rows.count) : best(rows.map { preference($0) + deviation() })
      try groups.append(candidates: rows, chosen: chosen)
    }
    return groups
  }

  func preference(_ row: some Collection<Double>) -> Double {
    zip(weights, row).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// The share of the groups in which whoever knows the weights names the chosen candidate: nobody can do better.
  func bestPossibleAccuracy(on groups: ChoiceGroups) -> Double {
    let right = (0..<groups.count).count { group in
      best(groups.candidates(of: group).map { preference(groups.rows[$0]) }) == groups.chosen[group]
    }
    return Double(right) / Double(groups.count)
  }

  private func best(_ values: [Double]) -> Int { ScoredGroup.best(of: values) }

  private var isBlind: Bool {
    mutating get {
      switch noise {
      case .random: true
      case .blind: random.chance(0.2)
      case .gumbel, .normal: false
      }
    }
  }

  private mutating func deviation() -> Double {
    switch noise {
    case .gumbel: -size * PortableMath.log(-PortableMath.log(uniform()))
    case .normal: size * normal()
    case .blind, .random: 0
    }
  }

  private mutating func uniform() -> Double { (Double(random.next() >> 11) + 0.5) * 0x1p-53 }

  /// The sum of four uniform numbers, brought to mean 0 and variance 1: near enough to a normal one.
  private mutating func normal() -> Double {
    (uniform() + uniform() + uniform() + uniform() - 2) * 1.7320508075688772
  }
}

extension PairwiseRanker {
  /// The share of groups whose chosen candidate it names.
  func accuracy(on groups: ChoiceGroups) throws -> Double {
    Double(try scored(groups).count { $0.isRight }) / Double(groups.count)
  }
}
