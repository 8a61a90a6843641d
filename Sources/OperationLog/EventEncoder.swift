import CSimdJSON
import PipelineCore

/// Makes an event's identity: the first 128 bits of SHA-256 over its canonical record.
///
/// The canonical record does not depend on key order, white space, the file it came from, the notation of the
/// UTC offset, or whether an absent field is missing or null. All numbers are little-endian. It is the 16 bytes
/// `darkroom-event-1`, then
///
/// 1. `type`, `script`, `session_id`: texts,
/// 2. the timestamp: 8 bytes, signed microseconds since 1970-01-01T00:00:00Z,
/// 3. `operation`, `source_dir`, `dest_dir`: texts,
/// 4. `file_count`: 4 bytes, signed, −1 when absent,
/// 5. `notes`: text,
/// 6. the actor: the text `human` or `machine`,
/// 7. the file list: 4 bytes with the number of names and each name as a text; 0xFFFFFFFF alone when absent,
/// 8. `extra`: a text, the canonical JSON of all other members that are not null.
///
/// A text is 4 bytes with its byte length and its UTF-8 bytes; an absent one is 0xFFFFFFFF alone. Canonical JSON has
/// no spaces; members are sorted by the UTF-8 bytes of their keys; strings escape only quote, backslash and
/// control characters (`\n`, `\r`, `\t`, otherwise `\u00xx` in lower case); whole numbers within 64 bits are decimal, others
/// the shortest decimal that reads back as the same double, in fixed or exponent notation (`2.5`, `1e+22`, `1e-07`),
/// whichever is shorter, fixed when equal.
struct EventIdentity: ~Copyable {
  private var canonical = ByteBuffer(capacity: 4096)

  init() {}

  mutating func identify(_ record: LogRecord) -> EventID {
    canonical.removeAll()
    canonical.reserve(Self.size(record))
    var out = ByteCursor(position: canonical.end)
    out.put("darkroom-event-1")
    Self.put(name: ByteSlice(record.type.staticName), &out)
    Self.put(record.script, &out)
    Self.put(record.session, &out)
    out.put(littleEndian: record.timestamp)
    Self.put(record.operation, &out)
    Self.put(record.sourceDirectory, &out)
    Self.put(record.destinationDirectory, &out)
    out.put(littleEndian: record.fileCount ?? -1)
    Self.put(record.notes, &out)
    Self.put(name: record.isMachine ? ByteSlice("machine") : ByteSlice("human"), &out)
    if let files = record.files {
      out.put(littleEndian: UInt32(truncatingIfNeeded: files.count))
      for file in files { Self.put(ByteSlice(file), &out) }
    } else {
      out.put(littleEndian: UInt32.max)
    }
    Self.put(record.extra, &out)
    canonical.commit(upTo: out.position)
    let words = Digest(of: canonical.bytes).leadingWords
    return EventID(high: words.high, low: words.low)
  }

  private static func size(_ record: LogRecord) -> Int {
    var size = 256 + record.script.count + record.session.count + record.operation.count
    size += record.sourceDirectory.count + record.destinationDirectory.count + record.notes.count
    size += record.extra.count
    if let files = record.files { for file in files { size += 4 + file.length } }
    return size
  }

  /// A text of the record.
  @inline(__always) private static func put(_ text: ByteSlice, _ out: inout ByteCursor) {
    out.put(littleEndian: text.isAbsent ? UInt32.max : UInt32(truncatingIfNeeded: text.count))
    out.put(padded: text)
  }

  /// A text of the program.
  @inline(__always) private static func put(name: ByteSlice, _ out: inout ByteCursor) {
    out.put(littleEndian: UInt32(truncatingIfNeeded: name.count))
    out.put(name)
  }
}

/// Writes events as lines of `operation_event_v2`.
struct EventText: ~Copyable {
  /// How many names `files_sample` holds at most.
  static let sampleLimit = 50

  /// `,"actor":"…","origin":{"file":"…","line":` for machine and human events of this file.
  private var originTail: [[UInt8]]
  private var dayNumber = Int.min
  /// The day in the notation `YYYY-MM-DD`.
  private var dayText: [UInt8] = []

  /// A writer of the events of the log at this workspace-relative path.
  init(file: String) {
    originTail = ["human", "machine"].map { actor in
      var text = ",\"actor\":\"\(actor)\",\"origin\":{\"file\":"
      JSONValue.quote(file, into: &text)
      return Array((text + ",\"line\":").utf8)
    }
  }

