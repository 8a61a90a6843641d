import DarkroomTesting
import Foundation
import PipelineCore
import Testing

@testable import Learning

@Suite struct PairwiseRankerTests {
  private static let preference = [1.2, -0.8, 0.5, 0, 0.3]

  private static func question(_ groups: ChoiceGroups, l2: Double, rounds: Int = 0) -> [String: Any] {
    [
      "rounds": rounds, "rows": (0..<groups.rows.count).map { Array(groups.rows[$0]) },
      "sizes": (0..<groups.count).map { groups.candidates(of: $0).count }, "chosen": groups.chosen, "l2": l2,
    ]
  }

  private struct Weights: Decodable {
    var weights: [Double]
    var careless: Double?
  }

  @Test("The weights are scikit-learn's", arguments: zip([0.01, 1.0, 50], [0, 3, 0]))
  func judged(l2: Double, rounds: Int) throws {
    var generator = DecisionGenerator(weights: Self.preference, noise: .blind, seed: 11)
    let groups = try generator.groups(400)
    let ranker = try PairwiseRanker.fit(groups, .init(l2: l2, carelessRounds: rounds))
    let answer: Weights = try LearningJudge.ask("ranker", Self.question(groups, l2: l2, rounds: rounds))
    for (own, theirs) in zip(ranker.weights, answer.weights) { #expect(abs(own - theirs) < 1e-6) }
    #expect(answer.weights.count == 5)
    #expect(abs(ranker.carelessShare - (answer.careless ?? 0)) < 1e-6)
    #expect(rounds == 0 || ranker.carelessShare > 0.01)
  }

  @Test("Blind decisions are found, and cost less when they are")
  func careless() throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      var generator = DecisionGenerator(weights: Self.preference, noise: .blind, seed: seed)
      let groups = try generator.groups(1_500)
      let held = try generator.groups(2_000)
      let ranker = try PairwiseRanker.fit(groups)
      let believing = try PairwiseRanker.fit(groups, .init(carelessRounds: 0))
      // One in five is made blindly; of some nobody could tell.
      #expect((0.1...0.25).contains(ranker.carelessShare), "\(ranker.carelessShare)")
      #expect(try ranker.accuracy(on: held) > believing.accuracy(on: held))
    }
  }

  @Test(
    "It comes within 2 points of the best possible accuracy",
    arguments: [
      DecisionGenerator.Noise.gumbel, .normal, .blind,
    ])
  func accuracy(noise: DecisionGenerator.Noise) throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      var generator = DecisionGenerator(weights: Self.preference, noise: noise, seed: seed)
      let ranker = try PairwiseRanker.fit(generator.groups(1_000))
      let held = try generator.groups(2_000)
      let best = generator.bestPossibleAccuracy(on: held)
      let reached = try ranker.accuracy(on: held)
      #expect(reached > best - 0.02, "seed \(seed): \(reached) of \(best)")
      // There is something to know, and chance does not suffice.
      #expect(best > 0.55)
    }
  }

  @Test("Pairs rank as well as the conditional logit")
  func conditionalLogit() throws {
    for noise in [DecisionGenerator.Noise.gumbel, .normal] {
      var generator = DecisionGenerator(weights: Self.preference, noise: noise, seed: 21)
      generator.candidates = 4...4
      let groups = try generator.groups(800)
      let held = try generator.groups(2_000)
      let answer: Weights = try LearningJudge.ask("conditional_logit", Self.question(groups, l2: 1))
      let ranker = try PairwiseRanker.fit(groups, .init(carelessRounds: 0))
      let other = try PairwiseRanker(
        features: ranker.features, standardisation: ranker.standardisation, weights: answer.weights)
      let gap = try ranker.accuracy(on: held) - other.accuracy(on: held)
      #expect(abs(gap) < 0.01, "\(noise)")
    }
  }

  @Test("The same decisions give the same model to the last digit, here and on any other machine")
  func deterministic() throws {
    var generator = DecisionGenerator(weights: Self.preference, noise: .normal, seed: 31)
    let groups = try generator.groups(200)
    let ranker = try PairwiseRanker.fit(groups)
    #expect(try PairwiseRanker.fit(groups) == ranker)
    #expect(ranker.weights == [1.97910006, -1.64221607, 1.06481253, 0.002587278, 0.735021095])
    let read = try JSONDecoder().decode(PairwiseRanker.self, from: JSONEncoder().encode(ranker))
    #expect(read == ranker)
  }

  @Test("The order of candidates, and the unit and origin of a feature, make no difference")
  func invariance() throws {
    var generator = DecisionGenerator(weights: Self.preference, noise: .gumbel, seed: 41)
    let groups = try generator.groups(150)
    let ranker = try PairwiseRanker.fit(groups)
    var turned = try ChoiceGroups(features: groups.features)
    var scaled = try ChoiceGroups(features: groups.features)
    for group in 0..<groups.count {
      let rows = groups.candidates(of: group).map { Array(groups.rows[$0]) }
      try turned.append(candidates: rows.reversed(), chosen: rows.count - 1 - groups.chosen[group])
      try scaled.append(
        candidates: rows.map { row in row.enumerated().map { $0 == 2 ? 1000 * $1 + 7 : $1 } },
        chosen: groups.chosen[group])
    }
    for other in [try PairwiseRanker.fit(turned), try PairwiseRanker.fit(scaled)] {
      for (own, theirs) in zip(ranker.weights, other.weights) { #expect(abs(own - theirs) < 1e-7) }
    }
  }

  @Test("A large group counts no more than a small one")
  func fairness() throws {
    var groups = try ChoiceGroups(features: ["a", "b"])
    // Groups of two prefer `a`; as many groups of nine prefer `b` to the same degree.
    for number in 0..<60 {
      let first = number % 2
      let small = [[1.0, 0], [0, 1]]
      try groups.append(candidates: first == 0 ? small : small.reversed(), chosen: first)
      var large = [[Double]](repeating: [1, 0], count: 9)
      large[number % 9] = [0, 1]
      try groups.append(candidates: large, chosen: number % 9)
    }
    let ranker = try PairwiseRanker.fit(groups)
    for weight in ranker.weights { #expect(abs(weight) < 1e-9) }
  }

  @Test("Perfectly separable decisions have a finite answer")
  func separable() throws {
    var groups = try ChoiceGroups(features: ["a", "b"])
    for number in 0..<200 {
      let rows = [[Double(number), 0.5], [Double(number) - 1, 0.25]]
      try groups.append(candidates: number % 2 == 0 ? rows : rows.reversed(), chosen: number % 2)
    }
    for l2 in [1e-6, 1, 1e6] {
      let ranker = try PairwiseRanker.fit(groups, .init(l2: l2))
      for weight in ranker.weights { #expect(weight.isFinite) }
      #expect(try ranker.accuracy(on: groups) == 1)
    }
  }

  @Test("Features that repeat one another share a weight; constant ones have none")
  func degenerate() throws {
    var generator = DecisionGenerator(weights: [1, -0.5], noise: .gumbel, seed: 51)
    let groups = try generator.groups(200)
    var wide = try ChoiceGroups(features: [
      "a", "b", "a again", "constant", "nearly constant", "of the group",
    ])
    for group in 0..<groups.count {
      let rows = groups.candidates(of: group).map { row in
        let a = groups.rows[row].first ?? 0
        return Array(groups.rows[row]) + [a, 0.1, 1e6 + 1e-10 * Double(row % 3), Double(group)]
      }
      try wide.append(candidates: rows, chosen: groups.chosen[group])
    }
    let ranker = try PairwiseRanker.fit(wide)
    #expect(abs(ranker.weights[0] - ranker.weights[2]) < 1e-7)
    #expect(ranker.weights[0] > 0.1)
    #expect(ranker.weights[3...] == [0, 0, 0])
    #expect(ranker.standardisation.scales[3] == 1)
    #expect(ranker.standardisation.isConstant == [false, false, false, true, true, false])
    // A constant feature that varies later is still not listened to.
    #expect(ranker.score([1, 1, 1, 0.1, 1e6, 0]) == ranker.score([1, 1, 1, 1e9, -4, 0]))
  }

  @Test("Scores of known parts are the weighted sum")
  func scores() throws {
    let ranker = try PairwiseRanker(
      features: ["a", "b"],
      standardisation: Standardisation(means: [1, 2], scales: [2, 4], isConstant: [false, false]),
      weights: [3, -1])
    #expect(ranker.score([5, 10]) == 3 * 2 - 2)
    #expect(ScoredGroup(scores: [1, 3, 3], chosen: 1).isRight)
  }
}
