#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One line as it stands in a log, without its newline. Its bytes last until the next line is read.
struct RawLine {
  var start: UnsafePointer<UInt8>
  /// The length in bytes; for an over-long line, its whole length, of which only the beginning is at hand.
  var count: Int
  /// How many bytes at `start` can be read.
  var available: Int
  /// Where the line begins, in bytes of the unpacked log.
  var offset: Int64
  /// Whether a newline ends it; only the last line of a log may lack one.
  var isTerminated: Bool
  /// Whether the line is longer than the limit.
  var isOverlong: Bool
}

/// Splits a log into lines in memory that does not depend on the log's size.
struct LineReader: ~Copyable {
  private let source: any LogBytes
  private let limit: Int
  private let blockSize: Int
  private var buffer: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private var begin = 0
  private var end = 0
  /// The offset of the byte at `begin`.
  private var offset: Int64
  private var isAtEnd = false
  /// How much of an over-long line is kept.
  static let keptBytes = 256

  /// Reads lines of up to `limit` bytes (at least 256); longer ones are told but not kept. The first byte has this
  /// offset.
  init(_ source: any LogBytes, limit: Int, offset: Int64 = 0, blockSize: Int = 1 << 18) {
    self.source = source
    self.limit = max(limit, Self.keptBytes)
    self.offset = offset
    self.blockSize = max(blockSize, 2 * Self.keptBytes)
    capacity = self.blockSize
    buffer = .allocate(capacity: capacity + LineParser.padding)
    (buffer + capacity).update(repeating: 0, count: LineParser.padding)
  }

  deinit { buffer.deallocate() }

  /// The next line; `nil` at the end.
  mutating func next() throws -> RawLine? {
    var searched = 0
    while true {
      if let found = memchr(buffer + begin + searched, 0x0A, end - begin - searched) {
        let count = found - UnsafeMutableRawPointer(buffer + begin)
        return take(count, isTerminated: true)
      }
      searched = end - begin
      if isAtEnd { return searched == 0 ? nil : take(searched, isTerminated: false) }
      if searched > limit { return try skip() }
      try fill()
    }
  }

  private mutating func take(_ count: Int, isTerminated: Bool) -> RawLine {
    let isOverlong = count > limit
    let line = RawLine(
      start: buffer + begin, count: count, available: isOverlong ? min(count, Self.keptBytes) : count,
      offset: offset, isTerminated: isTerminated, isOverlong: isOverlong)
    let step = count + (isTerminated ? 1 : 0)
    begin += step
    offset += Int64(step)
    return line
  }

  /// Makes room and reads more behind the bytes at hand.
  private mutating func fill() throws {
    if begin > 0 {
      memmove(buffer, buffer + begin, end - begin)
      end -= begin
      begin = 0
    }
    if end == capacity {
      // A line just above the limit must still fit, and nothing more.
      let size = min(capacity * 2, max(capacity, limit) + blockSize)
      let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: size + LineParser.padding)
      larger.update(from: buffer, count: end)
      buffer.deallocate()
      buffer = larger
      capacity = size
      (buffer + capacity).update(repeating: 0, count: LineParser.padding)
    }
    let got = try source.read(into: buffer + end, count: capacity - end)
    end += got
    if got == 0 { isAtEnd = true }
  }

  /// Reads over the rest of a line that is too long, keeping its first bytes.
  private mutating func skip() throws -> RawLine {
    memmove(buffer, buffer + begin, Self.keptBytes)
    var length = end - begin
    let space = buffer + Self.keptBytes
    while true {
      let got = try source.read(into: space, count: capacity - Self.keptBytes)
      if got == 0 { isAtEnd = true }
      let found = memchr(space, 0x0A, got)
      let part = found.map { $0 - UnsafeMutableRawPointer(space) } ?? got
      length += part
      guard found != nil || isAtEnd else { continue }
      let line = RawLine(
        start: buffer, count: length, available: Self.keptBytes, offset: offset, isTerminated: found != nil,
        isOverlong: true)
      begin = Self.keptBytes + part + (found == nil ? 0 : 1)
      end = Self.keptBytes + got
      offset += Int64(length + (found == nil ? 0 : 1))
      return line
    }
  }
}
