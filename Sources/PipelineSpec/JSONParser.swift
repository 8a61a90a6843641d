import PipelineCore

/// Something wrong with the text itself, before its meaning is looked at.
struct SyntaxProblem {
  var code: String
  var message: String
  /// The byte range that the caret marks.
  var range: Range<Int>
  var help: String?
  /// A second place, such as the bracket that is not closed.
  var note: (message: String, range: Range<Int>)?
}

/// The outcome of reading a text: the tree, and what is wrong with the text.
struct ParsedText {
  let document: JSONDocument
  let problems: [SyntaxProblem]
  /// Whether the tree says what its writer meant in spite of the problems: a trailing comma leaves it intact,
  /// an unclosed bracket does not.
  let isIntact: Bool

  init(_ bytes: [UInt8], path: String) {
    guard bytes.count <= JSONDocument.maximumSize else {
      let limit = JSONDocument.maximumSize >> 20
      document = JSONDocument(path: path, bytes: [], nodes: [])
      problems = [
        SyntaxProblem(
          code: "file-too-large", message: "the file has \(bytes.count) bytes, more than \(limit) MiB",
          range: 0..<0)
      ]
      isIntact = false
      return
    }
    var text = bytes
    text.reserveCapacity(bytes.count + JSONDocument.padding)
    text.append(contentsOf: repeatElement(0, count: JSONDocument.padding))
    var nodes: [JSONNode] = []
    (problems, isIntact) = text.withUnsafeBytes { raw in
      var parser = JSONParser(raw, count: bytes.count)
      parser.document()
      nodes = parser.nodes
      return (parser.problems, parser.isIntact)
    }
    document = JSONDocument(path: path, bytes: text, nodes: nodes)
  }
}

/// Reads a text into nodes, going on after an error where the rest still makes sense.
struct JSONParser {
  /// After so many problems the text is hardly JSON: further ones are not told.
  static let maximumProblems = 100

  /// The text with ``JSONDocument/padding`` zero bytes behind it; alive as long as the parser.
  let raw: UnsafeRawBufferPointer
  /// The length without the padding.
  let count: Int
  var position = 0
  var nodes: [JSONNode] = []
  var problems: [SyntaxProblem] = []
  var isIntact = true
  /// The keys of the objects that are open, as node indices, for finding repeated ones.
  var keys: [Int] = []
  /// The brackets that are open, the innermost last.
  var open: [UInt8] = []

  init(_ raw: UnsafeRawBufferPointer, count: Int) {
    self.raw = raw
    self.count = count
    nodes.reserveCapacity(count / 8 + 16)
  }

  /// The byte at the position; zero at the end, where the padding is.
  @inline(__always) var byte: UInt8 { raw[position] }
  var isAtEnd: Bool { position >= count }

  mutating func document() {
    guard startOfText() else { return }
    value()
    skipTrivia()
    if !isAtEnd {
      report(
        "trailing-text", "there is text behind the end of the JSON value", position..<position + 1,
        help: "a file holds exactly one value; check the closing brackets before this place", damages: true)
    }
    position = count
  }

  /// Checks what comes before the value; `false` when there is none.
  private mutating func startOfText() -> Bool {
    if count >= 2, (raw[0], raw[1]) == (0xFF, 0xFE) || (raw[0], raw[1]) == (0xFE, 0xFF) {
      report(
        "bad-utf8", "the file is encoded in UTF-16, not in UTF-8", 0..<2, help: "save it as UTF-8",
        damages: true)
      return false
    }
    checkEncoding()
    if count >= 3, (raw[0], raw[1], raw[2]) == (0xEF, 0xBB, 0xBF) {
      report(
        "byte-order-mark", "the file starts with a byte order mark", 0..<3,
        help: "save it as UTF-8 without BOM")
      position = 3
    }
    skipTrivia()
    if isAtEnd {
      report("empty-file", "the file holds no JSON value", 0..<0, damages: true)
      return false
    }
    return true
  }

  mutating func report(
    _ code: String, _ message: String, _ range: Range<Int>, help: String? = nil,
    note: (message: String, range: Range<Int>)? = nil, damages: Bool = false
  ) {
    if damages { isIntact = false }
    guard problems.count < Self.maximumProblems else {
      isIntact = false
      return
    }
    problems.append(SyntaxProblem(code: code, message: message, range: range, help: help, note: note))
  }

  mutating func append(_ kind: JSONNode.Kind, from start: Int, flags: JSONNode.Flags = [], bits: UInt64 = 0) {
    nodes.append(
      JSONNode(
        kind: kind, flags: flags, start: UInt32(truncatingIfNeeded: start),
        end: UInt32(truncatingIfNeeded: position), next: UInt32(truncatingIfNeeded: nodes.count + 1),
        bits: bits))
  }

