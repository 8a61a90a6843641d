import OperationLog
public import PipelineCore

/// `logs.extract`: operation logs to events by UTC day, with an account of every line.
public struct ExtractStage: Stage {
  public static let description = StageDescription(
    kind: "logs.extract", version: 1,
    summary: "Read operation logs, plain and compressed, into events by UTC day.",
    discussion: """
      Reads each log once, line by line. Every line is accepted, a duplicate of an earlier line of the same log, quarantined \
      with its reason, or blank; `internal/accounting.json` says how many are what. Accepted lines become rows by UTC \
      day (`internal/day=…/rows`) and, unless `events` is false, normalised records (`internal/day=…/events.jsonl`), which \
      `logs.merge` publishes. Quarantined lines are kept in `quarantine_v1/`.

      Of a plain log that only grew, only the new bytes are parsed, after a check that the old ones are unchanged; the \
      result is the same as of reading it all. A damaged compressed log gives the lines before the damage and a warning. \
      A log that is a symbolic link or cannot be read fails its unit; a folder with a log's name is a warning.
      """,
    settings: [
      Setting(
        "logs", .array(.string, atLeast: 0), default: .array(LogFiles.defaultLogs.map { .string($0) }),
        "Glob patterns of the logs, relative to the workspace; names that end in .gz are read as gzip."),
      Setting(
        "archives", .array(.string, atLeast: 0),
        default: .array(LogFiles.defaultArchives.map { .string($0) }),
        "Glob patterns of further logs, usually the compressed ones, relative to the workspace."),
      Setting("events", .boolean, default: true, "Whether the normalised records are written as text, too."),
      Setting(
        "maxLineBytes", .integer(1024...67_108_864), default: 16_777_216,
        "The longest line that is read, in bytes; a longer one is quarantined."),
    ],
    unit: "a log file",
    observesItsExpansion: true)

  private let patterns: [String]

  public init(_ definition: StageDefinition) throws {
    func list(_ name: String, _ standard: [String]) -> [String] {
      definition.settings[name]?.arrayValue.map { $0.compactMap(\.stringValue) } ?? standard
    }
    patterns = list("logs", LogFiles.defaultLogs) + list("archives", LogFiles.defaultArchives)
  }

  /// The name of the value that says that a unit's file is none that can be read: a folder or a link.
  private static let kindValue = "file-kind"

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    try LogFiles.find(patterns, in: context.workspace, observe: context.observe).map { found in
      switch found.kind {
      case .file(let size):
        let length = found.path.hasSuffix(".gz") ? nil : size
        return UnitDefinition(
          key: UnitKey(found.path), inputs: [InputReference(path: found.path, length: length)])
      case .other(let kind):
        return UnitDefinition(key: UnitKey(found.path), values: [Self.kindValue: kind])
      }
    }
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    if let kind = order.values[Self.kindValue] { return try Self.unreadable(order.unit.key.rawValue, kind) }
    let options = LogExtraction.Options(
      writesEvents: order.settings["events"]?.boolValue ?? true,
      maxLineBytes: Int(order.settings["maxLineBytes"]?.integerValue ?? 16_777_216))
    return try LogExtraction(order, context, options: options).run()
  }

  private static func unreadable(_ path: String, _ kind: String) throws -> UnitResult {
    let place = SourceLocation(path: path, line: 1)
    if kind == LogFiles.folder {
      return UnitResult(findings: [
        Diagnostic(
          .warning, code: "log-is-a-folder", "\(path) is a folder with the name of a log; it was not read",
          at: place,
          help: "rename it")
      ])
    }
    throw Diagnostic(
      code: "not-a-file", "\(path) is \(kind); logs are read only where they are, and it was not followed",
      at: place,
      help: "put the file itself there")
  }
}
