import CSystem
import FileSystem
import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Takes what a child writes: keeps the log file bounded, the last lines at hand and hears its messages.
///
/// The log file is made with the first byte; a silent child leaves none. Its first bytes go to the file at once, the
/// rest through a ring that holds the last ones, so that a flood costs `head` + `tail` of disk and `tail` of memory.
struct ChildOutput: ~Copyable {
  /// How many bytes of a child's output are kept.
  struct Limits: Sendable, Equatable {
    var head = 8 << 20
    var tail = 1 << 20
  }

  private let path: String
  private let limits: Limits
  private var file: Int32 = -1
  /// The errno of the first failure to write the log; nothing is written after it, but the child goes on.
  private(set) var logError: Int32?
  private(set) var totalBytes = 0
  private var ring: [UInt8] = []
  private var ringBytes = 0
  private var recent: [UInt8] = []
  private var messages = ChildMessageReader()

  init(path: String, limits: Limits) {
    self.path = path
    self.limits = limits
  }

  deinit { if file >= 0 { close(file) } }

  /// Bytes that are in no log file, because there were too many.
  var droppedBytes: Int { max(0, totalBytes - limits.head - limits.tail) }
  /// The first line that starts like a message and is none, and how many there were.
  var misunderstood: (first: String, count: Int)? { messages.misunderstood }

  /// Takes the next piece of output.
  mutating func take(_ piece: UnsafeRawBufferPointer, receive: (ChildMessage) -> Void) {
    messages.read(piece, receive: receive)
    keepRecent(piece)
    let headRoom = max(0, limits.head - totalBytes)
    totalBytes += piece.count
    write(UnsafeRawBufferPointer(rebasing: piece.prefix(headRoom)))
    keepInRing(UnsafeRawBufferPointer(rebasing: piece.dropFirst(headRoom)))
  }

  /// Writes the end of the output, and what was left out, to the log.
  mutating func finish() {
    if droppedBytes > 0 {
      write(
        "\n[… \(droppedBytes) bytes of output were left out here: a log keeps the first \(limits.head) and the last \(limits.tail) …]\n"
      )
    }
    let held = min(ringBytes, limits.tail)
    let start = ringBytes > limits.tail ? ringBytes % limits.tail : 0
    ring.withUnsafeBytes { bytes in
      write(UnsafeRawBufferPointer(rebasing: bytes[start..<max(start, held)]))
      write(UnsafeRawBufferPointer(rebasing: bytes[..<start]))
    }
    if file >= 0, close(file) != 0, logError == nil { logError = errno }
    file = -1
  }

  /// The last 20 lines (at most 4 KiB), fit for a message: control characters are replaced.
  func lastLines(_ count: Int = 20) -> [String] {
    // Split as bytes: to Swift, a carriage return and a newline are one character.
    let pieces = recent.suffix(4096).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var lines = pieces.map { piece in
      let scalars = String(decoding: piece, as: UTF8.self).unicodeScalars
      return String(String.UnicodeScalarView(scalars.filter { $0 != "\r" }.map(Self.printable)))
    }
    if lines.last == "" { lines.removeLast() }
    if recent.count > 4096, lines.count > 1 { lines.removeFirst() }
    return Array(lines.suffix(count))
  }

  /// Terminal control sequences in a program's output must not reach the person's terminal.
  private static func printable(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    let isControl = scalar.value < 32 && scalar != "\t" || (127..<160).contains(scalar.value)
    return isControl ? "\u{FFFD}" : scalar
  }

  private mutating func keepRecent(_ piece: UnsafeRawBufferPointer) {
    if piece.count >= 8192 { recent.removeAll(keepingCapacity: true) }
    recent.append(contentsOf: piece.suffix(8192))
    if recent.count > 16384 { recent.removeFirst(recent.count - 8192) }
  }

  private mutating func keepInRing(_ bytes: UnsafeRawBufferPointer) {
    guard !bytes.isEmpty, limits.tail > 0 else { return }
    if ring.isEmpty { ring = [UInt8](repeating: 0, count: limits.tail) }
    // Only the last `tail` bytes can survive; the ones before count as passed through.
    let kept = UnsafeRawBufferPointer(rebasing: bytes.suffix(limits.tail))
    ringBytes += bytes.count - kept.count
    let place = ringBytes % limits.tail
    let first = min(kept.count, limits.tail - place)
    ring.withUnsafeMutableBytes { ring in
      UnsafeMutableRawBufferPointer(rebasing: ring[place...]).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: kept[..<first]))
      ring.copyMemory(from: UnsafeRawBufferPointer(rebasing: kept[first...]))
    }
    ringBytes += kept.count
  }

  private mutating func write(_ text: String) {
    var text = text
    text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
  }

  /// Opens the log file; its folder is made with the first log in it.
  private mutating func openFile() {
    let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC
    file = open(path, flags, 0o644)
    if file < 0, errno == ENOENT, let slash = path.lastIndex(of: "/") {
      // `try?`: when it cannot be made, the next call says why.
      try? FileSystem.makeDirectories(String(path[..<slash]))
      file = open(path, flags, 0o644)
    }
    if file < 0 { logError = errno }
  }

  private mutating func write(_ bytes: UnsafeRawBufferPointer) {
    guard var base = bytes.baseAddress, logError == nil else { return }
    var left = bytes.count
    if file < 0, left > 0 { openFile() }
    while left > 0, logError == nil {
      #if canImport(Glibc)
        let count = Glibc.write(file, base, left)
      #else
        let count = Darwin.write(file, base, left)
      #endif
      if count >= 0 {
        base += count
        left -= count
      } else if errno != EINTR {
        logError = errno
      }
    }
  }
}
