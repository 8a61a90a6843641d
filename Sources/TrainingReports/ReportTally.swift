import Learning
import PipelineCore
import TrainingData

/// What is counted while the rows of a dataset go by: a few numbers for each decision, no row is kept.
struct ReportTally {
  /// The counts of one recommender.
  fileprivate struct Recommender {
    var days: ClosedRange<Day>?
    var selection = SelectionAgreement()
    var weeks: [CalendarWeek: Proportion] = [:]
    var outcomes: [AnswerOutcome] = []
    var withoutConfidence = 0
    var latencies: [Exposure: [Double]] = [:]
    var overlaps: [Double] = []
    var cropMatches = Proportion()
    var cropsAccepted = Proportion()
  }

  private var recommenders: [RecommenderID: Recommender] = [:]
  private var periods = UsePeriods()
  private var decisions = DecisionCounts()

  /// - Throws: `Diagnostic` `training-row` when the row does not say when it was decided.
  mutating func add(_ row: SelectionRow) throws {
    guard let time = DecisionTime(row.decidedAt) else {
      throw Diagnostic(
        code: "training-row", "decided_at of group \(row.group) is \(row.decidedAt), not a time in UTC",
        help: "run `training.join` again: something else wrote or changed the dataset")
    }
    decisions.add(row, day: time.day)
    let recommender = row.recommendedIndex.map { _ in
      RecommenderID(name: row.recommender, version: row.recommenderVersion, model: row.modelDigest)
    }
    // Decisions of the older system have other versions of the schema.
    if row.schemaVersion >= 4 { periods.add(time, of: recommender) }
    guard let recommender else { return }
    let agrees = row.selectionMatch ?? (row.recommendedIndex == row.pickedIndex)
    recommenders[recommender, default: Recommender()].add(row, agrees: agrees, day: time.day)
  }

  mutating func add(_ row: CropRow) {
    decisions.add(row)
    guard row.recommendedCrop != nil else { return }
    let recommender = RecommenderID(
      name: row.recommender, version: row.recommenderVersion, model: row.modelDigest)
    recommenders[recommender, default: Recommender()].add(row)
  }

  /// The report on what was counted so far.
  func report(project: String, dataset: String) -> TrainingReport {
    let abstentions = periods.abstentions()
    let reports = recommenders.map { recommender, counts in
      counts.report(recommender, abstention: abstentions[recommender] ?? Proportion())
    }
    return TrainingReport(
      project: project, dataset: dataset, decisions: decisions,
      recommenders: reports.sorted { a, b in
        let (left, right) = (a.days?.upperBound.number ?? .min, b.days?.upperBound.number ?? .min)
        return left == right ? a.recommender < b.recommender : left > right
      })
  }
}

extension ReportTally.Recommender {
  fileprivate mutating func add(_ row: SelectionRow, agrees: Bool, day: Day) {
    days = days.map { min($0.lowerBound, day)...max($0.upperBound, day) } ?? day...day
    selection.add(row, agrees: agrees)
    weeks[CalendarWeek(of: day), default: Proportion()].add(agrees)
    // A confidence is of the pick: who rejects the group says nothing of it.
    if row.pickedIndex != nil {
      if let confidence = row.confidence, (0...1).contains(confidence) {
        outcomes.append(AnswerOutcome(confidence: confidence, isRight: agrees))
      } else {
        withoutConfidence += 1
      }
    }
    if let latency = row.latency { latencies[row.exposure, default: []].append(latency) }
  }

  fileprivate mutating func add(_ row: CropRow) {
    // A rectangle that was meant for another image says nothing of this one.
    if row.cropMatch != nil, let overlap = row.intersectionOverUnion { overlaps.append(overlap) }
    if let matches = row.cropMatch { cropMatches.add(matches) }
    if let isAccepted = row.cropAccepted { cropsAccepted.add(isAccepted) }
  }

  fileprivate func report(_ recommender: RecommenderID, abstention: Proportion) -> RecommenderReport {
    RecommenderReport(
      recommender: recommender, days: days, selection: selection,
      crops: CropAgreement(overlaps: overlaps, matches: cropMatches, accepted: cropsAccepted),
      weeks: weeks.keys.sorted().map { .init(week: $0, agreement: weeks[$0] ?? Proportion()) },
      calibration: ConfidenceCurve(outcomes, withoutConfidence: withoutConfidence), abstention: abstention,
      shownLatency: Median(of: latencies[.shown] ?? []), blindLatency: Median(of: latencies[.blind] ?? []))
  }
}
