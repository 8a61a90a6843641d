import PipelineCore

/// One pass over the lines of a log.
struct LogPass: ~Copyable {
  private let source: any LogBytes
  private let file: String
  private let context: UnitContext
  private let options: LogExtraction.Options
  private let parser: LineParser
  private var lines: LineReader
  private var collector: DayCollector
  private var quarantine: QuarantineFile
  private var counts: LineAccounting
  private var firstOfReason: [QuarantineReason: Int64] = [:]
  /// The state after the last newline.
  private var resume: ExtractAccounting.ResumePoint
  /// Whether the last line had no newline.
  private var hasUnterminatedLine = false

  init(
    _ source: any LogBytes, file: String, context: UnitContext, options: LogExtraction.Options,
    previous: PreviousExtraction?
  ) throws {
    self.source = source
    self.file = file
    self.context = context
    self.options = options
    parser = try LineParser()
    lines = LineReader(source, limit: options.maxLineBytes, offset: previous?.resume.offset ?? 0)
    collector = DayCollector(artifact: context.artifact, file: file, options: options, previous: previous)
    quarantine = QuarantineFile(log: file, artifact: context.artifact, previous: previous)
    counts = previous?.resume.counts ?? LineAccounting()
    resume = ExtractAccounting.ResumePoint(
      offset: previous?.resume.offset ?? 0, counts: counts,
      quarantineBytes: previous?.resume.quarantineBytes ?? 0,
      unterminatedDay: nil, writesEvents: options.writesEvents, maxLineBytes: Int64(options.maxLineBytes))
  }

  mutating func readLines(total: Int64) throws {
    // An event of an unterminated line counted only until the next extraction, which reads the line again.
    if let day = collector.previous?.resume.unterminatedDay { try collector.touch(day) }
    var untilCheck = 1024
    while let line = try lines.next() {
      if !line.isTerminated { noteResumePoint(line.offset) }
      counts.lines += 1
      try take(line)
      untilCheck -= 1
      if untilCheck == 0 {
        untilCheck = 1024
        try context.checkCancellation()
        context.progress(source.inputBytes, total)
      }
    }
    if !hasUnterminatedLine { noteResumePoint(source.inputBytes) }
  }

  private mutating func noteResumePoint(_ offset: Int64) {
    hasUnterminatedLine = true
    resume.offset = offset
    resume.counts = counts
    resume.quarantineBytes = quarantine.byteCount
  }

  private mutating func take(_ line: RawLine) throws {
    if line.isOverlong { return try reject(line, .overlongLine, key: nil) }
    if Self.isBlank(line) {
      counts.blank += 1
      return
    }
    // A byte order mark may begin the file; it is not part of the first line's JSON.
    let skipped = line.offset == 0 && Self.beginsWithMark(line) ? 3 : 0
    switch try parser.parse(line.start + skipped, count: line.count - skipped) {
    case .rejected(let reason, let key): try reject(line, reason, key: key)
    case .record(let record):
      if try collector.add(record, line: counts.lines) {
        counts.accepted += 1
        if !line.isTerminated { resume.unterminatedDay = Day(utcMicroseconds: record.timestamp) }
      } else {
        counts.duplicates += 1
      }
    }
  }

  private mutating func reject(_ line: RawLine, _ reason: QuarantineReason, key: String?) throws {
    let reason = line.isTerminated ? reason : .unterminated
    counts.quarantined[reason.rawValue, default: 0] += 1
    if firstOfReason[reason] == nil { firstOfReason[reason] = counts.lines }
    try quarantine.add(line, number: counts.lines, reason, key: key)
  }

  private static func isBlank(_ line: RawLine) -> Bool {
    for index in 0..<line.count {
      switch line.start[index] {
      case 0x20, 0x09, 0x0D: continue
      default: return false
      }
    }
    return true
  }

  private static func beginsWithMark(_ line: RawLine) -> Bool {
    line.count >= 3 && line.start[0] == 0xEF && line.start[1] == 0xBB && line.start[2] == 0xBF
  }

  /// Completes the artifact.
  mutating func finish(digest: Digest, isCompressed: Bool) throws -> UnitResult {
    var accounting = ExtractAccounting(file: file, digest: digest)
    let collected = try collector.finish()
    for line in collected.lateRepeats {
      counts.accepted -= 1
      counts.duplicates += 1
      if line <= resume.counts.lines {
        resume.counts.accepted -= 1
        resume.counts.duplicates += 1
      } else {
        resume.unterminatedDay = nil
      }
    }
    accounting.total = counts
    accounting.bytes = source.inputBytes
    accounting.corruptGzip = source.damage
    accounting.days = collected.counts
    accounting.resume = isCompressed ? nil : resume
    guard counts.isBalanced else {
      throw Diagnostic(code: "lines-not-accounted", "the lines of \(file) do not add up: \(accounting.text)")
    }
    let name = LogExtraction.accountingName
    let written = try DigestedFile.write(accounting.text, to: context.artifact + "/" + name)
    var artifacts = collected.artifacts + [UnitResult.Artifact(name: name, digest: written)]
    if let file = try quarantine.finish() { artifacts.append(file) }
    return UnitResult(artifacts: artifacts, counters: counters, findings: findings)
  }

  private var counters: [String: Int64] {
    [
      "lines": counts.lines, "rows": counts.accepted, "duplicates": counts.duplicates,
      "quarantined": counts.quarantinedTotal, "blank": counts.blank, "bytes": source.inputBytes,
    ]
  }

  private var findings: [Diagnostic] {
    var findings: [Diagnostic] = []
    if let damage = source.damage {
      findings.append(
        Diagnostic(
          .warning, code: "corrupt-gzip",
          "\(file) is damaged after line \(counts.lines): \(damage); the lines before the damage were taken",
          at: SourceLocation(path: file, line: Int(counts.lines)),
          help: "put a whole copy of the file in its place and run again"))
    }
    for (reason, line) in firstOfReason.sorted(by: { $0.value < $1.value }) {
      let count = counts.quarantined[reason.rawValue] ?? 0
      let what = count == 1 ? "this line was not accepted" : "\(count) lines like this were not accepted"
      findings.append(
        Diagnostic(
          .warning, code: "quarantined-lines", "\(what): \(reason.rawValue)",
          at: SourceLocation(path: file, line: Int(line)),
          help:
            "nothing is lost: the log is untouched, and a copy with the reason is published with the snapshot, in data/snapshot/current/\(quarantine.name)"
        ))
    }
    return findings
  }
}
