import PipelineCore

/// Makes a probability of the scores of a group's candidates: how sure it is that the best one would be chosen.
///
/// First a softmax of the scores × an inverse temperature (Guo et al., "On Calibration of Modern Neural Networks",
/// 2017); then a curve over the best candidate's probability, for choices do not follow a softmax exactly.
public struct Calibration: Hashable, Sendable {
  /// How the best candidate's softmax probability becomes its confidence.
  public enum Method: String, Hashable, Codable, Sendable, CaseIterable {
    /// As it is: one number is fitted. True only where choices follow a softmax; careless decisions make it wrong by
    /// more than ten points, so the rule never takes it.
    case temperature
    /// A logistic curve: three numbers. Below 1,000 groups.
    case platt
    /// Any non-decreasing curve: from 1,000 groups on. With fewer it follows chance (Niculescu-Mizil and Caruana,
    /// "Predicting Good Probabilities with Supervised Learning", 2005).
    case isotonic
  }

  /// Scores are multiplied by this before the softmax; 0 when the scores tell nothing.
  public let inverseTemperature: Double
  /// The curve of the method `platt`.
  public let platt: PlattScaling?
  /// The curve of the method `isotonic`.
  public let isotonic: IsotonicRegression?

  /// Fewer groups than this are too few to calibrate on.
  public static let minimumGroups = 30
  /// The inverse temperature is at most what makes the widest group's scores this far apart.
  private static let widest = 700.0

  /// A calibration of known parts. Throws `learning-model` when a number is out of range.
  public init(inverseTemperature: Double, platt: PlattScaling? = nil, isotonic: IsotonicRegression? = nil)
    throws
  {
    guard inverseTemperature >= 0, inverseTemperature.isFinite, isotonic?.isSound ?? true,
      platt.map({ $0.slope >= 0 && $0.slope.isFinite && $0.intercept.isFinite }) ?? true,
      platt == nil || isotonic == nil
    else {
      throw Diagnostic(
        code: "learning-model", "the calibration's numbers are out of range or its curve decreases",
        help: "the model was altered or cut off; fit it again")
    }
    self.inverseTemperature = inverseTemperature
    self.platt = platt
    self.isotonic = isotonic
  }

  /// Which method it is.
  public var method: Method { isotonic != nil ? .isotonic : platt != nil ? .platt : .temperature }

  /// The rule: the richest method that so many validation groups support.
  public static func method(forGroups count: Int) -> Method {
    count < 1_000 ? .platt : .isotonic
  }

  /// Fits on groups that the ranker was not fitted on; groups of one candidate are left out. `method` overrides the
  /// rule of ``method(forGroups:)``.
  ///
  /// Throws `learning-too-few` below ``minimumGroups`` groups, `learning-not-finite` for a score that is NaN or
  /// infinite, naming group and candidate.
  public static func fit(_ groups: [ScoredGroup], method: Method? = nil) throws -> Calibration {
    let usable = groups.filter { $0.scores.count > 1 }
    for (number, group) in groups.enumerated() {
      if let bad = group.scores.firstIndex(where: { !$0.isFinite }) {
        throw Diagnostic(
          code: "learning-not-finite",
          "the score of candidate \(bad) of group \(number) is \(group.scores[bad])")
      }
    }
    guard usable.count >= minimumGroups else {
      throw Diagnostic(
        code: "learning-too-few",
        "\(usable.count) validation groups have a choice between candidates, and at least \(minimumGroups) are needed to calibrate on; no model was made",
        help: "collect more decisions")
    }
    let temperature = try Calibration(
      inverseTemperature: inverseTemperature(usable).rounded(toDigits: PairwiseRanker.digits))
    let outcomes = usable.map { temperature.outcome(of: $0) }
    switch method ?? Self.method(forGroups: usable.count) {
    case .temperature: return temperature
    case .platt:
      return try Calibration(
        inverseTemperature: temperature.inverseTemperature, platt: PlattScaling.fit(outcomes))
    case .isotonic:
      // A step of only right answers is no certainty: Laplace's rule of succession bounds it.
      let edge = 1 / Double(outcomes.count + 2)
      let curve = try IsotonicRegression.fit(
        x: outcomes.map(\.confidence), y: outcomes.map { $0.isRight ? 1 : 0 }, within: edge...1 - edge)
      return try Calibration(inverseTemperature: temperature.inverseTemperature, isotonic: curve)
    }
  }

