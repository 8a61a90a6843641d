import PipelineCore

/// Predicts several numbers as weighted sums of standardised features: ridge regression (Hoerl and Kennard 1970).
///
/// Minimised is Σ_rows |y − b − Wᵀz|² + λ |W|², with z the standardised features; intercepts b are free.
public struct RidgeRegression: Hashable, Sendable {
  /// The features' names, in order.
  public let features: [String]
  /// The outputs' names, in order.
  public let outputs: [String]
  /// How features are brought to one scale.
  public let standardisation: Standardisation
  /// One list of weights for each output, one weight per standardised feature.
  public let weights: [[Double]]
  /// One number for each output.
  public let intercepts: [Double]
  /// The strength of the pull to 0 that was chosen.
  public let lambda: Double

  /// The strengths to choose from.
  public static let grid: [Double] = [0.001, 0.01, 0.1, 1, 10, 100, 1_000, 10_000]
  /// Fewer rows than this are too few to learn from.
  public static let minimumRows = 50

  /// A regression of known parts, as read from a file. Throws `learning-model` when they do not fit together or a
  /// number is not finite.
  public init(
    features: [String], outputs: [String], standardisation: Standardisation, weights: [[Double]],
    intercepts: [Double], lambda: Double
  ) throws {
    guard !features.isEmpty, !outputs.isEmpty, standardisation.isSound(features: features.count),
      weights.count == outputs.count, intercepts.count == outputs.count,
      weights.allSatisfy({ $0.count == features.count && $0.allSatisfy(\.isFinite) }),
      intercepts.allSatisfy(\.isFinite), lambda > 0, lambda.isFinite
    else {
      throw Diagnostic(
        code: "learning-model",
        "the regression's parts do not fit together, or a number is not finite: \(features.count) features, \(outputs.count) outputs, \(weights.count) lists of weights",
        help: "the model was altered or cut off; fit it again")
    }
    self.features = features
    self.outputs = outputs
    self.standardisation = standardisation
    self.weights = weights
    self.intercepts = intercepts
    self.lambda = lambda
  }

  /// Throws `learning-other-features` unless these are the features it was fitted on, in the same order.
  public func check(features names: [String]) throws {
    try FeatureNames.check(names, fitted: features)
  }

  /// The predicted numbers, one per output, as they come: nothing keeps them in a range.
  public func predict(_ row: some RandomAccessCollection<Double>) -> [Double] {
    let standardised = row.enumerated().map { standardisation.standardised($1, $0) }
    return zip(weights, intercepts).map { weights, intercept in
      zip(weights, standardised).reduce(intercept) { $0 + $1.0 * $1.1 }
    }
  }

  /// The mean squared error of each output; 0 without rows. Throws as ``check(features:)``.
  public func squaredErrors(on rows: RegressionRows) throws -> [Double] {
    try check(features: rows.inputs.names)
    var sums = [Double](repeating: 0, count: outputs.count)
    for row in 0..<rows.count {
      for (output, pair) in zip(predict(rows.inputs[row]), rows.outputs[row]).enumerated() {
        sums[output] += (pair.0 - pair.1) * (pair.0 - pair.1)
      }
    }
    return sums.map { $0 / Double(max(1, rows.count)) }
  }
}

extension RidgeRegression {
  /// Fits with each strength of ``grid`` and keeps the one with the least error on the validation rows; of equal
  /// ones the strongest. An output's error counts relative to its variance in training, so that all count alike.
  /// Throws as ``fit(_:lambda:)``, and `learning-too-few` without validation rows.
  public static func fit(_ training: RegressionRows, validation: RegressionRows) throws -> RidgeRegression {
    guard validation.count > 0 else {
      throw Diagnostic(
        code: "learning-too-few",
        "there are no validation rows to choose the strength of the pull on; no model was made")
    }
    let equations = try Equations(training)
    let variances = Standardisation(of: training.outputs)
    var best: (model: RidgeRegression, error: Double)?
    for lambda in grid.reversed() {
      let model = try equations.solve(lambda: lambda)
      var error = 0.0
      for (output, square) in try model.squaredErrors(on: validation).enumerated() {
        error += square / (variances.scales[output] * variances.scales[output])
      }
      if error < best?.error ?? .infinity { best = (model, error) }
    }
    guard let best else {
      throw Diagnostic(
        code: "learning-not-converged",
        "the regression's errors on the validation rows are beyond all numbers; no model was made")
    }
    return best.model
  }

