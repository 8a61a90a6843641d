import PipelineCore

/// A ranker with its calibration and its threshold: what recommends a candidate, or says nothing.
public struct ChoiceModel: Hashable, Codable, Sendable {
  public let ranker: PairwiseRanker
  public let calibration: Calibration
  public let abstention: Abstention

  public init(ranker: PairwiseRanker, calibration: Calibration, abstention: Abstention) {
    self.ranker = ranker
    self.calibration = calibration
    self.abstention = abstention
  }

  /// What the model says of a group.
  public struct Judgement: Hashable, Sendable {
    /// The best candidate, of equal ones the first.
    public var index: Int
    /// How sure it is that a person would choose it, 0–1.
    public var confidence: Double
    /// Whether the confidence reaches the threshold; otherwise nothing is to be recommended.
    public var isAnswered: Bool
  }

  /// How a model is fitted.
  public struct Settings: Hashable, Codable, Sendable {
    public var ranker: PairwiseRanker.Settings
    /// The share of answers that may be wrong, above 0 and below 1.
    public var errorBound: Double
    /// How sure that is to be, above 0 and below 1.
    public var level: Double

    public init(
      ranker: PairwiseRanker.Settings = .init(), errorBound: Double = 0.1, level: Double = 0.95
    ) {
      self.ranker = ranker
      self.errorBound = errorBound
      self.level = level
    }
  }

  /// Fits the ranker on `training`, its calibration on `calibration`, its threshold on `threshold`.
  ///
  /// The three must not share a group or a near-copy; the last two are the halves of the validation groups, for a
  /// threshold chosen on the groups that shaped the confidence would promise too much. Of near-copies `threshold` must
  /// have one only. Throws as the three fits.
  public static func fit(
    training: ChoiceGroups, calibration: ChoiceGroups, threshold: ChoiceGroups,
    _ settings: Settings = Settings()
  ) throws -> ChoiceModel {
    let ranker = try PairwiseRanker.fit(training, settings.ranker)
    let fitted = try Calibration.fit(ranker.scored(calibration))
    let outcomes = try ranker.scored(threshold).filter { $0.scores.count > 1 }.map(fitted.outcome)
    return ChoiceModel(
      ranker: ranker, calibration: fitted,
      abstention: try Abstention.choose(outcomes, errorBound: settings.errorBound, level: settings.level))
  }

  /// What the model says of candidates with these features, in the ranker's order; `nil` for fewer than two, where
  /// there is nothing to choose. Throws `learning-not-finite` and `learning-row-length` as ``FeatureRows``.
  public func judge(_ candidates: [[Double]]) throws -> Judgement? {
    guard candidates.count > 1 else { return nil }
    var rows = try FeatureRows(names: ranker.features)
    for candidate in candidates { try rows.append(candidate) }
    let scores = (0..<rows.count).map { ranker.score(rows[$0]) }
    let confidence = calibration.confidence(of: scores)
    return Judgement(
      index: ScoredGroup.best(of: scores), confidence: confidence,
      isAnswered: abstention.answers(confidence))
  }

  /// What the model says of groups with a known choice, those of one candidate left out. Throws
  /// `learning-other-features`.
  public func outcomes(on groups: ChoiceGroups) throws -> [AnswerOutcome] {
    try ranker.scored(groups).filter { $0.scores.count > 1 }.map(calibration.outcome)
  }
}
