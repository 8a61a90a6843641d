import PipelineCore

extension JSONParser {
  /// Skips white space, and comments with a message.
  @inline(__always) mutating func skipTrivia() {
    while true {
      let raw = raw
      var at = position
      while raw[at] == UInt8(ascii: " ") || raw[at] == UInt8(ascii: "\n") || raw[at] == UInt8(ascii: "\r")
        || raw[at] == UInt8(ascii: "\t")
      { at += 1 }
      position = at
      guard raw[at] == UInt8(ascii: "/") || raw[at] == UInt8(ascii: "#"), skipComment() else { return }
    }
  }

  /// Skips a comment at the position; `false` when there is none.
  private mutating func skipComment() -> Bool {
    let start = position
    let help = "remove it; a pipeline and its parameters have a `description` for words"
    if byte == UInt8(ascii: "/"), raw[position + 1] == UInt8(ascii: "*") {
      position += 2
      while !isAtEnd, !(byte == UInt8(ascii: "*") && raw[position + 1] == UInt8(ascii: "/")) { position += 1 }
      let isClosed = !isAtEnd
      position = min(count, position + 2)
      report("comment", "JSON has no comments", start..<start + 2, help: help, damages: !isClosed)
      return true
    }
    guard byte == UInt8(ascii: "#") || raw[position + 1] == UInt8(ascii: "/") else { return false }
    while !isAtEnd, byte != UInt8(ascii: "\n") { position += 1 }
    report("comment", "JSON has no comments", start..<position, help: help)
    return true
  }

  /// Skips a container that is nested too deep, with all it holds, without recursion.
  mutating func skipNested() {
    var depth = 0
    while !isAtEnd {
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: "\""):
        position += 1
        while !isAtEnd, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\n") {
          position += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        position = min(position, count - 1)
      default: break
      }
      position += 1
      if depth == 0 { return }
    }
  }

  /// Reads a word that is no string and no number: `true`, `false`, `null`, or something that is wrong.
  mutating func word() {
    let start = position
    while isWordByte(byte) { position += 1 }
    guard position > start else {
      unexpectedCharacter("a value")
      append(.invalid, from: start)
      return
    }
    let text = String(decoding: raw[start..<position], as: UTF8.self)
    switch text {
    case "null": append(.null, from: start)
    case "true": append(.boolTrue, from: start)
    case "false": append(.boolFalse, from: start)
    default:
      let help: String
      switch text.lowercased() {
      case "nan", "inf", "infinity": help = "JSON has no such number; leave the key out"
      case "none", "nil", "undefined": help = "write `null`, or leave the key out"
      case "true", "false", "null": help = "write `\(text.lowercased())`"
      case "yes", "on": help = "write `true`"
      case "no", "off": help = "write `false`"
      default: help = "put text in double quotes"
      }
      report("bad-word", "`\(text)` is not a JSON value", start..<position, help: help)
      append(.invalid, from: start)
    }
  }

  /// Reads a key without quotes as if it had them.
  mutating func unquotedKey() {
    let start = position
    while isWordByte(byte) { position += 1 }
    let text = String(decoding: raw[start..<position], as: UTF8.self)
    report("unquoted-key", "keys are written in double quotes", start..<position, help: "write `\"\(text)\"`")
    append(.invalid, from: start)
  }

  /// Skips text in single quotes, with a message.
  mutating func singleQuoted() {
    let start = position
    position += 1
    while !isAtEnd, byte != UInt8(ascii: "'"), byte != UInt8(ascii: "\n") { position += 1 }
    let isClosed = byte == UInt8(ascii: "'") && !isAtEnd
    if isClosed { position += 1 }
    report("single-quotes", "text is written in double quotes", start..<position, damages: !isClosed)
    append(.invalid, from: start)
  }

  /// Reports the character at the position and skips it.
  mutating func unexpectedCharacter(_ expected: String) {
    let start = position
    guard !isAtEnd else { return }
    position += 1
    while !isAtEnd, byte & 0xC0 == 0x80 { position += 1 }
    let text = String(decoding: raw[start..<position], as: UTF8.self)
    let scalar = text.unicodeScalars.first ?? "?"
    let hex = String(scalar.value, radix: 16, uppercase: true)
    let code = "U+" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
    let isVisible =
      scalar.isASCII ? scalar.value > 0x20 && scalar.value < 0x7F : scalar.properties.isAlphabetic
    report(
      "unexpected-character",
      "expected \(expected), found \(isVisible ? "`\(text)`" : "the character \(code)")",
      start..<position, damages: true)
  }

  func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), UInt8(ascii: "."),
      UInt8(ascii: "+"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  /// Reads a number (RFC 8259, section 6).
  mutating func number() {
    let start = position
    let isNegative = byte == UInt8(ascii: "-")
    if isNegative { position += 1 }
    let digits = position
    var magnitude: UInt64 = 0
    var overflows = false
    while case let digit = byte &- UInt8(ascii: "0"), digit <= 9 {
      let (tenfold, tooBig) = magnitude.multipliedReportingOverflow(by: 10)
      let (sum, tooBigStill) = tenfold.addingReportingOverflow(UInt64(digit))
      magnitude = sum
      overflows = overflows || tooBig || tooBigStill
      position += 1
    }
    var isGood = position > digits && (position == digits + 1 || raw[digits] != UInt8(ascii: "0"))
    var isInteger = true
    if byte == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      isGood = skipDigits() && isGood
    }
    if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
      isInteger = false
      position += 1
      if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { position += 1 }
      isGood = skipDigits() && isGood
    }
    guard isGood, !isWordByte(byte) else { return badNumber(start, digits) }
    if isInteger {
      integer(start, isNegative, magnitude, overflows)
    } else {
      fraction(start)
    }
  }

  private mutating func skipDigits() -> Bool {
    let start = position
    while byte &- UInt8(ascii: "0") <= 9 { position += 1 }
    return position > start
  }

  private mutating func integer(_ start: Int, _ isNegative: Bool, _ magnitude: UInt64, _ overflows: Bool) {
    let limit: UInt64 = isNegative ? 1 << 63 : 1 << 63 - 1
    guard !overflows, magnitude <= limit else {
      report(
        "number-out-of-range", "whole numbers lie between -2^63 and 2^63 - 1", start..<position,
        help: "write it as text in quotes if it is a name")
      append(.invalid, from: start)
      return
    }
    append(.integer, from: start, bits: isNegative ? 0 &- magnitude : magnitude)
  }

  private mutating func fraction(_ start: Int) {
    let value = Double(String(decoding: raw[start..<position], as: UTF8.self)) ?? .infinity
    guard value.isFinite else {
      report(
        "number-out-of-range", "this number is larger than any 64-bit floating-point number", start..<position
      )
      append(.invalid, from: start)
      return
    }
    append(.number, from: start, bits: value.bitPattern)
  }

  private mutating func badNumber(_ start: Int, _ digits: Int) {
    while isWordByte(byte) { position += 1 }
    let hasLeadingZero = raw[digits] == UInt8(ascii: "0") && raw[digits + 1] &- UInt8(ascii: "0") <= 9
    report(
      "bad-number", "`\(String(decoding: raw[start..<position], as: UTF8.self))` is not a JSON number",
      start..<position,
      help: hasLeadingZero ? "remove the leading zeros" : "put text and durations in double quotes")
    append(.invalid, from: start)
  }
}
