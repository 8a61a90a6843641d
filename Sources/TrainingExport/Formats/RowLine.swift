#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import PipelineCore
import TrainingData

/// A line of a dataset's table, taken apart where it lies: all columns in their order, without spaces, as the join writes
/// them. It is ten times as fast as reading a row.
///
/// Lines that are written in another way are not taken, although they may be sound: whoever asks reads them as rows then,
/// and finds out what is wrong with those that are not.
struct RowLine {
  /// What a value of a column may look like.
  private struct Shape {
    /// `"name":`
    let key: [UInt8]
    let kind: Column.Kind
    let isOptional: Bool
    /// The only texts there may be; `nil` for any.
    let words: [[UInt8]]?
    /// The only number of items there may be; `nil` for any.
    let items: Int?

    init(_ column: Column) {
      key = Array("\"\(column.name)\":".utf8)
      kind = column.kind
      isOptional = column.isOptional
      let words: [String]? =
        switch (column.name, column.kind) {
        case ("action", .text): SelectionRow.Action.allCases.map(\.rawValue)
        case ("exposure", .text): Exposure.allCases.map(\.rawValue)
        case ("split", .text): Split.allCases.map(\.rawValue)
        default: nil
        }
      self.words = words.map { $0.map { Array($0.utf8) } }
      items = column.name == "final_crop_coords" ? 4 : nil
    }
  }

  private let shapes: [Shape]
  private let splitColumn: Int
  /// Where the value of each column stands in the line that was taken last; texts without their quotes.
  private(set) var values: [Range<Int>] = []
  /// Whether a text has escapes, by column.
  private var hasEscapes: [Bool] = []

  init<Row: TrainingRow>(_ type: Row.Type) {
    shapes = Row.columns.map { Shape($0) }
    splitColumn = Row.columns.firstIndex { $0.name == "split" } ?? 0
    values = Array(repeating: 0..<0, count: shapes.count)
    hasEscapes = Array(repeating: false, count: shapes.count)
  }

  /// Takes a line, without its end, apart.
  /// - Returns: its split; `nil` when it is not written as the join does.
  mutating func take(_ line: UnsafeRawBufferPointer) -> Split? {
    var position = 0
    for (index, shape) in shapes.enumerated() {
      guard position < line.count, line[position] == UInt8(ascii: index == 0 ? "{" : ",") else { return nil }
      position += 1
      guard Self.holds(line, position, shape.key) else { return nil }
      position += shape.key.count
      guard let end = value(line, position, index) else { return nil }
      position = end
    }
    guard position == line.count - 1, line[position] == UInt8(ascii: "}") else { return nil }
    let split = values[splitColumn]
    return Split.allCases.first { $0.rawValue.utf8.elementsEqual(line[split]) }
  }

  private static func holds(_ line: UnsafeRawBufferPointer, _ position: Int, _ bytes: [UInt8]) -> Bool {
    guard position + bytes.count <= line.count, let base = line.baseAddress else { return false }
    return memcmp(base + position, bytes, bytes.count) == 0
  }

  private static let null = Array("null".utf8)
  private static let yes = Array("true".utf8)
  private static let no = Array("false".utf8)

  /// - Returns: where the value ends.
  private mutating func value(_ line: UnsafeRawBufferPointer, _ start: Int, _ index: Int) -> Int? {
    let shape = shapes[index]
    hasEscapes[index] = false
    if shape.isOptional, Self.holds(line, start, Self.null) {
      values[index] = start..<start
      return start + Self.null.count
    }
    let end: Int?
    switch shape.kind {
    case .text:
      guard let text = Self.text(line, start) else { return nil }
      values[index] = start + 1..<text.end - 1
      hasEscapes[index] = text.hasEscapes
      if let words = shape.words, !words.contains(where: { line[values[index]].elementsEqual($0) }) {
        return nil
      }
      return text.end
    case .truth:
      end =
        Self.holds(line, start, Self.yes)
        ? start + Self.yes.count : Self.holds(line, start, Self.no) ? start + Self.no.count : nil
    case .integer: end = Self.integer(line, start)
    case .number: end = Self.number(line, start)
    case .texts: end = Self.list(line, start, count: shape.items) { Self.text($0, $1)?.end }
    case .numbers: end = Self.list(line, start, count: shape.items, Self.number)
    case .integers: end = Self.list(line, start, count: shape.items, Self.integer)
    }
    guard let end else { return nil }
    values[index] = start..<end
    return end
  }

  // MARK: Values

  private static func text(
    _ line: UnsafeRawBufferPointer, _ start: Int
  ) -> (end: Int, hasEscapes: Bool)? {
    guard start < line.count, line[start] == UInt8(ascii: "\"") else { return nil }
    var position = start + 1
    var (hasEscapes, isPlain) = (false, true)
    while position < line.count {
      let byte = line[position]
      if byte == UInt8(ascii: "\"") {
        let content = UnsafeRawBufferPointer(rebasing: line[start + 1..<position])
        if !isPlain, String(validating: content, as: UTF8.self) == nil { return nil }
        return (position + 1, hasEscapes)
      }
      if byte < 0x20 { return nil }
      if byte >= 0x80 { isPlain = false }
      if byte == UInt8(ascii: "\\") {
        position += 1
        guard position < line.count, unescaped(line[position]) != nil else { return nil }
        hasEscapes = true
      }
      position += 1
    }
    return nil
  }

