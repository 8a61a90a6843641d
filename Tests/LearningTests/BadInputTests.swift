import Foundation
import PipelineCore
import Testing

@testable import Learning

/// What cannot be learned from is refused with a reason, and never becomes a number.
@Suite struct BadInputTests {
  /// The error's code and text.
  private static func refusal(_ work: () throws -> Void) throws -> Diagnostic {
    try #require(throws: Diagnostic.self, performing: work)
  }

  private static func groups(_ count: Int, chosen: (Int) -> Int) throws -> ChoiceGroups {
    var groups = try ChoiceGroups(features: ["sharpness", "stage"])
    for number in 0..<count {
      try groups.append(
        candidates: [[Double(number % 7), 1], [Double(number % 5), 2]], chosen: chosen(number))
    }
    return groups
  }

  @Test(
    "NaN, infinite and huge numbers are refused, naming row and column",
    arguments: [
      Double.nan, .infinity, -.infinity, 1e200,
    ])
  func notFinite(value: Double) throws {
    var groups = try Self.groups(3) { $0 % 2 }
    let before = groups
    let error = try Self.refusal {
      try groups.append(candidates: [[1, 2], [value, 3]], chosen: 0, label: "mojo3/0042")
    }
    #expect(error.code == "learning-not-finite")
    #expect(error.message.contains("row 7 (candidate 1 of group mojo3/0042), column \"sharpness\""))
    #expect(groups == before)

    var rows = try RegressionRows(features: ["a"], outputs: ["x"])
    try rows.append([1], outputs: [1])
    let same = rows
    let output = try Self.refusal { try rows.append([1], outputs: [value]) }
    #expect(output.message.contains("row 1, column \"x\""))
    #expect(rows == same)
  }

