import FileSystem
import PipelineCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Records that are to be in the operation log, each once.
protocol PendingRecords {
  /// The log file's name in the folder of the logs.
  var logFile: String { get }
  /// The log file's size before: the records are behind it.
  var logOffset: Int64 { get }
  /// The records, without newlines.
  var logLines: [String] { get }
  /// The `op_id` of a record.
  func operationID(_ index: Int) -> String
  /// What messages call it.
  var name: String { get }
}

extension Pass: PendingRecords {
  var name: String { "order \(order.id) of group \(order.group)" }
}

/// Appends custody's records to the operation log, each exactly once. Nothing is ever rewritten: what a crash left of a
/// line is completed, or ended by a newline when it is not ours.
final class OperationLogWriter: Sendable {
  /// The folder of the logs, absolute.
  private let folder: String
  private let disk: Disk
  /// Held from the look at the file's end to the last write, so that no two threads of this process mix their lines.
  /// Logs of which a record could not be written whole: until it is, no other one ends it.
  private let turn = Mutex<Set<String>>([])

  init(workspace: String, disk: Disk) {
    folder = "\(workspace)/data/file_operations_logs"
    self.disk = disk
  }

  /// The size of a log file; 0 when there is none.
  func size(_ file: String) throws -> Int64 { try FileStatus(path(file))?.size ?? 0 }

  /// Whether the next record would begin a line.
  func endsInWholeLine(_ file: String) throws -> Bool {
    let path = path(file)
    return try turn.withLock { _ in
      guard let size = try FileStatus(path)?.size, size > 0 else { return true }
      return try FileSystem.read(path, from: size - 1).last == UInt8(ascii: "\n")
    }
  }

  private func path(_ file: String) -> String { "\(folder)/\(file)" }

  /// Whether any of a pass's records is in the log, whole or cut off behind its `op_id`: then all its acts were done.
  func holdsAny(of pass: some PendingRecords) throws -> Bool {
    let tail = try tail(of: pass)
    return pass.logLines.indices.contains {
      tail.has(pass.operationID($0)) || tail.isTornOff(pass.logLines[$0], pass.operationID($0))
    }
  }

  /// Appends those of a pass's records that are not there yet, and makes them durable.
  func append(_ pass: some PendingRecords) throws {
    let path = path(pass.logFile)
    let isNew = try FileStatus(path) == nil
    if isNew { try FileSystem.makeDirectories(folder) }
    try turn.withLock { broken in
      let tail = try tail(of: pass)
      if tail.torn.isEmpty { broken.remove(pass.logFile) }
      guard !broken.contains(pass.logFile) || isTorn(tail, within: pass) else {
        throw Diagnostic(
          code: "log-torn",
          "\(pass.name) waits: \(path) ends in a record that could not be written whole",
          help: "mend what kept that record from being written, then give the same command again")
      }
      do { try write(pass, behind: tail, path) } catch {
        // What was written may be a part of a record. `try?`: where that cannot be told, it may.
        if (try? FileStatus(path))??.size != tail.end { broken.insert(pass.logFile) }
        throw error
      }
      broken.remove(pass.logFile)
    }
    try disk.before("sync log")
    try FileSystem.sync(path)
    if isNew {
      let data = String(folder[..<(folder.lastIndex(of: "/") ?? folder.endIndex)])
      for parent in [folder, data] { try disk.sync(parent) }
    }
  }

  private func write(_ pass: some PendingRecords, behind tail: LogTail, _ path: String) throws {
    var torn = tail.torn
    try FileSystem.withDescriptor(path, O_WRONLY | O_CREAT | O_APPEND, operation: "append to") { log in
      for (index, line) in pass.logLines.enumerated() where !tail.has(pass.operationID(index)) {
        var bytes = Array(line.utf8) + [UInt8(ascii: "\n")]
        if !torn.isEmpty {
          bytes =
            bytes.starts(with: torn) ? Array(bytes.dropFirst(torn.count)) : [UInt8(ascii: "\n")] + bytes
          torn = []
        }
        try disk.before("append")
        try FileSystem.write(log, path, bytes)
      }
    }
  }

