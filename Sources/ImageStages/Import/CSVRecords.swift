/// The records of a CSV file as RFC 4180 defines them; a line feed alone also ends a record.
///
/// A record that breaks the rules is given with what is wrong, and reading goes on at the next line: nothing is
/// skipped. The ranges of all records, in order, are the whole file.
struct CSVRecords: Sequence, IteratorProtocol {
  /// One record.
  struct Record {
    /// The line it begins in, from 1.
    var line: Int
    /// How many lines it takes; above 1 when a quoted field holds line ends.
    var lines: Int
    /// Its bytes in the file, its line end included.
    var range: Range<Int>
    /// The fields with quotes taken off; a blank line has one empty field.
    var fields: Result<[[UInt8]], Malformed>
  }
  /// What is wrong with a record.
  struct Malformed: Error { var reason: String }

  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")
  private static let newline = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  private let bytes: [UInt8]
  private var position = 0
  private var line = 1

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func next() -> Record? {
    guard position < bytes.count else { return nil }
    let start = position
    let result = fields()
    if case .failure = result {
      // Only the line in which it went wrong is given up.
      position = bytes[position...].firstIndex(of: Self.newline).map { $0 + 1 } ?? bytes.count
    }
    let ends = bytes[start..<position].count { $0 == Self.newline }
    let lines = bytes[position - 1] == Self.newline ? ends : ends + 1
    defer { line += lines }
    return Record(line: line, lines: lines, range: start..<position, fields: result)
  }

  /// Reads one record; `position` is behind its line end then, or where it went wrong.
  private mutating func fields() -> Result<[[UInt8]], Malformed> {
    var fields: [[UInt8]] = []
    while true {
      let isQuoted = position < bytes.count && bytes[position] == Self.quote
      switch isQuoted ? quotedField() : plainField() {
      case .failure(let malformed): return .failure(malformed)
      case .success(let field): fields.append(field)
      }
      if position == bytes.count { return .success(fields) }
      switch bytes[position] {
      case Self.comma: position += 1
      case Self.newline:
        position += 1
        return .success(fields)
      case Self.carriageReturn where position + 1 < bytes.count && bytes[position + 1] == Self.newline:
        position += 2
        return .success(fields)
      case Self.carriageReturn:
        return .failure(Malformed(reason: "a carriage return without a line feed"))
      default:
        return .failure(Malformed(reason: "something stands between a closing quote and the next comma"))
      }
    }
  }

  private mutating func plainField() -> Result<[UInt8], Malformed> {
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case Self.comma, Self.newline, Self.carriageReturn: return .success(Array(bytes[start..<position]))
      case Self.quote: return .failure(Malformed(reason: "a quote within a field that is not quoted"))
      default: position += 1
      }
    }
    return .success(Array(bytes[start...]))
  }

  private mutating func quotedField() -> Result<[UInt8], Malformed> {
    let opening = position
    var field: [UInt8] = []
    position += 1
    while position < bytes.count {
      if bytes[position] != Self.quote {
        field.append(bytes[position])
        position += 1
      } else if position + 1 < bytes.count, bytes[position + 1] == Self.quote {
        field.append(Self.quote)
        position += 2
      } else {
        position += 1
        return .success(field)
      }
    }
    // The rest of the file is not this field's: it is read again from the line after the opening quote.
    position = opening
    return .failure(Malformed(reason: "a quoted field that is never closed"))
  }
}
