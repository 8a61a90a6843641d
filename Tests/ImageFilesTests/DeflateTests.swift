import CImageCodecs
import DarkroomTesting
import Foundation
import Testing

/// Our own deflating of filtered pixels, inflated again by libdeflate.
@Suite struct DeflateTests {
  /// The deflated bytes; nothing when they do not inflate to what went in.
  private func roundTrip(_ bytes: [UInt8]) -> [UInt8]? {
    var base: UnsafeMutablePointer<UInt8>?
    var made = 0
    guard ci_zlib_deflate_pixels(bytes, bytes.count, &base, &made) == CI_OK, let base else { return nil }
    defer { free(base) }
    let packed = Array(UnsafeBufferPointer(start: base, count: made))
    var inflated = [UInt8](repeating: 0, count: bytes.count + 1)
    var used = 0
    // Room for one byte more: exactly as many as went in must come out.
    guard ci_zlib_inflate(packed, made, &inflated, bytes.count + 1, &used) == CI_SHORT, used == made else {
      return nil
    }
    return inflated.dropLast().elementsEqual(bytes) ? packed : nil
  }

  /// Bytes whose frequencies make a Huffman tree as deep as it gets: deeper than the 15 bits that a code may have.
  private func fibonacci(_ count: Int, _ random: inout SeededRandom) -> [UInt8] {
    var bytes: [UInt8] = []
    var (a, b) = (1, 1)
    for value in 0..<256 where bytes.count < count {
      bytes += Array(repeating: UInt8(value), count: min(a, count - bytes.count))
      (a, b) = (b, a + b)
    }
    bytes.shuffle(using: &random)
    return bytes
  }

  @Test("What goes in comes out, at every size around a block")
  func sizes() {
    var random = SeededRandom(seed: 2)
    let sizes = Array(0...40) + [65_279, 65_280, 65_281, 130_559, 130_560, 130_561, 400_000]
    for size in sizes {
      let noise = (0..<size).map { _ in UInt8(random.next(below: 256)) }
      let small = noise.map { $0 % 5 }
      let runs = noise.indices.map { UInt8($0 / 97 % 7) }
      let text = (0..<size).map { Array("one two three ".utf8)[($0 + $0 / 50) % 14] }
      for bytes in [noise, small, runs, text, fibonacci(size, &random), [UInt8](repeating: 9, count: size)] {
        #expect(roundTrip(bytes) != nil, "\(size)")
      }
    }
  }

  @Test("Mixtures of noise, runs and repetitions", arguments: 1...30)
  func mixtures(seed: Int) {
    var random = SeededRandom(seed: UInt64(seed))
    var bytes: [UInt8] = []
    while bytes.count < 250_000 {
      let count = 1 + random.next(below: 20_000)
      switch random.next(below: 4) {
      case 0:
        let most = 1 + random.next(below: 256)
        bytes += (0..<count).map { _ in UInt8(random.next(below: most)) }
      case 1: bytes += [UInt8](repeating: UInt8(random.next(below: 256)), count: count)
      case 2 where !bytes.isEmpty:
        // From as far back as the window reaches, and further.
        let start = max(0, bytes.count - 1 - random.next(below: 70_000))
        for index in 0..<count { bytes.append(bytes[start + index]) }
      default: bytes += fibonacci(count, &random)
      }
    }
    #expect(roundTrip(bytes) != nil)
  }

  @Test("Noise takes hardly more room than its entropy, and even areas hardly any")
  func room() throws {
    var random = SeededRandom(seed: 3)
    // Eight values of one probability: three bits each, and four for one that shares its place with the end of a block.
    let noise = (0..<1_000_000).map { _ in UInt8(random.next(below: 8)) }
    #expect(try #require(roundTrip(noise)).count < 392_000)
    let random8 = (0..<1_000_000).map { _ in UInt8(random.next(below: 256)) }
    #expect(try #require(roundTrip(random8)).count < 1_000_200)
    #expect(try #require(roundTrip([UInt8](repeating: 0, count: 1_000_000))).count < 6000)
  }
}
