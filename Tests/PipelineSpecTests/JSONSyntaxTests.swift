import PipelineCore
import PipelineSpec
import Testing

@Suite struct JSONSyntaxTests {
  /// The findings of a text that need not be a pipeline.
  func syntax(_ codes: [String], _ marked: String, sourceLocation: Testing.SourceLocation = #_sourceLocation)
  {
    let source = MarkedSource(marked)
    let found = JSONDocument.parse(Array(source.text.utf8), path: "x.json").1
    #expect(found.map(\.code) == codes, "\(Diagnostics(found))", sourceLocation: sourceLocation)
    #expect(found.map { place($0.location) } == source.places, sourceLocation: sourceLocation)
  }

  @Test func goodTexts() {
    for text in [
      "null", " true ", "[]", "{}", "-0", "1e3", "\"\"", "[1,2 , 3]", #"{"a":{"b":[{}]}}"#,
      #""\ud83d\ude00\u0000""#,
      "9223372036854775807", "-9223372036854775808", "1e-400", "\"ä€😀\u{7f}\"", "[1]\r\n",
    ] { syntax([], text) }
  }

  @Test func kindlyExplained() {
    syntax(["trailing-comma"], "[1, 2«,» ]")
    syntax(["trailing-comma"], "{\n \"a\": 1«,»\n}")
    syntax(["comment"], "{ «// so»\n}")
    syntax(["comment"], "[1, «/*» so */ 2]")
    syntax(["comment"], "[1 «# so»\n]")
    syntax(["single-quotes"], "[«'a'»]")
    syntax(["unquoted-key"], "{ «a»: 1 }")
    syntax(["bad-word"], "[«True», 1]")
    syntax(["bad-word"], "[«NaN»]")
    syntax(["missing-colon"], "{ \"a\" «=» 1 }")
    syntax(["missing-comma"], "{ \"a\": 1\n  «\"»b\": 2 }")
    syntax(["stray-comma"], "[1, «,» 2]")
  }

  @Test func brokenStructure() {
    syntax(["empty-file"], "«»")
    syntax(["empty-file"], "«»  \n  ")
    syntax(["trailing-text"], "{} «x»")
    syntax(["trailing-text"], "[] «]»")
    syntax(["unclosed-bracket"], "{ \"a\": «[» 1, 2")
    syntax(["missing-value"], "{ \"a\": «}»")
    syntax(["missing-colon", "missing-value"], "{ «\"a\"» «}»")
    syntax(["mismatched-bracket"], "[1, 2«}»")
    syntax(["unexpected-character"], "[«\u{a0}»]")
    syntax(["unclosed-bracket", "unterminated-string"], "«[»«\"abc»")
  }

  @Test func stringsAndNumbers() {
    syntax(["control-character"], "[\"a«\t»b\"]")
    syntax(["unterminated-string"], "[«\"abc»\n]")
    syntax(["bad-escape", "bad-escape", "bad-escape"], #"["«\x»", "«\u»12", "«\ud800»"]"#)
    syntax(["number-out-of-range", "number-out-of-range"], "[«9223372036854775808», «-9223372036854775809»]")
    syntax(["number-out-of-range"], "[«1e999»]")
    syntax(
      ["bad-number", "bad-number", "bad-number", "bad-number", "bad-number"],
      "[«01», «1.», «-», «0x10», «1e+»]")
    syntax(["bad-word"], "[«.5»]")
  }

  @Test func repeatedKeysNameBothPlaces() {
    syntax(["duplicate-key"], #"{ "a": 1, "b": 2, «"\u0061"»: 3 }"#)
    let many = (0..<40).map { "\"k\($0)\": \($0)" }.joined(separator: ", ")
    let found = JSONDocument.parse(Array("{\(many),\n \"k7\": 0}".utf8), path: "x.json").1
    #expect(found.map(\.code) == ["duplicate-key"])
    #expect(found.first?.location?.line == 2)
    #expect(found.first?.notes.first.map { place($0.location) } == "1:65+4")
  }

  @Test func encodings() {
    let bad = JSONDocument.parse([0x5B, 0x22, 0x61, 0xC3, 0x28, 0x22, 0x5D], path: "x.json").1
    #expect(bad.map(\.code) == ["bad-utf8"])
    #expect(bad.first?.message.contains("byte 3") == true)
    for (bytes, code) in [
      ([0xEF, 0xBB, 0xBF, 0x31], "byte-order-mark"), ([0xFF, 0xFE, 0x31, 0], "bad-utf8"),
      ([0x22, 0xED, 0xA0, 0x80, 0x22], "bad-utf8"), ([0x22, 0xC0, 0x80, 0x22], "bad-utf8"),
      ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], "bad-utf8"),
    ] as [([UInt8], String)] {
      #expect(JSONDocument.parse(bytes, path: "x.json").1.first?.code == code)
    }
  }

  @Test func deepNesting() {
    let open = String(repeating: "[", count: 100_000)
    let found = JSONDocument.parse(Array((open + "]").utf8), path: "x.json").1
    #expect(found.contains { $0.code == "nesting-too-deep" })
    let limit = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(JSONDocument.parse(Array(limit.utf8), path: "x.json").1.isEmpty)
    let over = JSONDocument.parse(Array("[\(limit)]".utf8), path: "x.json").1
    #expect(over.map(\.code) == ["nesting-too-deep"])
  }

  @Test func manyErrorsEnd() {
    let text = String(repeating: "\u{1},'", count: 10_000)
    #expect(JSONDocument.parse(Array(text.utf8), path: "x.json").1.count <= 100)
  }

  @Test func placesOfValues() throws {
    let text = "{\n  \"ä/b\": [true,\n    {\"~\": -1.5e2}]\n}"
    let root = try #require(JSONDocument.parse(Array(text.utf8), path: "dir/x.json").0)
    let list = try #require(root.members?.first)
    #expect(list.key.location.pointer == "/ä~1b")
    let inner = try #require(list.value.items?.last?.members?.first)
    #expect(inner.value.location.description == "dir/x.json:3:11")
    #expect(inner.value.location.pointer == "/ä~1b/1/~0")
    #expect(inner.value.location.length == 6)
    #expect(inner.value.location.lineText == "    {\"~\": -1.5e2}]")
    #expect(list.value.items?.first?.location.column == 11)
    #expect(root.value == ["ä/b": [true, ["~": -150.0]]])
  }

  @Test func decodesEscapes() {
    let text = #""\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00""#
    let value = JSONDocument.parse(Array(text.utf8), path: "x").0?.value
    #expect(value == .string("\"\\/\u{8}\u{c}\n\r\tä😀"))
  }
}
