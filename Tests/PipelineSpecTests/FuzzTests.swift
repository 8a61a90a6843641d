import PipelineCore
import PipelineSpec
import Testing

@Suite struct FuzzTests {
  /// Pieces that are likely to hurt.
  private static let pieces: [String] = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d", "\u{0}", "\n", "\t", "//", "/*", "null",
    "true", "-",
    "1e999", "0x", "99999999999999999999", "${", "$${", "${parameters.", "${unit}", "}", "'", "\u{feff}", "é",
    "..",
    "\"stages\"", "\"needs\": [\"last\"],", "\"uses\"", String(repeating: "[", count: 70),
  ]

  private func mutated(_ original: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let at = Int.random(in: 0...bytes.count, using: &generator)
      let end = min(bytes.count, at + Int.random(in: 0...12, using: &generator))
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: bytes.removeSubrange(at..<end)
      case 1:
        bytes.insert(contentsOf: Array((Self.pieces.randomElement(using: &generator) ?? "").utf8), at: at)
      case 2: if at < bytes.count { bytes[at] = UInt8.random(in: 0...255, using: &generator) }
      case 3:
        bytes.insert(contentsOf: bytes[at..<end], at: Int.random(in: 0...bytes.count, using: &generator))
      case 4: bytes.removeSubrange(at...)
      default: if at < bytes.count { bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator) }
      }
    }
    return bytes
  }

  @Test(arguments: 0..<8) func mutationsGiveAPipelineOrErrors(_ seed: UInt64) {
    var generator = SeededGenerator(state: seed)
    let original = Array(completeFile.utf8)
    for round in 0..<250 {
      let bytes = mutated(original, &generator)
      do throws(Diagnostics) {
        let (_, warnings) = try reader.read(bytes, path: "p.json")
        #expect(warnings.allSatisfy { $0.severity < .error })
      } catch {
        #expect(error.hasErrors, "seed \(seed), round \(round)")
        for item in error.items {
          guard let place = item.location else { continue }
          #expect(place.line >= 1 && place.column >= 1 && place.length >= 1, "seed \(seed), round \(round)")
        }
        #expect(!error.description.isEmpty)
      }
    }
  }

  @Test func everyPrefixIsAnError() {
    let original = Array(completeFile.utf8)
    let end = original.lastIndex(of: UInt8(ascii: "}")) ?? 0
    for length in stride(from: 0, through: end, by: 7) {
      #expect(throws: Diagnostics.self) { try reader.read(Array(original.prefix(length)), path: "p.json") }
    }
  }

  /// A text that breaks off, as a torn write leaves it, still has a tree; whoever asks for its value must get one.
  @Test func aTextThatBreaksOffHasAValue() {
    let text = Array(#"{"a":"","b\n":["x","é\\",{"c":[1,-2.5e3,null]}],"d":"\u00e9"}"#.utf8)
    for length in 0..<text.count {
      for rest in [[], [UInt8(ascii: "\"")], [UInt8(ascii: "\\")], [0], [0xFF]] {
        let (tree, problems) = JSONDocument.parse(Array(text.prefix(length)) + rest, path: "torn.json")
        _ = tree?.value
        #expect(!problems.isEmpty || tree != nil)
      }
    }
  }
}
