/// What a program tells the engine by a line of its output.
///
///     ::darkroom progress 10/100
///     ::darkroom progress 10
///     ::darkroom counter rows=123
///
/// The line starts with `::darkroom `, is at most 256 bytes long and ends with a newline. Counter names are 1 to 64
/// letters, digits, `_`, `-` and `.`; numbers are whole and not negative. The lines stay in the log.
enum ChildMessage: Sendable, Equatable {
  case progress(done: Int64, total: Int64?)
  case counter(name: String, value: Int64)

  static let prefix = "::darkroom "
  static let longestLine = 256

  /// Reads a line without its newline; `nil` when it is not a message.
  init?(_ line: some StringProtocol) {
    guard line.hasPrefix(Self.prefix) else { return nil }
    let words = line.dropFirst(Self.prefix.count).split(whereSeparator: { $0 == " " || $0 == "\r" })
    guard words.count == 2 else { return nil }
    switch words[0] {
    case "progress":
      let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
      guard let done = Self.number(parts[0]), parts.count <= 2 else { return nil }
      guard parts.count == 2 else {
        self = .progress(done: done, total: nil)
        return
      }
      guard let total = Self.number(parts[1]), done <= total else { return nil }
      self = .progress(done: done, total: total)
    case "counter":
      let parts = words[1].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let value = Self.number(parts[1]) else { return nil }
      guard (1...64).contains(parts[0].utf8.count), parts[0].utf8.allSatisfy(Self.isNameByte) else {
        return nil
      }
      self = .counter(name: String(parts[0]), value: value)
    default: return nil
    }
  }

  private static func number(_ text: some StringProtocol) -> Int64? {
    text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int64(text) : nil
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}
