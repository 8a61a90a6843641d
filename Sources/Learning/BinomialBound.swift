/// Exact bounds of a probability from counts (Clopper and Pearson, "The Use of Confidence or Fiducial Limits
/// Illustrated in the Case of the Binomial", 1934).
public enum BinomialBound {
  /// The probability that is not exceeded with the confidence `level` (0–1, one-sided), after `events` in `count`
  /// independent trials; 1 without trials or when all were events.
  public static func upper(events: Int, of count: Int, level: Double) -> Double {
    guard count > 0, events < count else { return 1 }
    let tail = 1 - level
    let ways = logarithmOfWays(events, of: count)
    var low = Double(max(0, events)) / Double(count)
    var high = 1.0
    // P(X ≤ events) falls as the probability rises; the bound is where it is the tail.
    while true {
      let middle = (low + high) / 2
      if middle <= low || middle >= high { return high }
      if cumulative(events, of: count, probability: middle, ways: ways) > tail {
        low = middle
      } else {
        high = middle
      }
    }
  }

  /// The probability that is at least there with the confidence `level` (0–1, one-sided).
  public static func lower(events: Int, of count: Int, level: Double) -> Double {
    1 - upper(events: count - events, of: count, level: level)
  }

  /// P(X ≤ `events`) of `count` independent trials of this probability.
  public static func cumulative(_ events: Int, of count: Int, probability: Double) -> Double {
    if events < 0 { return 0 }
    if events >= count { return 1 }
    return cumulative(
      events, of: count, probability: probability, ways: logarithmOfWays(events, of: count))
  }

  private static func cumulative(_ events: Int, of count: Int, probability p: Double, ways: Double) -> Double
  {
    if p <= 0 { return 1 }
    if p >= 1 { return 0 }
    let rest = Double(count - events)
    let term = PortableMath.exp(
      ways + Double(events) * PortableMath.log(p) + rest * PortableMath.log(1 - p))
    // Sums run away from the mode, so that every term is smaller than the one before.
    var sum = 0.0
    if Double(events) <= p * Double(count) {
      var next = term
      var k = events
      while k >= 0, next > sum * 0x1p-60 {
        sum += next
        next *= Double(k) / Double(count - k + 1) * ((1 - p) / p)
        k -= 1
      }
      return min(1, sum)
    }
    var next = term
    for k in events..<count {
      next *= Double(count - k) / Double(k + 1) * (p / (1 - p))
      if !(next > sum * 0x1p-60) { break }
      sum += next
    }
    return max(0, 1 - sum)
  }

  /// ln of the number of ways to choose `events` of `count`.
  private static func logarithmOfWays(_ events: Int, of count: Int) -> Double {
    let fewer = min(events, count - events)
    guard fewer > 0 else { return 0 }
    return (1...fewer).reduce(0) { $0 + PortableMath.log(Double(count - fewer + $1) / Double($1)) }
  }
}
