import PipelineCore

extension JSONParser {
  /// Reads a string: finds its end eight bytes at a time, hashes it, and notes whether it needs decoding.
  mutating func string() {
    let start = position
    position += 1
    var hash = NameHash()
    var flags: JSONNode.Flags = []
    while true {
      let before = scanPlain(&hash, &flags)
      if byte == UInt8(ascii: "\"") {
        hash.mix(before)
        break
      }
      flags.insert(.escaped)
      guard skipSpecial(start) else {
        append(.invalid, from: start)
        return
      }
    }
    let content = start + 1..<position
    position += 1
    append(.string, from: start, flags: flags, bits: hash.finish(count: content.count))
    if flags.contains(.escaped) { finishEscaped(content) }
  }

  /// Moves to the next quote, backslash or control character; returns the bytes of its word that come before it.
  @inline(__always) private mutating func scanPlain(_ hash: inout NameHash, _ flags: inout JSONNode.Flags)
    -> UInt64
  {
    // Copies in registers: the fields would be stored again for every word.
    let raw = raw
    var at = position
    var mixed = hash
    var dollars: UInt64 = 0
    while true {
      let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      let stops =
        ByteLanes.equal(word, UInt8(ascii: "\"")) | ByteLanes.equal(word, UInt8(ascii: "\\"))
        | ByteLanes.below(word, 0x20)
      if stops == 0 {
        dollars |= ByteLanes.equal(word, UInt8(ascii: "$"))
        mixed.mix(word)
        at += 8
        continue
      }
      // The bytes below the lowest stop; none when the stop is the first byte.
      let content = word & ((stops & (0 &- stops)) &>> 7 &- 1)
      dollars |= ByteLanes.equal(content, UInt8(ascii: "$"))
      position = at + stops.trailingZeroBitCount / 8
      hash = mixed
      if dollars != 0 { flags.insert(.dollar) }
      return content
    }
  }

  /// The hash and the flags of a string with escapes are those of its decoded content.
  private mutating func finishEscaped(_ content: Range<Int>) {
    let decoded = JSONEscapes.decode(UnsafeBufferPointer(rebasing: raw.bindMemory(to: UInt8.self)[content]))
    nodes[nodes.count - 1].bits = decoded.withUnsafeBufferPointer { NameHash.of($0) }
    if decoded.contains(UInt8(ascii: "$")) { nodes[nodes.count - 1].flags.insert(.dollar) }
  }

  /// Skips an escape or a control character inside a string; `false` when the string ends unclosed.
  private mutating func skipSpecial(_ start: Int) -> Bool {
    if byte == UInt8(ascii: "\\") {
      escape()
      return true
    }
    guard !isAtEnd, byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") else {
      report(
        "unterminated-string", "this string has no closing quote on its line", start..<position,
        help: "close it, or write a line break as `\\n`", damages: true)
      return false
    }
    let hex = String(byte, radix: 16, uppercase: true)
    report(
      "control-character",
      "a string holds the control character U+\(String(repeating: "0", count: 4 - hex.count))\(hex)",
      position..<position + 1, help: byte == UInt8(ascii: "\t") ? "write a tab as `\\t`" : nil)
    position += 1
    return true
  }

  /// Checks an escape sequence and skips it.
  private mutating func escape() {
    let start = position
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 1
    case UInt8(ascii: "u"):
      guard let unit = JSONEscapes.hexUnit(raw, position + 1) else {
        report("bad-escape", "`\\u` is followed by four hexadecimal digits", start..<position + 1)
        position += 1
        return
      }
      position += 5
      guard unit & 0xF800 == 0xD800 else { return }
      if unit < 0xDC00, raw[position] == UInt8(ascii: "\\"), raw[position + 1] == UInt8(ascii: "u"),
        let low = JSONEscapes.hexUnit(raw, position + 2), low & 0xFC00 == 0xDC00
      {
        position += 6
        return
      }
      report(
        "bad-escape", "this is half of a surrogate pair, and no character by itself", start..<position,
        help: "write the character itself")
    default:
      // Not moved on over a line end or the end of the text: the string's loop reports those.
      let end = isAtEnd || byte < 0x20 ? position : position + 1
      report(
        "bad-escape", "there is no such escape in JSON", start..<end, help: "write a backslash as `\\\\`")
      position = end
    }
  }
}

