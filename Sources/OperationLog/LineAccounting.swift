public import PipelineCore

/// What became of the lines of a log: each is accepted, a duplicate, quarantined or blank, and nothing else.
public struct LineAccounting: Equatable, Sendable {
  public var lines: Int64 = 0
  public var accepted: Int64 = 0
  public var duplicates: Int64 = 0
  public var blank: Int64 = 0
  public var quarantined: [String: Int64] = [:]

  public init() {}

  public var quarantinedTotal: Int64 { quarantined.values.reduce(0, +) }
  /// Whether every line is accounted for exactly once.
  public var isBalanced: Bool { lines == accepted + duplicates + blank + quarantinedTotal }

  /// As the members of a JSON object.
  public var json: [String: JSONValue] {
    [
      "lines": .integer(lines), "accepted": .integer(accepted), "duplicates": .integer(duplicates),
      "blank": .integer(blank), "quarantined": .object(quarantined.mapValues { .integer($0) }),
    ]
  }

  /// Reads what ``json`` wrote; `nil` when a member is missing or not a number.
  public init?(_ json: JSONValue) {
    guard let lines = json["lines"]?.integerValue, let accepted = json["accepted"]?.integerValue,
      let duplicates = json["duplicates"]?.integerValue, let blank = json["blank"]?.integerValue,
      let reasons = json["quarantined"]?.objectValue
    else { return nil }
    self.lines = lines
    self.accepted = accepted
    self.duplicates = duplicates
    self.blank = blank
    for (reason, count) in reasons {
      guard let count = count.integerValue else { return nil }
      quarantined[reason] = count
    }
  }

  public static func += (a: inout Self, b: Self) {
    a.lines += b.lines
    a.accepted += b.accepted
    a.duplicates += b.duplicates
    a.blank += b.blank
    a.quarantined.merge(b.quarantined) { $0 + $1 }
  }
}

/// The `internal/accounting.json` of one log's extraction: what was read, what became of it, and where the
/// next extraction of the same log can go on.
public struct ExtractAccounting: Equatable, Sendable {
  /// The version of this file and of all that stands beside it; another one is read anew.
  static let format: Int64 = 1

  /// The workspace-relative path of the log.
  public var file: String
  public var total = LineAccounting()
  /// How many bytes of the file were read: all of a compressed one, the input's length of a plain one.
  public var bytes: Int64 = 0
  /// SHA-256 of those bytes.
  public var digest: Digest
  /// What is wrong with a compressed log, when something is. Not a line.
  public var corruptGzip: String?
  /// Accepted events by UTC day.
  public var days: [Day: Int64] = [:]
  /// Where to go on; `nil` for compressed logs, which are always read whole.
  public var resume: ResumePoint?

  public init(file: String, digest: Digest) {
    self.file = file
    self.digest = digest
  }

  /// The state after the last newline.
  public struct ResumePoint: Equatable, Sendable {
    /// The byte after the last newline.
    public var offset: Int64
    /// What became of the lines before `offset`.
    public var counts: LineAccounting
    /// How much of the quarantine file is about those lines.
    public var quarantineBytes: Int64
    /// The day of the event that was accepted from a last line without newline.
    public var unterminatedDay: Day?
    /// The settings that the outputs depend on.
    public var writesEvents: Bool
    public var maxLineBytes: Int64
  }

  /// The file's text: canonical JSON and a newline.
  public var text: String {
    var members = total.json
    members["format"] = .integer(Self.format)
    members["file"] = .string(file)
    members["bytes"] = .integer(bytes)
    members["sha256"] = .string(digest.hex)
    members["corrupt-gzip"] = corruptGzip.map { .string($0) } ?? .null
    members["days"] = .object(
      Dictionary(days.map { ($0.key.description, .integer($0.value)) }) { first, _ in first })
    members["resume"] = resume.map { $0.json } ?? .null
    return JSONValue.object(members).canonical + "\n"
  }

  /// Reads what ``text`` wrote; `nil` when something is missing or of another format version.
  public init?(_ json: JSONValue) {
    guard json["format"]?.integerValue == Self.format, let file = json["file"]?.stringValue,
      let bytes = json["bytes"]?.integerValue,
      let digest = json["sha256"]?.stringValue.flatMap({ Digest(hex: $0) }),
      let total = LineAccounting(json), let days = json["days"]?.objectValue
    else { return nil }
    self.init(file: file, digest: digest)
    self.bytes = bytes
    self.total = total
    corruptGzip = json["corrupt-gzip"]?.stringValue
    for (name, count) in days {
      guard let day = Day(name), let count = count.integerValue else { return nil }
      self.days[day] = count
    }
    resume = json["resume"].flatMap { ResumePoint($0) }
  }
}

extension ExtractAccounting.ResumePoint {
  var json: JSONValue {
    .object([
      "offset": .integer(offset), "counts": .object(counts.json),
      "quarantine-bytes": .integer(quarantineBytes),
      "unterminated-day": unterminatedDay.map { .string($0.description) } ?? .null,
      "writes-events": .bool(writesEvents), "max-line-bytes": .integer(maxLineBytes),
    ])
  }

  init?(_ json: JSONValue) {
    guard let offset = json["offset"]?.integerValue,
      let counts = json["counts"].flatMap({ LineAccounting($0) }),
      let quarantineBytes = json["quarantine-bytes"]?.integerValue,
      let writesEvents = json["writes-events"]?.boolValue,
      let maxLineBytes = json["max-line-bytes"]?.integerValue
    else { return nil }
    self.init(
      offset: offset, counts: counts, quarantineBytes: quarantineBytes,
      unterminatedDay: json["unterminated-day"]?.stringValue.flatMap { Day($0) }, writesEvents: writesEvents,
      maxLineBytes: maxLineBytes)
  }
}

/// The `internal/accounting.json` of one day's merge: what became of each log's events of that day.
public struct MergeAccounting: Equatable, Sendable {
  public struct Share: Equatable, Sendable {
    /// Events that stay.
    public var accepted: Int64
    /// Events that another log, earlier in path order, has too.
    public var duplicates: Int64
    public init(accepted: Int64, duplicates: Int64) {
      self.accepted = accepted
      self.duplicates = duplicates
    }
  }
  public var day: Day
  /// By the log's workspace-relative path.
  public var files: [String: Share]

  public init(day: Day, files: [String: Share]) {
    self.day = day
    self.files = files
  }

  /// The file's text: canonical JSON and a newline.
  public var text: String {
    let shares = files.mapValues { share in
      JSONValue.object(["accepted": .integer(share.accepted), "duplicates": .integer(share.duplicates)])
    }
    return JSONValue.object(["day": .string(day.description), "files": .object(shares)]).canonical + "\n"
  }

  /// Reads what ``text`` wrote; `nil` when something is missing.
  public init?(_ json: JSONValue) {
    guard let day = json["day"]?.stringValue.flatMap({ Day($0) }), let members = json["files"]?.objectValue
    else {
      return nil
    }
    self.init(day: day, files: [:])
    for (file, share) in members {
      guard let accepted = share["accepted"]?.integerValue, let duplicates = share["duplicates"]?.integerValue
      else {
        return nil
      }
      files[file] = Share(accepted: accepted, duplicates: duplicates)
    }
  }
}
