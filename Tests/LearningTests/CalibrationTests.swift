import DarkroomTesting
import Foundation
import PipelineCore
import Testing

@testable import Learning

@Suite struct CalibrationTests {
  @Test(
    "Calibrated confidence is true on held-back groups, by every method",
    arguments: [
      DecisionGenerator.Noise.gumbel, .normal, .blind,
    ])
  func calibrated(noise: DecisionGenerator.Noise) throws {
    for (seed, size) in [(1, 150), (2, 600), (3, 1_500)] as [(UInt64, Int)] {
      var generator = DecisionGenerator(weights: [1.2, -0.8, 0.5], noise: noise, seed: seed)
      let ranker = try PairwiseRanker.fit(generator.groups(600))
      let calibration = try Calibration.fit(ranker.scored(generator.groups(size)))
      #expect(calibration.method == Calibration.method(forGroups: size))
      let outcomes = try ranker.scored(generator.groups(4_000)).map(calibration.outcome)
      let error = ReliabilityCurve(of: outcomes).expectedCalibrationError
      #expect(error < 0.05, "\(calibration.method): \(error)")
    }
  }

  @Test("Scores of a wrong size are corrected; without it the error would be seen")
  func temperature() throws {
    var generator = DecisionGenerator(weights: [1.2, -0.8, 0.5], noise: .gumbel, seed: 5)
    let ranker = try PairwiseRanker.fit(generator.groups(600))
    func boasting(_ count: Int) throws -> [ScoredGroup] {
      try ranker.scored(generator.groups(count)).map {
        ScoredGroup(scores: $0.scores.map { 5 * $0 }, chosen: $0.chosen)
      }
    }
    let calibration = try Calibration.fit(boasting(600), method: .temperature)
    #expect((0.15...0.25).contains(calibration.inverseTemperature))
    let held = try boasting(3_000)
    let plain = try Calibration(inverseTemperature: 1)
    #expect(ReliabilityCurve(of: held.map(plain.outcome)).expectedCalibrationError > 0.1)
    #expect(ReliabilityCurve(of: held.map(calibration.outcome)).expectedCalibrationError < 0.05)
  }

  private struct Scaling: Decodable {
    var beta: Double
    var slope: Double
    var intercept: Double
  }

  @Test("Temperature and Platt's curve are those that scipy finds")
  func judged() throws {
    var generator = DecisionGenerator(weights: [1.2, -0.8, 0.5], noise: .gumbel, seed: 6)
    generator.candidates = 3...3
    let ranker = try PairwiseRanker.fit(generator.groups(300))
    let groups = try ranker.scored(generator.groups(300))
    let calibration = try Calibration.fit(groups)
    let answer: Scaling = try LearningJudge.ask(
      "scaling",
      [
        "scores": groups.map(\.scores), "chosen": groups.map(\.chosen),
        "beta": calibration.inverseTemperature,
      ])
    #expect(abs(calibration.inverseTemperature - answer.beta) < 1e-6)
    let platt = try #require(calibration.platt)
    #expect(abs(platt.slope - answer.slope) < 1e-5)
    #expect(abs(platt.intercept - answer.intercept) < 1e-5)
  }

