import PipelineCore

/// A sum over days of which some may lack the figure.
struct PartialSum: Equatable {
  /// The sum over the days that have the figure; `nil` when none has it.
  var value: Double?
  /// How many days lack it.
  var missing = 0

  mutating func add(_ figure: Double?) {
    if let figure { value = (value ?? 0) + figure } else { missing += 1 }
  }
  static func += (sum: inout PartialSum, other: PartialSum) {
    if let figure = other.value { sum.value = (sum.value ?? 0) + figure }
    sum.missing += other.missing
  }

  /// The sum as JSON: an integer where it is whole, rounded to milliseconds elsewhere so that the order of
  /// summing cannot show.
  var json: JSONValue { Self.json(value) }

  static func json(_ value: Double?) -> JSONValue {
    guard let value else { return .null }
    if let whole = Int64(exactly: value) { return .integer(whole) }
    let rounded = (value * 1000).rounded() / 1000
    return Int64(exactly: rounded).map { .integer($0) } ?? .number(rounded)
  }
}

/// How a figure is shared out among names, such as files among scripts.
struct Shares: Equatable {
  private var byName: [String: PartialSum] = [:]
  /// How many days have shares at all.
  private var recordedDays: Int

  init(recordedDays: Int = 0) { self.recordedDays = recordedDays }

  /// The shares of one day; `nil` when the day does not record them.
  init(_ shares: [(name: String, figure: Double?)]?) {
    recordedDays = shares == nil ? 0 : 1
    for (name, figure) in shares ?? [] { byName[name, default: PartialSum()].add(figure) }
  }

  /// A name's share: 0 where the shares are recorded and the name has none, `nil` where they are not recorded.
  subscript(name: String) -> Double? {
    if let sum = byName[name] { sum.value } else { recordedDays > 0 ? 0 : nil }
  }

  var names: some Sequence<String> { byName.keys }

  static func += (total: inout Shares, part: Shares) {
    total.recordedDays += part.recordedDays
    for (name, sum) in part.byName { total.byName[name, default: PartialSum()] += sum }
  }
}

/// What a stretch of days amounts to.
struct Activity: Equatable {
  var files = PartialSum()
  /// Those of the files that machines handled.
  var machineFiles = PartialSum()
  var events = PartialSum()
  /// Seconds of people's work.
  var workSeconds = PartialSum()
  var sessions = PartialSum()
  var byScript = Shares()
  var byOperation = Shares()

  static func += (total: inout Activity, part: Activity) {
    total.files += part.files
    total.machineFiles += part.machineFiles
    total.events += part.events
    total.workSeconds += part.workSeconds
    total.sessions += part.sessions
    total.byScript += part.byScript
    total.byOperation += part.byOperation
  }

  /// A day on which nothing happened, which is known because days around it are recorded.
  static func quietDay(hasSessions: Bool) -> Activity {
    let zero = PartialSum(value: 0)
    return Activity(
      files: zero, machineFiles: zero, events: zero, workSeconds: zero,
      sessions: hasSessions ? zero : PartialSum(missing: 1),
      byScript: Shares(recordedDays: 1), byOperation: Shares(recordedDays: 1))
  }
}

/// One `daily_aggregate_v1` file; all figures `nil` when the file cannot be used.
struct DailyAggregate {
  let day: Day
  var activity = Activity()
  /// Whether the day's file could be read.
  var isReadable = true

  static let folder = "daily_aggregate_v1"

  /// The day that a file's path names: `daily_aggregate_v1/day=YYYY-MM-DD/…`.
  static func day(ofPath path: String) -> Day? {
    path.split(separator: "/").lazy.compactMap { part in
      part.hasPrefix("day=") ? Day(part.dropFirst(4).prefix(10)) : nil
    }.first
  }

  /// An aggregate without figures, for a file that cannot be used.
  init(unreadable day: Day) {
    self.day = day
    isReadable = false
    activity.files.missing = 1
    activity.machineFiles.missing = 1
    activity.events.missing = 1
    activity.workSeconds.missing = 1
  }

