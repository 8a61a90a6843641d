import PipelineCore

/// One `derived_session_v1` record as the page shows it.
struct SessionFigure {
  let script: String?
  let day: Day?
  /// The start as the snapshot writes it.
  let start: String?
  let end: String?
  let activeSeconds: Double?
  let files: Int64?
  let events: Int64?

  init(_ record: SourceRecord) {
    script = record.text("script_id")
    start = record.text("start_ts_utc")
    end = record.text("end_ts_utc")
    day = record.day("day") ?? start.flatMap { Day($0.prefix(10)) }
    activeSeconds = record.quantity("active_seconds")
    files = record.count("files_processed")
    events = record.count("event_count")
  }
}

/// All sessions, counted by the day on which they start; only the latest are kept whole.
struct SessionFigures {
  static let path = "derived_sessions_v1/sessions.jsonl"
  /// How many sessions the page lists one by one.
  static let listed = 40

  private(set) var countByDay: [Day: Int] = [:]
  private(set) var activeByDay: [Day: PartialSum] = [:]
  private(set) var total = 0
  /// Sessions by day, for the days that the page may list.
  private var byDay: [Day: [SessionFigure]] = [:]

  mutating func add(_ session: SessionFigure) {
    total += 1
    guard let day = session.day else { return }
    countByDay[day, default: 0] += 1
    activeByDay[day, default: PartialSum()].add(session.activeSeconds)
    byDay[day, default: []].append(session)
  }

  /// The sessions of the latest days up to `last`, the newest first, at most ``listed``.
  func latest(upTo last: Day) -> [SessionFigure] {
    var list: [SessionFigure] = []
    for day in byDay.keys.filter({ $0 <= last }).sorted(by: >) where list.count < Self.listed {
      list += (byDay[day] ?? []).sorted {
        ($1.start ?? "", $0.script ?? "") < ($0.start ?? "", $1.script ?? "")
      }
    }
    return Array(list.prefix(Self.listed))
  }
}
