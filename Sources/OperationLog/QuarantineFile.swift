import PipelineCore

/// Writes the lines of a log that were not accepted, one JSON object a line.
///
/// `excerpt` holds the first 256 bytes; a byte outside printable ASCII is `\xNN`, a backslash is doubled.
struct QuarantineFile: ~Copyable {
  private let log: String
  private let artifact: String
  private let previous: PreviousExtraction?
  private var file: DigestedFile
  private var pending = ByteBuffer(capacity: 1 << 12)
  private var hasStarted = false

  /// The name inside the artifact.
  let name: String
  /// How many lines it has.
  private(set) var rows: Int64

  init(log: String, artifact: String, previous: PreviousExtraction?) {
    self.log = log
    self.artifact = artifact
    self.previous = previous
    name = "quarantine_v1/" + SourceName.fileName(log) + ".jsonl"
    file = DigestedFile(artifact + "/" + name)
    rows = previous?.resume.counts.quarantinedTotal ?? 0
  }

  /// How long the file is so far.
  var byteCount: Int64 {
    hasStarted ? file.byteCount + Int64(pending.count) : previous?.resume.quarantineBytes ?? 0
  }

  mutating func add(_ line: RawLine, number: Int64, _ reason: QuarantineReason, key: String?) throws {
    try start()
    rows += 1
    var text = "{\"file\":"
    JSONValue.quote(log, into: &text)
    text += ",\"line\":\(number),\"reason\":\"\(reason.rawValue)\",\"key\":"
    if let key { JSONValue.quote(String(key.prefix(256)), into: &text) } else { text += "null" }
    text += ",\"offset\":\(line.offset),\"length\":\(line.count),\"excerpt\":"
    JSONValue.quote(Self.escaped(line), into: &text)
    pending.append(text + "}\n")
    if pending.count > 1 << 18 { try flush() }
  }

  private static func escaped(_ line: RawLine) -> String {
    var text = ""
    for index in 0..<min(line.available, LineReader.keptBytes) {
      switch line.start[index] {
      case UInt8(ascii: "\\"): text += "\\\\"
      case let byte where (0x20..<0x7F).contains(byte): text.unicodeScalars.append(Unicode.Scalar(byte))
      case let byte: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return text
  }

  private mutating func flush() throws {
    guard pending.count > 0 else { return }
    try file.append(pending.bytes)
    pending.removeAll()
  }

  /// Begins the file with what the previous extraction has up to its resume point.
  private mutating func start() throws {
    guard !hasStarted else { return }
    hasStarted = true
    try makeFolder(artifact + "/quarantine_v1")
    guard let previous, previous.resume.quarantineBytes > 0, let old = previous[name] else { return }
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { block.deallocate() }
    let source = try OpenFile(reading: previous.absolutePath(old), name: old.path)
    try file.append(0..<previous.resume.quarantineBytes, of: source, buffer: block)
  }

  /// Completes the file; `nil` when no line was quarantined.
  mutating func finish() throws -> UnitResult.Artifact? {
    if !hasStarted {
      guard let previous, previous.resume.quarantineBytes > 0, let old = previous[name] else { return nil }
      if old.bytes == previous.resume.quarantineBytes {
        try makeFolder(artifact + "/quarantine_v1")
        return try previous.link(old, into: artifact)
      }
      try start()
    }
    try flush()
    return UnitResult.Artifact(name: name, digest: file.digest, rows: rows)
  }
}

/// How a log is called in the names of the files that are made of it.
public enum SourceName {
  /// The log's workspace-relative path as one file name: `/` becomes `@`, and every byte outside letters, digits,
  /// `.`, `_` and `-` becomes `%XX`. A name that would be too long for a file system is cut and ends in a digest.
  public static func fileName(_ path: String) -> String {
    var name = ""
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "/"): name += "@"
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        name.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let hex = String(byte, radix: 16, uppercase: true)
        name += "%" + (byte < 16 ? "0" : "") + hex
      }
    }
    guard name.utf8.count > 200 else { return name }
    return name.prefix(150) + "%" + Digest(of: path).hex.prefix(32)
  }
}
