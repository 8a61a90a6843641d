import Foundation
import PipelineCore
import Testing

@testable import Dashboard

@Suite struct PageTests {
  private static let hostile = "<script>alert(1)</script>\u{202E}\u{0}\"\u{301} onload='x' a/b~c"

  /// Every situation that the page has words for, by name.
  static func situations() throws -> [String: TestWorkspace] {
    let last = try day("2025-10-11")
    var damaged = SnapshotFixture.lifelike(days: 20, endingWith: last)
    damaged.falseDigests = [
      "daily_aggregate_v1/day=2025-10-08/aggregate.json", "project_metrics_v1/projects.json",
    ]
    damaged.files["derived_sessions_v1/sessions.jsonl", default: ""] += "{\"day\":3}\nnot json\n"
    damaged.addDay(try day("9999-12-31"), [.init(script: "x", operation: "y", files: 1)])
    damaged.addDay(
      last, [.init(script: hostile, operation: hostile, files: 9, workSeconds: 61, machineFiles: 4)])
    damaged.setLines([(hostile, 10, 1, [hostile: 2, "b/a~d": 1], 0)])
    damaged.setProjects(
      [SnapshotFixture.project(hostile, hostile, "finished", 5, 0, last)], baseline: nil)
    var errors = RunRecord.nightly(
      9, last, state: .running, failing: "extract", errors: [hostile, String(repeating: "x\n", count: 50)])
    errors.pipeline = hostile
    errors.stages[0].counters[hostile] = 3
    return [
      "year": try TestWorkspace(
        .lifelike(days: 365, endingWith: last), runs: (1...14).reversed().map { .nightly($0, last) }),
      "four days": try TestWorkspace(
        .lifelike(days: 4, endingWith: last), runs: [.nightly(1, last, state: .running)]),
      "one day": try TestWorkspace(.lifelike(days: 1, endingWith: last)),
      "empty": try TestWorkspace(nil),
      "first run failed": try TestWorkspace(
        nil, runs: [.nightly(1, last, state: .running, failing: "extract", errors: ["no such file"])]),
      "damaged": try TestWorkspace(damaged, runs: [errors]),
      "nothing but a manifest": try TestWorkspace(SnapshotFixture(), runs: [.nightly(1, last)]),
      "interrupted": try TestWorkspace(
        .lifelike(days: 90, endingWith: last), runs: [.nightly(2, last, state: .interrupted)]),
      "years": try TestWorkspace(.lifelike(days: 1200, endingWith: last), runs: [.nightly(2, last)]),
      "decades": try TestWorkspace(.lifelike(days: 4000, endingWith: last), runs: [.nightly(2, last)]),
    ]
  }

  @Test func everyFigureOnThePageIsInTheDocument() async throws {
    for (name, workspace) in try Self.situations() {
      try await workspace.render()
      let document = try workspace.document
      for (pointer, shown) in shownFigures(try workspace.html) where pointer.hasPrefix("/") {
        let plain = pointer.replacingOccurrences(of: "&lt;", with: "<").replacingOccurrences(
          of: "&gt;", with: ">"
        )
        .replacingOccurrences(of: "&quot;", with: "\"").replacingOccurrences(of: "&#39;", with: "'")
        // Spelled-out characters cannot be turned back; such names are checked by their sum elsewhere.
        if plain.contains("⟨U+") { continue }
        let value = value(at: plain, in: document)
        #expect(value != nil, "\(name): \(pointer) is not in dashboard.json")
        #expect(shown == (value == .null ? "" : value?.canonical), "\(name): \(pointer)")
      }
    }
  }

  @Test func templatesNameOnlyWhatExists() throws {
    for (name, workspace) in try Self.situations() {
      let history = try ShownHistory(
        FixedHistory(records: workspace.runs), limit: 14, workspace: workspace.path)
      let page = DashboardPage(figures: try Figures(workspace: workspace.path), history: history, title: "T")
      #expect(try page.render().undefinedNames == [], "\(name)")
    }
  }

  @Test func samePagesHaveSameBytesWhereverTheyLie() async throws {
    let (first, second) = (try Self.situations(), try Self.situations())
    for (name, workspace) in first {
      let other = try #require(second[name])
      try await workspace.render()
      try await other.render()
      #expect(try workspace.html == other.html, "\(name)")
      #expect(try workspace.document == other.document, "\(name)")
      #expect(try !workspace.html.contains(workspace.path), "\(name)")
      #expect(try !workspace.html.contains("NaN"), "\(name)")
    }
  }

  @Test func pagesStaySmall() async throws {
    for (name, workspace) in try Self.situations() {
      let result = try await workspace.render()
      let size = try workspace.html.utf8.count
      #expect(size <= 1_000_000, "\(name): \(size) bytes")
      #expect(
        result.publications.map(\.path) == ["data/dashboard/dashboard.json", "data/dashboard/index.html"])
    }
    // The widest page: as many daily bars as there can be, each with all series.
    let widest = try TestWorkspace(
      .lifelike(days: 120, endingWith: try day("2025-10-11")),
      runs: (1...14).reversed().map { .nightly($0, Day(number: 20_000), failing: "merge", errors: ["e"]) })
    try await widest.render()
    #expect(try widest.html.utf8.count <= 1_000_000)
  }

  @Test func hostileNamesStayText() async throws {
    let workspace = try #require(try Self.situations()["damaged"])
    try await workspace.render()
    let html = try workspace.html
    #expect(!html.contains("<script>alert"))
    #expect(
      html.contains("&lt;script&gt;alert(1)&lt;/script&gt;⟨U+202E⟩⟨U+0000⟩&quot;\u{301} onload=&#39;x&#39;"))
    #expect(!html.unicodeScalars.contains { $0.value == 0 || $0.value == 0x202E })
    // Every quoted attribute ends where its element ends: no attribute of that name exists.
    #expect(html.firstMatch(of: /<[^>]*\sonload=/) == nil)
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

  @Test func noSnapshotIsSaidAndIsNotZero() async throws {
    let workspace = try #require(try Self.situations()["first run failed"])
    try await workspace.render()
    let html = try workspace.html
    #expect(html.contains("No snapshot is published yet"))
    #expect(html.contains("Run 1 failed in extract"))
    #expect(shownFigures(html).keys.allSatisfy { $0.hasPrefix("run/") })
    #expect(try workspace.document["days"] == .null)
  }
}
