import PipelineCore

/// Lines and columns of a text by byte offset.
///
/// Columns count Unicode scalars. The last answer is kept: asking in the order of the text costs one walk, even
/// when all of it is one line.
struct LineIndex {
  private let document: JSONDocument
  private let starts: [Int]
  private var last = (line: 0, offset: 0, column: 1)

  init(_ document: JSONDocument) {
    self.document = document
    var starts = [0]
    for (offset, byte) in document.text.enumerated() where byte == UInt8(ascii: "\n") {
      starts.append(offset + 1)
    }
    self.starts = starts
  }

  /// The place of a byte range, with the text of its line when the column is near enough to show it.
  mutating func location(_ range: Range<Int>, pointer: String? = nil) -> SourceLocation {
    let text = document.text
    let offset = min(range.lowerBound, text.count)
    let line = self.line(of: offset)
    if last.line != line || last.offset > offset { last = (line, starts[line], 1) }
    last = (line, offset, last.column + Self.scalars(text[last.offset..<offset]))
    var end = line + 1 < starts.count ? starts[line + 1] - 1 : text.count
    let length = Self.scalars(text[offset..<max(offset, min(range.upperBound, end))])
    if end > starts[line], text[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    // A line of a minified file can have megabytes; what lies behind the first columns is not shown anyway.
    let shown =
      last.column <= 160 ? String(decoding: text[starts[line]..<end].prefix(800), as: UTF8.self) : nil
    return SourceLocation(
      path: document.path, line: line + 1, column: last.column, length: max(1, length), pointer: pointer,
      lineText: shown)
  }

  /// The place of a node with its JSON pointer.
  mutating func location(of node: Int) -> SourceLocation {
    let entry = document.nodes[node]
    // An array or object is marked by its first bracket.
    let isContainer = entry.kind == .array || entry.kind == .object
    let end = isContainer ? entry.start + 1 : entry.end
    return location(Int(entry.start)..<Int(end), pointer: document.pointer(to: node))
  }

  private func line(of offset: Int) -> Int {
    var (low, high) = (0, starts.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if starts[middle] <= offset { low = middle } else { high = middle - 1 }
    }
    return low
  }

  private static func scalars(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reduce(into: 0) { count, byte in if byte & 0xC0 != 0x80 { count += 1 } }
  }
}

extension JSONDocument {
  /// The bytes without the padding.
  var text: ArraySlice<UInt8> { bytes.dropLast(Self.padding) }

  /// The JSON pointer (RFC 6901) of a node; of a key it is that of its member.
  func pointer(to target: Int) -> String {
    var pointer = ""
    var container = 0
    while container != target {
      var child = container + 1
      var number = 0
      var key: Int?
      let isObject = nodes[container].kind == .object
      while child < Int(nodes[container].next), Int(nodes[child].next) <= target {
        key = isObject && nodes[child].flags.contains(.key) ? child : nil
        child = Int(nodes[child].next)
        number += 1
      }
      guard child < Int(nodes[container].next) else { break }
      if isObject {
        if nodes[child].flags.contains(.key) { key = child }
        pointer += "/" + Self.pointerToken(key.map { nodes[$0].kind == .string ? string($0) : "?" } ?? "?")
      } else {
        pointer += "/\(number)"
      }
      container = child
    }
    return pointer
  }

  static func pointerToken(_ name: String) -> String {
    name.contains { $0 == "~" || $0 == "/" }
      ? name.replacing("~", with: "~0").replacing("/", with: "~1") : name
  }
}

/// What is found in one file, with places, to be told all at once in the order of the text.
struct Findings {
  /// A place in the file, or a node of its tree.
  enum Place {
    case node(Int)
    case range(Range<Int>, in: Int)
    case none
  }

  private let document: JSONDocument
  private var lines: LineIndex?
  private var found: [(offset: Int, diagnostic: Diagnostic)] = []
  /// How many findings beyond ``limit`` there were.
  private var untold = 0
  /// Nobody reads more; a slip in a generated file is found ten thousand times.
  private static let limit = 1_000

  init(_ document: JSONDocument) { self.document = document }

  var hasErrors: Bool { found.contains { $0.diagnostic.severity == .error } }

  var count: Int { found.count }

  /// The findings by place; those of one place keep the order in which they were found.
  func sorted() -> [Diagnostic] {
    let told = found.enumerated().sorted { ($0.element.offset, $0.offset) < ($1.element.offset, $1.offset) }
      .map(\.element.diagnostic)
    guard untold > 0 else { return told }
    return told + [
      Diagnostic(code: "too-many-findings", "there are \(untold) more findings in \(document.path)")
    ]
  }

  mutating func add(
    _ code: String, _ message: String, at place: Place, notes: [(String, Place)] = [], help: String? = nil,
    severity: Diagnostic.Severity = .error
  ) {
    guard found.count < Self.limit else {
      untold += 1
      return
    }
    let diagnostic = Diagnostic(
      severity, code: code, message, at: location(place),
      notes: notes.map { Diagnostic.Note($0.0, at: location($0.1)) }, help: help)
    found.append((offset(place), diagnostic))
  }

  mutating func add(_ problems: [SyntaxProblem]) {
    for problem in problems {
      var index = lines ?? LineIndex(document)
      let note = problem.note.map { Diagnostic.Note($0.message, at: index.location($0.range)) }
      let diagnostic = Diagnostic(
        code: problem.code, problem.message, at: index.location(problem.range),
        notes: note.map { [$0] } ?? [],
        help: problem.help)
      found.append((problem.range.lowerBound, diagnostic))
      lines = index
    }
  }

  private func offset(_ place: Place) -> Int {
    switch place {
    case .node(let node): Int(document.nodes[node].start)
    case .range(let range, _): range.lowerBound
    case .none: 0
    }
  }

  private mutating func location(_ place: Place) -> SourceLocation? {
    var index = lines ?? LineIndex(document)
    defer { lines = index }
    switch place {
    case .node(let node): return index.location(of: node)
    case .range(let range, let node): return index.location(range, pointer: document.pointer(to: node))
    case .none: return nil
    }
  }
}
