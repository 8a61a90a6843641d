public import PipelineCore

/// How much more often something happened in one set of decisions than in another.
public struct ShareDifference: Sendable, Equatable {
  /// With fewer decisions than this on either side no difference is told: its interval would be wider than any effect
  /// that one could hope to see.
  public static let minimum = 30

  public let first: Proportion
  public let second: Proportion

  /// The difference is that of `first` less `second`.
  public init(_ first: Proportion, less second: Proportion) {
    self.first = first
    self.second = second
  }

  /// Whether one of the two has fewer than ``minimum``.
  public var isTooFew: Bool { min(first.total, second.total) < Self.minimum }

  /// −1 to 1; `nil` for too few.
  public var difference: Double? {
    guard !isTooFew, let first = first.share, let second = second.share else { return nil }
    return first - second
  }

  /// Where the true difference lies with 95 % confidence, within −1 to 1; `nil` for too few.
  ///
  /// The hybrid score interval without correction for continuity: method 10 of Newcombe, "Interval Estimation for the
  /// Difference between Independent Proportions" (1998).
  public var interval: ClosedRange<Double>? {
    guard let difference, let one = first.share, let two = second.share, let near = first.interval,
      let far = second.interval
    else { return nil }
    func reach(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
    let low = difference - reach(one - near.lowerBound, far.upperBound - two)
    let high = difference + reach(near.upperBound - one, two - far.lowerBound)
    return max(-1, low)...min(1, high)
  }

  /// `difference`, `low` and `high` (null for too few), and what they need: `minimum`, `too_few`.
  public var json: JSONValue {
    [
      "difference": .optional(difference), "low": .optional(interval?.lowerBound),
      "high": .optional(interval?.upperBound), "minimum": .integer(Int64(Self.minimum)),
      "too_few": .bool(isTooFew),
    ]
  }
}
