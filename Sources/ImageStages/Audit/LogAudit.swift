import FileCustody
import FileSystem
import ImageCatalog
import OperationLog
import PipelineCore
import PipelineEngine
import PipelineSpec

/// Whether each of custody's operations is in the operation logs exactly once, and no other of that form.
struct LogAudit {
  let facts: AuditFacts
  /// What the journal knows, of all projects.
  private let records: [String: JournalledRecord]

  /// Where a record stands.
  private struct Found {
    var files: [String: Int] = [:]
    /// Whether one file has it more than once.
    var isRepeated: Bool { files.values.contains { $0 > 1 } }
  }
  private var seen: [String: Found] = [:]
  private var unknown: [String: [String]] = [:]
  private var findings: [Diagnostic] = []

  private static let folder = "data/file_operations_logs"
  private static let archives = "data/log_archives"

  init(_ facts: AuditFacts, records: [JournalledRecord]) {
    self.facts = facts
    self.records = Dictionary(records.map { ($0.id, $0) }) { first, _ in first }
  }

  /// The logs of a workspace, relative to it, sorted.
  static func paths(workspace: String) throws -> [String] {
    try [(folder, [".log", ".log.gz"]), (archives, [".gz"])].flatMap { folder, suffixes in
      guard try FileStatus(following: "\(workspace)/\(folder)") != nil else { return [String]() }
      return try FileSystem.list("\(workspace)/\(folder)").filter { name in
        name.utf8.first != UInt8(ascii: ".") && suffixes.contains { name.hasSuffix($0) }
      }.map { "\(folder)/\($0)" }
    }
  }

  /// - Throws: `FileError` when the folders of the logs cannot be listed.
  func findings(_ cancellation: Cancellation?) throws -> [Diagnostic] {
    var audit = self
    for path in try Self.paths(workspace: facts.workspace) {
      if cancellation?.isCancelled ?? false { throw CancellationError() }
      do { try audit.read(path) } catch is CancellationError { throw CancellationError() } catch {
        // Nothing of this log is proved; the other findings stand.
        let reasons = diagnostics(of: error).map(\.message).joined(separator: "; ")
        audit.findings.append(
          facts.finding(
            "log-unreadable", "\(path) cannot be read: \(reasons)",
            help: "mend that, then audit again: until then nothing that it tells of is proved"))
      }
    }
    audit.compare()
    return audit.findings
  }

  private mutating func read(_ path: String) throws {
    let damage = try OwnRecords.forEach(inLog: "\(facts.workspace)/\(path)", name: path) { record in
      if let known = records[record.id] {
        if known.project == facts.project.id {
          seen[record.id, default: Found()].files[path, default: 0] += 1
        }
      } else if Self.isOurs(record.id), isOfProject(record.bytes) {
        unknown[path, default: []].append("\(record.id) in line \(record.line)")
      }
    }
    guard let damage else { return }
    findings.append(
      facts.finding(
        .warning, "log-damaged", "\(path) cannot be read to its end: \(damage)",
        help: "put it back from a backup; what it lost counts as missing"))
  }

  /// Whether a name has the form of those that custody gives: 32 digits, perhaps `-undo`, and a number.
  private static func isOurs(_ id: String) -> Bool { id.wholeMatch(of: /[0-9a-f]{32}(-undo)?-[0-9]+/) != nil }

  /// Whether a record is about files of this project.
  private func isOfProject(_ line: UnsafeRawBufferPointer) -> Bool {
    guard let value = JSONDocument.parse(Array(line), path: "").0?.value else { return false }
    return ["source_dir", "dest_dir"].contains { member in
      value[member]?.stringValue.map { facts.relative(loggedFolder: $0, name: "x") != nil } ?? false
    }
  }

  // MARK: Comparing

  private mutating func compare() {
    var missing: [String: [String]] = [:]
    var repeated: [String: [String]] = [:]
    var copied: [String: Int] = [:]
    for record in records.values where record.project == facts.project.id {
      guard let found = seen[record.id] else {
        if record.isDue { missing["\(Self.folder)/\(record.file)", default: []].append(record.id) }
        continue
      }
      for (file, count) in found.files where count > 1 {
        repeated[file, default: []].append("\(record.id), \(count) times")
      }
      if found.files.count > 1 {
        copied[found.files.keys.sorted().joined(separator: " and "), default: 0] += 1
      }
    }
    report(
      missing, "log-record-missing", { "\($0) of custody is not in \($1), nor in any other log" },
      help: "put that log back from a backup; the journal knows the records, and every file is where it says")
    report(
      repeated, "log-record-twice", { "\($0) of custody stands more than once in \($1)" },
      help: "somebody changed that log: put it back from a backup")
    report(
      unknown, "log-record-unknown",
      { "\($0) that looks like custody's is in \($1), and the journal has no such order" },
      help:
        "if the journal was put back from a backup, what was done since is not in it; look at the folders it names"
    )
    findings += copied.sorted { $0.key < $1.key }.map { files, count in
      facts.finding(
        .warning, "log-copied", "\(Self.count(count)) of custody in \(files)",
        help: "the extract counts each once; keep one of the two")
    }
  }

  /// One finding for each file: a log that is gone may have had thousands of records.
  private mutating func report(
    _ records: [String: [String]], _ code: String, _ message: (String, String) -> String, help: String
  ) {
    for (file, ids) in records.sorted(by: { $0.key < $1.key }) {
      let sorted = ids.sorted()
      let rest = sorted.count > 3 ? ["and \(sorted.count - 3) more"] : []
      findings.append(
        facts.finding(code, message(Self.count(ids.count), file), notes: sorted.prefix(3) + rest, help: help))
    }
  }

  private static func count(_ number: Int) -> String { number == 1 ? "1 record" : "\(number) records" }
}
