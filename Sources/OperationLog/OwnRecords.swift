import CSystem

/// The records that Darkroom wrote into an operation log, found by their `op_id` without parsing any line.
public enum OwnRecords {
  /// One record.
  public struct Record {
    /// Its `op_id` as it stands in the line.
    public let id: String
    /// The number of its line in the log, from 1.
    public let line: Int
    /// The whole line without its newline; valid during the call only.
    public let bytes: UnsafeRawBufferPointer
  }

  /// A longer line is passed over: no record of ours is that long.
  private static let longestLine = 1 << 26
  private static let member = Array("\"op_id\"".utf8)

  /// Calls `body` with each whole line that has a member `op_id`, from front to back. A line that was cut off lacks its
  /// brace and does not count. Memory does not depend on the log's size.
  /// - Parameters:
  ///   - path: the log, absolute; unpacked when its name ends with `.gz`.
  ///   - name: what messages call it.
  /// - Returns: what is wrong with the compressed form; what follows the damage was not read.
  /// - Throws: `Diagnostic` `file-error`, and `symbolic-link` for a link; what `body` throws.
  public static func forEach(
    inLog path: String, name: String, _ body: (Record) throws -> Void
  ) throws -> String? {
    let file = try OpenFile(reading: path, name: name)
    let bytes: any LogBytes
    if path.utf8.suffix(3).elementsEqual(".gz".utf8) {
      bytes = GzipLogBytes(file)
    } else {
      let size = try file.status().size
      bytes = PlainLogBytes(file, length: size)
    }
    var reader = LineReader(bytes, limit: longestLine)
    var number = 0
    while let line = try reader.next() {
      number += 1
      let text = UnsafeRawBufferPointer(start: line.start, count: line.available)
      guard !line.isOverlong, text.last == UInt8(ascii: "}"), let id = id(in: text) else { continue }
      try body(Record(id: id, line: number, bytes: text))
    }
    return bytes.damage
  }

  /// The text of the member. Quotes within texts are escaped, so that nothing else in a line reads so.
  private static func id(in line: UnsafeRawBufferPointer) -> String? {
    guard let start = line.baseAddress, let found = cs_find(start, line.count, member, member.count) else {
      return nil
    }
    var rest = line[(found - start + member.count)...].drop(while: isSpace)
    guard rest.first == UInt8(ascii: ":") else { return nil }
    rest = rest.dropFirst().drop(while: isSpace)
    guard rest.first == UInt8(ascii: "\"") else { return nil }
    let id = rest.dropFirst().prefix { $0 != UInt8(ascii: "\"") }
    return String(validating: id, as: UTF8.self)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