  /// Reads one value, whatever stands there, into exactly one node with all it holds.
  mutating func value() {
    skipTrivia()
    switch byte {
    case UInt8(ascii: "\""): string()
    case UInt8(ascii: "{"): container(.object)
    case UInt8(ascii: "["): container(.array)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): number()
    case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ":"): missingValue()
    case 0 where isAtEnd: missingValue()
    case UInt8(ascii: "'"): singleQuoted()
    default: word()
    }
  }

  private mutating func missingValue() {
    let end = isAtEnd ? position : position + 1
    report(
      "missing-value", isAtEnd ? "the file ends where a value is expected" : "a value is missing here",
      position..<end,
      damages: true)
    append(.invalid, from: position)
  }

  private mutating func container(_ kind: JSONNode.Kind) {
    let start = position
    guard open.count < JSONDocument.maximumDepth else {
      report(
        "nesting-too-deep", "arrays and objects are nested more than \(JSONDocument.maximumDepth) deep",
        start..<start + 1, damages: true)
      skipNested()
      append(.invalid, from: start)
      return
    }
    let index = nodes.count
    open.append(byte)
    position += 1
    append(kind, from: start)
    let entries = kind == .object ? members(of: index) : items(of: index)
    open.removeLast()
    nodes[index].end = UInt32(truncatingIfNeeded: position)
    nodes[index].next = UInt32(truncatingIfNeeded: nodes.count)
    nodes[index].bits = UInt64(entries)
  }

  /// Reads the items of an array up to and including its bracket; returns how many there are.
  private mutating func items(of index: Int) -> Int {
    var entries = 0
    var comma: Int?
    while true {
      skipTrivia()
      if closes(UInt8(ascii: "]"), index, comma) { return entries }
      if byte == UInt8(ascii: ",") {
        strayComma()
        continue
      }
      let before = position
      value()
      // A bracket of the wrong kind is no value: without this step the loop would not move on.
      if position == before { position += 1 }
      entries += 1
      comma = separator(before: UInt8(ascii: "]"))
    }
  }

  /// Reads the members of an object up to and including its brace; returns how many there are.
  private mutating func members(of index: Int) -> Int {
    let base = keys.count
    var comma: Int?
    while true {
      skipTrivia()
      if closes(UInt8(ascii: "}"), index, comma) { break }
      switch byte {
      case UInt8(ascii: ","):
        strayComma()
        continue
      case UInt8(ascii: "\""), UInt8(ascii: "'"): value()
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
        UInt8(ascii: "$"):
        unquotedKey()
      default:
        unexpectedCharacter("a key in double quotes")
        continue
      }
      if nodes[nodes.count - 1].kind != .string { isIntact = false }
      nodes[nodes.count - 1].flags.insert(.key)
      keys.append(nodes.count - 1)
      colon()
      value()
      comma = separator(before: UInt8(ascii: "}"))
    }
    checkRepeatedKeys(keys[base...])
    let entries = keys.count - base
    keys.removeLast(entries)
    return entries
  }

  private mutating func colon() {
    skipTrivia()
    if byte == UInt8(ascii: ":") {
      position += 1
    } else if byte == UInt8(ascii: "=") {
      report("missing-colon", "a key and its value are joined by `:`, not `=`", position..<position + 1)
      position += 1
    } else {
      report("missing-colon", "a `:` and a value are missing behind this key", keyRange, damages: true)
    }
  }

  private var keyRange: Range<Int> { nodes.last.map { Int($0.start)..<Int($0.end) } ?? position..<position }

  /// Takes the comma behind an entry and returns its place. Reports a missing one.
  private mutating func separator(before close: UInt8) -> Int? {
    skipTrivia()
    if byte == UInt8(ascii: ",") {
      position += 1
      return position - 1
    }
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "-"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
      report("missing-comma", "a comma is missing before this", position..<position + 1)
    case close, UInt8(ascii: "]"), UInt8(ascii: "}"), 0: break
    default: unexpectedCharacter("`,` or `\(Character(Unicode.Scalar(close)))`")
    }
    return nil
  }

  private mutating func strayComma() {
    report("stray-comma", "there is nothing before this comma", position..<position + 1)
    position += 1
  }

  /// Whether the container ends here: with its bracket, which is taken, or because something else ends it.
  private mutating func closes(_ close: UInt8, _ index: Int, _ comma: Int?) -> Bool {
    if byte == close {
      if let comma {
        report(
          "trailing-comma", "JSON has no comma before a closing bracket", comma..<comma + 1,
          help: "remove the comma")
      }
      position += 1
      return true
    }
    let opening = Int(nodes[index].start)..<Int(nodes[index].start) + 1
    if isAtEnd {
      // One message for the innermost bracket is enough: the others are open for the same reason.
      if problems.last?.code != "unclosed-bracket" {
        report(
          "unclosed-bracket", "the file ends before this bracket is closed", opening, damages: true)
      }
      isIntact = false
      return true
    }
    guard byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") else { return false }
    let here = Character(Unicode.Scalar(byte))
    report(
      "mismatched-bracket", "`\(here)` does not close the bracket that is open here", position..<position + 1,
      note: ("this one is open", opening), damages: true)
    let opener = byte == UInt8(ascii: "]") ? UInt8(ascii: "[") : UInt8(ascii: "{")
    // An outer container of that kind is closed by it; otherwise it was meant for this one.
    if !open.dropLast().contains(opener) { position += 1 }
    return true
  }
}