  /// The probability of each candidate by the softmax alone; they sum to 1.
  public func probabilities(of scores: [Double]) -> [Double] {
    let highest = scores.max() ?? 0
    let powers = scores.map { PortableMath.exp(inverseTemperature * ($0 - highest)) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  /// How sure it is that the best candidate would be chosen, 0–1; scores are finite and at least one.
  public func confidence(of scores: [Double]) -> Double {
    let top = probabilities(of: scores).max() ?? 0
    return platt?.confidence(top) ?? isotonic?.value(at: top) ?? top
  }

  /// What it says of a group with a known choice.
  public func outcome(of group: ScoredGroup) -> AnswerOutcome {
    AnswerOutcome(confidence: confidence(of: group.scores), isRight: group.isRight)
  }

  /// The β ≥ 0 that minimises Σ_g [ln Σ_j exp(β s_j) − β Σ_j t_j s_j], which is convex, with smoothed targets
  /// t = 1 − 1/(N + 2) for the chosen candidate and the rest shared by the others, so that a perfect record has a
  /// finite answer. Newton's method within a bracket.
  private static func inverseTemperature(_ groups: [ScoredGroup]) -> Double {
    let spread = groups.map { ($0.scores.max() ?? 0) - ($0.scores.min() ?? 0) }.max() ?? 0
    guard spread > 0 else { return 1 }
    let miss = 1 / Double(groups.count + 2)
    var low = 0.0
    var high = widest / spread
    if slope(groups, at: low, miss).first >= 0 { return 0 }
    if slope(groups, at: high, miss).first <= 0 { return high }
    var beta = min(1, high / 2)
    for _ in 0..<200 {
      let (first, second) = slope(groups, at: beta, miss)
      if first > 0 { high = beta } else { low = beta }
      let newton = beta - first / second
      let next = newton > low && newton < high ? newton : (low + high) / 2
      let moved = abs(next - beta)
      beta = next
      if moved <= 1e-13 * beta { break }
    }
    return beta
  }

  /// The loss's first and second derivative.
  private static func slope(_ groups: [ScoredGroup], at beta: Double, _ miss: Double) -> (
    first: Double, second: Double
  ) {
    var first = 0.0
    var second = 0.0
    for group in groups {
      let highest = group.scores.max() ?? 0
      let other = miss / Double(group.scores.count - 1)
      var total = 0.0
      var mean = 0.0
      var square = 0.0
      var target = 0.0
      for (index, score) in group.scores.enumerated() {
        let below = score - highest
        let power = PortableMath.exp(beta * below)
        total += power
        mean += power * below
        square += power * below * below
        target += (index == group.chosen ? 1 - miss : other) * below
      }
      mean /= total
      first += mean - target
      second += square / total - mean * mean
    }
    return (first, second)
  }
}

extension Calibration: Codable {
  private enum Key: String, CodingKey { case inverseTemperature, platt, isotonic }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    try self.init(
      inverseTemperature: container.decode(Double.self, forKey: .inverseTemperature),
      platt: container.decodeIfPresent(PlattScaling.self, forKey: .platt),
      isotonic: container.decodeIfPresent(IsotonicRegression.self, forKey: .isotonic))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(inverseTemperature, forKey: .inverseTemperature)
    try container.encodeIfPresent(platt, forKey: .platt)
    try container.encodeIfPresent(isotonic, forKey: .isotonic)
  }
}
