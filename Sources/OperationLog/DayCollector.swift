import PipelineCore

/// Sorts the events of one log into its days: drops repeats, keeps rows, writes text, in bounded memory.
///
/// A day's rows stay in memory until all days together exceed the bound; then the days that were not used for the longest time are
/// written out as segments. Repeats of an event whose row was written out are found when the day is put together at the
/// end. The result does not depend on where the bound lies.
struct DayCollector: ~Copyable {
  private let artifact: String
  private let file: String
  private let options: LogExtraction.Options
  let previous: PreviousExtraction?

  private(set) var days: [Day: DayBuffer] = [:]
  private var current: DayBuffer?
  private(set) var table = StringTable()
  private var identity = EventIdentity()
  private var text: EventText
  private var encoder = SegmentEncoder()
  private var lastLine: Int64 = 0
  /// A bound of the memory of all rows, kept up as they are added; exact after each writing out.
  private var rowBytes = 0
  private var textBytes = 0

  init(artifact: String, file: String, options: LogExtraction.Options, previous: PreviousExtraction?) {
    self.artifact = artifact
    self.file = file
    self.options = options
    self.previous = previous
    text = EventText(file: file)
  }

  /// Adds an event; false when the same one is known to be there already.
  mutating func add(_ record: LogRecord, line: Int64) throws -> Bool {
    let id = identity.identify(record)
    let day = Day(utcMicroseconds: record.timestamp)
    let buffer = try self.buffer(for: day)
    guard let slot = buffer.index.freeSlot(for: id, in: buffer.rows) else { return false }
    var row = SegmentRow(
      event: EventRow(
        timestamp: record.timestamp, eventID: id, script: table.intern(record.script),
        operation: table.intern(record.operation), sourceDirectory: table.intern(record.sourceDirectory),
        destinationDirectory: table.intern(record.destinationDirectory), fileCount: record.fileCount,
        type: record.type, isMachine: record.isMachine),
      line: line, textOffset: 0, textLength: 0, source: 0)
    addImages(of: record, to: buffer, &row.event)
    if options.writesEvents {
      row.textOffset = buffer.textEnd
      let length = text.write(record, id, line: line, day: day, to: &buffer.pendingText)
      row.textLength = UInt32(clamping: length)
      textBytes += length
      if buffer.pendingText.count >= LogExtraction.textBlock { try flush(buffer) }
    }
    buffer.rows.append(row)
    buffer.index.fill(slot, in: buffer.rows)
    rowBytes += MemoryLayout<SegmentRow>.stride + 16 + Int(row.event.imageCount) * 8
    if rowBytes > options.memoryLimit || textBytes > options.memoryLimit / 2
      || table.byteCount > options.memoryLimit / 4
    {
      try relieve()
    }
    return true
  }

  private func addImages(of record: LogRecord, to buffer: DayBuffer, _ event: inout EventRow) {
    guard let files = record.files else { return }
    event.firstImage = UInt32(truncatingIfNeeded: buffer.imageNames.count)
    for file in files {
      if let hash = ImageName.hash(of: ByteSlice(file)) { buffer.imageNames.append(hash) }
    }
    event.imageCount = UInt32(truncatingIfNeeded: buffer.imageNames.count) - event.firstImage
    if event.imageCount == 0 { event.firstImage = 0 }
  }

  private mutating func buffer(for day: Day) throws -> DayBuffer {
    lastLine += 1
    if let current, current.day == day {
      current.lastUse = lastLine
      return current
    }
    let buffer: DayBuffer
    if let known = days[day] {
      buffer = known
    } else {
      buffer = DayBuffer(day, artifact: artifact)
      days[day] = buffer
      rowBytes += buffer.index.byteCount
      try makeFolder(artifact + "/" + DayBuffer.folder(day))
      try restore(buffer)
    }
    current = buffer
    buffer.lastUse = lastLine
    return buffer
  }

  /// The absolute path of `name` inside the artifact.
  func artifactPath(_ name: String? = nil) -> String { name.map { artifact + "/" + $0 } ?? artifact }

  /// Makes sure that a day of the previous extraction is put together anew, even when no event is added to it.
  mutating func touch(_ day: Day) throws { _ = try buffer(for: day) }

  /// Takes over what the previous extraction has of the day, up to its resume point.
  private mutating func restore(_ buffer: DayBuffer) throws {
    guard let previous, let file = previous[DayBuffer.rowsName(buffer.day)] else { return }
    let segment = try DaySegment.read(previous.absolutePath(file), name: file.path)
    let numbers = segment.strings.map { table.intern($0) }
    var textEnd: Int64 = 0
    buffer.imageNames = segment.imageNames
    for var row in segment.rows where row.line <= previous.resume.counts.lines {
      row.event.script = numbers[Int(row.event.script)]
      row.event.operation = numbers[Int(row.event.operation)]
      row.event.sourceDirectory = numbers[Int(row.event.sourceDirectory)]
      row.event.destinationDirectory = numbers[Int(row.event.destinationDirectory)]
      guard let slot = buffer.index.freeSlot(for: row.event.eventID, in: buffer.rows) else { continue }
      buffer.rows.append(row)
      buffer.index.fill(slot, in: buffer.rows)
      textEnd = max(textEnd, row.textOffset + Int64(row.textLength))
    }
    rowBytes += buffer.rowBytes
    guard textEnd > 0, let text = previous[DayBuffer.textName(buffer.day)] else { return }
    let source = try OpenFile(reading: previous.absolutePath(text), name: text.path)
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { block.deallocate() }
    try buffer.textFile.append(0..<textEnd, of: source, buffer: block)
  }

  private mutating func flush(_ buffer: DayBuffer) throws {
    textBytes -= buffer.pendingText.count
    try buffer.flushText()
  }

  /// Writes out what was not used for the longest time until half of the bound is free.
  private mutating func relieve() throws {
    if textBytes > options.memoryLimit / 2 {
      for buffer in days.values where buffer.pendingText.count > 0 {
        try flush(buffer)
        buffer.pendingText = ByteBuffer(capacity: 1 << 12)
      }
    }
    // The table's numbers are in all rows, so that it can only start anew without any.
    let everything = table.byteCount > options.memoryLimit / 4
    rowBytes = days.values.reduce(0) { $0 + $1.rowBytes }
    guard everything || rowBytes > options.memoryLimit else { return }
    for buffer in days.values.sorted(by: { $0.lastUse < $1.lastUse }) where !buffer.rows.isEmpty {
      guard everything || rowBytes > options.memoryLimit / 2 else { break }
      rowBytes -= buffer.rowBytes
      try writeRun(buffer)
      rowBytes += buffer.rowBytes
    }
    if everything {
      table = StringTable()
      encoder = SegmentEncoder()
    }
  }

  private mutating func writeRun(_ buffer: DayBuffer) throws {
    let path = artifact + "/" + DayBuffer.rowsName(buffer.day) + ".\(buffer.runs.count)"
    buffer.runs.append(
      DayBuffer.Run(path: path, digest: try write(buffer, to: path), rowCount: buffer.rows.count))
    buffer.forgetRows()
  }

  /// Writes the rows in memory as a segment, sorted, and returns its digest.
  mutating func write(_ buffer: DayBuffer, to path: String) throws -> Digest {
    buffer.rows.sortUnlessSorted()
    return try buffer.rows.withUnsafeBufferPointer { rows in
      try buffer.imageNames.withUnsafeBufferPointer { names in
        try DigestedFile.write(
          encoder.encode(day: buffer.day, sources: [file], rows: rows, imageNames: names, table: table),
          to: path)
      }
    }
  }
}
