import DarkroomTesting
import FileSystem
import PipelineCore
import Testing
import TrainingData

@testable import TrainingReports

@Suite struct ReportTests {
  private let workspace: TemporaryWorkspace

  init() throws { workspace = try TemporaryWorkspace() }

  private func report(_ dataset: RandomDataset, _ name: String = "d") throws -> TrainingReport {
    try TrainingReport(of: try dataset.write(to: "\(workspace.path)/\(name)"), project: "p")
  }

  @Test(
    "Every figure is what scipy and statsmodels make of the same rows",
    .enabled(if: ReportJudge.isThere, "python3 with scipy and statsmodels is the judge of this test"),
    arguments: [0, 1, 7, 60, 400, 3_000])
  func judged(decisions: Int) throws {
    var random = SeededRandom(seed: UInt64(decisions))
    let dataset = RandomDataset.random(decisions: decisions, &random)
    let files = try dataset.write(to: "\(workspace.path)/\(decisions)")
    let report = try TrainingReport(of: files, project: "p")
    #expect(try ReportJudge.differences(report, files) == "")
    // The judge can tell a wrong figure.
    guard decisions > 0 else { return }
    var other = dataset
    other.selections[0].latency = 1_000_000
    other.selections[0].decidedAt = "2024-12-30T00:00:00Z"
    #expect(try ReportJudge.differences(try self.report(other, "other \(decisions)"), files) != "")
  }

  @Test("A dataset without rows has a report that says so with nulls and zeros")
  func empty() throws {
    let report = try report(RandomDataset())
    #expect(report.decisions.total == 0 && report.decisions.days == nil && report.recommenders.isEmpty)
    #expect(report.json["decisions"]?["first_day"] == .null)
  }

  @Test("The same rows give the same bytes, and counts do not depend on the order of the rows")
  func deterministic() throws {
    var random = SeededRandom(seed: 5)
    let dataset = RandomDataset.random(decisions: 500, &random)
    let bytes = try report(dataset, "a/x").json.canonical
    #expect(try report(dataset, "b/x").json.canonical == bytes)
    let counts = try report(dataset, "d").recommenders.map(\.weeks)
    var shuffled = dataset
    shuffled.selections.shuffle(using: &random)
    shuffled.crops.shuffle(using: &random)
    #expect(try report(shuffled, "c").recommenders.map(\.weeks) == counts)
  }

  @Test("A decision without a time in UTC is an error with file and line")
  func undated() throws {
    var random = SeededRandom(seed: 6)
    var dataset = RandomDataset.random(decisions: 3, &random)
    for time in ["2026-01-02 03:04:05Z", "2026-01-02T03:04:05+01:00", "2026-02-30T03:04:05Z", "yesterday"] {
      dataset.selections[1].decidedAt = time
      let failure = #expect(throws: Diagnostic.self) { try report(dataset, time) }
      #expect(failure?.message.contains("g_1") == true, "\(time)")
    }
  }

  /// One decision of group `number` at a minute of 2026-01-05.
  private func decision(
    _ number: Int, minute: Int, by recommender: String?, schemaVersion: Int = 4, exposure: Exposure = .shown
  ) -> SelectionRow {
    var row = SelectionRow(
      project: "p", group: "g_\(number)", lineage: "p/g_\(number)", decision: nil,
      schemaVersion: schemaVersion,
      images: ["a", "b"], action: .approve, exposure: recommender == nil ? .none : exposure,
      decidedAt: "2026-01-05T00:\(minute < 10 ? "0" : "")\(minute):00Z")
    row.pickedIndex = 0
    row.recommender = recommender
    row.recommendedIndex = recommender.map { _ in 0 }
    row.selectionMatch = recommender.map { _ in true }
    return row
  }

  @Test("Abstentions are counted from the first decision on a recommender's to the first on its successor's")
  func abstentions() throws {
    let rows = [
      decision(0, minute: 1, by: nil), decision(1, minute: 2, by: "a"), decision(2, minute: 3, by: nil),
      // Of the older system: not counted.
      decision(3, minute: 4, by: nil, schemaVersion: 3), decision(4, minute: 5, by: "b"),
      decision(5, minute: 6, by: nil), decision(6, minute: 7, by: "a"), decision(7, minute: 8, by: nil),
      decision(8, minute: 9, by: "old", schemaVersion: 3),
    ]
    let reports = try report(RandomDataset(selections: rows)).recommenders
    let shares = Dictionary(reports.map { ($0.recommender.name ?? "", $0.abstention) }) { $1 }
    #expect(shares == ["a": Proportion(1, of: 2), "b": Proportion(2, of: 3), "old": Proportion()])
  }

  @Test("Too few blind decisions are no figure, enough are one, and it is that of Newcombe's paper")
  func difference() {
    let few = ShareDifference(Proportion(90, of: 100), less: Proportion(20, of: 29))
    #expect(few.isTooFew && few.difference == nil && few.interval == nil)
    #expect(few.json["difference"] == .null)
    // Table II of the paper, line (a), method 10: 56/70 − 48/80 is 0.2, from 0.0524 to 0.3339.
    let known = ShareDifference(Proportion(56, of: 70), less: Proportion(48, of: 80))
    #expect(abs((known.difference ?? 0) - 0.2) < 1e-12)
    #expect(abs((known.interval?.lowerBound ?? 0) - 0.0524) < 5e-5)
    #expect(abs((known.interval?.upperBound ?? 0) - 0.3339) < 5e-5)
  }

  @Test("Nothing looked at is null, not zero")
  func nothing() {
    let none = Proportion()
    #expect(none.share == nil && none.interval == nil)
    #expect(none.json.canonical == #"{"count":0,"high":null,"low":null,"n":0,"share":null}"#)
  }

  @Test("A share's interval holds the share, is within 0 to 1, and narrows with the count")
  func intervals() {
    for total in 1...60 {
      for count in 0...total {
        let proportion = Proportion(count, of: total)
        let interval = proportion.interval ?? 2...2
        #expect(interval.contains(proportion.share ?? -1))
        #expect(interval.lowerBound >= 0 && interval.upperBound <= 1)
        let wider = (proportion.interval?.upperBound ?? 0) - interval.lowerBound
        let larger = Proportion(count * 10, of: total * 10).interval ?? 0...1
        #expect(larger.upperBound - larger.lowerBound < wider)
      }
    }
  }

  @Test("Weeks are those of ISO 8601 at the turns of years")
  func weeks() throws {
    let known = [
      "2020-12-31": "2020-W53", "2021-01-03": "2020-W53", "2021-01-04": "2021-W01", "2024-12-30": "2025-W01",
      "2026-01-01": "2026-W01", "2026-12-31": "2026-W53", "2027-01-03": "2026-W53",
    ]
    for (day, week) in known {
      #expect(CalendarWeek(of: try #require(Day(day))).description == week, "\(day)")
    }
  }
}