  init(day: Day, _ record: SourceRecord) {
    self.day = day
    let totals = record.object("totals")
    activity.files.add(totals?.count("files_processed", or: "files").map(Double.init))
    activity.machineFiles.add(totals?.count("machine_files").map(Double.init))
    activity.events.add(totals?.count("event_count", or: "events").map(Double.init))
    activity.workSeconds.add(totals?.quantity("work_seconds"))
    activity.byScript = Shares(
      record.objects("by_script")?.map {
        ($0.name, $0.record.count("files_processed", or: "files").map(Double.init))
      })
    activity.byOperation = Shares(
      record.objects("by_operation")?.map {
        ($0.name, $0.record.count("files_processed", or: "files").map(Double.init))
      })
  }
}

/// A name with what it amounts to over the whole range, such as a script.
struct NamedTotal: Equatable {
  let name: String
  /// `nil` when no day records it.
  let files: Double?
}

/// The days of the snapshot as one gapless range.
struct DaySeries {
  /// The recorded days inside the range, ascending.
  private(set) var recorded: [DailyAggregate] = []
  /// First and last day with an aggregate; every day between counts, with zero when it has none.
  private(set) var range: ClosedRange<Day>
  /// Recorded days more than ``isolation`` days away from the rest: wrong clocks, for instance. Not in the range.
  private(set) var outlying: [Day] = []
  /// Scripts by files, the most first.
  private(set) var scripts: [NamedTotal] = []
  private(set) var operations: [NamedTotal] = []

  /// A gap of so many days parts the range, so that one event of the year 9999 does not squeeze the charts flat.
  static let isolation = 400

  /// `nil` when there is no aggregate.
  init?(_ aggregates: [DailyAggregate]) {
    let sorted = aggregates.sorted { $0.day < $1.day }
    var blocks: [[DailyAggregate]] = []
    for aggregate in sorted {
      if let last = blocks.last?.last, last.day.distance(to: aggregate.day) <= Self.isolation {
        blocks[blocks.count - 1].append(aggregate)
      } else {
        blocks.append([aggregate])
      }
    }
    // The block with the most days; of equals the latest.
    guard let main = blocks.indices.max(by: { blocks[$0].count <= blocks[$1].count }),
      let first = blocks[main].first,
      let last = blocks[main].last
    else { return nil }
    recorded = blocks[main]
    range = first.day...last.day
    outlying = blocks.indices.filter { $0 != main }.flatMap { blocks[$0].map(\.day) }
    scripts = Self.totals(recorded.map(\.activity.byScript))
    operations = Self.totals(recorded.map(\.activity.byOperation))
  }

  private static func totals(_ shares: [Shares]) -> [NamedTotal] {
    var sum = Shares()
    for share in shares { sum += share }
    return sum.names.map { NamedTotal(name: $0, files: sum[$0]) }
      .sorted { ($1.files ?? -1, $0.name) < ($0.files ?? -1, $1.name) }
  }

  /// How many days the range has, quiet ones included.
  var dayCount: Int { range.lowerBound.distance(to: range.upperBound) + 1 }

  /// Each day of the range with its activity; `sessions` are the counts by day, `nil` when they are not recorded.
  func activities(sessions: [Day: Int]?) -> [(day: Day, activity: Activity, isReadable: Bool)] {
    var byDay: [Day: DailyAggregate] = [:]
    for aggregate in recorded { byDay[aggregate.day] = aggregate }
    return range.map { day in
      guard let aggregate = byDay[day] else {
        var quiet = Activity.quietDay(hasSessions: sessions != nil)
        if let count = sessions?[day] { quiet.sessions = PartialSum(value: Double(count)) }
        return (day, quiet, true)
      }
      var activity = aggregate.activity
      activity.sessions.add(sessions.map { Double($0[day] ?? 0) })
      return (day, activity, aggregate.isReadable)
    }
  }
}
