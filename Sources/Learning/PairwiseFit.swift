import PipelineCore

extension PairwiseRanker {
  /// How a ranker is fitted.
  public struct Settings: Hashable, Codable, Sendable {
    /// Strength of the pull of the weights to 0, against a data term in which every group counts 1; above 0.
    public var l2: Double
    /// Fewer groups with a choice than this are too few to learn from.
    public var minimumGroups: Int
    /// Newton steps before giving up; ten are usual.
    public var maximumSteps: Int

    public init(l2: Double = 1, minimumGroups: Int = 50, maximumSteps: Int = 100) {
      self.l2 = l2
      self.minimumGroups = minimumGroups
      self.maximumSteps = maximumSteps
    }
  }

  /// Fits a ranker; the same groups in the same order give the same ranker on every machine.
  ///
  /// Newton's method with a Cholesky solution (iteratively reweighted least squares), halving steps that make
  /// things worse, until no weight moves by more than 10⁻¹⁰ of the largest; then weights are rounded to ``digits``.
  /// Time is groups × pairs × features² per step. Throws
  /// - `learning-too-few` with fewer than `minimumGroups` groups of two or more candidates;
  /// - `learning-one-class` when the same index is chosen in all of them: the order of candidates gives the answer
  ///   away, or nobody looked;
  /// - `learning-no-difference` when no feature tells a chosen candidate from another;
  /// - `learning-not-converged` when the steps do not come to rest.
  public static func fit(_ groups: ChoiceGroups, _ settings: Settings = Settings()) throws -> PairwiseRanker {
    try check(groups, settings)
    let standardisation = Standardisation(of: groups.rows)
    let pairs = Pairs(of: groups, standardised: standardisation)
    guard !pairs.areAllZero else {
      throw Diagnostic(
        code: "learning-no-difference",
        "in none of the \(groups.comparable) groups does a feature tell the chosen candidate from another one"
      )
    }
    let weights = try newton(pairs, settings).map { $0.rounded(toDigits: digits) }
    return try PairwiseRanker(
      features: groups.features, standardisation: standardisation,
      weights: zip(weights, standardisation.isConstant).map { $1 ? 0 : $0 })
  }

  private static func check(_ groups: ChoiceGroups, _ settings: Settings) throws {
    guard settings.l2 > 0, settings.l2 < .infinity, settings.maximumSteps > 0 else {
      throw Diagnostic(
        code: "learning-settings",
        "l2 is \(settings.l2) with \(settings.maximumSteps) steps at most; both must be above 0")
    }
    let comparable = (0..<groups.count).filter { groups.candidates(of: $0).count > 1 }
    guard comparable.count >= max(1, settings.minimumGroups) else {
      throw Diagnostic(
        code: "learning-too-few",
        "\(comparable.count) groups have a choice between candidates, and at least \(max(1, settings.minimumGroups)) are needed to learn from; no model was made",
        help: "collect more decisions")
    }
    let first = groups.chosen[comparable[0]]
    if comparable.allSatisfy({ groups.chosen[$0] == first }) {
      throw Diagnostic(
        code: "learning-one-class",
        "all \(comparable.count) decisions chose candidate \(first) of their group: there is nothing to learn, and no model was made",
        help: "see whether the order of the candidates gives the answer away")
    }
  }

  private static func newton(_ pairs: Pairs, _ settings: Settings) throws -> [Double] {
    var weights = [Double](repeating: 0, count: pairs.columns)
    var state = pairs.derivatives(at: weights, l2: settings.l2)
    var moved = Double.infinity
    for _ in 0..<settings.maximumSteps {
      guard let factor = state.curvature.choleskyFactor() else {
        throw Diagnostic(
          code: "learning-not-converged",
          "the equations of the ranker have no clear solution: features repeat one another too closely for l2 \(settings.l2); no model was made",
          help: "raise l2 or drop features that repeat others")
      }
      var step = factor.solve(state.gradient)
      // Rounding may make a sum at the minimum look a little larger than the one before.
      let tolerance = 1e-12 * (1 + abs(state.loss))
      var next = pairs.derivatives(at: zip(weights, step).map(-), l2: settings.l2)
      var halvings = 0
      while !(next.loss <= state.loss + tolerance), halvings < 60 {
        step = step.map { $0 / 2 }
        next = pairs.derivatives(at: zip(weights, step).map(-), l2: settings.l2)
        halvings += 1
      }
      weights = zip(weights, step).map(-)
      state = next
      moved = step.map(abs).max() ?? 0
      if moved <= 1e-10 * max(1e-3, weights.map(abs).max() ?? 0) { return weights }
    }
    throw Diagnostic(
      code: "learning-not-converged",
      "the ranker did not come to rest in \(settings.maximumSteps) steps: the last one still moved a weight by \(moved); no model was made",
      help: "raise l2 (it is \(settings.l2))")
  }
}

/// The differences chosen − other of all groups, standardised, with their weights.
private struct Pairs {
  let columns: Int
  /// Pair after pair.
  private var differences: [Double] = []
  /// 1 / (pairs of the group), for each pair.
  private var shares: [Double] = []

  init(of groups: ChoiceGroups, standardised by: Standardisation) {
    let columns = groups.features.count
    self.columns = columns
    let pairs = groups.rows.count - groups.count
    differences.reserveCapacity(pairs * columns)
    shares.reserveCapacity(pairs)
    groups.rows.values.withUnsafeBufferPointer { values in
      for group in 0..<groups.count {
        let candidates = groups.candidates(of: group)
        let chosen = candidates.lowerBound + groups.chosen[group]
        for other in candidates where other != chosen {
          for column in 0..<columns {
            let difference = values[chosen * columns + column] - values[other * columns + column]
            differences.append(by.isConstant[column] ? 0 : difference / by.scales[column])
          }
          shares.append(1 / Double(candidates.count - 1))
        }
      }
    }
  }

  var areAllZero: Bool { differences.allSatisfy { $0 == 0 } }

  /// The penalised loss with its first and second derivatives.
  struct Derivatives {
    var loss: Double
    var gradient: [Double]
    var curvature: SymmetricMatrix
  }

  /// Pairs are summed in order, so that the result does not depend on anything else.
  func derivatives(at weights: [Double], l2: Double) -> Derivatives {
    var loss = 0.0
    var gradient = [Double](repeating: 0, count: columns)
    var curvature = SymmetricMatrix(size: columns)
    let columns = columns
    gradient.withUnsafeMutableBufferPointer { gradient in
      curvature.values.withUnsafeMutableBufferPointer { curvature in
        differences.withUnsafeBufferPointer { differences in
          for pair in 0..<shares.count {
            let share = shares[pair]
            let start = pair * columns
            var margin = 0.0
            for column in 0..<columns { margin += weights[column] * differences[start + column] }
            let small = PortableMath.exp(-abs(margin))
            loss += share * (max(-margin, 0) + PortableMath.log1p(small))
            // The probability of the wrong order, and its product with that of the right one.
            let wrong = (margin >= 0 ? small : 1) / (1 + small)
            let spread = share * small / ((1 + small) * (1 + small))
            for row in 0..<columns {
              let value = differences[start + row]
              gradient[row] -= share * wrong * value
              let scaled = spread * value
              let place = row * columns
              for column in 0...row { curvature[place + column] += scaled * differences[start + column] }
            }
          }
        }
      }
    }
    for column in 0..<columns {
      loss += 0.5 * l2 * weights[column] * weights[column]
      gradient[column] += l2 * weights[column]
    }
    curvature.addToDiagonal(l2)
    return Derivatives(loss: loss, gradient: gradient, curvature: curvature)
  }
}
