public import PipelineCore

/// Unites what several logs say of one UTC day, so that each event is there once.
public struct DayMerge {
  /// One log's part of the day.
  public struct Source: Sendable {
    /// The workspace-relative path of the log.
    public var log: String
    /// The segment that `logs.extract` made.
    public var rows: InputReference
    /// The events as text; `nil` where they were not written.
    public var text: InputReference?
    public init(log: String, rows: InputReference, text: InputReference?) {
      self.log = log
      self.rows = rows
      self.text = text
    }
  }

  private let day: Day
  private let sources: [Source]
  private let context: UnitContext

  /// The merge of these parts, in any order.
  public init(day: Day, sources: [Source], context: UnitContext) {
    self.day = day
    // The first log in path order keeps an event; bytes, so that every machine agrees.
    self.sources = sources.sorted { $0.log.utf8.lexicographicallyPrecedes($1.log.utf8) }
    self.context = context
  }

  /// Writes the artifact. Throws `Diagnostic` when a segment cannot be read.
  public func run() throws -> UnitResult {
    try makeFolder(context.artifact + "/internal")
    if sources.contains(where: { $0.text != nil }) {
      try makeFolder(context.artifact + "/operation_events_v2")
      try makeFolder(context.artifact + "/" + folder)
    }
    var artifacts: [UnitResult.Artifact] = []
    var accounting = MergeAccounting(day: day, files: [:])
    if sources.count == 1 {
      artifacts = try linkOnly(sources[0], &accounting)
    } else {
      artifacts = try unite(&accounting)
    }
    let name = "internal/accounting.json"
    let digest = try DigestedFile.write(accounting.text, to: context.artifact + "/" + name)
    artifacts.append(UnitResult.Artifact(name: name, digest: digest))
    let shares = accounting.files.values
    return UnitResult(
      artifacts: artifacts,
      counters: [
        "rows": shares.reduce(0) { $0 + $1.accepted }, "duplicates": shares.reduce(0) { $0 + $1.duplicates },
        "files": Int64(sources.count),
      ])
  }

  private var folder: String { "operation_events_v2/day=\(day)" }
  private func textName(_ source: Source) -> String { "\(folder)/\(SourceName.fileName(source.log)).jsonl" }

  private func linkOnly(_ source: Source, _ accounting: inout MergeAccounting) throws -> [UnitResult.Artifact]
  {
    let count = try DaySegment.rowCount(context.workspace + "/" + source.rows.path, name: source.rows.path)
    accounting.files[source.log] = MergeAccounting.Share(accepted: count, duplicates: 0)
    var artifacts = [try link(source.rows, as: "internal/rows", rows: count)]
    if let text = source.text { artifacts.append(try link(text, as: textName(source), rows: count)) }
    return artifacts
  }

  private func link(_ file: InputReference, as name: String, rows: Int64) throws -> UnitResult.Artifact {
    try makeHardLink(context.artifact + "/" + name, to: context.workspace + "/" + file.path)
    return UnitResult.Artifact(name: name, digest: file.digest, rows: rows, linkedFrom: file.path)
  }

  private func unite(_ accounting: inout MergeAccounting) throws -> [UnitResult.Artifact] {
    var union = SegmentUnion()
    var counts: [Int] = []
    for (index, source) in sources.enumerated() {
      try context.checkCancellation()
      let segment = try DaySegment.read(context.workspace + "/" + source.rows.path, name: source.rows.path)
      counts.append(segment.rows.count)
      union.add(segment, source: UInt32(index))
    }
    let dropped = union.removeRepeats()
    var artifacts: [UnitResult.Artifact] = []
    var rest = dropped[...]
    for (index, source) in sources.enumerated() {
      let own = rest.prefix { $0.source == UInt32(index) }
      rest = rest.dropFirst(own.count)
      union.closeGaps(own, source: UInt32(index))
      accounting.files[source.log] = MergeAccounting.Share(
        accepted: Int64(counts[index] - own.count), duplicates: Int64(own.count))
      if let text = source.text, let file = try write(text, of: source, without: own, of: counts[index]) {
        artifacts.append(file)
      }
    }
    var encoder = SegmentEncoder()
    let digest = try DigestedFile.write(
      union.encode(day, sources: sources.map(\.log), with: &encoder), to: context.artifact + "/internal/rows")
    artifacts.append(
      UnitResult.Artifact(name: "internal/rows", digest: digest, rows: Int64(union.rows.count)))
    return artifacts
  }

  /// The text of a log's events that stay; `nil` when none does.
  private func write(
    _ text: InputReference, of source: Source, without dropped: ArraySlice<SegmentRow>, of count: Int
  )
    throws -> UnitResult.Artifact?
  {
    let name = textName(source)
    let rows = Int64(count - dropped.count)
    if dropped.isEmpty { return try link(text, as: name, rows: rows) }
    guard rows > 0 else { return nil }
    var file = DigestedFile(context.artifact + "/" + name)
    try EventTextCopy.copy(
      try OpenFile(reading: context.workspace + "/" + text.path, name: text.path), to: &file, without: dropped
    )
    return UnitResult.Artifact(name: name, digest: file.digest, rows: rows)
  }
}
