import OperationLog
import PipelineCore

/// The session fragments of every day, with the digest of the rows they came from: what lets a nightly run read
/// only the days that changed.
///
/// The file: an identifying line, the number of days, then for each day its number, the rows' digest, and the
/// fragments. Numbers are little-endian; the strings of a day come first and fragments refer to them.
struct FragmentCache: Equatable {
  struct Entry: Equatable {
    let day: Day
    let rows: Digest
    let fragments: [SessionFragment]
  }
  /// Ascending by day.
  var entries: [Entry] = []

  static let fileName = "internal/fragments"
  private static let magic = "session-fragments-1\n"

  init(_ entries: [Entry] = []) { self.entries = entries }

  init(_ bytes: [UInt8], path: String) throws {
    var reader = BinaryReader(bytes, path: path)
    try reader.expect(Self.magic)
    for _ in 0..<(try reader.count(ofSize: 48)) {
      entries.append(try Self.entry(&reader))
    }
    guard reader.isAtEnd else { throw reader.damage }
  }

  var bytes: [UInt8] {
    var writer = BinaryWriter()
    writer.append(raw: Array(Self.magic.utf8))
    writer.append(UInt32(entries.count))
    for entry in entries { Self.append(entry, to: &writer) }
    return writer.bytes
  }

  private static func append(_ entry: Entry, to writer: inout BinaryWriter) {
    writer.append(Int64(entry.day.number))
    writer.append(entry.rows)
    var names = NameTable()
    for fragment in entry.fragments {
      names.insert(fragment.script)
      for operation in fragment.operations.keys { names.insert(operation) }
    }
    names.sort()
    writer.append(UInt32(names.count))
    for name in names.names { writer.append(name) }
    writer.append(UInt32(entry.fragments.count))
    for fragment in entry.fragments {
      writer.append(names.id(fragment.script))
      for number in [
        fragment.start, fragment.end, fragment.activeMicroseconds, fragment.files, fragment.events,
      ] {
        writer.append(number)
      }
      writer.append(UInt32(fragment.operations.count))
      for (operation, count) in fragment.operations.sorted(by: { $0.key.precedes($1.key) }) {
        writer.append(names.id(operation))
        writer.append(count)
      }
    }
  }

  private static func entry(_ reader: inout BinaryReader) throws -> Entry {
    let day = Day(number: Int(try reader.number(Int64.self)))
    let rows = try reader.digest()
    var names: [String] = []
    for _ in 0..<(try reader.count(ofSize: 4)) { names.append(try reader.text()) }
    func name() throws -> String {
      let index = Int(try reader.number(UInt32.self))
      guard names.indices.contains(index) else { throw reader.damage }
      return names[index]
    }
    var fragments: [SessionFragment] = []
    for _ in 0..<(try reader.count(ofSize: 48)) {
      let script = try name()
      let numbers = try (0..<5).map { _ in try reader.number(Int64.self) }
      var operations: [String: Int64] = [:]
      for _ in 0..<(try reader.count(ofSize: 12)) { operations[try name()] = try reader.number(Int64.self) }
      fragments.append(
        SessionFragment(
          script: script, start: numbers[0], end: numbers[1], activeMicroseconds: numbers[2],
          files: numbers[3],
          events: numbers[4], operations: operations))
    }
    return Entry(day: day, rows: rows, fragments: fragments)
  }
}
