import Foundation
import OperationLog
import PipelineCore
import Projects
import Testing

@testable import LogAnalytics

@Suite struct ProjectsStageTests {
  private let stage = ProjectsStage(StageDefinition(id: "projects", uses: "logs.projects"))

  private func metrics(
    _ workspace: FakeWorkspace, _ upstream: UpstreamStage, previous: CommittedUnit? = nil
  ) async throws -> (json: JSONValue, unit: CommittedUnit) {
    let unit = try #require(try workspace.units(stage, upstream).first)
    let done = try await workspace.run(stage, unit, as: "projects", previous: previous).committed
    return (try json(try workspace.text("project_metrics_v1/projects.json", of: done)), done)
  }

  private func project(_ metrics: JSONValue, _ id: String) -> JSONValue? {
    metrics["projects"]?.arrayValue?.first { $0["project_id"] == .string(id) }
  }

  @Test func anImageCountsOnce() async throws {
    let workspace = try FakeWorkspace()
    try workspace.write(
      "data/projects/mojo3.project.json", #"{"schema":"project_v1","id":"mojo3","root":"mojo3"}"#)
    let days = FakeLog.days([
      .at("2025-10-10", 0) { $0.images = [1] },
      // Its move on the next day, with another image; and one that only a machine touched.
      .at("2025-10-11", 36) {
        $0.images = [1, 2]
        $0.count = 2
      },
      .at("2025-10-11", 37) {
        $0.images = [2, 3]
        $0.count = 2
        $0.isMachine = true
      },
      .at("2025-10-11", 72) { $0.images = [2] },
      // Counted, but not named.
      .at("2025-10-11", 73) { $0.count = 5 },
      // Another project's image of the same name is another image.
      .at("2025-10-11", 74) {
        $0.images = [1]
        $0.source = ""
        $0.destination = "elsewhere"
      },
    ])
    let found = try await metrics(workspace, try await workspace.aggregated(days)).json
    let mojo = try #require(project(found, "mojo3"))
    #expect(mojo["images"] == 8)
    #expect(mojo["images_by_people"] == 7)
    #expect(mojo["unnamed_images"] == 5)
    #expect(mojo["work_seconds"] == 37)
    #expect(mojo["images_per_hour"] == .number(7 * 3600.0 / 37))
    #expect(mojo["first_day"] == "2025-10-10")
    #expect(mojo["last_day"] == "2025-10-11")
    #expect(project(found, "unassigned")?["images"] == 1)
    #expect(found["baseline"] == ["images_per_hour": .null, "projects": []])
  }

  @Test func projectWithoutEventsHasNoSpeed() async throws {
    let workspace = try FakeWorkspace()
    try workspace.write(
      "data/projects/new.project.json",
      #"{"schema":"project_v1","id":"new","root":"new","status":"finished"}"#)
    let found = try await metrics(workspace, try await workspace.aggregated([])).json
    #expect(project(found, "new")?["images_per_hour"] == JSONValue.null)
    #expect(project(found, "unassigned") == nil)
  }

  @Test(arguments: [0, 1, 256, 257, 5000])
  func radixSortSorts(count: Int) {
    var random = SeededGenerator(seed: UInt64(count))
    var hashes = (0..<count).map { _ in UInt64.random(in: .min ... .max, using: &random) }
    hashes += hashes.prefix(count / 3) + [0, .max]
    let expected = hashes.sorted()
    sortHashes(&hashes)
    #expect(hashes == expected)
  }

  @Test func trimmedMean() {
    #expect(ProjectMetrics.trimmedMean([]) == nil)
    #expect(ProjectMetrics.trimmedMean([4]) == 4)
    #expect(ProjectMetrics.trimmedMean([4, 8]) == 6)
    #expect(ProjectMetrics.trimmedMean([100, 5, 1]) == 5)
    #expect(ProjectMetrics.trimmedMean([1, 9, 3, 2, 4]) == 3)
  }

  @Test func baselineTakesTheLastFiveFinished() throws {
    func manifest(_ id: String, _ status: String, _ end: String) throws -> ProjectManifest {
      try ProjectManifest(
        Array(
          #"{"schema":"project_v1","id":"\#(id)","root":"\#(id)","status":"\#(status)","finishedAt":"\#(end)"}"#
            .utf8),
        path: id)
    }
    var activities: [String: ProjectActivity] = [:]
    for (index, id) in ["a", "b", "c", "d", "e", "f", "running"].enumerated() {
      var activity = ProjectActivity()
      activity.namedByPeople = Int64(index + 1) * 10
      activity.tally.workMicroseconds = 3_600_000_000
      activities[id] = activity
    }
    let metrics = ProjectMetrics(
      manifests: [
        try manifest("a", "finished", "2025-01-01"), try manifest("b", "finished", "2025-02-01"),
        try manifest("c", "archived", "2025-03-01"), try manifest("d", "finished", "2025-03-01"),
        try manifest("e", "finished", "2025-05-01"), try manifest("f", "finished", "2025-06-01"),
        try manifest("idle", "finished", "2025-07-01"), try manifest("running", "active", "2025-08-01"),
      ], activities: activities)
    // b … f have 20 … 60 images per hour; without 20 and 60 the mean is 40.
    #expect(metrics.baseline == .init(projects: ["f", "e", "c", "d", "b"], imagesPerHour: 40))
  }

  /// Sets of names, computed directly, against files and unions; and again with counts kept from before.
  @Test(arguments: UInt64(1)...5)
  func countsEqualPlainSets(seed: UInt64) async throws {
    let workspace = try FakeWorkspace()
    for id in ["mojo3", "mojo4"] {
      try workspace.write(
        "data/projects/\(id).project.json", #"{"schema":"project_v1","id":"\#(id)","root":"\#(id)"}"#)
    }
    var events = FakeLog.random(seed: seed, count: 700)
    func check(_ found: JSONValue) {
      for id in ["mojo3", "mojo4"] {
        let mine = events.filter { event in
          guard event.type == .fileOperation else { return false }
          let source = event.source.split(separator: "/").first.map(String.init)
          if source == "mojo3" || source == "mojo4" { return source == id }
          return event.destination.split(separator: "/").first.map(String.init) == id
            && !event.destination.hasPrefix("/")
        }
        let unnamed = mine.reduce(0) { $0 + max(0, Int($1.count ?? 1) - Set($1.images).count) }
        #expect(project(found, id)?["unnamed_images"] == .integer(Int64(unnamed)))
        #expect(project(found, id)?["images"] == .integer(Int64(Set(mine.flatMap(\.images)).count + unnamed)))
      }
    }
    let first = try await metrics(workspace, try await workspace.aggregated(FakeLog.days(events)))
    check(first.json)

    let again = try await metrics(
      workspace, try await workspace.aggregated(FakeLog.days(events)), previous: first.unit)
    #expect(again.json == first.json)
    #expect((again.unit.counters["projects reused"] ?? 0) >= 2)

    let last = try #require(events.last?.timestamp)
    events.append(FakeEvent(timestamp: last + 1, images: [1_000_001]))
    let days = try await workspace.aggregated(FakeLog.days(events))
    let third = try await metrics(workspace, days, previous: first.unit)
    check(third.json)
    #expect(try await metrics(workspace, days).json == third.json)
  }

  @Test func damagedImageFileIsAnError() async throws {
    let workspace = try FakeWorkspace()
    try workspace.write("images", "image-sets-1\n\u{1}")
    #expect(throws: Diagnostic.self) { try ImageSetFile.sections(workspace.path + "/images") }
    try workspace.write("images", "something else entirely")
    #expect(throws: Diagnostic.self) { try ImageSetFile.sections(workspace.path + "/images") }
  }
}
