import OperationLog
import PipelineCore
import Testing

@testable import LogAnalytics

@Suite struct AggregateStageTests {
  private func stage(_ workspace: FakeWorkspace, _ settings: [String: JSONValue] = [:]) -> AggregateStage {
    AggregateStage(
      StageDefinition(id: "aggregate", uses: "logs.aggregate", settings: settings), read: workspace.reader)
  }

  @Test func unitsAreDaysWithTheirNeighbours() throws {
    let workspace = try FakeWorkspace()
    try workspace.write("data/projects/a.project.json", #"{"schema":"project_v1","id":"a","root":"a"}"#)
    let days = FakeLog.days([
      .at("2025-10-10", 0), .at("2025-10-11", 0), .at("2025-10-12", 0), .at("2025-10-14", 0),
    ])
    let units = try workspace.units(stage(workspace), workspace.merged(days))
    #expect(units.map(\.key) == ["2025-10-10", "2025-10-11", "2025-10-12", "2025-10-14"])
    #expect(units.map { $0.values["neighbours"] } == ["next", "previous,next", "previous", ""])
    #expect(units.map(\.inputs.count) == [3, 4, 3, 2])
    #expect(units.allSatisfy { $0.inputs.last?.path == "data/projects/a.project.json" })
  }

  @Test func aDayKnownByHeart() async throws {
    let workspace = try FakeWorkspace()
    try workspace.write(
      "data/projects/mojo3.project.json",
      #"{"schema":"project_v1","id":"mojo3","root":"mojo3","folders":{"selected":"keep"}}"#)
    let days = FakeLog.days([
      .at("2025-10-09", 86_395),
      .at("2025-10-10", 5) { $0.type = .sessionStart },
      .at("2025-10-10", 10) { $0.destination = "mojo3/keep" },
      .at("2025-10-10", 20.25) {
        $0.operation = "move"
        $0.count = nil
      },
      .at("2025-10-10", 30) {
        $0.isMachine = true
        $0.source = ""
        $0.destination = "x"
        $0.count = 4
      },
    ])
    let stage = stage(workspace)
    let unit = try #require(try workspace.units(stage, workspace.merged(days)).last)
    let done = try await workspace.run(stage, unit, as: "aggregate").committed
    let text = try workspace.text("daily_aggregate_v1/day=2025-10-10/aggregate.json", of: done)
    let aggregate = try json(text)
    #expect(aggregate.canonical + "\n" == text)
    #expect(aggregate["day"] == "2025-10-10")
    #expect(aggregate["first_ts_utc"] == "2025-10-10T00:00:05.000000Z")
    #expect(aggregate["last_ts_utc"] == "2025-10-10T00:00:30.000000Z")
    #expect(aggregate["projects_touched"] == ["mojo3"])
    let totals: JSONValue = [
      "event_count": 4, "file_operations": 3, "files_processed": 6, "human_file_operations": 2,
      "human_files": 2,
      "machine_file_operations": 1, "machine_files": 4, "work_seconds": 20.25,
    ]
    #expect(aggregate["totals"] == totals)
    let script = aggregate["by_script"]?["crop_tool"]
    #expect(script?["first_op_ts"] == "2025-10-10T00:00:10.000000Z")
    #expect(script?["event_count"] == 4)
    let move: JSONValue = [
      "events": 1, "files": 1, "machine_events": 0, "machine_files": 0, "work_seconds": 10.25,
    ]
    #expect(script?["operations"]?["move"] == move)
    #expect(aggregate["by_operation"]?["move"] == move)
    #expect(aggregate["by_project"]?["unassigned"]?["files"] == 4)
    #expect(aggregate["by_type"] == ["file_operation": 3, "session_start": 1])

    let bins = try lines(try workspace.text("time_bins_v1/day=2025-10-10/bins.jsonl", of: done)).map {
      try json($0)
    }
    #expect(bins.map { $0["destination"] } == ["selected", "cropped", "other"])
    #expect(bins.map { $0["work_seconds"] } == [10, 10.25, 0])
    #expect(bins.map { $0["project_id"] } == ["mojo3", "mojo3", "unassigned"])
    #expect(done.outputs.first { $0.name.hasSuffix("bins.jsonl") }?.rows == 3)
  }

  @Test func settingsNameFolders() async throws {
    let workspace = try FakeWorkspace()
    let stage = stage(workspace, ["destinationFolders": ["keep": "selected"]])
    let days = FakeLog.days([.at("2025-10-10", 10) { $0.destination = "a/keep/b" }])
    let unit = try #require(try workspace.units(stage, workspace.merged(days)).first)
    let done = try await workspace.run(stage, unit, as: "aggregate").committed
    #expect(try workspace.text("time_bins_v1/day=2025-10-10/bins.jsonl", of: done).contains(#""selected""#))
  }

  @Test func badManifestIsAWarningWithItsPlace() async throws {
    let workspace = try FakeWorkspace()
    try workspace.write("data/projects/bad.project.json", "{")
    let stage = stage(workspace)
    let unit = try #require(
      try workspace.units(stage, workspace.merged(FakeLog.days([.at("2025-10-10", 1)]))).first)
    let result = try await workspace.run(stage, unit, as: "aggregate").result
    #expect(result.findings.map(\.severity) == [.warning])
    #expect(result.findings.first?.location?.path == "data/projects/bad.project.json")
  }

  /// The order of strings and images in the rows is not part of the meaning, and the same order gives the same bytes.
  @Test func sameBytesForTheSameEvents() async throws {
    let workspace = try FakeWorkspace()
    let events = FakeLog.random(seed: 11, count: 500)
    let stage = stage(workspace)
    let days = FakeLog.days(events)
    let shuffled = days.map { day in
      var day = day
      let order = Array(day.strings.indices.dropFirst()).reversed()
      var renumbered: [UInt32: UInt32] = [0: 0]
      for (new, old) in order.enumerated() { renumbered[UInt32(old)] = UInt32(new + 1) }
      day.strings = [""] + order.map { day.strings[$0] }
      day.rows = day.rows.map { row in
        var row = row
        row.script = renumbered[row.script] ?? 0
        row.operation = renumbered[row.operation] ?? 0
        row.sourceDirectory = renumbered[row.sourceDirectory] ?? 0
        row.destinationDirectory = renumbered[row.destinationDirectory] ?? 0
        return row
      }
      return day
    }
    for days in [days, shuffled] { #expect(days.count > 3) }
    var digests: [[[Digest]]] = []
    for days in [days, days, shuffled] {
      var all: [[Digest]] = []
      for unit in try workspace.units(stage, workspace.merged(days)) {
        all.append(try await workspace.run(stage, unit, as: "aggregate").committed.outputs.map(\.digest))
      }
      digests.append(all)
    }
    #expect(digests[0] == digests[1])
    #expect(digests[0] == digests[2])
  }
}
