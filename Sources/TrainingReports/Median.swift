import PipelineCore

/// The middle of numbers, with how many they are.
public struct Median: Sendable, Equatable {
  /// How many numbers there are.
  public let count: Int
  /// The middle one, or the mean of the two in the middle; `nil` without numbers.
  public let value: Double?

  /// - Parameter numbers: finite, in any order.
  public init(of numbers: [Double]) {
    count = numbers.count
    let sorted = numbers.sorted()
    let middle = sorted.count / 2
    value =
      sorted.isEmpty
      ? nil : sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }

  /// `n` and `median_seconds`, which is null without numbers.
  var secondsJSON: JSONValue { ["n": .integer(Int64(count)), "median_seconds": .optional(value)] }
}
