import PipelineCore

/// The rows of several segments of one day in one table, so that repeats are found.
struct SegmentUnion: ~Copyable {
  private(set) var table = StringTable()
  private(set) var rows: [SegmentRow] = []
  private var imageNames: [UInt64] = []

  init() {}

  /// Adds a segment's rows, as those of source number `source`, or of their own sources where that is `nil`.
  mutating func add(_ segment: DaySegment, source: UInt32? = nil) {
    let numbers = segment.strings.map { table.intern($0) }
    let firstImage = UInt32(imageNames.count)
    imageNames += segment.imageNames
    rows.reserveCapacity(rows.count + segment.rows.count)
    for var row in segment.rows {
      row.event.script = numbers[Int(row.event.script)]
      row.event.operation = numbers[Int(row.event.operation)]
      row.event.sourceDirectory = numbers[Int(row.event.sourceDirectory)]
      row.event.destinationDirectory = numbers[Int(row.event.destinationDirectory)]
      row.event.firstImage += firstImage
      if let source { row.source = source }
      rows.append(row)
    }
  }

  /// Sorts the rows and takes out each event that an earlier source or line has too. Returns those rows, by source and line.
  mutating func removeRepeats() -> [SegmentRow] {
    rows.sortUnlessSorted()
    var dropped: [SegmentRow] = []
    var kept = 0
    for index in rows.indices {
      if kept > 0, rows[kept - 1].event.eventID == rows[index].event.eventID {
        dropped.append(rows[index])
      } else {
        if kept != index { rows[kept] = rows[index] }
        kept += 1
      }
    }
    rows.removeLast(rows.count - kept)
    dropped.sort { ($0.source, $0.line) < ($1.source, $1.line) }
    return dropped
  }

  /// Moves the text of each row that stays to where it is once the texts of `dropped` (in order of lines, of the same
  /// source) are gone.
  mutating func closeGaps(_ dropped: ArraySlice<SegmentRow>, source: UInt32) {
    guard !dropped.isEmpty else { return }
    let offsets = dropped.map(\.textOffset)
    var removed: [Int64] = [0]
    for row in dropped { removed.append(removed[removed.count - 1] + Int64(row.textLength)) }
    for index in rows.indices where rows[index].source == source {
      // How many dropped texts lie before this row's.
      var low = 0
      var high = offsets.count
      while low < high {
        let middle = (low + high) / 2
        if offsets[middle] < rows[index].textOffset { low = middle + 1 } else { high = middle }
      }
      rows[index].textOffset -= removed[low]
    }
  }

  /// The segment's file. Valid until the next use of `encoder`.
  func encode(_ day: Day, sources: [String], with encoder: inout SegmentEncoder) -> UnsafeRawBufferPointer {
    rows.withUnsafeBufferPointer { rows in
      imageNames.withUnsafeBufferPointer { names in
        encoder.encode(day: day, sources: sources, rows: rows, imageNames: names, table: table)
      }
    }
  }
}

extension [SegmentRow] {
  /// Sorts rows that mostly come in order already.
  mutating func sortUnlessSorted() {
    let isSorted = withUnsafeBufferPointer { rows in
      for index in 1..<Swift.max(1, rows.count) where SegmentRow.precedes(rows[index], rows[index - 1]) {
        return false
      }
      return true
    }
    if !isSorted { sort(by: SegmentRow.precedes) }
  }
}

/// Copies the texts of events, leaving some out.
enum EventTextCopy {
  /// Appends `source` to `target` without the texts of `dropped`, which are in order of their offsets.
  static func copy(
    _ source: borrowing OpenFile, to target: inout DigestedFile, without dropped: ArraySlice<SegmentRow>
  )
    throws
  {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    var begin: Int64 = 0
    for row in dropped {
      if begin < row.textOffset { try target.append(begin..<row.textOffset, of: source, buffer: buffer) }
      begin = row.textOffset + Int64(row.textLength)
    }
    let size = try source.status().size
    if begin < size { try target.append(begin..<size, of: source, buffer: buffer) }
  }
}
