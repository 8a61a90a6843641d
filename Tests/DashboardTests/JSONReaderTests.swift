import PipelineCore
import Testing

@testable import Dashboard

@Suite struct JSONReaderTests {
  private func read(_ text: String) throws -> JSONValue { try JSONReader.value(of: Array(text.utf8)) }

  @Test func readsEveryKindOfValue() throws {
    let text =
      #" {"a":[1,-2.5e2,true,false,null,"x\n\u00e9\ud83d\ude00\/"],"b":{}, "c":9223372036854775808} "#
    #expect(
      try read(text) == [
        "a": [1, -250.0, true, false, .null, "x\né😀/"], "b": [:], "c": .number(9_223_372_036_854_775_808),
      ])
  }

  @Test(arguments: [
    "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "01", "-", "1.", "1e", "+1", ".5", "tru",
    "nulll",
    "\"\u{1}\"", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "1 2", "{1:2}", "1e999",
    "[1 2]", "{\"a\" 1}", "\"\\u+123\"",
  ])
  func refuses(_ text: String) {
    #expect(throws: JSONReader.Malformed.self) { try read(text) }
  }

  @Test func refusesBytesThatAreNotUTF8AndEndlessNesting() {
    #expect(throws: JSONReader.Malformed.self) { try JSONReader.value(of: [0x22, 0xFF, 0x22]) }
    #expect(throws: JSONReader.Malformed.self) {
      try read(String(repeating: "[", count: 100_000))
    }
  }

  @Test func readsBackWhatIsWritten() throws {
    var random = SnapshotFixture.Generator(state: 11)
    for _ in 0..<400 {
      let value = randomValue(&random, depth: 0)
      #expect(try read(value.canonical) == value)
      #expect(try read(value.pretty) == value)
    }
  }

  private func randomValue(_ random: inout SnapshotFixture.Generator, depth: Int) -> JSONValue {
    func text() -> String {
      String(
        String.UnicodeScalarView(
          (0..<Int.random(in: 0...8, using: &random)).map { _ in
            ["a", "\"", "\\", "\n", "\u{0}", "é", "😀", "/", "\u{7F}"].randomElement(using: &random) ?? "z"
          }))
    }
    switch Int.random(in: 0..<(depth < 4 ? 7 : 5), using: &random) {
    case 0: return .null
    case 1: return .bool(.random(using: &random))
    case 2: return .integer(.random(in: .min ... .max, using: &random))
    case 3: return .number(Double.random(in: -1e9...1e9, using: &random) + 0.5)
    case 4: return .string(text())
    case 5:
      return .array(
        (0..<Int.random(in: 0...4, using: &random)).map { _ in randomValue(&random, depth: depth + 1) })
    default:
      var members: [String: JSONValue] = [:]
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        members[text()] = randomValue(&random, depth: depth + 1)
      }
      return .object(members)
    }
  }
}
