import Foundation
import PipelineCore
import Testing

@testable import Dashboard

@Suite struct RenderStageTests {
  private func fixture() throws -> SnapshotFixture {
    var fixture = SnapshotFixture()
    let first = try day("2025-10-08")
    fixture.addDay(first, [.init(script: "crop", operation: "crop", files: 845, workSeconds: 1200.5)])
    fixture.addDay(
      first.advanced(by: 3),
      [
        .init(script: "crop", operation: "crop", files: 1400, workSeconds: 60),
        .init(script: "move", operation: "move", files: 84, workSeconds: 30.25),
      ])
    fixture.setSessions([("crop", first, 500, 1200, 845), ("crop", first.advanced(by: 3), 600, 60, 1400)])
    fixture.setLines([("a.log", 845, 2, ["bad-json": 3], 1), ("b.log", 1484, 0, [:], 0)])
    return fixture
  }

  @Test func knownFigures() async throws {
    let workspace = try TestWorkspace(try fixture())
    let result = try await workspace.render()
    #expect(result.findings == [])
    let document = try workspace.document
    func figure(_ pointer: String) -> JSONValue? { value(at: pointer, in: document) }
    #expect(figure("/days/2025-10-08/files") == 845)
    #expect(figure("/days/2025-10-09/files") == 0)
    #expect(figure("/days/2025-10-09/sessions") == 0)
    #expect(figure("/days/2025-10-12") == nil)
    #expect(figure("/latest_day/files") == 1484)
    #expect(figure("/latest_day/work_seconds") == 90.25)
    #expect(figure("/latest_day/files_by_script") == [1400, 84])
    #expect(figure("/trailing_7_days/files") == 2329)
    #expect(figure("/trailing_7_days/days_covered") == 4)
    #expect(figure("/trailing_7_days/sessions") == 2)
    #expect(figure("/operations") == [["name": "crop", "files": 2245], ["name": "move", "files": 84]])
    #expect(figure("/scripts") == [["name": "crop", "files": 2245], ["name": "move", "files": 84]])
    #expect(figure("/reconciliation/total/lines") == 2335)
    #expect(figure("/reconciliation/total/balanced") == true)
    #expect(figure("/reconciliation/total_matches_files") == true)
    #expect(shownFigures(try workspace.html)["/latest_day/files"] == "1484")
  }

  @Test func absentFieldsAreNotZero() async throws {
    var fixture = try fixture()
    fixture.files["daily_aggregate_v1/day=2025-10-11/aggregate.json"] =
      #"{"day":"2025-10-11","totals":{"files_processed":"7","event_count":3},"by_script":{"crop":{}}}"#
    fixture.files["derived_sessions_v1/sessions.jsonl"] = nil
    let workspace = try TestWorkspace(fixture)
    let result = try await workspace.render()
    #expect(result.findings.map(\.code) == ["snapshot-field-unusable"])
    #expect(result.findings.allSatisfy { $0.severity == .warning })
    let document = try workspace.document
    #expect(value(at: "/latest_day/files", in: document) == .null)
    #expect(value(at: "/latest_day/work_seconds", in: document) == .null)
    #expect(value(at: "/latest_day/events", in: document) == 3)
    #expect(value(at: "/latest_day/files_by_script", in: document) == [.null])
    #expect(value(at: "/trailing_7_days/files", in: document) == 845)
    #expect(value(at: "/trailing_7_days/files_days_not_recorded", in: document) == 1)
    #expect(document["sessions"] == .null)
    #expect(shownFigures(try workspace.html)["/latest_day/files"] == "")
    #expect(try workspace.html.contains("not recorded"))
  }

  @Test(arguments: ["-1", "1e308", "9223372036854775807", "1.5", "\"7\"", "[]", "true"])
  func impossibleFiguresAreNotRecorded(_ figure: String) async throws {
    var fixture = try fixture()
    for date in ["2025-10-08", "2025-10-11"] {
      fixture.files["daily_aggregate_v1/day=\(date)/aggregate.json"] =
        "{\"day\":\"\(date)\",\"totals\":{\"files_processed\":\(figure),\"work_seconds\":\(figure == "1.5" ? "-1.5" : figure)}}"
    }
    let workspace = try TestWorkspace(fixture)
    let result = try await workspace.render()
    #expect(result.findings.count == 4)
    let document = try workspace.document
    #expect(value(at: "/latest_day/files", in: document) == .null)
    #expect(value(at: "/trailing_7_days/work_seconds", in: document) == 0)
  }

