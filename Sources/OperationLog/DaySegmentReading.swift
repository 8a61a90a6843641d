import PipelineCore

extension DaySegment {
  /// Reads a segment's file. `name` is what messages call it. Throws `Diagnostic` when it cannot be read or is not whole.
  static func read(_ path: String, name: String? = nil) throws -> DaySegment {
    let shown = name ?? path
    return try WholeFile(path, name: shown).withBytes { bytes in
      var decoder = SegmentDecoder(bytes, shown)
      return try decoder.decode()
    }
  }
}

extension DaySegment {
  /// How many rows a segment's file has, from its first bytes.
  static func rowCount(_ path: String, name: String) throws -> Int64 {
    let file = try OpenFile(reading: path, name: name)
    return try withUnsafeTemporaryAllocation(byteCount: headerSize, alignment: 8) { buffer in
      guard let start = buffer.baseAddress,
        try file.read(at: 0, into: start, count: headerSize) == headerSize,
        buffer.prefix(8).elementsEqual(magic)
      else { throw LogFailure.damagedSegment(name, "it does not begin like one") }
      return Int64(littleEndian: buffer.load(fromByteOffset: 16, as: Int64.self))
    }
  }
}

extension DayEvents {
  /// Reads the events of a day from a file that `logs.extract` or `logs.merge` made (`internal/…/rows`).
  ///
  /// `path` is absolute. Throws `Diagnostic` when the file cannot be read or is not whole.
  public static func read(_ path: String) throws -> DayEvents {
    try WholeFile(path, name: path).withBytes { bytes in
      var decoder = SegmentDecoder(bytes, path)
      return try decoder.decodeEvents()
    }
  }
}

/// Reads the format that ``DaySegment`` documents, and trusts no number in it.
private struct SegmentDecoder {
  private let bytes: UnsafeRawBufferPointer
  private let name: String
  private var offset = DaySegment.headerSize

  init(_ bytes: UnsafeRawBufferPointer, _ name: String) {
    self.bytes = bytes
    self.name = name
  }

  mutating func decode() throws -> DaySegment {
    let header = try header()
    var segment = DaySegment(day: header.day, sources: header.sources, strings: header.strings)
    segment.rows.reserveCapacity(header.rowCount)
    let limits = header.limits
    for _ in 0..<header.rowCount {
      segment.rows.append(try row(limits))
      offset += DaySegment.rowSize
    }
    segment.imageNames = images(header.imageCount)
    return segment
  }

  mutating func decodeEvents() throws -> DayEvents {
    let header = try header()
    var events = DayEvents(day: header.day, strings: header.strings)
    events.rows.reserveCapacity(header.rowCount)
    let limits = header.limits
    for _ in 0..<header.rowCount {
      events.rows.append(try event(limits))
      offset += DaySegment.rowSize
    }
    events.imageNames = images(header.imageCount)
    return events
  }

  private struct Header {
    let day: Day
    let rowCount: Int
    let imageCount: Int
    let sources: [String]
    let strings: [String]
    var limits: Limits {
      Limits(strings: UInt32(strings.count), images: UInt64(imageCount), sources: UInt32(sources.count))
    }
  }

  /// Reads what comes before the rows, and checks that the file is as long as it says.
  private mutating func header() throws -> Header {
    guard bytes.count >= DaySegment.headerSize, bytes.prefix(8).elementsEqual(DaySegment.magic) else {
      throw failure("it does not begin like one")
    }
    let version: UInt32 = number(at: 8)
    guard version == DaySegment.version else {
      throw failure("its version is \(version), not \(DaySegment.version)")
    }
    let day: Int32 = number(at: 12)
    let rowCount: UInt64 = number(at: 16)
    let imageCount: UInt64 = number(at: 24)
    let stringCount: UInt32 = number(at: 32)
    let sourceCount: UInt32 = number(at: 36)
    guard rowCount < 1 << 40, imageCount < 1 << 32 else { throw failure("its counts are out of range") }
    let sources = try texts(sourceCount)
    let strings = [""] + (try texts(stringCount))
    offset = (offset + 7) / 8 * 8
    guard bytes.count == offset + Int(rowCount) * DaySegment.rowSize + Int(imageCount) * 8 else {
      throw failure("it is \(bytes.count) bytes long, which does not fit its counts")
    }
    return Header(
      day: Day(number: Int(day)), rowCount: Int(rowCount), imageCount: Int(imageCount), sources: sources,
      strings: strings)
  }

  /// The hashes behind the rows.
  private func images(_ count: Int) -> [UInt64] {
    [UInt64](unsafeUninitializedCapacity: count) { buffer, initialized in
      for index in 0..<count { buffer.initializeElement(at: index, to: number(at: offset + index * 8)) }
      initialized = count
    }
  }

  private struct Limits {
    let strings: UInt32
    let images: UInt64
    let sources: UInt32
  }

  private func row(_ limits: Limits) throws -> SegmentRow {
    SegmentRow(
      event: try event(limits), line: number(at: offset + 56), textOffset: number(at: offset + 64),
      textLength: number(at: offset + 72), source: number(at: offset + 76))
  }

  private func event(_ limits: Limits) throws -> EventRow {
    let texts: (UInt32, UInt32, UInt32, UInt32) = (
      number(at: offset + 24), number(at: offset + 28), number(at: offset + 32), number(at: offset + 36)
    )
    let fileCount: Int32 = number(at: offset + 40)
    let firstImage: UInt32 = number(at: offset + 44)
    let imageCount: UInt32 = number(at: offset + 48)
    let source: UInt32 = number(at: offset + 76)
    guard let type = EventType(rawValue: bytes[offset + 52]), source < limits.sources,
      max(max(texts.0, texts.1), max(texts.2, texts.3)) < limits.strings,
      UInt64(firstImage) + UInt64(imageCount) <= limits.images
    else { throw failure("a row refers to what is not there") }
    return EventRow(
      timestamp: number(at: offset),
      eventID: EventID(high: number(at: offset + 8), low: number(at: offset + 16)), script: texts.0,
      operation: texts.1, sourceDirectory: texts.2, destinationDirectory: texts.3,
      fileCount: fileCount < 0 ? nil : fileCount, type: type, isMachine: bytes[offset + 53] & 1 == 1,
      firstImage: firstImage, imageCount: imageCount)
  }

  @inline(__always) private func number<Number: FixedWidthInteger>(at offset: Int) -> Number {
    Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
  }

  private mutating func texts(_ count: UInt32) throws -> [String] {
    var texts: [String] = []
    for _ in 0..<count {
      guard offset + 4 <= bytes.count else { throw failure("its strings end early") }
      let length: UInt32 = number(at: offset)
      offset += 4
      guard offset + Int(length) <= bytes.count else { throw failure("its strings end early") }
      texts.append(String(decoding: bytes[offset..<(offset + Int(length))], as: UTF8.self))
      offset += Int(length)
    }
    return texts
  }

  private func failure(_ what: String) -> Diagnostic { LogFailure.damagedSegment(name, what) }
}
