import PipelineCore

/// The non-decreasing function that fits points best in least squares, found by pooling adjacent violators
/// (Ayer et al. 1955; Barlow et al. 1972); between its knots it is linear, outside them constant.
public struct IsotonicRegression: Hashable, Codable, Sendable {
  /// Where the function's knots are, increasing.
  public let knots: [Double]
  /// The function's values at the knots, non-decreasing; as many.
  public let values: [Double]

  /// A curve of known parts, as read from a file; ``Calibration`` checks that they make one.
  public init(knots: [Double], values: [Double]) {
    self.knots = knots
    self.values = values
  }

  /// Fits the points (`x`, `y`), which are as many of each, at least one, and finite; points of equal `x` count as
  /// their mean. `within` bounds the values. Knots and values are rounded to ``PairwiseRanker/digits``.
  public static func fit(x: [Double], y: [Double], within bounds: ClosedRange<Double>? = nil) throws -> Self {
    guard x.count == y.count, !x.isEmpty else {
      throw Diagnostic(
        code: "learning-too-few", "an isotonic curve needs points, and there are \(x.count) and \(y.count)")
    }
    for (index, pair) in zip(x, y).enumerated() where !(pair.0.isFinite && pair.1.isFinite) {
      throw Diagnostic(
        code: "learning-not-finite",
        "row \(index), columns \"x\" and \"y\", is (\(pair.0), \(pair.1)): not a point to learn from")
    }
    var blocks: [Block] = []
    for point in distinct(x, y) {
      blocks.append(point)
      while blocks.count > 1, blocks[blocks.count - 2].mean >= blocks[blocks.count - 1].mean {
        let last = blocks.removeLast()
        blocks[blocks.count - 1].take(last)
      }
    }
    var knots: [Double] = []
    var values: [Double] = []
    for block in blocks {
      let mean = bounds.map { min(max(block.mean, $0.lowerBound), $0.upperBound) } ?? block.mean
      for end in [block.first, block.last] {
        let knot = end.rounded(toDigits: PairwiseRanker.digits)
        // Ends may coincide: a block of one point, or two that rounding brought together.
        if let last = knots.last, knot <= last { continue }
        knots.append(knot)
        values.append(mean.rounded(toDigits: PairwiseRanker.digits))
      }
    }
    return Self(knots: knots, values: values)
  }

  /// The function's value.
  public func value(at x: Double) -> Double {
    guard let first = knots.first, let last = knots.last else { return .nan }
    if x <= first { return values[0] }
    if x >= last { return values[values.count - 1] }
    // The first knot above x.
    var low = 0
    var high = knots.count - 1
    while low < high {
      let middle = (low + high) / 2
      if knots[middle] > x { high = middle } else { low = middle + 1 }
    }
    let share = (x - knots[low - 1]) / (knots[low] - knots[low - 1])
    return values[low - 1] + share * (values[low] - values[low - 1])
  }

  /// Whether it is a function, non-decreasing: for one read from a file.
  var isSound: Bool {
    !knots.isEmpty && knots.count == values.count && (knots + values).allSatisfy(\.isFinite)
      && zip(knots, knots.dropFirst()).allSatisfy { $0 < $1 }
      && zip(values, values.dropFirst()).allSatisfy { $0 <= $1 }
  }

  /// A run of points that share one value.
  private struct Block {
    var first: Double
    var last: Double
    var sum: Double
    var count: Double
    var mean: Double { sum / count }

    mutating func take(_ other: Block) {
      last = other.last
      sum += other.sum
      count += other.count
    }
  }

  /// The points in order of x, those of equal x as one.
  private static func distinct(_ x: [Double], _ y: [Double]) -> [Block] {
    var blocks: [Block] = []
    for index in x.indices.sorted(by: { (x[$0], $0) < (x[$1], $1) }) {
      let point = Block(first: x[index], last: x[index], sum: y[index], count: 1)
      if let last = blocks.last, last.last == x[index] {
        blocks[blocks.count - 1].take(point)
      } else {
        blocks.append(point)
      }
    }
    return blocks
  }
}
