import DarkroomTesting
import Foundation
import PipelineCore
import Testing

@testable import Learning

@Suite struct RidgeRegressionTests {
  private static let truth = [[2.0, 0, -1, 0.5], [0, 0.3, 0, 0]]

  /// Rows of a linear truth with noise.
  private static func rows(_ count: Int, noise: Double, seed: UInt64) throws -> RegressionRows {
    var random = SeededRandom(seed: seed)
    var rows = try RegressionRows(features: ["a", "b", "c", "d"], outputs: ["y", "z"])
    for _ in 0..<count {
      let x = [1.0, 10, 0.1, 3].map { Double.random(in: -$0...2 * $0, using: &random) }
      let y = truth.map { weights in
        zip(weights, x).reduce(0.5) { $0 + $1.0 * $1.1 } + Double.random(in: -noise...noise, using: &random)
      }
      try rows.append(x, outputs: y)
    }
    return rows
  }

  private struct Answer: Decodable {
    var weights: [[Double]]
    var intercepts: [Double]
    var predicted: [[Double]]
    var best: Double
  }

  @Test("Weights, predictions and the chosen strength are scikit-learn's", arguments: [0.01, 300])
  func judged(lambda: Double) throws {
    let training = try Self.rows(60, noise: 4, seed: 1)
    let validation = try Self.rows(40, noise: 4, seed: 2)
    let model = try RidgeRegression.fit(training, lambda: lambda)
    func lists(_ rows: FeatureRows) -> [[Double]] { (0..<rows.count).map { Array(rows[$0]) } }
    let answer: Answer = try LearningJudge.ask(
      "ridge",
      [
        "inputs": lists(training.inputs), "outputs": lists(training.outputs), "lambda": lambda,
        "asked": lists(validation.inputs), "truth": lists(validation.outputs), "grid": RidgeRegression.grid,
      ])
    for (own, theirs) in zip(model.weights.flatMap(\.self), answer.weights.flatMap(\.self)) {
      #expect(abs(own - theirs) < 1e-6)
    }
    for (own, theirs) in zip(model.intercepts, answer.intercepts) { #expect(abs(own - theirs) < 1e-6) }
    for (row, theirs) in answer.predicted.enumerated() {
      for (own, their) in zip(model.predict(validation.inputs[row]), theirs) {
        #expect(abs(own - their) < 1e-6)
      }
    }
    #expect(answer.weights.count == 2 && answer.predicted.count == 40)
    #expect(try RidgeRegression.fit(training, validation: validation).lambda == answer.best)
  }

  @Test("A linear truth is found; noise asks for a stronger pull")
  func recovery() throws {
    let model = try RidgeRegression.fit(
      Self.rows(300, noise: 0, seed: 3), validation: Self.rows(100, noise: 0, seed: 4))
    #expect(model.lambda == RidgeRegression.grid.first)
    for error in try model.squaredErrors(on: Self.rows(100, noise: 0, seed: 5)) { #expect(error < 1e-8) }
    let noisy = try RidgeRegression.fit(
      Self.rows(60, noise: 100, seed: 6), validation: Self.rows(200, noise: 100, seed: 7))
    #expect(noisy.lambda > 1)
  }

  @Test("Constant and repeated features, and an output that never varies, do no harm")
  func degenerate() throws {
    var random = SeededRandom(seed: 8)
    var rows = try RegressionRows(features: ["a", "a again", "constant"], outputs: ["y", "always 3"])
    for _ in 0..<80 {
      let a = Double.random(in: 0...1, using: &random)
      try rows.append([a, a, 7], outputs: [2 * a, 3])
    }
    let model = try RidgeRegression.fit(rows, validation: rows)
    #expect(abs(model.weights[0][0] - model.weights[0][1]) < 1e-6)
    #expect(model.weights[0][2] == 0 && model.weights[1][2] == 0)
    let predicted = model.predict([0.25, 0.25, -100])
    #expect(abs(predicted[0] - 0.5) < 1e-3)
    #expect(abs(predicted[1] - 3) < 1e-6)
  }

  @Test("A regression survives being written and read")
  func coding() throws {
    let model = try RidgeRegression.fit(Self.rows(60, noise: 1, seed: 9), lambda: 1)
    #expect(try JSONDecoder().decode(RidgeRegression.self, from: JSONEncoder().encode(model)) == model)
  }
}
