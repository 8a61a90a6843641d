import Foundation
import PipelineCore
import Testing

@testable import Dashboard

@Suite struct PageTests {
  private static let hostile = "<script>alert(1)</script>\u{202E}\u{0}\"\u{301} onload='x' a/b~c"

  /// The situations that the page has words for.
  static let situations = [
    "year", "four days", "one day", "empty", "first run failed", "damaged", "nothing but a manifest",
    "interrupted",
    "years", "widest", "nothing decided",
  ]

  /// The workspace of a situation.
  static func workspace(_ situation: String) throws -> TestWorkspace {
    let last = try day("2025-10-11")
    let nights = (1...14).reversed().map { RunRecord.nightly($0, last) }
    return switch situation {
    case "year":
      try TestWorkspace(
        .lifelike(days: 365, endingWith: last).withRecommendations(endingWith: last), runs: nights
      ).fitted(ModelDecision.judged("promoted"))
    case "nothing decided":
      try TestWorkspace(
        .lifelike(days: 4, endingWith: last).withReport(RecommendationRows(), project: "mojo1")
      ).fitted(ModelDecision.tooFew)
    case "four days":
      try TestWorkspace(.lifelike(days: 4, endingWith: last), runs: [.nightly(1, last, state: .running)])
    case "one day": try TestWorkspace(.lifelike(days: 1, endingWith: last))
    case "first run failed":
      try TestWorkspace(
        nil, runs: [.nightly(1, last, state: .running, failing: "extract", errors: ["no such file"])])
    case "damaged": try damaged(last)
    case "nothing but a manifest": try TestWorkspace(SnapshotFixture(), runs: [.nightly(1, last)])
    case "interrupted":
      try TestWorkspace(
        .lifelike(days: 40, endingWith: last),
        runs: [.nightly(2, last, state: .interrupted)] + nights.suffix(1))
    case "years": try TestWorkspace(.lifelike(days: 900, endingWith: last), runs: [.nightly(2, last)])
    // As many daily bars as there can be, each with all series, and an error in every run.
    case "widest":
      try TestWorkspace(
        .lifelike(days: 120, endingWith: last).withRecommendations(endingWith: last, projects: 14),
        runs: (1...14).reversed().map { .nightly($0, last, failing: "merge", errors: ["e", hostile]) })
    default: try TestWorkspace(nil)
    }
  }

  private static func damaged(_ last: Day) throws -> TestWorkspace {
    var fixture = SnapshotFixture.lifelike(days: 20, endingWith: last)
    fixture.falseDigests = ["daily_aggregate_v1/day=2025-10-08/aggregate.json"]
    fixture.files["derived_sessions_v1/sessions.jsonl", default: ""] += "{\"day\":3}\nnot json\n"
    fixture.addDay(try day("9999-12-31"), [.init(script: "x", operation: "y", files: 1)])
    fixture.addDay(
      last, [.init(script: hostile, operation: hostile, files: 9, workSeconds: 61, machineFiles: 4)])
    fixture.setLines([(hostile, 10, 1, [hostile: 2, "b/a~d": 1], 0)])
    fixture.setProjects([SnapshotFixture.project(hostile, hostile, "finished", 5, 0, last)], baseline: nil)
    fixture = try fixture.withRecommendations(endingWith: last)
    fixture.setHostileRecommendations(hostile)
    let decision: JSONValue = [
      "outcome": .string(hostile), "current": .string(hostile), "candidate": .string(hostile), "threshold": 7,
      "reason": .string(hostile),
      "figures": ["crop": ["reason": .string(hostile)], "test": ["model": ["groups": 0]]],
    ]
    var run = RunRecord.nightly(
      9, last, state: .running, failing: "extract", errors: [hostile, String(repeating: "x\n", count: 50)])
    run.pipeline = hostile
    run.stages[0].counters[hostile] = 3
    return try TestWorkspace(fixture, runs: [run]).fitted(decision)
  }

