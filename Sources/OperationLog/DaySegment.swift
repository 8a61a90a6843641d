import PipelineCore

/// One event of a segment: the event and where it comes from.
struct SegmentRow {
  var event: EventRow
  /// The line number in the source, from 1.
  var line: Int64
  /// Where the event's line begins in the source's `events.jsonl` of the day, and its length with the newline;
  /// both 0 when there is no such file.
  var textOffset: Int64
  var textLength: UInt32
  /// Index into ``DaySegment/sources``.
  var source: UInt32

  /// The order of rows in a segment; for equal events, the one that is kept comes first.
  @inline(__always) static func precedes(_ a: SegmentRow, _ b: SegmentRow) -> Bool {
    if a.event.timestamp != b.event.timestamp { return a.event.timestamp < b.event.timestamp }
    if a.event.eventID != b.event.eventID { return a.event.eventID < b.event.eventID }
    if a.source != b.source { return a.source < b.source }
    return a.line < b.line
  }
}

/// The events of one UTC day out of one or more logs, as the files named `rows` hold them.
///
/// The format, all numbers little-endian, is: the 8 bytes `DAYEVTS` and 0x0A; version 1 (4 bytes); the day's number
/// since 1970-01-01 (4, signed); the number of rows (8), of image names (8), of strings without the empty one (4), of sources
/// (4); 24 bytes of zeros. Then each source's path and each string from index 1 on, as 4 bytes of length and the bytes; zeros up
/// to a multiple of 8. Then the rows of 80 bytes, and the image name hashes of 8. A row is: timestamp (8), event id (8 + 8),
/// script, operation, source and destination directory (4 each), file count (4, −1 for none), first image, image
/// count (4 each), type, flags (1 each; flag 1 is a machine), 2 zeros, line (8), text offset (8), text length (4), source (4).
/// Strings and images are numbered in the order in which the rows first use them.
struct DaySegment {
  static let magic: [UInt8] = Array("DAYEVTS\n".utf8)
  static let version: UInt32 = 1
  static let headerSize = 64
  static let rowSize = 80

  var day: Day
  /// The workspace-relative paths of the logs.
  var sources: [String]
  /// Index 0 is the empty string and stands for an absent field.
  var strings: [String] = [""]
  var rows: [SegmentRow] = []
  var imageNames: [UInt64] = []
}

/// Writes a segment whose rows refer to a shared table of strings and a pool of image names.
struct SegmentEncoder: ~Copyable {
  private var out = ByteBuffer(capacity: 1 << 16)
  private var strings = ByteBuffer(capacity: 4096)
  private var images = ByteBuffer(capacity: 4096)
  /// The number inside the segment of each text of the shared table; 0 while it has none.
  private var numbers: [UInt32] = []
  private var used: [UInt32] = []

  init() {}

  /// The bytes of a segment with these rows, which are in order and without repeats. Valid until the next call.
  mutating func encode(
    day: Day, sources: [String], rows: UnsafeBufferPointer<SegmentRow>,
    imageNames: UnsafeBufferPointer<UInt64>,
    table: borrowing StringTable
  ) -> UnsafeRawBufferPointer {
    if numbers.count < table.count { numbers += [UInt32](repeating: 0, count: table.count - numbers.count) }
    for number in used { numbers[Int(number)] = 0 }
    used.removeAll(keepingCapacity: true)
    strings.removeAll()
    images.removeAll()
    for row in rows {
      use(row.event.script, table)
      use(row.event.operation, table)
      use(row.event.sourceDirectory, table)
      use(row.event.destinationDirectory, table)
    }
    let imageCount = rows.reduce(0) { $0 + UInt64($1.event.imageCount) }
    writeHeader(day, rows.count, imageCount, sources)
    out.append(strings.bytes)
    while out.count % 8 != 0 { out.append(littleEndian: UInt8(0)) }
    writeRows(rows, imageNames)
    out.append(images.bytes)
    return out.bytes
  }

  private mutating func use(_ number: UInt32, _ table: borrowing StringTable) {
    guard number != 0, numbers[Int(number)] == 0 else { return }
    used.append(number)
    numbers[Int(number)] = UInt32(used.count)
    let text = table.text(number)
    strings.append(littleEndian: UInt32(text.count))
    strings.append(UnsafeRawBufferPointer(start: text.data, count: text.count))
  }

  private mutating func writeHeader(_ day: Day, _ rows: Int, _ imageCount: UInt64, _ sources: [String]) {
    out.removeAll()
    DaySegment.magic.withUnsafeBytes { out.append($0) }
    out.append(littleEndian: DaySegment.version)
    out.append(littleEndian: Int32(day.number))
    out.append(littleEndian: UInt64(rows))
    out.append(littleEndian: imageCount)
    out.append(littleEndian: UInt32(used.count))
    out.append(littleEndian: UInt32(sources.count))
    for _ in 0..<3 { out.append(littleEndian: UInt64(0)) }
    for source in sources {
      out.append(littleEndian: UInt32(source.utf8.count))
      out.append(source)
    }
  }

  private mutating func writeRows(
    _ rows: UnsafeBufferPointer<SegmentRow>, _ names: UnsafeBufferPointer<UInt64>
  ) {
    out.reserve(rows.count * DaySegment.rowSize)
    var cursor = ByteCursor(position: out.end)
    var firstImage: UInt32 = 0
    for row in rows {
      let event = row.event
      cursor.put(littleEndian: event.timestamp)
      cursor.put(littleEndian: event.eventID.high)
      cursor.put(littleEndian: event.eventID.low)
      cursor.put(littleEndian: numbers[Int(event.script)])
      cursor.put(littleEndian: numbers[Int(event.operation)])
      cursor.put(littleEndian: numbers[Int(event.sourceDirectory)])
      cursor.put(littleEndian: numbers[Int(event.destinationDirectory)])
      cursor.put(littleEndian: event.fileCount ?? -1)
      cursor.put(littleEndian: event.imageCount == 0 ? 0 : firstImage)
      cursor.put(littleEndian: event.imageCount)
      cursor.put(event.type.rawValue)
      cursor.put(event.isMachine ? 1 : 0)
      cursor.put(littleEndian: UInt16(0))
      cursor.put(littleEndian: row.line)
      cursor.put(littleEndian: row.textOffset)
      cursor.put(littleEndian: row.textLength)
      cursor.put(littleEndian: row.source)
      for index in 0..<Int(event.imageCount) {
        images.append(littleEndian: names[Int(event.firstImage) + index])
      }
      firstImage += event.imageCount
    }
    out.commit(upTo: cursor.position)
  }
}
