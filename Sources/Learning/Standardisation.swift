/// Brings features to mean 0 and standard deviation 1, so that one regularisation is fair to all of them.
public struct Standardisation: Hashable, Codable, Sendable {
  /// The mean of each feature.
  public let means: [Double]
  /// The standard deviation of each feature (divided by n, not n − 1); 1 for a constant one.
  public let scales: [Double]
  /// Which features did not vary in the training data: they stand at 0 whatever their value, and get weight 0.
  public let isConstant: [Bool]

  /// A standardisation of known parts; ``PairwiseRanker`` and ``RidgeRegression`` check that they fit together.
  public init(means: [Double], scales: [Double], isConstant: [Bool]) {
    self.means = means
    self.scales = scales
    self.isConstant = isConstant
  }

  /// The figures of all rows; all features are constant when there are none.
  ///
  /// Two passes, rows in order. A feature counts as constant when its values differ by less than 10⁻¹² of their
  /// size: then only rounding is left of it.
  public init(of rows: FeatureRows) {
    let columns = rows.names.count
    let count = Double(rows.count)
    var sums = [Double](repeating: 0, count: columns)
    var lowest = [Double](repeating: .infinity, count: columns)
    var highest = [Double](repeating: -.infinity, count: columns)
    rows.values.withUnsafeBufferPointer { values in
      for row in 0..<rows.count {
        for column in 0..<columns {
          let value = values[row * columns + column]
          sums[column] += value
          lowest[column] = min(lowest[column], value)
          highest[column] = max(highest[column], value)
        }
      }
    }
    let means = sums.map { rows.count == 0 ? 0 : $0 / count }
    var squares = [Double](repeating: 0, count: columns)
    rows.values.withUnsafeBufferPointer { values in
      for row in 0..<rows.count {
        for column in 0..<columns {
          let difference = values[row * columns + column] - means[column]
          squares[column] += difference * difference
        }
      }
    }
    let scales = squares.map { rows.count == 0 ? 0 : ($0 / count).squareRoot() }
    isConstant = (0..<columns).map { column in
      let size = max(abs(lowest[column]), abs(highest[column]))
      return !(highest[column] - lowest[column] > 1e-12 * size) || scales[column] < 1e-100
    }
    self.means = means.map { $0.rounded(toDigits: PairwiseRanker.digits) }
    self.scales = zip(scales, isConstant).map { $1 ? 1 : $0.rounded(toDigits: PairwiseRanker.digits) }
  }

  /// A feature's value on the standardised scale.
  @inline(__always) func standardised(_ value: Double, _ column: Int) -> Double {
    isConstant[column] ? 0 : (value - means[column]) / scales[column]
  }

  /// Whether the parts fit together: as many of each as there are features, finite, scales above 0.
  func isSound(features: Int) -> Bool {
    means.count == features && scales.count == features && isConstant.count == features
      && means.allSatisfy(\.isFinite) && scales.allSatisfy { $0.isFinite && $0 > 0 }
  }
}