  @Test(arguments: situations)
  func everyFigureOnThePageIsInTheDocument(_ situation: String) async throws {
    let workspace = try Self.workspace(situation)
    try await workspace.render()
    let document = try workspace.document
    for (pointer, shown) in shownFigures(try workspace.html) where pointer.hasPrefix("/") {
      // Spelled-out characters cannot be turned back.
      if pointer.contains("⟨U+") { continue }
      let value = value(at: pointer, in: document)
      #expect(value != nil, "\(pointer) is not in dashboard.json")
      #expect(shown == (value == .null ? "" : value?.canonical), "\(pointer)")
    }
  }

  @Test(arguments: situations)
  func templatesNameOnlyWhatExists(_ situation: String) throws {
    let workspace = try Self.workspace(situation)
    let history = try ShownHistory(
      FixedHistory(records: workspace.runs), limit: 14, workspace: workspace.path)
    let page = DashboardPage(figures: try Figures(workspace: workspace.path), history: history, title: "T")
    #expect(try page.render().undefinedNames == [])
  }

  @Test(arguments: situations)
  func samePagesHaveSameBytesWhereverTheyLieAndStaySmall(_ situation: String) async throws {
    let (workspace, other) = (try Self.workspace(situation), try Self.workspace(situation))
    let result = try await workspace.render()
    try await other.render()
    let html = try workspace.html
    #expect(try html == other.html)
    #expect(
      try workspace.text("data/dashboard/dashboard.json") == other.text("data/dashboard/dashboard.json"))
    #expect(!html.contains(workspace.path))
    #expect(!html.contains("NaN"))
    #expect(html.utf8.count <= 1_000_000)
    #expect(
      result.publications.map(\.path) == ["data/dashboard/dashboard.json", "data/dashboard/index.html"])
  }

  @Test func hostileNamesStayText() async throws {
    let workspace = try Self.workspace("damaged")
    try await workspace.render()
    let html = try workspace.html
    #expect(!html.contains("<script>alert"))
    #expect(html.contains("4 of them by machines"))
    #expect(
      html.contains("&lt;script&gt;alert(1)&lt;/script&gt;⟨U+202E⟩⟨U+0000⟩&quot;\u{301} onload=&#39;x&#39;"))
    #expect(!html.unicodeScalars.contains { $0.value == 0 || $0.value == 0x202E })
    // With all quoted values emptied, no attribute of that name is left.
    let main = html[try #require(html.firstRange(of: "<main")).lowerBound...]
    let emptied = main.replacing(/"[^"]*"/, with: "\"\"")
    #expect(emptied.firstMatch(of: /<[^>]*\sonload=/) == nil)
  }

  @Test func failedRunSaysWhatFailedAndWhatToDo() async throws {
    let last = try day("2025-10-11")
    let workspace = try TestWorkspace(.lifelike(days: 10, endingWith: last))
    workspace.runs = [
      .nightly(
        42, last.advanced(by: 1), state: .running, failing: "extract",
        errors: ["\(workspace.path)/data/a.gz: error: the gzip data ends early [gzip-truncated]"]),
      .nightly(41, last),
    ]
    try await workspace.render()
    let html = try workspace.html
    for text in [
      "<h1 id=\"verdict\">Run 42 failed in extract</h1>",
      "<pre>data/a.gz: error: the gzip data ends early [gzip-truncated]",
      "darkroom run nightly --failed", "darkroom logs 42 extract", "Run 42 published no new snapshot",
      "merge, sessions, aggregate, projects, snapshot, notify", "The last run that succeeded was run 41",
    ] {
      #expect(html.contains(text), "\(text)")
    }
    let figures = shownFigures(html)
    #expect(figures["run/42/extract/failed"] == "1")
    #expect(figures["run/42/merge/blocked"] == "1")
    #expect(figures["run/41/extract/done"] == "3")
  }

  @Test func recommendationsAreToldWithCountsAndIntervals() async throws {
    let workspace = try Self.workspace("year")
    let result = try await workspace.render()
    #expect(result.findings == [])
    let html = try workspace.html
    let document = try workspace.document
    let share = value(at: "/recommendations/0/recommenders/0/all", in: document)
    let (count, total) = (share?["count"]?.doubleValue ?? 0, share?["n"]?.doubleValue ?? 1)
    #expect(share?["share"]?.doubleValue == count / total && total > 100)
    for text in [
      "href=\"#recommendations\"", "until 11 Oct 2025",
      "too few</span> <span class=\"of\">30 of each are needed",
      "Nobody decided on a recommendation yet", "by chance", "On the dashed line",
      "All 3 checks of the data passed", "4 checks of the data: 1 passed, 2 with warnings, 1 failed",
      "data/training/datasets/mojo2/current/crops.jsonl:7: 1.25",
      "has checks of this project’s data and no report",
    ] {
      #expect(html.contains(text), "\(text)")
    }
  }

  @Test func whatTheLastFitDecidedIsTold() async throws {
    func page(_ decision: JSONValue) async throws -> (html: String, document: JSONValue) {
      let workspace = try TestWorkspace(nil).fitted(decision)
      let result = try await workspace.render()
      #expect(result.findings == [])
      return (try workspace.html, try workspace.document)
    }
    let (promoted, document) = try await page(ModelDecision.judged("promoted"))
    for text in [
      "The last fit promoted its model", "in use: 6fbc44f96fbc",
      "; it is better than the present model by 0.099 with an interval from 0.038 to 0.16.",
      "+20.8 points", "+13.7 to +27.8", "Says nothing below a confidence of",
      "It is better than the rules by 0.208", "href=\"#recommendations\"",
    ] {
      #expect(promoted.contains(text), "\(text)")
    }
    #expect(value(at: "/model/outcome", in: document) == "promoted")
    #expect(shownFigures(promoted)["/model/rules/groups"] == "212")
    let kept = try await page(ModelDecision.judged("kept")).html
    #expect(kept.contains("The last fit promoted nothing") && kept.contains("in use: 4fe14fe14fe1"))
    let waiting = try await page(ModelDecision.waiting).html
    #expect(
      waiting.contains("waits for 41 more held-back groups to judge it")
        && !waiting.contains("<caption>The fitted"))
    let none = try await page(ModelDecision.tooFew).html
    #expect(none.contains("The last fit made no model") && none.contains("in use: the rules"))
    #expect(none.contains("There are 31 groups to train on"))
  }

  @Test func aDecisionThatCannotBeReadIsAFindingAndTheRestIsShown() async throws {
    let workspace = try Self.workspace("year")
    try workspace.write("data/training/promotion.json", "{")
    let result = try await workspace.render()
    #expect(result.findings.map(\.code) == ["snapshot-record-malformed"])
    #expect(result.findings.first?.message.hasPrefix("data/training/promotion.json is not JSON") == true)
    #expect(try workspace.document["model"] == .null && workspace.html.contains("Recommenders of"))
  }

  @Test func withoutReportsThereIsNoSectionAndWithoutDecisionsASentence() async throws {
    let none = try Self.workspace("four days")
    try await none.render()
    #expect(try !none.html.contains("recommendations-heading") && !none.html.contains("#recommendations"))
    #expect(try none.document["recommendations"] == [])
    let undecided = try Self.workspace("nothing decided")
    try await undecided.render()
    #expect(try undecided.html.contains("Nothing is decided yet: there is nothing to measure."))
  }

  @Test func impossibleSharesAreNotRecorded() async throws {
    let last = try day("2025-10-11")
    var fixture = try SnapshotFixture.lifelike(days: 4, endingWith: last).withRecommendations(
      endingWith: last)
    let path = "training_report_v1/mojo3.json"
    let text = try #require(fixture.files[path])
    fixture.files[path] = text.replacing(/"share":0\.\d+/, with: "\"share\":1.5")
    let workspace = try TestWorkspace(fixture)
    let result = try await workspace.render()
    #expect(result.findings.map(\.code) == ["snapshot-field-unusable"])
    #expect(shownFigures(try workspace.html)["/recommendations/0/recommenders/0/all/share"] == "")
  }

  @Test func noSnapshotIsSaidAndIsNotZero() async throws {
    let workspace = try Self.workspace("first run failed")
    try await workspace.render()
    let html = try workspace.html
    #expect(html.contains("No snapshot is published yet"))
    #expect(html.contains("Run 1 failed in extract"))
    #expect(shownFigures(html).keys.allSatisfy { $0.hasPrefix("run/") })
    #expect(try workspace.document["days"] == .null)
  }
}