  @Test("Rows of another length, indices out of range and doubled names are refused")
  func shapes() throws {
    var groups = try Self.groups(1) { _ in 0 }
    let before = groups
    #expect(
      try Self.refusal { try groups.append(candidates: [[1]], chosen: 0) }.code == "learning-row-length")
    for index in [-1, 2] {
      let error = try Self.refusal { try groups.append(candidates: [[1, 2], [1, 2]], chosen: index) }
      #expect(error.code == "learning-chosen-index")
    }
    #expect(try Self.refusal { try groups.append(candidates: [], chosen: 0) }.code == "learning-chosen-index")
    #expect(groups == before)
    #expect(try Self.refusal { _ = try ChoiceGroups(features: ["a", "a"]) }.code == "learning-columns")
    #expect(try Self.refusal { _ = try ChoiceGroups(features: []) }.code == "learning-columns")
  }

  @Test("Too few groups, or only groups without a choice, make no model")
  func tooFew() throws {
    let few = try Self.groups(49) { $0 % 2 }
    let error = try Self.refusal { _ = try PairwiseRanker.fit(few) }
    #expect(error.code == "learning-too-few")
    #expect(error.message.contains("49") && error.message.contains("50"))
    var single = try ChoiceGroups(features: ["a"])
    for number in 0..<100 { try single.append(candidates: [[Double(number)]], chosen: 0) }
    #expect(try Self.refusal { _ = try PairwiseRanker.fit(single) }.code == "learning-too-few")
    let none = try ChoiceGroups(features: ["a"])
    let bare = PairwiseRanker.Settings(minimumGroups: 0)
    #expect(try Self.refusal { _ = try PairwiseRanker.fit(none, bare) }.code == "learning-too-few")
    let scored = [ScoredGroup](repeating: .init(scores: [1, 2], chosen: 1), count: 29)
    #expect(try Self.refusal { _ = try Calibration.fit(scored) }.code == "learning-too-few")
    let alone = [ScoredGroup](repeating: .init(scores: [1], chosen: 0), count: 500)
    #expect(try Self.refusal { _ = try Calibration.fit(alone) }.code == "learning-too-few")
    let rows = try RegressionRows(features: ["a"], outputs: ["x"])
    #expect(try Self.refusal { _ = try RidgeRegression.fit(rows, lambda: 1) }.code == "learning-too-few")
    #expect(try Self.refusal { _ = try PairedBootstrap.compare([], [], seed: 1) }.code == "learning-too-few")
  }

  @Test("Decisions that always choose the same index make no model", arguments: [0, 1])
  func oneClass(index: Int) throws {
    let groups = try Self.groups(200) { _ in index }
    let error = try Self.refusal { _ = try PairwiseRanker.fit(groups) }
    #expect(error.code == "learning-one-class")
    #expect(error.message.contains("all 200 decisions chose candidate \(index)"))
  }

  @Test("Candidates that no feature tells apart make no model")
  func noDifference() throws {
    var groups = try ChoiceGroups(features: ["constant", "of the group"])
    for number in 0..<100 {
      let row = [1, Double(number)]
      try groups.append(candidates: [row, row, row], chosen: number % 3)
    }
    #expect(try Self.refusal { _ = try PairwiseRanker.fit(groups) }.code == "learning-no-difference")
  }

  @Test("Settings out of range, and a fit that does not come to rest, are said")
  func settings() throws {
    let groups = try Self.groups(100) { $0 % 2 }
    for l2 in [0, -1, Double.nan, .infinity] {
      #expect(
        try Self.refusal { _ = try PairwiseRanker.fit(groups, .init(l2: l2)) }.code == "learning-settings")
    }
    let hurried = PairwiseRanker.Settings(l2: 0.001, maximumSteps: 1)
    let error = try Self.refusal { _ = try PairwiseRanker.fit(groups, hurried) }
    #expect(error.code == "learning-not-converged")
    for (bound, level) in [(0, 0.95), (1, 0.95), (0.1, 0), (0.1, 1), (.nan, 0.5)] {
      let error = try Self.refusal { _ = try Abstention.choose([], errorBound: bound, level: level) }
      #expect(error.code == "learning-settings")
    }
    var rows = try RegressionRows(features: ["a"], outputs: ["x"])
    for number in 0..<60 { try rows.append([Double(number)], outputs: [1]) }
    for lambda in [0, -1, Double.nan] {
      #expect(
        try Self.refusal { _ = try RidgeRegression.fit(rows, lambda: lambda) }.code == "learning-settings")
    }
    let empty = try RegressionRows(features: ["a"], outputs: ["x"])
    #expect(
      try Self.refusal { _ = try RidgeRegression.fit(rows, validation: empty) }.code == "learning-too-few")
    let zero = { try PairedBootstrap.compare([1], [0], replicates: 0, seed: 1) }
    #expect(try Self.refusal { _ = try zero() }.code == "learning-settings")
  }

  @Test("Scores, confidences and outcomes that are no numbers are refused where they are")
  func results() throws {
    var scored = [ScoredGroup](repeating: .init(scores: [1, 2], chosen: 1), count: 40)
    scored[17].scores[1] = .nan
    let score = try Self.refusal { _ = try Calibration.fit(scored) }
    #expect(score.code == "learning-not-finite" && score.message.contains("candidate 1 of group 17"))
    let outcomes = [AnswerOutcome(confidence: .nan, isRight: true)]
    let confidence = try Self.refusal { _ = try Abstention.choose(outcomes, errorBound: 0.1) }
    #expect(confidence.code == "learning-not-finite")
    let bootstrap = try Self.refusal { _ = try PairedBootstrap.compare([1, .infinity], [0, 0], seed: 1) }
    #expect(bootstrap.code == "learning-not-finite" && bootstrap.message.contains("group 1"))
    let lengths = try Self.refusal { _ = try PairedBootstrap.compare([1, 1], [0], seed: 1) }
    #expect(lengths.code == "learning-row-length")
    let point = try Self.refusal { _ = try IsotonicRegression.fit(x: [.nan], y: [1]) }
    #expect(point.code == "learning-not-finite")
  }

  @Test("A model is refused for other features, and when its parts do not fit together")
  func models() throws {
    let ranker = try PairwiseRanker.fit(Self.groups(100) { $0 % 2 })
    try ranker.check(features: ["sharpness", "stage"])
    let other = try Self.refusal { try ranker.check(features: ["sharpness", "noise"]) }
    #expect(other.code == "learning-other-features")
    #expect(other.notes.map(\.message) == ["missing: stage", "unknown to the model: noise"])
    let order = try Self.refusal { try ranker.check(features: ["stage", "sharpness"]) }
    #expect(order.notes.map(\.message) == ["the names are the same in another order"])
    let strangers = try ChoiceGroups(features: ["noise"])
    #expect(try Self.refusal { _ = try ranker.scored(strangers) }.code == "learning-other-features")

    let parts = #"{"means":[0],"scales":[0],"isConstant":[false]}"#
    let broken = #"{"features":["a"],"weights":[1],"carelessShare":0,"standardisation":\#(parts)}"#
    let error = try Self.refusal {
      _ = try JSONDecoder().decode(PairwiseRanker.self, from: Data(broken.utf8))
    }
    #expect(error.code == "learning-model")
  }

  @Test("A model judges candidates, and refuses what is no number")
  func judging() throws {
    let ranker = try PairwiseRanker.fit(Self.groups(100) { $0 % 2 })
    let model = try ChoiceModel(
      ranker: ranker, calibration: Calibration(inverseTemperature: 1),
      abstention: Abstention.choose([], errorBound: 0.1))
    let judgement = try #require(try model.judge([[1, 1], [2, 2], [3, 2]]))
    #expect(!judgement.isAnswered)
    #expect((1.0 / 3...1).contains(judgement.confidence))
    #expect(try model.judge([[1, 1]]) == nil)
    #expect(try model.judge([]) == nil)
    let error = try Self.refusal { _ = try model.judge([[1, 1], [2, .nan]]) }
    #expect(error.message.contains("row 1, column \"stage\""))
  }
}