  @Test("Where the surest answers are the worst, confidence is the base rate")
  func misleading() throws {
    // The larger the difference of the scores, the more often the choice is the other one.
    let groups = (0..<400).map { number in
      let gap = number % 10
      let isOther = gap > 4 || number % 3 == 0
      return ScoredGroup(scores: [Double(gap), 0], chosen: isOther ? 1 : 0)
    }
    let calibration = try Calibration.fit(groups, method: .platt)
    let right = Double(groups.count { $0.isRight }) / 400
    for group in groups { #expect(abs(calibration.confidence(of: group.scores) - right) < 0.005) }

    let outcomes = (0..<400).map { AnswerOutcome(confidence: 0.5 + Double($0) / 1000, isRight: $0 < 200) }
    let curve = try PlattScaling.fit(outcomes)
    #expect(curve.slope == 0)
    #expect(abs(curve.confidence(0.6) - 0.5) < 0.005)
  }

  private struct Values: Decodable { var values: [[Double]] }

  @Test("The isotonic curve is scikit-learn's")
  func isotonic() throws {
    var random = SeededRandom(seed: 7)
    let cases = [1, 2, 40, 500].map { size in
      // Few distinct places, so that there are ties.
      let x = (0..<size).map { _ in Double(random.next(below: 60)) / 64 }
      return (x: x, y: x.map { random.chance($0) ? 1.0 : 0 })
    }
    let asked = (-5...75).map { Double($0) / 70 }
    let answer: Values = try LearningJudge.ask(
      "isotonic", ["x": cases.map(\.x), "y": cases.map(\.y), "asked": asked])
    #expect(answer.values.count == cases.count)
    for (one, values) in zip(cases, answer.values) {
      let curve = try IsotonicRegression.fit(x: one.x, y: one.y)
      #expect(values.count == asked.count)
      for (place, theirs) in zip(asked, values) {
        #expect(abs(curve.value(at: place) - theirs) < 1e-8, "\(one.x.count) \(place)")
      }
      #expect(zip(asked, asked.dropFirst()).allSatisfy { curve.value(at: $0) <= curve.value(at: $1) })
      #expect(curve.isSound)
    }
  }

  @Test("A perfect record gives no certainty, a hopeless one no confidence", arguments: [40, 300, 1_200])
  func extremes(size: Int) throws {
    var random = SeededRandom(seed: 8)
    let scores = (0..<size).map { _ in
      (0..<3).map { _ in Double.random(in: -2...2, using: &random) }
    }
    let right = scores.map { ScoredGroup(scores: $0, chosen: ScoredGroup.best(of: $0)) }
    let wrong = scores.map { ScoredGroup(scores: $0, chosen: (ScoredGroup.best(of: $0) + 1) % 3) }
    let perfect = try Calibration.fit(right)
    let hopeless = try Calibration.fit(wrong)
    for group in right {
      let sure = perfect.confidence(of: group.scores)
      let unsure = hopeless.confidence(of: group.scores)
      #expect(sure < 1 && sure > 0.5)
      #expect(unsure > 0 && unsure < 0.4)
    }
  }

  @Test("Scores that tell nothing leave the base rate")
  func equalScores() throws {
    let groups = (0..<100).map { ScoredGroup(scores: [0, 0, 0, 0], chosen: $0 % 4) }
    for method in Calibration.Method.allCases {
      let confidence = try Calibration.fit(groups, method: method).confidence(of: [0, 0, 0, 0])
      #expect(abs(confidence - 0.25) < 0.01, "\(method) \(confidence)")
    }
  }

  @Test("Probabilities sum to 1 and follow the scores, also for scores of any size")
  func probabilities() throws {
    let calibration = try Calibration(inverseTemperature: 2)
    for scores in [[1.0, 2, 3], [1e99, -1e99], [0], [700, -700, 0]] {
      let probabilities = calibration.probabilities(of: scores)
      #expect(abs(probabilities.reduce(0, +) - 1) < 1e-12)
      #expect(ScoredGroup.best(of: probabilities) == ScoredGroup.best(of: scores))
    }
  }

  @Test("Bins hold equally many answers, and equal confidences stay together")
  func bins() throws {
    let spread = (0..<95).map { AnswerOutcome(confidence: Double($0) / 100, isRight: $0 % 2 == 0) }
    let curve = ReliabilityCurve(of: spread, bins: 10)
    #expect(curve.bins.count == 10)
    #expect(curve.bins.allSatisfy { $0.count == 9 || $0.count == 10 })
    #expect(curve.bins.reduce(0) { $0 + $1.count } == 95)

    let tied = (0..<90).map { AnswerOutcome(confidence: $0 < 60 ? 0.5 : 0.9, isRight: $0 % 3 == 0) }
    let two = ReliabilityCurve(of: tied.reversed(), bins: 10)
    #expect(two.bins.map(\.count) == [60, 30])
    #expect(abs(two.bins[0].accuracy - 1.0 / 3) < 1e-12)
    let expected = (60 * (0.5 - 1.0 / 3) + 30 * (0.9 - 1.0 / 3)) / 90
    #expect(abs(two.expectedCalibrationError - expected) < 1e-12)
    #expect(ReliabilityCurve(of: []).bins.isEmpty)
    #expect(ReliabilityCurve(of: []).expectedCalibrationError == 0)
  }

  @Test("A calibration survives being written and read; an altered one is refused")
  func coding() throws {
    var random = SeededRandom(seed: 9)
    let groups = (0..<400).map { _ in
      ScoredGroup(scores: (0..<3).map { _ in Double.random(in: -2...2, using: &random) }, chosen: 0)
    }
    for method in Calibration.Method.allCases {
      let calibration = try Calibration.fit(groups, method: method)
      let data = try JSONEncoder().encode(calibration)
      let read = try JSONDecoder().decode(Calibration.self, from: data)
      #expect(read == calibration)
      #expect(read.method == method)
    }
    let falling = #"{"inverseTemperature":1,"isotonic":{"knots":[0,1],"values":[1,0]}}"#
    let negative = #"{"inverseTemperature":-1}"#
    for text in [falling, negative] {
      #expect(throws: Diagnostic.self) {
        try JSONDecoder().decode(Calibration.self, from: Data(text.utf8))
      }
    }
  }
}
