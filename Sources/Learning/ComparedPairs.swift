/// The differences chosen − other of all groups, standardised, with how much each counts.
struct ComparedPairs {
  let columns: Int
  /// How many pairs each group has; groups of one candidate are not here.
  private var sizes: [Int] = []
  /// Pair after pair.
  private var differences: [Double] = []
  /// How much each pair counts: the pairs of a group share what the group counts, 0–1.
  private var shares: [Double] = []

  init(of groups: ChoiceGroups, standardised by: Standardisation) {
    let columns = groups.features.count
    self.columns = columns
    differences.reserveCapacity((groups.rows.count - groups.count) * columns)
    groups.rows.values.withUnsafeBufferPointer { values in
      for group in 0..<groups.count {
        let candidates = groups.candidates(of: group)
        guard candidates.count > 1 else { continue }
        let chosen = candidates.lowerBound + groups.chosen[group]
        for other in candidates where other != chosen {
          for column in 0..<columns {
            let difference = values[chosen * columns + column] - values[other * columns + column]
            differences.append(by.isConstant[column] ? 0 : difference / by.scales[column])
          }
          shares.append(1 / Double(candidates.count - 1))
        }
        sizes.append(candidates.count - 1)
      }
    }
  }

  var areAllZero: Bool { differences.allSatisfy { $0 == 0 } }

  /// The penalised loss with its first and second derivatives.
  struct Derivatives {
    var loss: Double
    var gradient: [Double]
    var curvature: SymmetricMatrix
  }

  /// Pairs are summed in order, so that the result does not depend on anything else.
  func derivatives(at weights: [Double], l2: Double) -> Derivatives {
    var loss = 0.0
    var slopes = margins(weights)
    var spreads = slopes
    for pair in slopes.indices {
      let margin = slopes[pair]
      let share = shares[pair]
      let small = PortableMath.exp(-abs(margin))
      loss += share * (max(-margin, 0) + PortableMath.log1p(small))
      // The probability of the wrong order, and its product with that of the right one.
      slopes[pair] = -share * (margin >= 0 ? small : 1) / (1 + small)
      spreads[pair] = share * small / ((1 + small) * (1 + small))
    }
    var (gradient, curvature) = sums(slopes, spreads)
    for column in 0..<columns {
      loss += 0.5 * l2 * weights[column] * weights[column]
      gradient[column] += l2 * weights[column]
    }
    curvature.addToDiagonal(l2)
    return Derivatives(loss: loss, gradient: gradient, curvature: curvature)
  }

  /// Lets each group count by the probability that its decision was made with care, given the weights and the share
  /// of careless decisions, in which every candidate is as likely; returns the mean of what is left of 1.
  mutating func trustCareful(weights: [Double], careless: Double) -> Double {
    let margins = margins(weights)
    var pair = 0
    var sum = 0.0
    for size in sizes {
      // The softmax probability of the chosen candidate is 1/odds, from the differences alone.
      var odds = 1.0
      for place in pair..<pair + size { odds += PortableMath.exp(-margins[place]) }
      let careful = (1 - careless) / odds
      let trust = careful / (careful + careless / Double(size + 1))
      for place in pair..<pair + size { shares[place] = trust / Double(size) }
      pair += size
      sum += 1 - trust
    }
    return sum / Double(max(1, sizes.count))
  }

  /// By how much the chosen candidate's score exceeds the other's, for each pair.
  private func margins(_ weights: [Double]) -> [Double] {
    let columns = columns
    return differences.withUnsafeBufferPointer { differences in
      weights.withUnsafeBufferPointer { weights in
        shares.indices.map { pair in
          var margin = 0.0
          for column in 0..<columns { margin += weights[column] * differences[pair * columns + column] }
          return margin
        }
      }
    }
  }

  /// Σ slope · d and Σ spread · d·dᵀ over the pairs. This is where the time of a fit goes: four pairs at once, so
  /// that a sum is fetched and stored a quarter as often.
  private func sums(_ slopes: [Double], _ spreads: [Double]) -> ([Double], SymmetricMatrix) {
    var gradient = [Double](repeating: 0, count: columns)
    var curvature = SymmetricMatrix(size: columns)
    let columns = columns
    let blocks = slopes.count / 4 * 4
    gradient.withUnsafeMutableBufferPointer { gradient in
      curvature.values.withUnsafeMutableBufferPointer { curvature in
        differences.withUnsafeBufferPointer { d in
          for pair in stride(from: 0, to: blocks, by: 4) {
            let (a, b, c, e) = (
              pair * columns, (pair + 1) * columns, (pair + 2) * columns, (pair + 3) * columns
            )
            for row in 0..<columns {
              gradient[row] +=
                slopes[pair] * d[a + row] + slopes[pair + 1] * d[b + row] + slopes[pair + 2] * d[c + row]
                + slopes[pair + 3] * d[e + row]
              let first = spreads[pair] * d[a + row]
              let second = spreads[pair + 1] * d[b + row]
              let third = spreads[pair + 2] * d[c + row]
              let fourth = spreads[pair + 3] * d[e + row]
              let place = row * columns
              for column in 0...row {
                curvature[place + column] +=
                  first * d[a + column] + second * d[b + column] + third * d[c + column]
                  + fourth * d[e + column]
              }
            }
          }
          for pair in blocks..<slopes.count {
            for row in 0..<columns {
              let value = d[pair * columns + row]
              gradient[row] += slopes[pair] * value
              for column in 0...row {
                curvature[row * columns + column] += spreads[pair] * value * d[pair * columns + column]
              }
            }
          }
        }
      }
    }
    return (gradient, curvature)
  }
}
