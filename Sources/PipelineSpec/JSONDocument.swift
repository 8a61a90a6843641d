public import PipelineCore

/// A JSON text (RFC 8259) as a tree whose every value and key knows its place.
///
/// The tree is one flat list in the order of the text, so that reading a large file makes few allocations;
/// lines, columns and pointers are worked out only where a message needs them.
public struct JSONDocument: Sendable {
  /// The path as messages show it.
  public let path: String
  /// The text, followed by ``padding`` zero bytes.
  let bytes: [UInt8]
  let nodes: [JSONNode]

  /// Zero bytes behind the text: scanners load eight bytes at once and stop at a zero.
  static let padding = 8
  /// The largest text that is read, in bytes.
  public static let maximumSize = 256 << 20
  /// How deep arrays and objects may nest.
  public static let maximumDepth = 64

  init(path: String, bytes: [UInt8], nodes: [JSONNode]) {
    self.path = path
    self.bytes = bytes
    self.nodes = nodes
  }

  /// Reads a text.
  ///
  /// - Parameters:
  ///   - bytes: The text, which should be UTF-8.
  ///   - path: How messages name the file.
  /// - Returns: The tree, as far as it could be made out, and everything that is wrong with the text, in the
  ///   order of the text. The tree is complete when there is no finding.
  public static func parse(_ bytes: [UInt8], path: String) -> (LocatedValue?, [Diagnostic]) {
    let parsed = ParsedText(bytes, path: path)
    var findings = Findings(parsed.document)
    findings.add(parsed.problems)
    let root = parsed.document.nodes.isEmpty ? nil : LocatedValue(document: parsed.document, index: 0)
    return (root, findings.sorted())
  }

  /// Reads a text from memory that someone else owns; it is copied.
  public static func parse(_ bytes: UnsafeRawBufferPointer, path: String) -> (LocatedValue?, [Diagnostic]) {
    parse([UInt8](bytes), path: path)
  }

  /// The content of the string or key at `index`, escapes resolved.
  func string(_ index: Int) -> String {
    let node = nodes[index]
    return bytes.withUnsafeBufferPointer { all in
      // Of a string that the text breaks off, the closing quote is missing, and perhaps everything but the opening one.
      let first = Int(node.start) + 1
      let content = UnsafeBufferPointer(rebasing: all[first..<max(first, Int(node.end) - 1)])
      guard node.flags.contains(.escaped) else { return String(decoding: content, as: UTF8.self) }
      return String(decoding: JSONEscapes.decode(content), as: UTF8.self)
    }
  }
}

/// One value or key of a ``JSONDocument``: an entry of its flat list.
struct JSONNode {
  enum Kind: UInt8 {
    case null, boolFalse, boolTrue, integer, number, string, array, object
    /// Text that is not a value; reported already.
    case invalid
  }
  struct Flags: OptionSet {
    let rawValue: UInt8
    /// The string holds a backslash, or a character that must not be there, and has to be decoded.
    static let escaped = Flags(rawValue: 1)
    /// The string holds a `$`.
    static let dollar = Flags(rawValue: 2)
    /// The string is the key of a member; its value follows.
    static let key = Flags(rawValue: 4)
  }

  var kind: Kind
  var flags: Flags = []
  /// The offset of the first byte, the quote of a string included.
  var start: UInt32
  /// The offset behind the last byte.
  var end: UInt32
  /// The index of the node behind this one and all it holds.
  var next: UInt32
  /// The integer's or number's bits, the string's ``NameHash``, or how many items or members a container has.
  var bits: UInt64 = 0
}

/// One value of a ``JSONDocument``.
public struct LocatedValue: Sendable {
  /// The whole text with all its values.
  public let document: JSONDocument
  let index: Int
  var node: JSONNode { document.nodes[index] }

  /// One member of an object.
  public struct Member: Sendable {
    /// The key as a string value, with its own place.
    public let key: LocatedValue
    /// The member's value.
    public let value: LocatedValue
  }

  /// The byte offsets of the value's text; strings include their quotes.
  public var range: Range<Int> { Int(node.start)..<Int(node.end) }

  /// The line, column, line text and JSON pointer. It walks the text from its start: for messages.
  public var location: SourceLocation {
    var lines = LineIndex(document)
    return lines.location(of: index)
  }

  /// The items of an array; `nil` for other values.
  public var items: [LocatedValue]? {
    guard node.kind == .array else { return nil }
    return children.map { LocatedValue(document: document, index: $0) }
  }

  /// The members of an object in the order of the text, repeated keys included; `nil` for other values.
  public var members: [Member]? {
    guard node.kind == .object else { return nil }
    let all = children.map { LocatedValue(document: document, index: $0) }
    return stride(from: 0, to: all.count - 1, by: 2).map { Member(key: all[$0], value: all[$0 + 1]) }
  }

  private var children: [Int] {
    var list: [Int] = []
    var child = index + 1
    while child < Int(node.next) {
      list.append(child)
      child = Int(document.nodes[child].next)
    }
    return list
  }

  /// The value without places; of repeated keys the last one counts, as most readers have it.
  public var value: JSONValue {
    switch node.kind {
    case .null, .invalid: .null
    case .boolFalse: .bool(false)
    case .boolTrue: .bool(true)
    case .integer: .integer(Int64(bitPattern: node.bits))
    case .number: .number(Double(bitPattern: node.bits))
    case .string: .string(document.string(index))
    case .array: .array((items ?? []).map(\.value))
    case .object:
      .object(
        Dictionary((members ?? []).map { (document.string($0.key.index), $0.value.value) }) { _, last in last
        })
    }
  }
}