  @Test func alteredAndAbsentFilesAreSaid() async throws {
    var fixture = try fixture()
    fixture.files["slices_v1/D.jsonl"] = "{}\n"
    let workspace = try TestWorkspace(fixture)
    let current = "\(workspace.path)/data/snapshot/current"
    try Data("{}\n{}\n".utf8).write(to: URL(fileURLWithPath: "\(current)/slices_v1/D.jsonl"))
    try FileManager.default.removeItem(atPath: "\(current)/reconciliation_v1/total.json")
    let aggregate = "\(current)/daily_aggregate_v1/day=2025-10-08/aggregate.json"
    let text = try String(contentsOfFile: aggregate, encoding: .utf8)
    try Data(text.replacingOccurrences(of: "845", with: "846").utf8).write(
      to: URL(fileURLWithPath: aggregate))
    let result = try await workspace.render()
    #expect(
      Set(result.findings.map(\.message)) == [
        "data/snapshot/current/daily_aggregate_v1/day=2025-10-08/aggregate.json is not the file of the manifest; its figures are not shown",
        "data/snapshot/current/reconciliation_v1/total.json cannot be read (No such file or directory); its figures are not shown",
        "data/snapshot/current/slices_v1/D.jsonl has 6 bytes where the manifest says 3",
      ])
    let document = try workspace.document
    #expect(value(at: "/days/2025-10-08/files", in: document) == .null)
    #expect(value(at: "/reconciliation/total/lines", in: document) == 2335)
    for finding in result.findings { #expect(try workspace.html.contains(EscapedText.html(finding.message))) }
  }

  @Test(arguments: [
    "", "[]", "{\"schema\":\"other\",\"files\":[]}",
    "{\"schema\":\"snapshot_manifest_v1\",\"files\":[{\"path\":\"../x\",\"bytes\":1,\"sha256\":\"\"}]}",
  ])
  func anUnusableManifestIsSaid(_ manifest: String) async throws {
    let workspace = try TestWorkspace(try fixture())
    try Data(manifest.utf8).write(
      to: URL(fileURLWithPath: "\(workspace.path)/data/snapshot/current/manifest.json"))
    let result = try await workspace.render()
    #expect(result.findings.map(\.code) == ["snapshot-manifest-unusable"])
    #expect(try workspace.html.contains("The published snapshot cannot be used."))
    #expect(try workspace.document["snapshot"] == .null)
  }

  @Test func linesThatDoNotAddUpAreAWarning() async throws {
    var fixture = try fixture()
    fixture.files["reconciliation_v1/files.jsonl"] =
      #"{"file":"a.log","lines":10,"accepted":8,"duplicates":0,"quarantined":{},"blank":0}"# + "\n"
    fixture.files["reconciliation_v1/total.json"] = nil
    let workspace = try TestWorkspace(fixture, runs: [.nightly(1, try day("2025-10-11"))])
    let result = try await workspace.render()
    #expect(result.findings.map(\.code) == ["lines-unaccounted", "lines-unaccounted"])
    #expect(try workspace.html.contains("Run 1 succeeded, but the figures need a look"))
    #expect(try workspace.html.contains("does not add up"))
  }

  @Test func aDamagedInputIsAWarning() async throws {
    var fixture = try fixture()
    fixture.files["reconciliation_v1/total.json"] = nil
    fixture.files["reconciliation_v1/files.jsonl"] =
      #"{"file":"a.log.gz","lines":8,"accepted":8,"duplicates":0,"quarantined":{},"blank":0,"corrupt_gzip":"ends <early>"}"#
      + "\n"
    let workspace = try TestWorkspace(fixture)
    let result = try await workspace.render()
    #expect(result.findings.map(\.code) == ["input-damaged"])
    #expect(try workspace.html.contains("damaged: ends &lt;early&gt;"))
  }

  @Test func theUnitDependsOnTheManifestAndTheHistory() throws {
    let workspace = try TestWorkspace(nil, runs: [.nightly(1, try day("2025-10-11"))])
    let before = try #require(try workspace.unit())
    #expect(before.key == .whole)
    #expect(
      before.inputs
        == ["data/snapshot/current/manifest.json", "data/training/promotion.json"].map {
          InputReference(path: $0, isOptional: true)
        })
    #expect(before.outputs == ["data/dashboard/dashboard.json", "data/dashboard/index.html"])
    #expect(try workspace.unit() == before)
    workspace.runs.insert(.nightly(2, try day("2025-10-12")), at: 0)
    #expect(try workspace.unit()?.values != before.values)
  }

  @Test func historyDoesNotReachTheFigures() async throws {
    let workspace = try TestWorkspace(try fixture())
    try await workspace.render()
    let before = try workspace.text("data/dashboard/dashboard.json")
    workspace.runs = [.nightly(1, try day("2025-10-11"), failing: "merge", errors: ["e"])]
    try await workspace.render()
    #expect(try workspace.text("data/dashboard/dashboard.json") == before)
  }
}
