/// The part of an error that fits a page.
enum ErrorText {
  /// At most `lines` lines of at most 240 characters each; an ellipsis where there was more.
  static func firstLines(_ text: String, _ lines: Int = 6) -> String {
    let all = text.split(omittingEmptySubsequences: true) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
    let shown = all.prefix(lines).map { EscapedText.shortened(String($0), 240) }
    return shown.joined(separator: "\n") + (all.count > lines ? "\n…" : "")
  }
}

/// Words for commands that people copy.
enum ShellWord {
  /// `word` as it is when no shell would misread it, otherwise in single quotes.
  static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
          UInt8(ascii: "/"):
          true
        default: false
        }
      }
    return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
