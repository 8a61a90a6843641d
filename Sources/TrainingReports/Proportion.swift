public import PipelineCore

/// How often something happened among what was looked at. A share never stands without its count and its interval.
public struct Proportion: Sendable, Equatable {
  /// How often it happened, 0 to ``total``.
  public private(set) var count: Int
  /// How many were looked at.
  public private(set) var total: Int

  /// - Parameters:
  ///   - count: from 0 to `total`.
  ///   - total: 0 or more.
  public init(_ count: Int = 0, of total: Int = 0) {
    self.total = max(0, total)
    self.count = min(max(0, count), self.total)
  }

  /// Counts one more that was looked at.
  mutating func add(_ happened: Bool) {
    total += 1
    if happened { count += 1 }
  }

  /// The share, 0 to 1; `nil` when nothing was looked at.
  public var share: Double? { total > 0 ? Double(count) / Double(total) : nil }

  /// Where the true share lies with 95 % confidence, within 0 to 1; `nil` when nothing was looked at.
  ///
  /// The score interval of Wilson, "Probable Inference, the Law of Succession, and Statistical Inference" (1927), without
  /// correction for continuity. Unlike the share ± 1.96 standard errors it also holds for few and for extreme counts.
  public var interval: ClosedRange<Double>? {
    guard let share else { return nil }
    let n = Double(total)
    let z = Self.quantile
    let centre = share + z * z / (2 * n)
    let reach = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    // Rounding must not put the share itself outside.
    let low = count == 0 ? 0 : min(share, max(0, (centre - reach) / scale))
    let high = count == total ? 1 : max(share, min(1, (centre + reach) / scale))
    return low...high
  }

  /// The standard normal distribution's quantile at 97.5 %.
  static let quantile = 1.959963984540054

  /// `count`, `n`, and `share`, `low`, `high`, which are null where there is nothing to measure.
  public var json: JSONValue {
    [
      "count": .integer(Int64(count)), "n": .integer(Int64(total)), "share": .optional(share),
      "low": .optional(interval?.lowerBound), "high": .optional(interval?.upperBound),
    ]
  }
}

extension JSONValue {
  /// A number, or null where there is none.
  static func optional(_ number: Double?) -> JSONValue { number.map { .number($0) } ?? .null }
  /// A text, or null where there is none.
  static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
