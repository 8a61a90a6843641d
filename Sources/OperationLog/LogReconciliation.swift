public import PipelineCore

/// Proves that every line of every log is accounted for, from what extraction and merging say of them.
public struct LogReconciliation {
  /// What became of one log.
  public struct File: Equatable, Sendable {
    public var log: String
    /// With the repeats that other logs have too counted as duplicates.
    public var counts: LineAccounting
    public var bytes: Int64
    public var corruptGzip: String?
  }

  /// Sorted by path.
  public private(set) var files: [File] = []

  /// Brings the accounts together. Throws `Diagnostics` with an error for each log whose account does not add up.
  public init(extracted: [ExtractAccounting], merged: [MergeAccounting]) throws {
    var shares: [String: [Day: MergeAccounting.Share]] = [:]
    for day in merged {
      for (log, share) in day.files { shares[log, default: [:]][day.day] = share }
    }
    var errors: [Diagnostic] = []
    for log in extracted.sorted(by: { $0.file.utf8.lexicographicallyPrecedes($1.file.utf8) }) {
      var counts = log.total
      let shares = shares.removeValue(forKey: log.file) ?? [:]
      for (day, share) in shares {
        counts.accepted -= share.duplicates
        counts.duplicates += share.duplicates
        if log.days[day] != share.accepted + share.duplicates {
          errors.append(
            Self.mismatch(log.file, "\(day) has \(log.days[day] ?? 0) events, but the merge met others"))
        }
      }
      if !merged.isEmpty, let day = log.days.keys.sorted().first(where: { shares[$0] == nil }) {
        errors.append(Self.mismatch(log.file, "\(day) has events, but no merge met them"))
      }
      if !counts.isBalanced || log.days.values.reduce(0, +) != log.total.accepted {
        errors.append(
          Self.mismatch(log.file, "accepted, duplicate, quarantined and blank lines are not all lines"))
      }
      files.append(File(log: log.file, counts: counts, bytes: log.bytes, corruptGzip: log.corruptGzip))
    }
    for log in shares.keys.sorted() {
      errors.append(Self.mismatch(log, "a merge met it, but no extraction did"))
    }
    if !errors.isEmpty { throw Diagnostics(errors) }
  }

  /// Reads the `internal/accounting.json` files of extraction and merging at these workspace-relative paths.
  public init(accounts paths: [String], workspace: String) throws {
    var extracted: [ExtractAccounting] = []
    var merged: [MergeAccounting] = []
    for path in paths {
      let json = try TapeJSON.read(workspace + "/" + path, name: path)
      if let account = ExtractAccounting(json) {
        extracted.append(account)
      } else if let account = MergeAccounting(json) {
        merged.append(account)
      } else {
        throw LogFailure.damagedSegment(path, "it is no account of lines")
      }
    }
    try self.init(extracted: extracted, merged: merged)
  }

  /// Writes `reconciliation_v1/files.jsonl` and `reconciliation_v1/total.json`.
  public func write(to artifact: String) throws -> [UnitResult.Artifact] {
    try makeFolder(artifact + "/reconciliation_v1")
    var text = ""
    var total = LineAccounting()
    var bytes: Int64 = 0
    for file in files {
      var members = file.counts.json
      members["file"] = .string(file.log)
      members["bytes"] = .integer(file.bytes)
      members["corrupt_gzip"] = file.corruptGzip.map { .string($0) } ?? .null
      text += JSONValue.object(members).canonical + "\n"
      total += file.counts
      bytes += file.bytes
    }
    var members = total.json
    members["files"] = .integer(Int64(files.count))
    members["bytes"] = .integer(bytes)
    let list = "reconciliation_v1/files.jsonl"
    let sum = "reconciliation_v1/total.json"
    return [
      UnitResult.Artifact(
        name: list, digest: try DigestedFile.write(text, to: artifact + "/" + list),
        rows: Int64(files.count)),
      UnitResult.Artifact(
        name: sum, digest: try DigestedFile.write(JSONValue.object(members).pretty, to: artifact + "/" + sum)),
    ]
  }

  private static func mismatch(_ log: String, _ what: String) -> Diagnostic {
    Diagnostic(
      code: "lines-not-accounted", "the lines of \(log) do not add up: \(what)",
      at: SourceLocation(path: log, line: 1), help: "run the extract stage again with --force")
  }
}
