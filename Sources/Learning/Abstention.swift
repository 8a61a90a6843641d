import PipelineCore

/// From which confidence on a model answers, so that its answers are wrong no more often than a stated bound.
///
/// Choosing the lowest threshold that looks good would be choosing among lucky ones. Here thresholds are tested in
/// an order fixed beforehand, each exactly (binomial test of "more errors than the bound"), each at the full level,
/// up to the first that fails (fixed-sequence testing; Maurer, Hothorn and Lehmacher 1995; for risk control Angelopoulos
/// et al., "Learn then Test", 2021). So, whatever the model, with probability `level` the chosen threshold keeps the
/// bound on new groups like these. Groups must be independent, so of each cluster of near-copies give one; and they must
/// not have been used to fit or calibrate.
public struct Abstention: Hashable, Sendable {
  /// The least confidence with an answer; `nil` when no threshold could be shown to keep the bound: then the model
  /// never answers.
  public let threshold: Double?
  /// The share of answers that may be wrong, above 0 and below 1.
  public let errorBound: Double
  /// How sure it is that the bound is kept, above 0 and below 1.
  public let level: Double
  /// How many groups the threshold was chosen on.
  public let groups: Int
  /// How many of them reach the threshold.
  public let answered: Int
  /// How many of those are wrong.
  public let errors: Int

  /// A threshold that was chosen before, as read from a file.
  public init(
    threshold: Double?, errorBound: Double, level: Double, groups: Int, answered: Int, errors: Int
  ) {
    self.threshold = threshold
    self.errorBound = errorBound
    self.level = level
    self.groups = groups
    self.answered = answered
    self.errors = errors
  }

  /// Thresholds are tried at these parts of the groups: the surest 1/20, 2/20, … all.
  static let steps = 20

  /// Whether the model answers with this confidence.
  public func answers(_ confidence: Double) -> Bool { threshold.map { confidence >= $0 } ?? false }

  /// The bound that the answered groups alone would show at the level; 1 without answers. For reports: it is at
  /// most ``errorBound`` when there is a threshold.
  public var shownBound: Double { BinomialBound.upper(events: errors, of: answered, level: level) }

  /// Chooses the threshold. Equal confidences are answered together or not at all.
  ///
  /// Throws `learning-settings` when the bound or the level is not between 0 and 1, `learning-not-finite` when a
  /// confidence is NaN or infinite. Too few groups are no error: they show nothing, and the model abstains.
  public static func choose(
    _ outcomes: [AnswerOutcome], errorBound: Double, level: Double = 0.95
  ) throws -> Abstention {
    guard errorBound > 0, errorBound < 1, level > 0, level < 1 else {
      throw Diagnostic(
        code: "learning-settings",
        "the error bound is \(errorBound) and the level \(level); both must be above 0 and below 1")
    }
    if let bad = outcomes.firstIndex(where: { !$0.confidence.isFinite }) {
      throw Diagnostic(
        code: "learning-not-finite", "the confidence of group \(bad) is \(outcomes[bad].confidence)")
    }
    let candidates = levels(outcomes, errorBound: errorBound, tail: 1 - level)
    var chosen: Level?
    if let start = start(candidates) {
      for candidate in candidates[start...] {
        guard candidate.errors <= candidate.allowed else { break }
        chosen = candidate
      }
    }
    return Abstention(
      threshold: chosen?.threshold, errorBound: errorBound, level: level, groups: outcomes.count,
      answered: chosen?.count ?? 0, errors: chosen?.errors ?? 0)
  }

  /// A threshold to test, with what reaches it.
  private struct Level {
    var threshold: Double
    var count: Int
    var errors: Int
    /// The most errors with which the test still shows the bound; −1 when even none would not.
    var allowed: Int
    /// By how many standard deviations the confidences promise to stay within `allowed`.
    var margin: Double
  }

  /// Where the sequence begins: the surest part of the groups that, by the confidences alone, has two standard
  /// deviations to spare, else the one with most to spare. The smallest parts would mostly fail for want of numbers.
  /// The confidences may decide this, for they say nothing of how the groups really ended.
  private static func start(_ levels: [Level]) -> Int? {
    if let clear = levels.firstIndex(where: { $0.allowed >= 0 && $0.margin >= 2 }) { return clear }
    let possible = levels.indices.filter { levels[$0].allowed >= 0 }
    return possible.max { (levels[$0].margin, -$0) < (levels[$1].margin, -$1) }
  }

  private static func levels(_ outcomes: [AnswerOutcome], errorBound: Double, tail: Double) -> [Level] {
    let sorted = outcomes.sorted { $0.confidence > $1.confidence }
    var levels: [Level] = []
    var count = 0
    var errors = 0
    var expected = 0.0
    var variance = 0.0
    for step in 1...steps {
      let wanted = (sorted.count * step + steps - 1) / steps
      guard wanted > count else { continue }
      while count < sorted.count,
        count < wanted || sorted[count].confidence == sorted[count - 1].confidence
      {
        let confidence = min(max(sorted[count].confidence, 0), 1)
        expected += 1 - confidence
        variance += confidence * (1 - confidence)
        if !sorted[count].isRight { errors += 1 }
        count += 1
      }
      let allowed = allowedErrors(of: count, errorBound: errorBound, tail: tail)
      let room = Double(allowed) + 0.5 - expected
      levels.append(
        Level(
          threshold: sorted[count - 1].confidence, count: count, errors: errors, allowed: allowed,
          margin: room / max(variance.squareRoot(), 1e-9)))
    }
    return levels
  }

  /// The greatest k with P(X ≤ k) ≤ tail at an error rate of the bound.
  private static func allowedErrors(of count: Int, errorBound: Double, tail: Double) -> Int {
    var low = -1
    var high = count
    while high - low > 1 {
      let middle = (low + high) / 2
      if BinomialBound.cumulative(middle, of: count, probability: errorBound) <= tail {
        low = middle
      } else {
        high = middle
      }
    }
    return low
  }
}

extension Abstention: Codable {
  private enum Key: String, CodingKey { case threshold, errorBound, level, groups, answered, errors }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    threshold = try container.decodeIfPresent(Double.self, forKey: .threshold)
    errorBound = try container.decode(Double.self, forKey: .errorBound)
    level = try container.decode(Double.self, forKey: .level)
    groups = try container.decode(Int.self, forKey: .groups)
    answered = try container.decode(Int.self, forKey: .answered)
    errors = try container.decode(Int.self, forKey: .errors)
  }

  /// Writes `threshold` as null when the model never answers, so that its absence is never a slip.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(threshold, forKey: .threshold)
    try container.encode(errorBound, forKey: .errorBound)
    try container.encode(level, forKey: .level)
    try container.encode(groups, forKey: .groups)
    try container.encode(answered, forKey: .answered)
    try container.encode(errors, forKey: .errors)
  }
}
