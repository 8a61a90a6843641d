import CSystem

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Finds the messages in a child's output, which arrives in pieces of any size. Output without messages costs one
/// search per piece, however many lines it has.
struct ChildMessageReader {
  /// The line that the last piece left open, as long as it may become a message; `nil` when it cannot.
  private var open: [UInt8]? = []
  /// The first line that starts like a message and is none, and how many there were.
  private(set) var misunderstood: (first: String, count: Int)?

  private static let prefix = Array(ChildMessage.prefix.utf8)

  private typealias Bytes = Slice<UnsafeRawBufferPointer>
  private static let newline = UInt8(ascii: "\n")

  /// Takes the next piece and calls `receive` with each message that it completes.
  mutating func read(_ piece: UnsafeRawBufferPointer, receive: (ChildMessage) -> Void) {
    guard var rest = completeOpenLine(piece[...], receive) else { return }
    while let place = Self.find(in: rest) {
      guard let end = Self.newline(in: rest[place...]) else { break }
      if place == rest.startIndex || rest[place - 1] == Self.newline { accept(rest[place..<end], receive) }
      rest = rest[(end + 1)...]
    }
    leaveOpen(rest)
  }

  /// Ends the open line with the first newline of `bytes` and returns what follows it, which starts a line; `nil`
  /// when the line is still open.
  private mutating func completeOpenLine(_ bytes: Bytes, _ receive: (ChildMessage) -> Void) -> Bytes? {
    if let open, open.isEmpty { return bytes }
    guard let end = Self.newline(in: bytes) else {
      append(bytes)
      return nil
    }
    append(bytes[..<end])
    if let open { open.withUnsafeBytes { accept($0[...], receive) } }
    return bytes[(end + 1)...]
  }

  /// Keeps what follows the last newline of `bytes`, which start at the start of a line.
  private mutating func leaveOpen(_ bytes: Bytes) {
    open = []
    let raw = UnsafeRawBufferPointer(rebasing: bytes)
    guard let base = raw.baseAddress else { return }
    let start = cs_find_last_byte(base, raw.count, Int32(Self.newline)).map { base.distance(to: $0) + 1 } ?? 0
    append(raw[start...])
  }

  private mutating func append(_ bytes: Bytes) {
    guard var line = open else { return }
    line.append(contentsOf: bytes.prefix(ChildMessage.longestLine + 1 - line.count))
    let compared = min(line.count, Self.prefix.count)
    let fits =
      line.count <= ChildMessage.longestLine && line[..<compared].elementsEqual(Self.prefix[..<compared])
    open = fits ? line : nil
  }

  private mutating func accept(_ line: Bytes, _ receive: (ChildMessage) -> Void) {
    guard line.count >= Self.prefix.count, line.prefix(Self.prefix.count).elementsEqual(Self.prefix) else {
      return
    }
    let text = String(decoding: line.prefix(ChildMessage.longestLine), as: UTF8.self)
    if line.count <= ChildMessage.longestLine, let message = ChildMessage(text) { return receive(message) }
    misunderstood = (misunderstood?.first ?? text, (misunderstood?.count ?? 0) + 1)
  }

  private static func find(in bytes: Bytes) -> Int? {
    let raw = UnsafeRawBufferPointer(rebasing: bytes)
    guard let base = raw.baseAddress else { return nil }
    return cs_find_bytes(base, raw.count, prefix, prefix.count).map {
      bytes.startIndex + base.distance(to: $0)
    }
  }

  private static func newline(in bytes: Bytes) -> Int? {
    let raw = UnsafeRawBufferPointer(rebasing: bytes)
    guard let base = raw.baseAddress else { return nil }
    return memchr(base, Int32(newline), raw.count).map {
      bytes.startIndex + base.distance(to: UnsafeRawPointer($0))
    }
  }
}
