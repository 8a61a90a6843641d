import DarkroomTesting
import Foundation
import PipelineCore
import Testing

@testable import Learning

@Suite struct AbstentionTests {
  private struct Bounds: Decodable {
    var upper: [Double]
    var cumulative: [Double]
  }

  @Test("Clopper and Pearson's bound and the binomial distribution are scipy's")
  func judged() throws {
    var random = SeededRandom(seed: 1)
    var cases: [(events: Int, count: Int, level: Double, probability: Double)] = [
      (0, 1, 0.95, 0.5), (1, 1, 0.95, 0.5), (0, 100_000, 0.95, 1e-5), (5_000, 100_000, 0.99, 0.05),
    ]
    for _ in 0..<200 {
      let count = 1 + random.next(below: 1 << (1 + random.next(below: 12)))
      cases.append(
        (
          random.next(below: count + 1), count, Double.random(in: 0.5...0.999, using: &random),
          Double.random(in: 0.001...0.999, using: &random)
        ))
    }
    let answer: Bounds = try LearningJudge.ask(
      "binomial", ["cases": cases.map { [Double($0.events), Double($0.count), $0.level, $0.probability] }])
    for (index, one) in cases.enumerated() {
      let upper = BinomialBound.upper(events: one.events, of: one.count, level: one.level)
      #expect(abs(upper - answer.upper[index]) < 1e-9, "\(one)")
      let cumulative = BinomialBound.cumulative(one.events, of: one.count, probability: one.probability)
      #expect(abs(cumulative - answer.cumulative[index]) < 1e-9, "\(one)")
      let lower = BinomialBound.lower(events: one.events, of: one.count, level: one.level)
      #expect(
        lower <= Double(one.events) / Double(one.count) && upper >= Double(one.events) / Double(one.count))
    }
    #expect(BinomialBound.upper(events: 0, of: 0, level: 0.95) == 1)
  }

  /// Answers whose confidences are spread from 0.4 to 1, and how often such an answer is right.
  private static func outcomes(
    _ count: Int, _ random: inout SeededRandom, truth: (Double) -> Double
  ) -> [AnswerOutcome] {
    (0..<count).map { _ in
      let confidence = Double.random(in: 0.4...1, using: &random)
      return AnswerOutcome(confidence: confidence, isRight: random.chance(truth(confidence)))
    }
  }

  /// The error rate among all possible answers from a threshold on.
  private static func errorRate(from threshold: Double, truth: (Double) -> Double) -> Double {
    let places = (0..<2_000).map { threshold + (1 - threshold) * (Double($0) + 0.5) / 2_000 }
    return places.reduce(0) { $0 + 1 - truth($1) } / 2_000
  }

  @Test(
    "The bound is kept as often as stated, whether confidences are honest, boasting or empty",
    arguments: [
      0.05, 0.15,
    ])
  func keepsBound(bound: Double) throws {
    let truths: [(name: String, truth: @Sendable (Double) -> Double)] = [
      ("honest", { $0 }), ("boasting", { 0.2 + 0.7 * $0 }), ("modest", { 1 - (1 - $0) / 3 }),
      // Every threshold is exactly at the bound or a hair above it: where careless choosing fails most.
      ("at the bound", { _ in 1 - bound * 1.0001 }),
    ]
    for (name, truth) in truths {
      var broken = 0
      var answering = 0
      for seed in 0..<200 as Range<UInt64> {
        var random = SeededRandom(seed: seed * 7 + 1)
        let abstention = try Abstention.choose(
          Self.outcomes(400, &random, truth: truth), errorBound: bound, level: 0.9)
        guard let threshold = abstention.threshold else { continue }
        answering += 1
        #expect(abstention.shownBound <= bound)
        if Self.errorRate(from: threshold, truth: truth) > bound { broken += 1 }
      }
      // 10 % of 200 are 20; by chance 33 or more in one of five hundred.
      #expect(broken <= 32, "\(name): \(broken)")
      // 5 % cannot be shown on so few groups unless they are better than that; 15 % can.
      if bound > 0.1, name == "honest" || name == "modest" {
        #expect(answering > 150, "\(name): \(answering)")
      }
    }
  }

  @Test("With many groups the threshold comes near the lowest that keeps the bound")
  func power() throws {
    var random = SeededRandom(seed: 3)
    let abstention = try Abstention.choose(Self.outcomes(5_000, &random) { $0 }, errorBound: 0.15)
    // Honest confidences from t to 1 are wrong in (1 − t)/2: the lowest is 0.7.
    let threshold = try #require(abstention.threshold)
    #expect((0.7...0.8).contains(threshold))
    #expect(abstention.answers(threshold))
    #expect(!abstention.answers(threshold.nextDown))
    #expect(!abstention.answers(.nan))
  }

  @Test(
    "Fitted models keep the bound on fresh decisions", arguments: [DecisionGenerator.Noise.gumbel, .blind])
  func fitted(noise: DecisionGenerator.Noise) throws {
    // Blind decisions are wrong in 13 % at the best.
    let bound = noise == .blind ? 0.25 : 0.2
    var broken = 0
    var answering = 0
    for seed in 1...10 as ClosedRange<UInt64> {
      var generator = DecisionGenerator(weights: [1.5, -1, 0.5], noise: noise, seed: seed)
      let model = try ChoiceModel.fit(
        training: generator.groups(400), calibration: generator.groups(250), threshold: generator.groups(400),
        .init(errorBound: bound))
      let answers = try model.outcomes(on: generator.groups(2_000)).filter {
        model.abstention.answers($0.confidence)
      }
      guard !answers.isEmpty else { continue }
      answering += 1
      let errors = answers.count { !$0.isRight }
      // Beyond what chance explains in this sample.
      if BinomialBound.lower(events: errors, of: answers.count, level: 0.95) > bound { broken += 1 }
    }
    #expect(answering >= 8)
    #expect(broken <= 1)
  }

  @Test("A model that cannot keep the bound never answers")
  func always() throws {
    var random = SeededRandom(seed: 5)
    let coin = Self.outcomes(2_000, &random) { _ in 0.5 }
    #expect(try Abstention.choose(coin, errorBound: 0.1).threshold == nil)
    // Nineteen right answers do not show an error rate of 10 % at 95 %; twenty-nine do.
    let few = (0..<28).map { AnswerOutcome(confidence: 0.9 + Double($0) / 1000, isRight: true) }
    #expect(try Abstention.choose(few, errorBound: 0.1).threshold == nil)
    let enough = few + [AnswerOutcome(confidence: 0.95, isRight: true)]
    let shown = try Abstention.choose(enough, errorBound: 0.1)
    #expect(shown.threshold == 0.9)
    #expect(shown.answered == 29)
    #expect(try Abstention.choose([], errorBound: 0.1).threshold == nil)
    #expect(try !Abstention.choose([], errorBound: 0.1).answers(1))
  }

  @Test("Equal confidences are answered together or not at all")
  func ties() throws {
    let outcomes = (0..<400).map { AnswerOutcome(confidence: $0 < 150 ? 0.95 : 0.5, isRight: $0 % 40 != 39) }
    let all = try Abstention.choose(outcomes, errorBound: 0.1)
    #expect(all.answered == 400 && all.threshold == 0.5)
    let halves = outcomes.enumerated().map { index, one in
      AnswerOutcome(confidence: one.confidence, isRight: one.confidence > 0.9 || index % 2 == 0)
    }
    let some = try Abstention.choose(halves, errorBound: 0.1)
    #expect(some.answered == 150 && some.threshold == 0.95 && some.errors == 0)
  }

  @Test("An abstention survives being written and read, also one that never answers")
  func coding() throws {
    for outcomes in [[], [AnswerOutcome](repeating: .init(confidence: 0.9, isRight: true), count: 80)] {
      let abstention = try Abstention.choose(outcomes, errorBound: 0.1)
      let data = try JSONEncoder().encode(abstention)
      #expect(String(decoding: data, as: UTF8.self).contains("threshold"))
      #expect(try JSONDecoder().decode(Abstention.self, from: data) == abstention)
    }
  }
}