  /// Fits with this strength, above 0.
  ///
  /// Time is rows × features², then features³ for each strength. Throws `learning-too-few` below ``minimumRows`` rows,
  /// `learning-settings`, `learning-not-converged` when features repeat one another too closely for the strength.
  public static func fit(_ training: RegressionRows, lambda: Double) throws -> RidgeRegression {
    try Equations(training).solve(lambda: lambda)
  }

  /// The normal equations of the training rows, centred.
  private struct Equations {
    let features: [String]
    let outputs: [String]
    let standardisation: Standardisation
    /// Σ (z − z̄)(z − z̄)ᵀ.
    var products: SymmetricMatrix
    /// Σ (z − z̄)(y − ȳ), for each output.
    var targets: [[Double]]
    var inputMeans: [Double]
    var outputMeans: [Double]

    init(_ rows: RegressionRows) throws {
      guard rows.count >= RidgeRegression.minimumRows else {
        throw Diagnostic(
          code: "learning-too-few",
          "there are \(rows.count) rows, and at least \(RidgeRegression.minimumRows) are needed to learn from; no model was made",
          help: "collect more decisions")
      }
      features = rows.inputs.names
      outputs = rows.outputs.names
      standardisation = Standardisation(of: rows.inputs)
      let inputs = features.count
      var z = rows.inputs.values
      for place in z.indices { z[place] = standardisation.standardised(z[place], place % inputs) }
      inputMeans = Self.centre(&z, columns: inputs)
      var y = rows.outputs.values
      outputMeans = Self.centre(&y, columns: outputs.count)
      products = SymmetricMatrix(size: inputs)
      targets = outputs.map { _ in [Double](repeating: 0, count: inputs) }
      z.withUnsafeBufferPointer { z in
        for row in 0..<rows.count {
          let start = row * inputs
          for column in 0..<inputs {
            let value = z[start + column]
            for other in 0...column { products.values[column * inputs + other] += value * z[start + other] }
            for output in outputs.indices {
              targets[output][column] += value * y[row * outputs.count + output]
            }
          }
        }
      }
    }

    /// Takes each column's mean off it and returns the means.
    private static func centre(_ values: inout [Double], columns: Int) -> [Double] {
      var means = [Double](repeating: 0, count: columns)
      for place in values.indices { means[place % columns] += values[place] }
      means = means.map { $0 / Double(max(1, values.count / columns)) }
      for place in values.indices { values[place] -= means[place % columns] }
      return means
    }

    func solve(lambda: Double) throws -> RidgeRegression {
      guard lambda > 0, lambda.isFinite else {
        throw Diagnostic(
          code: "learning-settings", "lambda is \(lambda); it must be above 0 and finite")
      }
      var matrix = products
      matrix.addToDiagonal(lambda)
      guard let factor = matrix.choleskyFactor() else {
        throw Diagnostic(
          code: "learning-not-converged",
          "the regression has no clear solution: features repeat one another too closely for lambda \(lambda); no model was made",
          help: "drop features that repeat others")
      }
      let digits = PairwiseRanker.digits
      let weights = targets.map { target in
        zip(factor.solve(target), standardisation.isConstant).map { $1 ? 0 : $0.rounded(toDigits: digits) }
      }
      let intercepts = zip(weights, outputMeans).map { weights, mean in
        zip(weights, inputMeans).reduce(mean) { $0 - $1.0 * $1.1 }.rounded(toDigits: digits)
      }
      return try RidgeRegression(
        features: features, outputs: outputs, standardisation: standardisation, weights: weights,
        intercepts: intercepts, lambda: lambda)
    }
  }
}

extension RidgeRegression: Codable {
  private enum Key: String, CodingKey {
    case features, outputs, standardisation, weights, intercepts, lambda
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    try self.init(
      features: container.decode([String].self, forKey: .features),
      outputs: container.decode([String].self, forKey: .outputs),
      standardisation: container.decode(Standardisation.self, forKey: .standardisation),
      weights: container.decode([[Double]].self, forKey: .weights),
      intercepts: container.decode([Double].self, forKey: .intercepts),
      lambda: container.decode(Double.self, forKey: .lambda))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(features, forKey: .features)
    try container.encode(outputs, forKey: .outputs)
    try container.encode(standardisation, forKey: .standardisation)
    try container.encode(weights, forKey: .weights)
    try container.encode(intercepts, forKey: .intercepts)
    try container.encode(lambda, forKey: .lambda)
  }
}
