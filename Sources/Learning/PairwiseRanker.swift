import PipelineCore

/// Orders the candidates of a group by a weighted sum of their standardised features, learned from which one was
/// chosen: pairwise logistic regression.
///
/// For a group with chosen candidate c, each other candidate j gives the pair x_c − x_j, and the model says
/// P(c before j) = 1 / (1 + exp(−w·(x_c − x_j))) (Bradley and Terry 1952; for ranking Herbrich, Graepel and
/// Obermayer 2000). Minimised is
///
///     Σ_groups 1/n_g Σ_pairs ln(1 + exp(−w·(x_c − x_j)))  +  l2/2 · |w|²
///
/// with n_g the pairs of the group, so that every decision counts the same however many candidates it had. It is
/// strictly convex: one minimum, also for separable data and for features that repeat one another.
///
/// People have careless moments, and a few decisions against all odds pull a logistic regression far. So a share ε
/// of decisions is taken to be made blindly (the lapse rate of psychophysics; Wichmann and Hill 2001): in rounds,
/// each group is weighted by the probability that it was not, (1−ε)p / ((1−ε)p + ε/k) with p the softmax probability
/// of the choice among k candidates, ε is set to the mean of the rest, and the weights are fitted again (expectation
/// maximisation, with the pairs in the place of the softmax). With one blind decision in five it halves what is lost
/// against the best possible accuracy; without any it changes nothing worth naming.
///
/// Why not the conditional (multinomial) logit: where choices follow a multinomial logit, the chosen against one
/// other candidate is again a logistic choice (independence of irrelevant alternatives; McFadden 1978), so both
/// estimate the same weights, and on generated data they rank equally well. Pairs are what any tool with logistic
/// regression fits (the tests' judge is scikit-learn), they do not lean on that independence, and the size of scores,
/// which they may get wrong when it fails, is corrected by ``Calibration``.
public struct PairwiseRanker: Hashable, Sendable {
  /// The features' names, in the order of the weights.
  public let features: [String]
  /// How features are brought to one scale.
  public let standardisation: Standardisation
  /// The weight of each standardised feature; 0 for one that was constant.
  public let weights: [Double]
  /// The share of the training decisions that look as if they were made blindly, 0–1; a fact of the fit, no part of a
  /// score.
  public let carelessShare: Double

  /// Fitted numbers have this many significant decimal digits.
  public static let digits = 9

  /// A ranker of known parts, as read from a file.
  ///
  /// Throws `learning-model` when the parts do not fit together or a number is not finite.
  public init(
    features: [String], standardisation: Standardisation, weights: [Double], carelessShare: Double = 0
  ) throws {
    guard weights.count == features.count, (0...1).contains(carelessShare), weights.allSatisfy(\.isFinite),
      !features.isEmpty,
      standardisation.isSound(features: features.count)
    else {
      throw Diagnostic(
        code: "learning-model",
        "the ranker's parts do not fit together: \(features.count) features, \(weights.count) weights, \(standardisation.means.count) means, \(standardisation.scales.count) scales",
        help: "the model was altered or cut off; fit it again")
    }
    self.features = features
    self.standardisation = standardisation
    self.weights = weights
    self.carelessShare = carelessShare
  }

  /// Throws `learning-other-features` unless these are the features the ranker was fitted on, in the same order.
  public func check(features names: [String]) throws {
    try FeatureNames.check(names, fitted: features)
  }

  /// The score of one candidate; higher is better. Only differences within a group mean something.
  ///
  /// `row` has one number per feature, in order; what is not finite gives a score that is not.
  public func score(_ row: some RandomAccessCollection<Double>) -> Double {
    var score = 0.0
    for (column, value) in row.enumerated() where weights[column] != 0 {
      score += weights[column] * standardisation.standardised(value, column)
    }
    return score
  }

  /// The scores of every group's candidates, with what was chosen. Throws as ``check(features:)``.
  public func scored(_ groups: ChoiceGroups) throws -> [ScoredGroup] {
    try check(features: groups.features)
    return (0..<groups.count).map { group in
      ScoredGroup(
        scores: groups.candidates(of: group).map { score(groups.rows[$0]) }, chosen: groups.chosen[group])
    }
  }
}

extension PairwiseRanker: Codable {
  private enum Key: String, CodingKey { case features, standardisation, weights, carelessShare }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    try self.init(
      features: container.decode([String].self, forKey: .features),
      standardisation: container.decode(Standardisation.self, forKey: .standardisation),
      weights: container.decode([Double].self, forKey: .weights),
      carelessShare: container.decode(Double.self, forKey: .carelessShare))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(features, forKey: .features)
    try container.encode(standardisation, forKey: .standardisation)
    try container.encode(weights, forKey: .weights)
    try container.encode(carelessShare, forKey: .carelessShare)
  }
}

/// Compares the features that a model knows with those it is given.
enum FeatureNames {
  static func check(_ names: [String], fitted: [String]) throws {
    guard names != fitted else { return }
    let missing = fitted.filter { !names.contains($0) }
    let unknown = names.filter { !fitted.contains($0) }
    var notes: [Diagnostic.Note] = []
    if !missing.isEmpty { notes.append(.init("missing: \(missing.joined(separator: ", "))")) }
    if !unknown.isEmpty { notes.append(.init("unknown to the model: \(unknown.joined(separator: ", "))")) }
    if notes.isEmpty { notes.append(.init("the names are the same in another order")) }
    throw Diagnostic(
      code: "learning-other-features", "the model was fitted on other features than these", notes: notes,
      help: "fit a new model on these features")
  }
}

/// What a ranker says of a group and what a person chose: what calibration and judgement need to know.
public struct ScoredGroup: Hashable, Sendable {
  /// The score of each candidate; higher is better.
  public var scores: [Double]
  /// The chosen candidate's index.
  public var chosen: Int

  public init(scores: [Double], chosen: Int) {
    self.scores = scores
    self.chosen = chosen
  }

  /// The index of the highest score; of equal ones the first; 0 when there is none.
  public var best: Int { Self.best(of: scores) }
  /// Whether the best candidate is the chosen one.
  public var isRight: Bool { best == chosen }

  static func best(of scores: [Double]) -> Int {
    scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
  }
}
