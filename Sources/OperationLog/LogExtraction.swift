public import PipelineCore

/// Extracts the events of one log into files by day, and accounts for each of its lines.
///
/// It reads the log once, in memory that does not depend on its size. See the stage `logs.extract` for what it makes.
public struct LogExtraction {
  /// What the outputs depend on besides the log.
  public struct Options: Sendable {
    /// Whether the events are written as text, too.
    public var writesEvents: Bool
    /// The longest line that is read, in bytes.
    public var maxLineBytes: Int
    /// How much memory the rows may take before they are written out, in bytes. Does not change what is made.
    public var memoryLimit: Int
    public init(writesEvents: Bool = true, maxLineBytes: Int = 16 << 20, memoryLimit: Int = 24 << 20) {
      self.writesEvents = writesEvents
      self.maxLineBytes = maxLineBytes
      self.memoryLimit = memoryLimit
    }
  }

  static let accountingName = "internal/accounting.json"
  /// How much text of a day is gathered for one write.
  static let textBlock = 1 << 18

  private let order: UnitOrder
  private let context: UnitContext
  private let options: Options
  private let input: InputReference
  private let path: String

  /// The extraction that `order` asks for; its only input is the log. Throws when it has another number of inputs.
  public init(_ order: UnitOrder, _ context: UnitContext, options: Options) throws {
    guard order.inputs.count == 1 else {
      throw Diagnostic(
        code: "wrong-inputs", "\(order.unit) must have exactly one input, but has \(order.inputs.count)")
    }
    self.order = order
    self.context = context
    self.options = options
    input = order.inputs[0]
    path = context.workspace + "/" + input.path
  }

  /// Reads the log and writes the artifact. Throws `Diagnostic` when the log cannot be read or changed meanwhile.
  public func run() throws -> UnitResult {
    let file = try OpenFile(reading: path, name: input.path)
    let status = try file.status()
    guard status.isRegular else {
      throw Diagnostic(
        code: "not-a-file", "\(input.path) is not a regular file; it was not read",
        at: SourceLocation(path: input.path, line: 1))
    }
    try makeFolder(context.artifact + "/internal")
    if input.path.hasSuffix(".gz") {
      let source = GzipLogBytes(file)
      return try extract(source, previous: nil, total: status.size)
    }
    let length = input.length ?? status.size
    let previous = try PreviousExtraction(order.previous, workspace: context.workspace, options: options)
    if let previous, let hasher = try unchangedPrefix(of: file, previous, length) {
      let source = PlainLogBytes(file, length: length, offset: previous.resume.offset, hasher: hasher)
      return try extract(source, previous: previous, total: length)
    }
    var result = try extract(PlainLogBytes(file, length: length), previous: nil, total: length)
    if let previous { result.findings.append(rewritten(previous, length)) }
    return result
  }

  /// A log is only ever appended to, so one that lost or changed what it had is worth a word: its former lines are
  /// gone from the figures, and only their owner can say whether they should be.
  private func rewritten(_ previous: PreviousExtraction, _ length: Int64) -> Diagnostic {
    let old = previous.accounting.bytes
    let what =
      length < old ? "shrank from \(old) to \(length) bytes" : "no longer begins with the \(old) bytes it had"
    return Diagnostic(
      .warning, code: "log-rewritten",
      "\(input.path) \(what) since it was last read; it was read anew, and lines that it lost left the figures",
      at: SourceLocation(path: input.path, line: 1),
      help: "if it was rotated, keep the old part beside it or in data/log_archives; otherwise restore it")
  }

  /// The hasher of the bytes before the resume point, when the log still begins with what was read last time.
  private func unchangedPrefix(of file: borrowing OpenFile, _ previous: PreviousExtraction, _ length: Int64)
    throws
    -> DigestHasher?
  {
    let old = previous.accounting.bytes
    guard old <= length, previous.resume.offset <= old else { return nil }
    var hasher = DigestHasher()
    var atResume = hasher
    let block = UnsafeMutableRawPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { block.deallocate() }
    var done: Int64 = 0
    while done < old {
      try context.checkCancellation()
      let next = done < previous.resume.offset ? previous.resume.offset : old
      let got = try file.read(at: done, into: block, count: Int(min(1 << 20, next - done)))
      guard got > 0 else { return nil }
      hasher.update(UnsafeRawBufferPointer(start: block, count: got))
      done += Int64(got)
      if done == previous.resume.offset { atResume = hasher }
    }
    return hasher.finalize() == previous.accounting.digest ? atResume : nil
  }

  private func extract(_ source: some LogBytes, previous: PreviousExtraction?, total: Int64) throws
    -> UnitResult
  {
    var pass = try LogPass(source, file: input.path, context: context, options: options, previous: previous)
    try pass.readLines(total: total)
    let digest = try source.finish()
    if let expected = order.inputs[0].digest, expected != digest {
      throw Diagnostic(
        code: "input-changed", "\(input.path) changed while it was read; nothing of this attempt was kept",
        at: SourceLocation(path: input.path, line: 1), help: "run again: a log may grow, but not change")
    }
    return try pass.finish(digest: digest, isCompressed: input.path.hasSuffix(".gz"))
  }
}