  /// What a letter after a backslash stands for; `nil` for those that are rare, or never written.
  private static func unescaped(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: nil
    }
  }

  private static func digits(_ line: UnsafeRawBufferPointer, _ start: Int) -> Int {
    var end = start
    while end < line.count, line[end] >= UInt8(ascii: "0"), line[end] <= UInt8(ascii: "9") { end += 1 }
    return end
  }

  /// The whole part of a number.
  private static func whole(_ line: UnsafeRawBufferPointer, _ start: Int) -> Int? {
    guard start < line.count else { return nil }
    let first = line[start] == UInt8(ascii: "-") ? start + 1 : start
    let end = digits(line, first)
    // More digits may be too many for the number's type.
    guard end > first, end - first <= 18, line[first] != UInt8(ascii: "0") || end == first + 1 else {
      return nil
    }
    return end
  }

  private static func integer(_ line: UnsafeRawBufferPointer, _ start: Int) -> Int? {
    guard let end = whole(line, start) else { return nil }
    // −0 is written as 0.
    if line[start] == UInt8(ascii: "-"), line[start + 1] == UInt8(ascii: "0") { return nil }
    return end
  }

  private static func number(_ line: UnsafeRawBufferPointer, _ start: Int) -> Int? {
    guard var end = whole(line, start) else { return nil }
    var isNumber = false
    if end < line.count, line[end] == UInt8(ascii: ".") {
      let part = digits(line, end + 1)
      if part == end + 1 { return nil }
      end = part
      isNumber = true
    }
    if end < line.count, line[end] == UInt8(ascii: "e") {
      guard end + 1 < line.count, line[end + 1] == UInt8(ascii: "-") || line[end + 1] == UInt8(ascii: "+")
      else { return nil }
      let part = digits(line, end + 2)
      // Greater exponents may be out of range.
      guard part - end - 2 == 2 else { return nil }
      end = part
      isNumber = true
    }
    // A number that is whole is written with `.0`.
    return isNumber ? end : nil
  }

  private static func list(
    _ line: UnsafeRawBufferPointer, _ start: Int, count: Int?,
    _ item: (UnsafeRawBufferPointer, Int) -> Int?
  ) -> Int? {
    guard start + 1 < line.count, line[start] == UInt8(ascii: "[") else { return nil }
    if line[start + 1] == UInt8(ascii: "]") { return (count ?? 0) == 0 ? start + 2 : nil }
    var position = start
    var items = 0
    repeat {
      guard let end = item(line, position + 1), end < line.count else { return nil }
      items += 1
      position = end
    } while line[position] == UInt8(ascii: ",")
    guard line[position] == UInt8(ascii: "]"), (count ?? items) == items else { return nil }
    return position + 1
  }

  // MARK: CSV

  /// Appends the line that was taken last as a record of RFC 4180: what ``CSVText/record(_:)`` makes of the row.
  func appendRecord(_ line: UnsafeRawBufferPointer, to record: inout [UInt8]) {
    for (index, shape) in shapes.enumerated() {
      if index > 0 { record.append(UInt8(ascii: ",")) }
      let value = UnsafeRawBufferPointer(rebasing: line[values[index]])
      switch shape.kind {
      case .text:
        // An absent value is as empty as an empty text, and stands where its value begins, not behind a quote.
        let isNull = value.isEmpty && line[values[index].lowerBound] != UInt8(ascii: "\"")
        if isNull { continue }
        if hasEscapes[index] {
          Self.unescape(value).withUnsafeBytes { Self.appendQuoted($0, to: &record) }
        } else {
          Self.appendQuoted(value, to: &record)
        }
      case .texts, .numbers, .integers: if !value.isEmpty { Self.appendQuoted(value, to: &record) }
      case .integer, .number, .truth: record.append(contentsOf: value)
      }
    }
    record.append(0x0D)
    record.append(0x0A)
  }

  private static func unescape(_ text: UnsafeRawBufferPointer) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var isEscaped = false
    for byte in text {
      if isEscaped {
        bytes.append(unescaped(byte) ?? byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        bytes.append(byte)
      }
    }
    return bytes
  }

  private static func appendQuoted(_ text: UnsafeRawBufferPointer, to record: inout [UInt8]) {
    let needsQuotes =
      text.isEmpty || text.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
    guard needsQuotes else { return record.append(contentsOf: text) }
    record.append(0x22)
    for byte in text {
      if byte == 0x22 { record.append(0x22) }
      record.append(byte)
    }
    record.append(0x22)
  }
}
