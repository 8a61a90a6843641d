import DarkroomTesting
import Foundation
import Testing

@testable import Learning

@Suite struct PortableMathTests {
  @Test("The exponential is within four units in the last place of the system's")
  func exponential() {
    var random = SeededRandom(seed: 1)
    for _ in 0..<20_000 {
      let x = Double.random(in: -700...700, using: &random)
      let near = Double.random(in: -1...1, using: &random)
      for x in [x, near] {
        let expected = exp(x)
        #expect(abs(PortableMath.exp(x) - expected) <= 4 * expected.ulp, "\(x)")
      }
    }
    #expect(PortableMath.exp(0) == 1)
    #expect(PortableMath.exp(-1000) == 0)
    #expect(PortableMath.exp(1000) == .infinity)
    #expect(PortableMath.exp(.nan).isNaN)
  }

  @Test("The logarithm is within four units in the last place of the system's")
  func logarithm() {
    var random = SeededRandom(seed: 2)
    for _ in 0..<20_000 {
      let wide = exp(Double.random(in: -700...700, using: &random))
      let near = Double.random(in: 0.5...2, using: &random)
      let hair = 1 + Double.random(in: -1e-9...1e-9, using: &random)
      for x in [wide, near, hair] {
        let expected = log(x)
        #expect(abs(PortableMath.log(x) - expected) <= 4 * expected.ulp, "\(x)")
      }
    }
    #expect(PortableMath.log(1) == 0)
    #expect(PortableMath.log(0) == -.infinity)
    #expect(PortableMath.log(-1).isNaN)
    #expect(PortableMath.log(.infinity) == .infinity)
  }

  @Test("ln(1 + x), the logistic function and ln(1 + eˣ) neither lose small numbers nor overflow")
  func others() {
    var random = SeededRandom(seed: 3)
    for _ in 0..<5_000 {
      let small = exp(Double.random(in: -60...0, using: &random))
      #expect(abs(PortableMath.log1p(small) - log1p(small)) <= 6 * log1p(small).ulp)
      let x = Double.random(in: -50...50, using: &random)
      #expect(abs(PortableMath.logistic(x) - 1 / (1 + exp(-x))) <= 1e-15)
      #expect(abs(PortableMath.softplus(x) - (max(x, 0) + log1p(exp(-abs(x))))) <= 1e-13)
    }
    #expect(PortableMath.logistic(800) == 1)
    #expect(PortableMath.logistic(-800) == 0)
    #expect(PortableMath.softplus(800) == 800)
  }

  @Test("Rounding gives what printing with that many digits gives")
  func rounding() {
    var random = SeededRandom(seed: 4)
    for _ in 0..<5_000 {
      let value =
        Double.random(in: -10...10, using: &random) * exp(Double.random(in: -200...200, using: &random))
      let printed = Double(String(format: "%.8e", value))
      #expect(value.rounded(toDigits: 9) == printed, "\(value)")
    }
    for value in [1.0, 10, 1e22, 1e-5, 999_999_999.7, 0.1, 1e-300, 1.5e300] {
      #expect(value.rounded(toDigits: 9) == Double(String(format: "%.8e", value)), "\(value)")
      #expect((-value).rounded(toDigits: 9) == -value.rounded(toDigits: 9))
    }
    #expect((-0.0).rounded(toDigits: 9).sign == .plus)
    #expect(Double.infinity.rounded(toDigits: 9) == .infinity)
  }

  @Test("The generator is SplitMix64, and draws below a bound evenly")
  func generator() {
    // The first numbers of the reference implementation for seed 1234567.
    var known = SeededGenerator(seed: 1_234_567)
    #expect(known.next() == 6_457_827_717_110_365_317)
    #expect(known.next() == 3_203_168_211_198_807_973)
    var generator = SeededGenerator(seed: 5)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[generator.next(below: 7)] += 1 }
    for count in counts { #expect(abs(count - 10_000) < 400) }
    for _ in 0..<1_000 { #expect((0..<1).contains(generator.fraction())) }
    #expect(generator.next(below: 1) == 0)
  }
}
