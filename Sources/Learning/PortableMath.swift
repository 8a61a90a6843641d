/// Exponential and logarithm made of additions, multiplications and divisions only, which IEEE 754 defines to the
/// last bit. The systems' own functions differ in the last digits between libraries and processors; with these a
/// fit gives the same bytes everywhere. Both are within 4 units in the last place (the tests hold that).
public enum PortableMath {
  /// ln 2 in two parts: the first has enough zero bits that its product with an exponent is exact.
  private static let ln2High = 0x1.62e42feep-1
  private static let ln2Low = 0x1.a39ef35793c76p-33
  /// Adding and subtracting 1.5 · 2⁵² rounds to an integer.
  private static let toInteger = 0x1.8p52
  /// 1/13!, 1/12!, …, 1/0!: on |r| ≤ ln 2 / 2 what the Taylor series leaves out is below 10⁻¹⁷.
  @inline(__always) private static func series(_ r: Double) -> Double {
    var sum = 1.0 / 6_227_020_800
    sum = sum * r + 1.0 / 479_001_600
    sum = sum * r + 1.0 / 39_916_800
    sum = sum * r + 1.0 / 3_628_800
    sum = sum * r + 1.0 / 362_880
    sum = sum * r + 1.0 / 40_320
    sum = sum * r + 1.0 / 5_040
    sum = sum * r + 1.0 / 720
    sum = sum * r + 1.0 / 120
    sum = sum * r + 1.0 / 24
    sum = sum * r + 1.0 / 6
    sum = sum * r + 0.5
    sum = sum * r + 1
    return sum * r + 1
  }

  /// eˣ; 0 below −708 (where it is less than 10⁻³⁰⁷), infinity above 709.
  @inline(__always) public static func exp(_ x: Double) -> Double {
    if x < -708 { return 0 }
    if x > 709 { return .infinity }
    if x.isNaN { return x }
    let power = (x * 0x1.71547652b82fep0 + toInteger) - toInteger
    let rest = (x - power * ln2High) - power * ln2Low
    return series(rest) * Double(sign: .plus, exponent: Int(power), significand: 1)
  }

  /// The natural logarithm; −infinity for 0, NaN below.
  @inline(__always) public static func log(_ x: Double) -> Double {
    if x.isNaN || x < 0 { return .nan }
    if x == 0 { return -.infinity }
    if x.isInfinite { return x }
    var fraction = x.significand
    var power = Double(x.exponent)
    if fraction > 0x1.6a09e667f3bcdp0 {
      fraction *= 0.5
      power += 1
    }
    // ln f = 2 artanh((f − 1) / (f + 1)), with |s| ≤ 0.172.
    let s = (fraction - 1) / (fraction + 1)
    let square = s * s
    var sum = 1.0 / 21
    sum = sum * square + 1.0 / 19
    sum = sum * square + 1.0 / 17
    sum = sum * square + 1.0 / 15
    sum = sum * square + 1.0 / 13
    sum = sum * square + 1.0 / 11
    sum = sum * square + 1.0 / 9
    sum = sum * square + 1.0 / 7
    sum = sum * square + 1.0 / 5
    sum = sum * square + 1.0 / 3
    let tail = 2 * s * square * sum
    return power * ln2High + (2 * s + (tail + power * ln2Low))
  }

  /// ln(1 + x) for x ≥ 0, exact for small x too (Kahan's correction for what 1 + x loses).
  @inline(__always) static func log1p(_ x: Double) -> Double {
    let sum = 1 + x
    return sum == 1 ? x : log(sum) * (x / (sum - 1))
  }

  /// 1 / (1 + e⁻ˣ), without overflow.
  @inline(__always) static func logistic(_ x: Double) -> Double {
    if x >= 0 { return 1 / (1 + exp(-x)) }
    let small = exp(x)
    return small / (1 + small)
  }

  /// ln(1 + eˣ), without overflow.
  @inline(__always) static func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }
}

extension Double {
  /// The nearest number with at most this many significant decimal digits (1–15).
  ///
  /// What is fitted is rounded before it is used or stored, so that a model file holds exactly the numbers that
  /// were judged, and is short.
  public func rounded(toDigits digits: Int) -> Double {
    guard isFinite, self != 0 else { return self == 0 ? 0 : self }
    var exponent = Int((PortableMath.log(magnitude) / 2.302585092994046).rounded(.down))
    var scaled = Self.scale(magnitude, byPowerOfTen: digits - 1 - exponent)
    // The logarithm may be off by one near a power of ten.
    if scaled.rounded() >= Self.scale(1, byPowerOfTen: digits) {
      exponent += 1
      scaled = Self.scale(magnitude, byPowerOfTen: digits - 1 - exponent)
    }
    // Reading decimal digits is exact in Swift, where a division by a power of ten may not be.
    let text = "\(Int64(scaled.rounded()))e\(exponent - digits + 1)"
    return (Double(text) ?? magnitude) * (self < 0 ? -1 : 1)
  }

  /// `value` · 10^`power`, by repeated steps that are the same everywhere.
  private static func scale(_ value: Double, byPowerOfTen power: Int) -> Double {
    var result = value
    var left = abs(power)
    while left > 0 {
      let step = min(left, 22)  // 10²² is the last power of ten that a Double holds exactly.
      var factor = 1.0
      for _ in 0..<step { factor *= 10 }
      result = power < 0 ? result / factor : result * factor
      left -= step
    }
    return result
  }
}
