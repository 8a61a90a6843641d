/// One record of a CSV file (RFC 4180), put together from its lines.
struct CSVRecord {
  private var bytes: [UInt8] = []
  private var quotes = 0
  /// The line on which the record begins; 0 between records.
  private(set) var line = 0

  /// Takes the next line, without its line feed.
  /// - Returns: the fields when the record is complete; `nil` when it goes on in the next line, or the line is blank.
  ///   A field without quotes and content is absent, a quoted one is text.
  mutating func take(_ content: [UInt8], line number: Int) -> [String?]? {
    if line == 0 {
      line = number
    } else {
      bytes.append(UInt8(ascii: "\n"))
    }
    bytes += content
    quotes += content.count { $0 == UInt8(ascii: "\"") }
    guard quotes % 2 == 0 else { return nil }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    defer { self = CSVRecord() }
    return bytes.isEmpty ? nil : fields
  }

  /// Whether a record is begun whose last quote is not closed.
  var isOpen: Bool { line != 0 }

  private var fields: [String?] {
    var fields: [String?] = []
    var field: [UInt8] = []
    var wasQuoted = false
    var isQuoted = false
    func finished() -> String? { field.isEmpty && !wasQuoted ? nil : String(decoding: field, as: UTF8.self) }
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") {
        if isQuoted, index + 1 < bytes.count, bytes[index + 1] == byte {
          field.append(byte)
          index += 1
        } else {
          isQuoted.toggle()
          wasQuoted = true
        }
      } else if byte == UInt8(ascii: ","), !isQuoted {
        fields.append(finished())
        field.removeAll(keepingCapacity: true)
        wasQuoted = false
      } else {
        field.append(byte)
      }
      index += 1
    }
    return fields + [finished()]
  }
}
