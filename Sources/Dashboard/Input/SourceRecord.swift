import PipelineCore

/// Findings about the snapshot's content, one per kind and file however many records have it.
final class FindingLog {
  private struct Kind: Hashable {
    let code: String
    let path: String
    let what: String
  }
  private var order: [Kind] = []
  private var counts: [Kind: (count: Int, firstLine: Int?)] = [:]
  private var others: [Diagnostic] = []
  /// What paths are relative to, for people.
  private let folder: String

  /// - Parameter folder: workspace-relative, with its slash; empty for the workspace itself.
  init(folder: String = "data/snapshot/current/") { self.folder = folder }

  /// Notes that a record of the snapshot's file `path` has a fault. `what` continues the sentence "FILE …".
  func note(_ code: String, _ path: String, line: Int?, _ what: String) {
    let kind = Kind(code: code, path: path, what: what)
    if let known = counts[kind] {
      counts[kind] = (known.count + 1, known.firstLine)
    } else {
      order.append(kind)
      counts[kind] = (1, line)
    }
  }

  func append(_ findings: [Diagnostic]) { others += findings }

  /// Everything noted, in the order of the reading.
  var findings: [Diagnostic] {
    others
      + order.map { kind in
        let (count, line) = counts[kind] ?? (1, nil)
        let path = folder + kind.path
        let more = count > 1 ? " (and \(count - 1) more records like it)" : ""
        return Diagnostic(
          .warning, code: kind.code, "\(path) \(kind.what)\(more)",
          at: line.map { SourceLocation(path: path, line: $0) })
      }
  }
}

/// One record of a snapshot file: fields by name, absent ones as `nil`, impossible ones as `nil` with a finding.
struct SourceRecord {
  let members: [String: JSONValue]
  let path: String
  let line: Int?
  let log: FindingLog

  subscript(_ name: String) -> JSONValue? {
    if let value = members[name], value != .null { value } else { nil }
  }

  /// The largest figure that is believed: far above any real one, and small enough that sums stay exact and finite.
  static let largest: Int64 = 1_000_000_000_000_000

  /// A whole number from 0 to ``largest``.
  func count(_ name: String) -> Int64? {
    guard let value = self[name] else { return nil }
    if let number = value.integerValue, (0...Self.largest).contains(number) { return number }
    if let number = value.doubleValue, let whole = Int64(exactly: number), (0...Self.largest).contains(whole)
    {
      return whole
    }
    wrong(name, "a whole number from 0 to 10¹⁵", value)
    return nil
  }

  /// The count `name`, or `other` where the record has no `name`.
  func count(_ name: String, or other: String) -> Int64? { self[name] == nil ? count(other) : count(name) }

  /// A number from 0 to ``largest``.
  func quantity(_ name: String) -> Double? {
    guard let value = self[name] else { return nil }
    if let number = value.doubleValue, (0...Double(Self.largest)).contains(number) { return number }
    wrong(name, "a number from 0 to 10¹⁵", value)
    return nil
  }

  /// A number in `range`.
  func number(_ name: String, in range: ClosedRange<Double>) -> Double? {
    guard let value = self[name] else { return nil }
    if let number = value.doubleValue, range.contains(number) { return number }
    wrong(
      name, "a number from \(Format.decimal(range.lowerBound, 0)) to \(Format.decimal(range.upperBound, 0))",
      value)
    return nil
  }

  func text(_ name: String) -> String? {
    guard let value = self[name] else { return nil }
    if let text = value.stringValue { return text }
    wrong(name, "a string", value)
    return nil
  }

  func day(_ name: String) -> Day? {
    guard let value = self[name] else { return nil }
    if let day = value.stringValue.flatMap({ Day($0) }) { return day }
    wrong(name, "a day", value)
    return nil
  }

  func object(_ name: String) -> SourceRecord? {
    guard let value = self[name] else { return nil }
    if let members = value.objectValue {
      return SourceRecord(members: members, path: path, line: line, log: log)
    }
    wrong(name, "an object", value)
    return nil
  }

  /// The members of the object `name` that are objects themselves, sorted by name.
  func objects(_ name: String) -> [(name: String, record: SourceRecord)]? {
    guard let record = object(name) else { return nil }
    return record.members.keys.sorted().compactMap { key in record.object(key).map { (key, $0) } }
  }

  /// The objects in the list `name`.
  func list(_ name: String) -> [SourceRecord]? {
    guard let value = self[name] else { return nil }
    guard let items = value.arrayValue else {
      wrong(name, "a list", value)
      return nil
    }
    return items.compactMap { item in
      item.objectValue.map { SourceRecord(members: $0, path: path, line: line, log: log) }
    }
  }

  private func wrong(_ name: String, _ expected: String, _ value: JSONValue) {
    log.note(
      "snapshot-field-unusable", path, line: line,
      "has “\(name)” as \(value.typeName) where \(expected) is expected; shown as not recorded")
  }
}

extension Snapshot {
  /// The one object in the file of `entry`; `nil` with a finding when there is none.
  func readObject(_ entry: Entry, log: FindingLog) -> SourceRecord? {
    var findings: [Diagnostic] = []
    defer { log.append(findings) }
    guard let bytes = read(entry, findings: &findings) else { return nil }
    return Self.record(bytes[...], entry.path, line: nil, log: log)
  }

  /// Calls `use` with each record of the file of `entry`, one per line. Lines that are no JSON objects become a
  /// finding. Returns whether the file could be read.
  func forEachLine(_ entry: Entry, log: FindingLog, _ use: (SourceRecord) -> Void) -> Bool {
    var findings: [Diagnostic] = []
    defer { log.append(findings) }
    guard let bytes = read(entry, findings: &findings) else { return false }
    var number = 0
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      if line.isEmpty { continue }
      if let record = Self.record(line, entry.path, line: number, log: log) { use(record) }
    }
    return true
  }

  /// The one object that some bytes are; `nil` with a finding when they are none.
  static func record(
    _ bytes: ArraySlice<UInt8>, _ path: String, line: Int?, log: FindingLog
  ) -> SourceRecord? {
    do {
      if let members = try JSONReader.value(of: bytes).objectValue {
        return SourceRecord(members: members, path: path, line: line, log: log)
      }
      log.note(
        "snapshot-record-malformed", path, line: line, "is not a JSON object; left out of every figure")
    } catch let error as JSONReader.Malformed {
      log.note(
        "snapshot-record-malformed", path, line: line,
        "is not JSON (\(error.reason)); left out of every figure")
    } catch {
      log.note("snapshot-record-malformed", path, line: line, "is not JSON; left out of every figure")
    }
    return nil
  }
}