/// Comparisons of eight bytes at once. A set high bit marks a byte that matches; bits above the lowest set one
/// may be wrong, so only the lowest counts.
enum ByteLanes {
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highs: UInt64 = 0x8080_8080_8080_8080

  @inline(__always) static func equal(_ word: UInt64, _ byte: UInt8) -> UInt64 {
    let different = word ^ (ones &* UInt64(byte))
    return (different &- ones) & ~different & highs
  }

  /// Bytes below `limit`, which is at most 128.
  @inline(__always) static func below(_ word: UInt64, _ limit: UInt8) -> UInt64 {
    (word &- ones &* UInt64(limit)) & ~word & highs
  }

  /// The high bits of exactly the bytes that are line feeds, for a word of ASCII.
  @inline(__always) static func lineFeeds(_ word: UInt64) -> UInt64 {
    // Without high bits in the word the sum cannot carry from byte to byte.
    ~((word ^ ones &* UInt64(UInt8(ascii: "\n"))) &+ ~highs) & highs
  }

  /// Whether any byte is above 127.
  @inline(__always) static func hasNonASCII(_ word: UInt64) -> Bool { word & highs != 0 }
}

/// The escape sequences of JSON strings.
enum JSONEscapes {
  /// The UTF-8 bytes that the content of a string stands for. A wrong escape, reported elsewhere, gives U+FFFD.
  static func decode(_ content: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(content.count)
    let raw = UnsafeRawBufferPointer(content)
    var index = 0
    while index < raw.count {
      guard raw[index] == UInt8(ascii: "\\"), index + 1 < raw.count else {
        bytes.append(raw[index])
        index += 1
        continue
      }
      let letter = raw[index + 1]
      index += 2
      switch letter {
      case UInt8(ascii: "b"): bytes.append(8)
      case UInt8(ascii: "f"): bytes.append(12)
      case UInt8(ascii: "n"): bytes.append(10)
      case UInt8(ascii: "r"): bytes.append(13)
      case UInt8(ascii: "t"): bytes.append(9)
      case UInt8(ascii: "u"): bytes.append(contentsOf: String(scalar(raw, &index)).utf8)
      default: bytes.append(letter)
      }
    }
    return bytes
  }

  /// The character of the `\u` escape whose digits start at `index`, which moves behind it and its second half.
  private static func scalar(_ raw: UnsafeRawBufferPointer, _ index: inout Int) -> Unicode.Scalar {
    guard let unit = hexUnit(raw, index) else { return "\u{FFFD}" }
    index += 4
    if let scalar = Unicode.Scalar(unit) { return scalar }
    guard unit < 0xDC00, index + 1 < raw.count, raw[index] == UInt8(ascii: "\\"),
      raw[index + 1] == UInt8(ascii: "u"),
      let low = hexUnit(raw, index + 2), low & 0xFC00 == 0xDC00
    else { return "\u{FFFD}" }
    index += 6
    return Unicode.Scalar(0x10000 + (UInt32(unit) & 0x3FF) << 10 + UInt32(low) & 0x3FF) ?? "\u{FFFD}"
  }

  /// The value of the four hexadecimal digits at `index`; `nil` when they are not four.
  static func hexUnit(_ raw: UnsafeRawBufferPointer, _ index: Int) -> UInt16? {
    guard index + 4 <= raw.count else { return nil }
    var unit: UInt16 = 0
    for offset in 0..<4 {
      let byte = raw[index + offset]
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: return nil
      }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }
}