  /// Completes a record that a crash cut off behind its `op_id`, before another pass's record could end it. One that was
  /// cut off before says not whose it is; the first pass that goes on with it completes it.
  func completeTornLine(of pass: some PendingRecords) throws {
    try turn.withLock { _ in
      let tail = try tail(of: pass)
      let index = pass.logLines.indices.first { tail.isTornOff(pass.logLines[$0], pass.operationID($0)) }
      guard let index else { return }
      let path = path(pass.logFile)
      try disk.before("append")
      try FileSystem.append(path, Array((pass.logLines[index] + "\n").utf8.dropFirst(tail.torn.count)))
      try FileSystem.sync(path)
    }
  }

  /// Whether the log ends with the beginning of one of these records: then nobody else's may come before its rest. As
  /// records begin alike, a few bytes may be anybody's; completed as one of these, they harm nobody.
  func isTorn(within pass: some PendingRecords) throws -> Bool {
    isTorn(try turn.withLock { _ in try tail(of: pass) }, within: pass)
  }

  private func isTorn(_ tail: LogTail, within pass: some PendingRecords) -> Bool {
    !tail.torn.isEmpty && pass.logLines.contains { $0.utf8.starts(with: tail.torn) }
  }

  /// The log from where a pass's records can be.
  private func tail(of pass: some PendingRecords) throws -> LogTail {
    let path = path(pass.logFile)
    let size = try FileStatus(path)?.size
    guard (size ?? 0) >= pass.logOffset else {
      throw Diagnostic(
        code: "log-shrunk",
        "\(path) had \(pass.logOffset) bytes when \(pass.name) began, and has \(size ?? 0) now; whether its records were written cannot be told, and nothing was done",
        help: "put that log file back (unpack it when it was compressed), then give the same command again")
    }
    guard let size else { return LogTail(bytes: [], startsLine: true, end: nil) }
    // From the byte before, which tells whether a line begins there.
    let start = max(0, pass.logOffset - 1)
    let bytes = try FileSystem.read(path, from: start)
    if pass.logOffset == 0 { return LogTail(bytes: bytes, startsLine: true, end: size) }
    return LogTail(bytes: Array(bytes.dropFirst()), startsLine: bytes.first == UInt8(ascii: "\n"), end: size)
  }
}

/// The end of a log file.
private struct LogTail {
  /// The whole lines.
  private var text: [UInt8]
  /// What follows the last newline, when it began behind the start.
  let torn: [UInt8]
  /// The file's size; `nil` when there is none.
  let end: Int64?

  /// - Parameter startsLine: whether the first byte begins a line.
  init(bytes: [UInt8], startsLine: Bool, end: Int64?) {
    self.end = end
    let whole = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    text = Array(bytes[..<whole])
    if whole > 0 || startsLine {
      torn = Array(bytes[whole...])
    } else {
      // The rest of somebody's line, or a file that ends without a newline: never a prefix of ours.
      torn = [0]
    }
  }

  /// Whether there is a whole record with this `op_id`. A record that was cut off and ended by somebody's newline lacks
  /// its brace.
  func has(_ operationID: String) -> Bool {
    let member = Self.member(operationID)
    return text.split(separator: UInt8(ascii: "\n")).contains {
      $0.last == UInt8(ascii: "}") && $0.contains(member)
    }
  }

  /// Whether the end of the file is the beginning of this line, as far as its `op_id` at least.
  func isTornOff(_ line: String, _ operationID: String) -> Bool {
    line.utf8.starts(with: torn) && torn.contains(Self.member(operationID))
  }

  /// Quotes within texts are escaped, so that nothing else in a record reads so.
  private static func member(_ operationID: String) -> [UInt8] { Array("\"op_id\": \"\(operationID)\"".utf8) }
}
