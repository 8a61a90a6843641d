import PipelineCore

/// A JSON text (RFC 8259) as a tree whose values know where they stand, for files that people write.
struct LocatedJSON {
  indirect enum Content {
    case object([Member])
    case array([LocatedJSON])
    /// Any other value.
    case scalar(JSONValue)
  }
  struct Member {
    let name: String
    let location: SourceLocation
    let value: LocatedJSON
  }
  let content: Content
  let location: SourceLocation

  /// What a person calls the value's type.
  var typeName: String {
    switch content {
    case .object: "object"
    case .array: "array"
    case .scalar(let value): value.typeName
    }
  }
  var stringValue: String? { if case .scalar(.string(let text)) = content { text } else { nil } }

  /// Reads a whole file; throws one located `Diagnostic` at the first error of syntax.
  static func parse(_ bytes: [UInt8], path: String) throws -> LocatedJSON {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw Diagnostic(
        code: "manifest-syntax", "\(path) is not UTF-8 text",
        at: SourceLocation(path: path, line: 1), help: "save it as UTF-8")
    }
    var parser = Parser(bytes: bytes, path: path)
    let value = try parser.value(pointer: "", depth: 0)
    parser.skipSpace()
    if parser.position < bytes.count { throw parser.failure("text after the end of the value") }
    return value
  }
}

private struct Parser {
  let bytes: [UInt8]
  let path: String
  var position = 0

  var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

  func location(at offset: Int, length: Int = 1, pointer: String? = nil) -> SourceLocation {
    let lineStart = bytes[..<offset].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let lineEnd = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    let before = String(decoding: bytes[lineStart..<offset], as: UTF8.self)
    return SourceLocation(
      path: path, line: bytes[..<offset].count { $0 == UInt8(ascii: "\n") } + 1,
      column: before.unicodeScalars.count + 1, length: length, pointer: pointer,
      lineText: String(decoding: bytes[lineStart..<lineEnd], as: UTF8.self))
  }

  func failure(_ message: String, at offset: Int? = nil) -> Diagnostic {
    Diagnostic(
      code: "manifest-syntax", position >= bytes.count ? "the file ends too early: \(message)" : message,
      at: location(at: min(offset ?? position, bytes.count)))
  }

  mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
  }

  mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  mutating func value(pointer: String, depth: Int) throws -> LocatedJSON {
    skipSpace()
    guard depth < 64 else { throw failure("more than 64 levels of nesting") }
    let start = position
    let content: LocatedJSON.Content
    switch current {
    case UInt8(ascii: "{"): content = try object(pointer: pointer, depth: depth)
    case UInt8(ascii: "["): content = try array(pointer: pointer, depth: depth)
    case UInt8(ascii: "\""): content = .scalar(.string(try string()))
    default: content = .scalar(try word())
    }
    let isContainer = bytes[start] == UInt8(ascii: "{") || bytes[start] == UInt8(ascii: "[")
    return LocatedJSON(
      content: content,
      location: location(at: start, length: isContainer ? 1 : position - start, pointer: pointer))
  }

  private mutating func object(pointer: String, depth: Int) throws -> LocatedJSON.Content {
    position += 1
    var members: [LocatedJSON.Member] = []
    if take(UInt8(ascii: "}")) { return .object(members) }
    repeat {
      skipSpace()
      let start = position
      guard current == UInt8(ascii: "\"") else { throw failure("a member name in quotes is missing here") }
      let name = try string()
      let end = position
      guard take(UInt8(ascii: ":")) else { throw failure("a colon is missing here") }
      let inner = pointer + "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
      let place = location(at: start, length: end - start, pointer: inner)
      members.append(.init(name: name, location: place, value: try value(pointer: inner, depth: depth + 1)))
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw failure("a comma or } is missing here") }
    return .object(members)
  }

  private mutating func array(pointer: String, depth: Int) throws -> LocatedJSON.Content {
    position += 1
    var items: [LocatedJSON] = []
    if take(UInt8(ascii: "]")) { return .array(items) }
    repeat {
      items.append(try value(pointer: "\(pointer)/\(items.count)", depth: depth + 1))
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw failure("a comma or ] is missing here") }
    return .array(items)
  }

  private mutating func string() throws -> String {
    let start = position
    position += 1
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw failure("a control character inside a text", at: position - 1)
      default: text.append(byte)
      }
    }
    throw failure("this text is not closed", at: start)
  }

  private mutating func escape(into text: inout [UInt8]) throws {
    let kind = current
    position += 1
    let plain: [UInt8: UInt8] = [
      0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09,
    ]
    if let byte = plain[kind] { return text.append(byte) }
    guard kind == UInt8(ascii: "u") else { throw failure("an unknown escape", at: position - 2) }
    var scalar = try fourDigits()
    if (0xD800..<0xDC00).contains(scalar), current == UInt8(ascii: "\\"), position + 1 < bytes.count,
      bytes[position + 1] == UInt8(ascii: "u")
    {
      position += 2
      let low = try fourDigits()
      guard (0xDC00..<0xE000).contains(low) else {
        throw failure("half of a surrogate pair", at: position - 6)
      }
      scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let unicode = Unicode.Scalar(scalar) else {
      throw failure("half of a surrogate pair", at: position - 6)
    }
    text.append(contentsOf: String(Character(unicode)).utf8)
  }

  private mutating func fourDigits() throws -> UInt32 {
    guard position + 4 <= bytes.count,
      let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16),
      bytes[position] != UInt8(ascii: "+")
    else { throw failure("four hexadecimal digits are missing here") }
    position += 4
    return value
  }

  /// A number, `true`, `false` or `null`.
  private mutating func word() throws -> JSONValue {
    let start = position
    while position < bytes.count, !Array(",]}: \t\r\n\"{[".utf8).contains(bytes[position]) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    switch text {
    case "": throw failure("a value is missing here")
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "null": return .null
    default:
      if text.wholeMatch(of: /-?(0|[1-9][0-9]*)/) != nil, let number = Int64(text) { return .integer(number) }
      guard text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/) != nil,
        let number = Double(text), number.isFinite
      else { throw failure("\(text) is not a JSON value", at: start) }
      return .number(number)
    }
  }
}
