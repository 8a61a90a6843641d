import PipelineCore

/// A logistic curve over the log-odds of a confidence: p' = 1 / (1 + exp(−(slope · ln(p/(1−p)) + intercept)))
/// (Platt, "Probabilistic Outputs for Support Vector Machines", 1999).
public struct PlattScaling: Hashable, Codable, Sendable {
  /// 1 leaves log-odds as they are; never below 0.
  public let slope: Double
  /// What is added to the log-odds.
  public let intercept: Double

  public init(slope: Double, intercept: Double) {
    self.slope = slope
    self.intercept = intercept
  }

  /// Fits the curve by Newton's method on Platt's smoothed targets, (n₊ + 1)/(n₊ + 2) and 1/(n₋ + 2), so that a
  /// perfect record gives no certainty. A pull of 10⁻⁶ to slope 1, intercept 0 settles what the data leave open.
  /// Throws `learning-not-converged`.
  static func fit(_ outcomes: [AnswerOutcome]) throws -> PlattScaling {
    let right = Double(outcomes.count { $0.isRight })
    let high = (right + 1) / (right + 2)
    let low = 1 / (Double(outcomes.count) - right + 2)
    let points = outcomes.map { (x: logOdds($0.confidence), target: $0.isRight ? high : low) }
    let free = try newton(points, slope: 1, isSlopeFree: true)
    // A slope below 0 would say that the surest answers are the worst: then confidence tells nothing.
    let curve = free.slope >= 0 ? free : try newton(points, slope: 0, isSlopeFree: false)
    let digits = PairwiseRanker.digits
    return PlattScaling(
      slope: curve.slope.rounded(toDigits: digits), intercept: curve.intercept.rounded(toDigits: digits))
  }

  /// The corrected confidence.
  public func confidence(_ confidence: Double) -> Double {
    PortableMath.logistic(slope * Self.logOdds(confidence) + intercept)
  }

  private static func logOdds(_ confidence: Double) -> Double {
    let inside = min(max(confidence, 1e-12), 1 - 1e-12)
    return PortableMath.log(inside / (1 - inside))
  }

  private static let pull = 1e-6

  private static func newton(
    _ points: [(x: Double, target: Double)], slope start: Double, isSlopeFree: Bool
  ) throws -> PlattScaling {
    func loss(_ slope: Double, _ intercept: Double) -> Double {
      let penalty = 0.5 * pull * ((slope - 1) * (slope - 1) + intercept * intercept)
      return points.reduce(penalty) { sum, point in
        let z = slope * point.x + intercept
        return sum + PortableMath.softplus(z) - point.target * z
      }
    }
    var slope = start
    var intercept = 0.0
    var current = loss(slope, intercept)
    for _ in 0..<100 {
      var gradient = [pull * (slope - 1), pull * intercept]
      var curvature = SymmetricMatrix(size: 2)
      curvature.addToDiagonal(pull)
      for point in points {
        let p = PortableMath.logistic(slope * point.x + intercept)
        let spread = p * (1 - p)
        gradient[0] += (p - point.target) * point.x
        gradient[1] += p - point.target
        curvature[0, 0] += spread * point.x * point.x
        curvature[1, 0] += spread * point.x
        curvature[1, 1] += spread
      }
      if !isSlopeFree {
        gradient[0] = 0
        curvature[1, 0] = 0
      }
      guard var step = curvature.choleskyFactor()?.solve(gradient) else { break }
      var next = loss(slope - step[0], intercept - step[1])
      var halvings = 0
      while !(next <= current + 1e-12 * (1 + abs(current))), halvings < 60 {
        step = step.map { $0 / 2 }
        next = loss(slope - step[0], intercept - step[1])
        halvings += 1
      }
      slope -= step[0]
      intercept -= step[1]
      current = next
      if step.allSatisfy({ abs($0) <= 1e-10 * max(1, abs(slope), abs(intercept)) }) {
        return PlattScaling(slope: slope, intercept: intercept)
      }
    }
    throw Diagnostic(
      code: "learning-not-converged",
      "the calibration curve of \(points.count) groups did not come to rest; no model was made",
      help: "look for scores of very unlike sizes")
  }
}
