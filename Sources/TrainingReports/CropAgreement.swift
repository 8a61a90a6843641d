import PipelineCore
import TrainingData

/// How near the recommended crops were to those that people made.
public struct CropAgreement: Sendable, Equatable {
  /// How many crops have a recommended one to compare with.
  public let count: Int
  /// The mean of intersection over union, 0 to 1; `nil` without crops.
  public let mean: Double?
  /// The median of the same.
  public let median: Double?
  /// Crops whose intersection over union is 0.5 or more.
  public let half: Proportion
  /// Crops whose intersection over union is 0.9 or more.
  public let ninety: Proportion
  /// Crops that match: the same image, and no coordinate differs by more than 0.05.
  public let matches: Proportion
  /// Crops that were taken as recommended; their intersection over union is 1.
  public let accepted: Proportion

  init(overlaps: [Double], matches: Proportion, accepted: Proportion) {
    count = overlaps.count
    mean = overlaps.isEmpty ? nil : overlaps.reduce(0, +) / Double(overlaps.count)
    median = Median(of: overlaps).value
    half = Proportion(overlaps.count { $0 >= 0.5 }, of: overlaps.count)
    ninety = Proportion(overlaps.count { $0 >= 0.9 }, of: overlaps.count)
    self.matches = matches
    self.accepted = accepted
  }

  var json: JSONValue {
    [
      "iou": [
        "n": .integer(Int64(count)), "mean": .optional(mean), "median": .optional(median),
        "at_least_0_5": half.json, "at_least_0_9": ninety.json,
      ],
      "match": matches.json, "accepted": accepted.json,
    ]
  }
}
