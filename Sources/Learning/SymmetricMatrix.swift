/// A symmetric matrix, of which only the lower triangle is read and written, and its Cholesky factor
/// (Golub and Van Loan, "Matrix Computations", 4th edition, algorithm 4.2.1).
struct SymmetricMatrix {
  let size: Int
  /// Row after row, the whole square, so that an element is found by one multiplication.
  var values: [Double]

  init(size: Int) {
    self.size = size
    values = [Double](repeating: 0, count: size * size)
  }

  /// The element at `row` ≥ `column`.
  subscript(row: Int, column: Int) -> Double {
    get { values[row * size + column] }
    set { values[row * size + column] = newValue }
  }

  mutating func addToDiagonal(_ value: Double) {
    for index in 0..<size { self[index, index] += value }
  }

  /// The lower triangle L with L·Lᵀ equal to this; `nil` when the matrix is not positive definite to working
  /// precision, which includes NaN.
  func choleskyFactor() -> CholeskyFactor? {
    var lower = self
    for column in 0..<size {
      for row in column..<size {
        var sum = lower[row, column]
        for k in 0..<column { sum -= lower[row, k] * lower[column, k] }
        if row == column {
          // A pivot lost in the rounding of its own element is no pivot.
          guard sum > 0x1p-50 * self[row, row] else { return nil }
          lower[row, row] = sum.squareRoot()
        } else {
          lower[row, column] = sum / lower[column, column]
        }
      }
    }
    return CholeskyFactor(lower: lower)
  }
}

/// L of a Cholesky decomposition, to solve equations with.
struct CholeskyFactor {
  fileprivate var lower: SymmetricMatrix

  /// The x of A·x = `right`.
  func solve(_ right: [Double]) -> [Double] {
    var x = right
    for row in 0..<lower.size {
      for k in 0..<row { x[row] -= lower[row, k] * x[k] }
      x[row] /= lower[row, row]
    }
    for row in (0..<lower.size).reversed() {
      for k in row + 1..<lower.size { x[row] -= lower[k, row] * x[k] }
      x[row] /= lower[row, row]
    }
    return x
  }
}
