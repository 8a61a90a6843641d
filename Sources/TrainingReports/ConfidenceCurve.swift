import Learning
import PipelineCore

/// Whether a confidence means what it says: of decisions with confidence 0.8, 80 % should agree. It is the confidence
/// that a person who picks an image picks this one, so rejects are not counted.
public struct ConfidenceCurve: Sendable, Equatable {
  /// A tenth of the decisions, next to each other in confidence.
  public struct Bin: Sendable, Equatable {
    /// The mean of the confidences, 0 to 1.
    public let meanConfidence: Double
    /// How often the person picked the recommended image.
    public let agreement: Proportion
  }

  /// How many bins there are at most.
  public static let binLimit = 10

  /// In the order of confidence, of equally many decisions each; equal confidences stay together, so that there may be
  /// fewer.
  public let bins: [Bin]
  /// How many decisions that picked an image have a confidence.
  public let count: Int
  /// How many of them have none, or one outside 0 to 1, and are in no bin.
  public let withoutConfidence: Int
  /// The mean over all decisions of how far their bin's agreement is from its mean confidence, 0 to 1; `nil` without
  /// decisions. See `ReliabilityCurve.expectedCalibrationError` for what chance alone makes of it.
  public let expectedError: Double?

  init(_ outcomes: [AnswerOutcome], withoutConfidence: Int) {
    let curve = ReliabilityCurve(of: outcomes, bins: Self.binLimit)
    bins = curve.bins.map { bin in
      // The accuracy is a quotient of two whole numbers: this gives back the first.
      let agreements = Int((bin.accuracy * Double(bin.count)).rounded())
      return Bin(meanConfidence: bin.meanConfidence, agreement: Proportion(agreements, of: bin.count))
    }
    count = outcomes.count
    self.withoutConfidence = withoutConfidence
    expectedError = outcomes.isEmpty ? nil : curve.expectedCalibrationError
  }

  var json: JSONValue {
    [
      "n": .integer(Int64(count)), "without_confidence": .integer(Int64(withoutConfidence)),
      "expected_error": .optional(expectedError),
      "bins": .array(
        bins.map { ["mean_confidence": .number($0.meanConfidence), "agreement": $0.agreement.json] }),
    ]
  }
}
