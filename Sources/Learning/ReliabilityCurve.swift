/// How sure an answer was, and whether it was right.
public struct AnswerOutcome: Hashable, Codable, Sendable {
  /// 0–1.
  public var confidence: Double
  public var isRight: Bool

  public init(confidence: Double, isRight: Bool) {
    self.confidence = confidence
    self.isRight = isRight
  }
}

/// Confidence against truth, in bins of equally many answers.
public struct ReliabilityCurve: Hashable, Codable, Sendable {
  /// Neighbouring answers in order of confidence.
  public struct Bin: Hashable, Codable, Sendable {
    public var count: Int
    /// The mean of what was promised.
    public var meanConfidence: Double
    /// The share that was right.
    public var accuracy: Double
  }

  /// In order of confidence. Answers of equal confidence stay together, so that a bin may be larger than others and
  /// there may be fewer bins than asked for; none is empty.
  public let bins: [Bin]

  /// The curve of these answers with at most `bins` bins, at least 1. Without answers there is no bin.
  public init(of outcomes: [AnswerOutcome], bins: Int = 10) {
    // The order among equals is no matter, for they are never parted.
    let sorted = outcomes.sorted { $0.confidence < $1.confidence }
    let wanted = max(1, bins)
    var curve: [Bin] = []
    var start = 0
    for number in 1...wanted {
      var end = sorted.count * number / wanted
      guard end > start else { continue }
      while end < sorted.count, sorted[end].confidence == sorted[end - 1].confidence { end += 1 }
      let part = sorted[start..<end]
      let count = Double(part.count)
      curve.append(
        Bin(
          count: part.count, meanConfidence: part.reduce(0) { $0 + $1.confidence } / count,
          accuracy: Double(part.count { $0.isRight }) / count))
      start = end
    }
    self.bins = curve
  }

  /// Σ bins count/n · |accuracy − mean confidence| (Naeini, Cooper and Hauskrecht 2015), 0–1; 0 without answers.
  ///
  /// Chance alone gives a perfect calibration about 0.8 · √(p(1 − p) / answers per bin): with ten bins some 0.04 of
  /// 1,000 answers at p = 0.7, and 0.01 of 10,000. Say the count beside the figure.
  public var expectedCalibrationError: Double {
    let total = Double(bins.reduce(0) { $0 + $1.count })
    return bins.reduce(0) { $0 + Double($1.count) / max(1, total) * abs($1.accuracy - $1.meanConfidence) }
  }
}
