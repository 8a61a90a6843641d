import PipelineCore

extension PairwiseRanker {
  /// How a ranker is fitted.
  public struct Settings: Hashable, Codable, Sendable {
    /// Strength of the pull of the weights to 0, against a data term in which every group counts 1; above 0.
    public var l2: Double
    /// Fewer groups with a choice than this are too few to learn from.
    public var minimumGroups: Int
    /// How often at most decisions are weighed anew by how careful they look; 0 believes all alike.
    public var carelessRounds: Int
    /// Newton steps of one round before giving up; ten are usual.
    public var maximumSteps: Int

    public init(
      l2: Double = 1, minimumGroups: Int = 50, carelessRounds: Int = 10, maximumSteps: Int = 100
    ) {
      self.l2 = l2
      self.minimumGroups = minimumGroups
      self.carelessRounds = carelessRounds
      self.maximumSteps = maximumSteps
    }
  }

  /// Fits a ranker; the same groups in the same order give the same ranker on every machine.
  ///
  /// Newton's method with a Cholesky solution (iteratively reweighted least squares), halving steps that make
  /// things worse, until no weight moves by more than 10⁻⁷ of the largest (the error then left is of the order of its square); rounds of weighing decisions by their care
  /// until none moves by more than 10⁻³; then weights are rounded to ``digits``. Time is pairs × features² per step.
  /// Throws
  /// - `learning-too-few` with fewer than `minimumGroups` groups of two or more candidates;
  /// - `learning-one-class` when the same index is chosen in all of them: the order of candidates gives the answer
  ///   away, or nobody looked;
  /// - `learning-no-difference` when no feature tells a chosen candidate from another;
  /// - `learning-not-converged` when the steps do not come to rest.
  public static func fit(_ groups: ChoiceGroups, _ settings: Settings = Settings()) throws -> PairwiseRanker {
    try check(groups, settings)
    let standardisation = Standardisation(of: groups.rows)
    var pairs = ComparedPairs(of: groups, standardised: standardisation)
    guard !pairs.areAllZero else {
      throw Diagnostic(
        code: "learning-no-difference",
        "in none of the \(groups.comparable) groups does a feature tell the chosen candidate from another one"
      )
    }
    var weights = try newton(pairs, from: [Double](repeating: 0, count: groups.features.count), settings)
    var careless = settings.carelessRounds > 0 ? firstCareless : 0
    for _ in 0..<max(0, settings.carelessRounds) {
      careless = max(leastCareless, pairs.trustCareful(weights: weights, careless: careless))
      let before = weights
      weights = try newton(pairs, from: weights, settings)
      let moved = zip(weights, before).map { abs($0 - $1) }.max() ?? 0
      if moved <= 1e-3 * (weights.map(abs).max() ?? 0) { break }
    }
    return try PairwiseRanker(
      features: groups.features, standardisation: standardisation,
      weights: zip(weights, standardisation.isConstant).map { $1 ? 0 : $0.rounded(toDigits: digits) },
      carelessShare: careless.rounded(toDigits: digits))
  }

  /// The share of careless decisions that the first round assumes.
  private static let firstCareless = 0.05
  /// No share is so small that a decision against all odds could not be careless.
  private static let leastCareless = 1e-9

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

  private static func newton(
    _ pairs: ComparedPairs, from start: [Double], _ settings: Settings
  ) throws -> [Double] {
    var weights = start
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
      if moved <= 1e-7 * max(1e-3, weights.map(abs).max() ?? 0) { return weights }
    }
    throw Diagnostic(
      code: "learning-not-converged",
      "the ranker did not come to rest in \(settings.maximumSteps) steps: the last one still moved a weight by \(moved); no model was made",
      help: "raise l2 (it is \(settings.l2))")
  }
}
