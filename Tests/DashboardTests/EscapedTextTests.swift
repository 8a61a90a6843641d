import Testing

@testable import Dashboard

@Suite struct EscapedTextTests {
  @Test func escapesMarkup() {
    #expect(EscapedText.html(#"<b a="1" c='2'>&`"#) == "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;&#96;")
  }

  @Test func escapesAQuoteThatCarriesACombiningMark() {
    // One Character, two scalars: engines that compare characters let the quote through.
    #expect(EscapedText.html("\"\u{301} onload=x") == "&quot;\u{301} onload=x")
  }

  @Test func spellsOutWhatHidesOrReorders() {
    #expect(EscapedText.html("a\u{202E}b\u{0}c\u{1B}d\u{85}") == "a⟨U+202E⟩b⟨U+0000⟩c⟨U+001B⟩d⟨U+0085⟩")
    #expect(EscapedText.html("عربي 👩‍👧 x\ny") == "عربي 👩‍👧 x\ny")
  }

  @Test func letsNothingDangerousThrough() {
    var random = SnapshotFixture.Generator(state: 5)
    for _ in 0..<500 {
      var text = ""
      for _ in 0..<40 {
        let value = UInt32.random(in: 0..<(Bool.random(using: &random) ? 0x100 : 0x2100), using: &random)
        if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
      }
      let escaped = EscapedText.html(text).unicodeScalars
      #expect(!escaped.contains { "<>\"'`".unicodeScalars.contains($0) })
      #expect(!escaped.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" })
      #expect(!escaped.contains { (0x202A...0x202E).contains($0.value) || (0x7F...0x9F).contains($0.value) })
    }
  }

  @Test func shortensByScalarsAndSaysSo() {
    #expect(EscapedText.shortened("abc", 3) == "abc")
    #expect(EscapedText.shortened("abcd", 3) == "ab…")
    #expect(EscapedText.shortened("a\r\nb") == "a  b")
  }

  @Test func quotesWordsForTheShell() {
    #expect(ShellWord.quoted("nightly-2/a.b") == "nightly-2/a.b")
    #expect(ShellWord.quoted("it's; rm -rf") == "'it'\\''s; rm -rf'")
    #expect(ShellWord.quoted("") == "''")
  }

  @Test func removesTheWorkspaceFromPathsAndNothingElse() {
    let text = "/w/x/a.log and /w/xy/b and /w/x, /w/x"
    #expect(
      WorkspacePath.removing("/w/x", from: text) == "a.log and /w/xy/b and the workspace, the workspace")
    #expect(WorkspacePath.removing("/", from: text) == text)
  }
}
