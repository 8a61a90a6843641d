import PipelineCore

/// A share with what it was measured on and its 95 % interval, as `training_report_v1` writes it.
struct ShareFigure {
  let count: Int64?
  /// How many were looked at.
  let total: Int64?
  /// 0 to 1; `nil` when nothing was looked at.
  let share: Double?
  let low: Double?
  let high: Double?

  init(_ record: SourceRecord?) {
    count = record?.count("count")
    total = record?.count("n")
    share = record?.number("share", in: 0...1)
    low = record?.number("low", in: 0...1)
    high = record?.number("high", in: 0...1)
  }
}

/// What people made of the recommendations of one recommender, version and model.
struct RecommenderFigure {
  struct Week {
    let monday: Day
    let agreement: ShareFigure
  }
  struct Bin {
    /// 0 to 1.
    let meanConfidence: Double
    let agreement: ShareFigure
  }

  /// `nil` where it was not recorded whose recommendations they were.
  let name: String?
  let version: String?
  let model: String?
  let decisions: Int64?
  let lastDay: Day?
  let all: ShareFigure
  let shown: ShareFigure
  let blind: ShareFigure
  /// The difference of agreement, shown less blind, −1 to 1; `nil` for too few decisions.
  let shownLessBlind: Double?
  let differenceLow: Double?
  let differenceHigh: Double?
  /// How many decisions of each the difference needs.
  let differenceMinimum: Int64?
  let chance: Double?
  let abstention: ShareFigure
  let overlapCount: Int64?
  let overlapMedian: Double?
  let overlapMean: Double?
  let cropMatch: ShareFigure
  /// Oldest first.
  let weeks: [Week]
  /// In the order of confidence.
  let bins: [Bin]
  let confidenceCount: Int64?
  /// 0 to 1.
  let confidenceError: Double?

  init(_ record: SourceRecord) {
    name = record.text("recommender")
    version = record.text("version")
    model = record.text("model_digest")
    decisions = record.count("decisions")
    lastDay = record.day("last_day")
    let selection = record.object("selection")
    all = ShareFigure(selection?.object("all"))
    shown = ShareFigure(selection?.object("shown"))
    blind = ShareFigure(selection?.object("blind"))
    chance = selection?.number("chance", in: 0...1)
    let difference = selection?.object("shown_less_blind")
    shownLessBlind = difference?.number("difference", in: -1...1)
    differenceLow = difference?.number("low", in: -1...1)
    differenceHigh = difference?.number("high", in: -1...1)
    differenceMinimum = difference?.count("minimum")
    abstention = ShareFigure(record.object("abstention"))
    let crops = record.object("crops")
    let overlap = crops?.object("iou")
    overlapCount = overlap?.count("n")
    overlapMedian = overlap?.number("median", in: 0...1)
    overlapMean = overlap?.number("mean", in: 0...1)
    cropMatch = ShareFigure(crops?.object("match"))
    weeks = (record.list("weeks") ?? []).compactMap { week in
      week.day("first_day").map { Week(monday: $0, agreement: ShareFigure(week.object("agreement"))) }
    }.sorted { $0.monday < $1.monday }
    let calibration = record.object("calibration")
    confidenceCount = calibration?.count("n")
    confidenceError = calibration?.number("expected_error", in: 0...1)
    bins = (calibration?.list("bins") ?? []).compactMap { bin in
      bin.number("mean_confidence", in: 0...1).map {
        Bin(meanConfidence: $0, agreement: ShareFigure(bin.object("agreement")))
      }
    }
  }
}

/// One project's `training_report_v1`.
struct RecommendationFigures {
  static let folder = "training_report_v1"

  /// `nil` when the record has none.
  let project: String?
  let decisions: Int64?
  let firstDay: Day?
  let lastDay: Day?
  /// That of the latest decision first.
  let recommenders: [RecommenderFigure]

  init(_ record: SourceRecord) {
    project = record.text("project")
    let decisions = record.object("decisions")
    self.decisions = decisions?.count("n")
    firstDay = decisions?.day("first_day")
    lastDay = decisions?.day("last_day")
    recommenders = (record.list("recommenders") ?? []).map { RecommenderFigure($0) }
  }
}

/// What one expectation on a project's training data found.
struct DataCheck {
  enum Status: String {
    case pass, warn, fail
  }

  let name: String?
  let table: String?
  /// `nil` when the record's word is none of the three.
  let status: Status?
  let rows: Int64?
  let violations: Int64?
  let expected: String?
  let observed: String?
  /// The first example: its file, line and value, as far as they are recorded.
  let example: String?

  init(_ record: SourceRecord) {
    name = record.text("name")
    table = record.text("table")
    status = record.text("status").flatMap { Status(rawValue: $0) }
    rows = record.count("rows")
    violations = record.count("violations")
    expected = record["expected"].map(Self.words)
    observed = record["observed"].map(Self.words)
    example = record.list("examples")?.first.map { example in
      let file = example["file"]?.stringValue
      let place = [file, example["line"]?.integerValue.map { "\($0)" }].compactMap { $0 }
      return (place.isEmpty ? "" : place.joined(separator: ":") + ": ")
        + (example["value"].map(Self.words) ?? "no value")
    }
  }

  /// A value as people read it: texts without quotes.
  private static func words(_ value: JSONValue) -> String { value.stringValue ?? value.canonical }
}

/// One project's `training_checks_v1`.
struct DataCheckFigures {
  static let folder = "training_checks_v1"

  let project: String?
  /// In the order of the file.
  let checks: [DataCheck]

  init(_ record: SourceRecord) {
    project = record.text("project")
    checks = (record.list("results") ?? []).map { DataCheck($0) }
  }

  func count(_ status: DataCheck.Status) -> Int { checks.count { $0.status == status } }
}