  /// Appends one line with its newline, and returns its length in bytes.
  mutating func write(_ record: LogRecord, _ id: EventID, line: Int64, day: Day, to buffer: inout ByteBuffer)
    -> Int
  {
    if day.number != dayNumber {
      dayNumber = day.number
      dayText = Array(day.description.utf8)
    }
    buffer.reserve(sizeLimit(record))
    let start = buffer.count
    var out = ByteCursor(position: buffer.end)
    out.put("{\"event_id\":\"evt:")
    out.put(hex: id.high)
    out.put(hex: id.low)
    out.put("\",\"script_id\":")
    Self.put(record.script, &out)
    out.put(",\"session_id\":")
    Self.put(record.session, &out)
    putTime(record, day, &out)
    out.put("\",\"event_type\":\"")
    out.put(ByteSlice(record.type.staticName))
    out.put("\",\"operation\":")
    Self.put(record.operation, &out)
    out.put(",\"source_dir\":")
    Self.put(record.sourceDirectory, &out)
    out.put(",\"dest_dir\":")
    Self.put(record.destinationDirectory, &out)
    out.put(",\"file_count\":")
    if let count = record.fileCount { out.put(decimal: UInt64(count)) } else { out.put("null") }
    out.put(",\"notes\":")
    Self.put(record.notes, &out)
    Self.putSample(record, &out)
    putDay(&out)
    out.put("\",\"extra\":")
    out.put(record.extra)
    originTail[record.isMachine ? 1 : 0].withUnsafeBufferPointer {
      out.put(ByteSlice(data: $0.baseAddress, count: $0.count))
    }
    out.put(decimal: UInt64(line))
    out.put("}}\n")
    buffer.commit(upTo: out.position)
    return buffer.count - start
  }

  /// `,"ts_utc":"YYYY-MM-DDTHH:MM:SS.ffffffZ","tz_source":"…`, without the closing quote.
  private func putTime(_ record: LogRecord, _ day: Day, _ out: inout ByteCursor) {
    out.put(",\"ts_utc\":\"")
    dayText.withUnsafeBufferPointer { out.put(ByteSlice(data: $0.baseAddress, count: $0.count)) }
    let time = UInt64(truncatingIfNeeded: record.timestamp - day.utcMicroseconds)
    let seconds = time / 1_000_000
    out.put("T")
    out.put(decimal: seconds / 3600, width: 2)
    out.put(":")
    out.put(decimal: seconds / 60 % 60, width: 2)
    out.put(":")
    out.put(decimal: seconds % 60, width: 2)
    out.put(".")
    out.put(decimal: time % 1_000_000, width: 6)
    out.put("Z\",\"tz_source\":\"")
    if record.hasOffset { out.put("offset") } else { out.put("local_guess") }
  }

  private func putDay(_ out: inout ByteCursor) {
    out.put(",\"day\":\"")
    dayText.withUnsafeBufferPointer { out.put(ByteSlice(data: $0.baseAddress, count: $0.count)) }
  }

  private static func putSample(_ record: LogRecord, _ out: inout ByteCursor) {
    out.put(",\"files_sample\":")
    guard let files = record.files else { return out.put("null") }
    out.put("[")
    for index in 0..<min(files.count, sampleLimit) {
      if index > 0 { out.put(",") }
      put(ByteSlice(files[index]), &out)
    }
    out.put("]")
  }

  /// A JSON string, or `null`.
  @inline(__always) private static func put(_ text: ByteSlice, _ out: inout ByteCursor) {
    guard let data = text.data else { return out.put("null") }
    out.put(UInt8(ascii: "\""))
    out.position += csj_escape(out.position, data, text.count)
    out.put(UInt8(ascii: "\""))
  }

  /// An upper bound of the line's length: every byte may need an escape of six.
  private func sizeLimit(_ record: LogRecord) -> Int {
    var size = record.script.count + record.session.count + record.operation.count
    size += record.sourceDirectory.count + record.destinationDirectory.count + record.notes.count
    if let files = record.files {
      for index in 0..<min(files.count, Self.sampleLimit) { size += files[index].length + 2 }
    }
    return size * 6 + record.extra.count + originTail[0].count + 640
  }
}
