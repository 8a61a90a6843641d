import DarkroomTesting
import Testing

@testable import Learning

@Suite struct PromotionTests {
  private struct Interval: Decodable {
    var low: Double
    var high: Double
    var quantiles: [Double]
  }

  @Test("The interval is scipy's, as near as two random samples can be; percentiles are numpy's")
  func judged() throws {
    var random = SeededRandom(seed: 1)
    let first = (0..<300).map { _ in random.chance(0.7) ? 1.0 : 0 }
    let second = (0..<300).map { _ in random.chance(0.6) ? 1.0 : 0 }
    let result = try PairedBootstrap.compare(first, second, replicates: 20_000, seed: 9)
    let values = (0..<37).map { _ in Double.random(in: 0...1, using: &random) }
    let shares = [0, 0.025, 0.3, 0.975, 1]
    let answer: Interval = try LearningJudge.ask(
      "bootstrap", ["first": first, "second": second, "level": 0.95, "values": values, "shares": shares])
    #expect(abs(result.low - answer.low) < 0.004)
    #expect(abs(result.high - answer.high) < 0.004)
    for (share, theirs) in zip(shares, answer.quantiles) {
      #expect(abs(PairedBootstrap.percentile(values.sorted(), share) - theirs) < 1e-12)
    }
    #expect(try PairedBootstrap.compare(first, second, replicates: 20_000, seed: 9) == result)
    let numbers = first.map { $0 + Double.random(in: 0...1, using: &random) }
    let other = try PairedBootstrap.compare(numbers, second, seed: 9)
    #expect(try PairedBootstrap.compare(numbers, second, seed: 10) != other)
  }

  @Test("Near-copies in one cluster are no further evidence")
  func clusters() throws {
    var random = SeededRandom(seed: 2)
    let first = (0..<120).map { _ in random.chance(0.7) ? 1.0 : 0 }
    let second = (0..<120).map { _ in random.chance(0.6) ? 1.0 : 0 }
    let names = (0..<120).map { "group \($0)" }
    let alone = try PairedBootstrap.compare(first, second, clusters: names, seed: 3)
    let copied = try PairedBootstrap.compare(
      first + first + first, second + second + second, clusters: names + names + names, seed: 3)
    #expect(abs(copied.low - alone.low) < 1e-12 && abs(copied.high - alone.high) < 1e-12)
    #expect(copied.groups == 360 && copied.clusters == 120)
    let naive = try PairedBootstrap.compare(first + first + first, second + second + second, seed: 3)
    #expect(naive.high - naive.low < 0.7 * (alone.high - alone.low))
  }

  @Test("The interval misses the truth about as often as stated")
  func coverage() throws {
    var missed = 0
    var above = 0
    for seed in 0..<300 as Range<UInt64> {
      var random = SeededRandom(seed: 1000 + seed)
      let first = (0..<120).map { _ in random.chance(0.5) ? 1.0 : 0 }
      let second = (0..<120).map { _ in random.chance(0.5) ? 1.0 : 0 }
      let result = try PairedBootstrap.compare(first, second, replicates: 200, seed: seed)
      if result.low > 0 || result.high < 0 { missed += 1 }
      if result.low > 0 { above += 1 }
    }
    // 5 % of 300 are 15 and 2.5 % are 7.5; more than these come once in some five hundred times.
    #expect((4...27).contains(missed), "\(missed)")
    #expect(above <= 17, "\(above)")
  }

  /// Fits on decisions of this kind and compares with the rule that takes the highest first feature.
  private static func promotion(_ generator: inout DecisionGenerator, seed: UInt64) throws -> Promotion {
    let ranker = try PairwiseRanker.fit(generator.groups(200))
    let held = try generator.groups(300)
    let model = try ranker.scored(held).map { $0.isRight ? 1.0 : 0 }
    let rule = (0..<held.count).map { group in
      let first = held.candidates(of: group).map { held.rows[$0].first ?? 0 }
      return ScoredGroup.best(of: first) == held.chosen[group] ? 1.0 : 0
    }
    return Promotion.decide(
      againstRules: try PairedBootstrap.compare(model, rule, replicates: 500, seed: seed),
      againstPresent: nil)
  }

  @Test("A ranker of random decisions is not promoted")
  func random() throws {
    var promoted = 0
    for seed in 0..<40 as Range<UInt64> {
      var generator = DecisionGenerator(weights: [0, 0, 0, 0], noise: .random, seed: seed)
      if try Self.promotion(&generator, seed: seed).isPromoted { promoted += 1 }
    }
    // 2.5 % of 40 is one; four or more come once in fifty times.
    #expect(promoted <= 3, "\(promoted)")
  }

  @Test("A ranker that has learned something is promoted")
  func learned() throws {
    for seed in 0..<5 as Range<UInt64> {
      var generator = DecisionGenerator(weights: [0.3, 1.5, -1], noise: .normal, seed: seed)
      #expect(try Self.promotion(&generator, seed: seed).isPromoted)
    }
  }

  private static func result(_ low: Double, clusters: Int = 200) -> PairedDifference {
    PairedDifference(
      difference: low + 0.05, low: low, high: low + 0.1, level: 0.95, groups: clusters, clusters: clusters)
  }

  @Test("Both comparisons must be wholly above 0, on enough groups")
  func rule() {
    let yes = Promotion.decide(againstRules: Self.result(0.02), againstPresent: Self.result(0.01))
    #expect(yes.isPromoted && yes.reasons.count == 2)
    #expect(Promotion.decide(againstRules: Self.result(0.02), againstPresent: nil).isPromoted)
    let refused: [(PairedDifference, PairedDifference?, String)] = [
      (Self.result(0), nil, "the rules"), (Self.result(-0.01), Self.result(0.1), "the rules"),
      (Self.result(0.02), Self.result(0), "the present model"),
      (Self.result(0.02), Self.result(-0.03), "the present model"),
      (Self.result(0.02, clusters: 99), nil, "only 99"),
    ]
    for (rules, present, word) in refused {
      let promotion = Promotion.decide(againstRules: rules, againstPresent: present)
      #expect(!promotion.isPromoted)
      #expect(promotion.reasons.count == 1 && promotion.reasons[0].contains(word), "\(promotion.reasons)")
    }
  }
}
