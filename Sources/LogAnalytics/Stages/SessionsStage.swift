public import PipelineCore

/// `logs.sessions`: people's work sessions, over midnight, from the rows of all days.
public struct SessionsStage: Stage {
  public static let description = StageDescription(
    kind: "logs.sessions", version: 1,
    summary: "Finds people's work sessions in the operation log",
    discussion: """
      Reads the rows that `logs.merge` keeps for each UTC day and makes `derived_sessions_v1/sessions.jsonl`, one \
      line for each session, sorted by (start, script). A session is a chain of one script's file operations by \
      people in which no gap is 5 minutes or longer. Its `active_seconds` are the sum of its gaps, each counted \
      up to 60 seconds; `duration_seconds` is the time from the first to the last event; `files_processed` is \
      the sum of `file_count`, where a record without one counts as 1. A session belongs to the day in which it \
      starts, and midnight does not split it. Machine events never count.

      The unit is the whole stage. It keeps the chains of each day in an internal file, so that a nightly run \
      reads only the rows of days that changed.
      """,
    observesItsExpansion: true)

  private static let sessionsFile = "derived_sessions_v1/sessions.jsonl"
  private let read: DayEventsReader

  public init(_ definition: StageDefinition) { self.init(definition, read: DayRows.read) }

  /// - Parameter read: reads a day's rows; tests give their own.
  public init(_ definition: StageDefinition, read: @escaping DayEventsReader) { self.read = read }

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    let days = try CommittedDays(
      context, kind: DayRows.stageKind, file: DayRows.fileName, neededBy: Self.description.kind)
    return [UnitDefinition(inputs: days.inputs, values: ["days": days.list])]
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    let known = try previousEntries(order, context)
    let days = try CommittedDays.pairs(order, inputs: order.inputs)
    var entries: [FragmentCache.Entry] = []
    var reused: Int64 = 0
    for (index, (day, input)) in days.enumerated() {
      try context.checkCancellation()
      if let entry = known[day], entry.rows == input.digest {
        entries.append(entry)
        reused += 1
      } else {
        let events = try read("\(context.workspace)/\(input.path)", day)
        guard let digest = input.digest else { throw Self.undigested(input) }
        entries.append(.init(day: day, rows: digest, fragments: SessionFragment.fragments(of: events)))
      }
      context.progress(Int64(index + 1), Int64(days.count))
    }
    let sessions = Session.merge(entries.lazy.map(\.fragments))
    var line = JSONLine()
    for session in sessions { session.write(into: &line) }
    let cache = FragmentCache(entries)
    return UnitResult(
      artifacts: [
        try StageFile.create(Self.sessionsFile, below: context.artifact, line.bytes, rows: sessions.count),
        try StageFile.create(FragmentCache.fileName, below: context.artifact, cache.bytes),
      ],
      counters: [
        "rows": Int64(sessions.count), "days": Int64(days.count), "days reused": reused,
        "events": sessions.reduce(0) { $0 + $1.chain.events },
      ])
  }

  private func previousEntries(
    _ order: UnitOrder, _ context: UnitContext
  ) throws -> [Day: FragmentCache.Entry] {
    guard let file = order.previous?.outputs.first(where: { $0.name == FragmentCache.fileName }) else {
      return [:]
    }
    let path = "\(context.workspace)/\(file.path)"
    // A file of an earlier form of this stage cannot be used: then every day is read anew.
    guard let cache = try? FragmentCache(try StageFile.read(path), path: file.path) else { return [:] }
    return Dictionary(cache.entries.map { ($0.day, $0) }) { first, _ in first }
  }

  private static func undigested(_ input: InputReference) -> Diagnostic {
    Diagnostic(
      code: "order-mismatch", "the order gives no digest for \(input.path); nothing was made",
      help: "give the same command again; if it stays, report it as a defect")
  }
}
