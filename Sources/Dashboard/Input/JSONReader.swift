import PipelineCore

/// Reads JSON text (RFC 8259) strictly: no duplicate members, no trailing bytes, no invalid UTF-8.
///
/// Integers that fit stay integers; every other number becomes a double.
struct JSONReader {
  /// Why the text is not JSON, and at which byte it shows.
  struct Malformed: Error, Equatable {
    let reason: String
    let offset: Int
  }

  /// How deep arrays and objects may nest, so that hostile text cannot exhaust the stack.
  static let depthLimit = 64

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var depth = 0

  private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// The one value that `bytes` hold. Throws ``Malformed``.
  static func value(of bytes: some Collection<UInt8>) throws -> JSONValue {
    let read = try bytes.withContiguousStorageIfAvailable { buffer in try whole(buffer) }
    if let read { return read }
    return try Array(bytes).withUnsafeBufferPointer { try whole($0) }
  }

  private static func whole(_ buffer: UnsafeBufferPointer<UInt8>) throws -> JSONValue {
    var reader = JSONReader(buffer)
    reader.skipSpace()
    let value = try reader.readValue()
    reader.skipSpace()
    guard reader.position == buffer.count else { throw reader.malformed("text after the end of the value") }
    return value
  }

  private func malformed(_ reason: String) -> Malformed { Malformed(reason: reason, offset: position) }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func readValue() throws -> JSONValue {
    switch next {
    case UInt8(ascii: "{"): return try nested { try $0.readObject() }
    case UInt8(ascii: "["): return try nested { try $0.readArray() }
    case UInt8(ascii: "\""): return .string(try readString())
    case UInt8(ascii: "t"): return try readWord("true", .bool(true))
    case UInt8(ascii: "f"): return try readWord("false", .bool(false))
    case UInt8(ascii: "n"): return try readWord("null", .null)
    case nil: throw malformed("the text ends where a value should be")
    default: return try readNumber()
    }
  }

  private mutating func nested(_ read: (inout JSONReader) throws -> JSONValue) throws -> JSONValue {
    depth += 1
    guard depth <= Self.depthLimit else { throw malformed("nested more than \(Self.depthLimit) deep") }
    position += 1
    let value = try read(&self)
    depth -= 1
    return value
  }

  private mutating func readWord(_ word: StaticString, _ value: JSONValue) throws -> JSONValue {
    let end = position + word.utf8CodeUnitCount
    guard end <= bytes.count else { throw malformed("an unknown word") }
    for index in 0..<word.utf8CodeUnitCount where bytes[position + index] != word.utf8Start[index] {
      throw malformed("an unknown word")
    }
    position = end
    return value
  }

  private mutating func readObject() throws -> JSONValue {
    var members: [String: JSONValue] = [:]
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(members) }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw malformed("a member's name should be here") }
      let name = try readString()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw malformed("a colon should be here") }
      skipSpace()
      guard members.updateValue(try readValue(), forKey: name) == nil else {
        throw malformed("a member's name occurs twice")
      }
      skipSpace()
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { throw malformed("a comma or a closing brace should be here") }
    }
  }

  private mutating func readArray() throws -> JSONValue {
    var items: [JSONValue] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(items) }
    while true {
      skipSpace()
      items.append(try readValue())
      skipSpace()
      if take(UInt8(ascii: "]")) { return .array(items) }
      guard take(UInt8(ascii: ",")) else { throw malformed("a comma or a closing bracket should be here") }
    }
  }

  private mutating func readNumber() throws -> JSONValue {
    let start = position
    var isInteger = true
    _ = take(UInt8(ascii: "-"))
    let leadingZero = next == UInt8(ascii: "0")
    let digits = skipDigits()
    guard digits > 0, !(leadingZero && digits > 1) else { throw malformed("an unknown value") }
    if take(UInt8(ascii: ".")) {
      isInteger = false
      guard skipDigits() > 0 else { throw malformed("a number without digits after its point") }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
      guard skipDigits() > 0 else { throw malformed("a number without digits in its exponent") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int64(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw malformed("a number out of range") }
    return .number(value)
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    return position - start
  }

  private mutating func readString() throws -> String {
    position += 1
    let start = position
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
    if next == UInt8(ascii: "\"") {
      defer { position += 1 }
      return try text(bytes[start..<position])
    }
    return try readEscapedString(from: start)
  }

  private mutating func readEscapedString(from start: Int) throws -> String {
    var content = Array(bytes[start..<position])
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return try text(content)
      case UInt8(ascii: "\\"): content.append(contentsOf: try readEscape())
      case 0..<0x20:
        position -= 1
        throw malformed("a control character inside a string")
      default: content.append(byte)
      }
    }
    throw malformed("a string without an end")
  }

  private func text(_ content: some Collection<UInt8>) throws -> String {
    guard let text = String(validating: content, as: UTF8.self) else {
      throw malformed("bytes that are not UTF-8")
    }
    return text
  }

  private mutating func readEscape() throws -> [UInt8] {
    guard let byte = next else { throw malformed("a string without an end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return Array(String(Character(try readUnicodeEscape())).utf8)
    default: throw malformed("an unknown escape in a string")
    }
  }

  private mutating func readUnicodeEscape() throws -> Unicode.Scalar {
    let first = try readFourDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard (0xD800..<0xDC00).contains(first), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
      throw malformed("half of a surrogate pair")
    }
    let second = try readFourDigits()
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    else { throw malformed("half of a surrogate pair") }
    return scalar
  }

  private mutating func readFourDigits() throws -> UInt32 {
    guard position + 4 <= bytes.count,
      let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16),
      bytes[position] != UInt8(ascii: "+")
    else { throw malformed("an escape without four hexadecimal digits") }
    position += 4
    return value
  }
}
