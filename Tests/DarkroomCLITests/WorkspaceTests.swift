import Foundation
import ImageCatalog
import PipelineCore
import PipelineEngine
import Testing

@testable import DarkroomCLI

@Suite struct InitTests {
  private func repository(_ path: String) throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return String(decoding: try Data(contentsOf: root.appending(path: path)), as: UTF8.self)
  }

  /// New workspaces get what the repository shows.
  @Test func templatesAreFresh() throws {
    #expect(WorkspaceTemplate.nightly(timeZone: "UTC") == (try repository("pipelines/nightly.json")))
    #expect(ProjectSchema.text == (try repository("data/schema/project_v1.schema.json")))
  }

  @Test func nothingIsOverwritten() throws {
    let workspace = try ProgramWorkspace()
    try workspace.write("pipelines/nightly.json", "mine\n")
    let first = try workspace.run("init", "--time-zone", "Asia/Tokyo")
    #expect(first.status == 0)
    #expect(first.output.contains("kept  pipelines/nightly.json, which differs"))
    #expect(try workspace.read("pipelines/nightly.json") == Data("mine\n".utf8))
    let second = try workspace.run("init", "new", "--time-zone", "Asia/Tokyo")
    #expect(second.output.contains("next: `cd new && darkroom run nightly`"))
    #expect(
      String(decoding: try workspace.read("new/pipelines/nightly.json"), as: UTF8.self).contains("Asia/Tokyo")
    )
    let third = try workspace.run("init", "new", "--time-zone", "Asia/Tokyo")
    let count = WorkspaceTemplate.files(timeZone: "Asia/Tokyo").count
    #expect(!third.output.contains("made") && third.output.contains("kept  \(count) files"))
    #expect(try workspace.run("validate", "--workspace", "new").output == "nightly: valid, 22 stages\n")
  }

  @Test func demoLogsDoNotMixWithRealOnes() throws {
    let workspace = try ProgramWorkspace()
    #expect(try workspace.run("init").status == 0)
    try workspace.write("data/file_operations_logs/file_operations_20251010.log", "")
    let result = try workspace.run("init", "--demo")
    #expect(result.status == 64)
    #expect(result.errors.contains("file_operations_20251010.log"))
    #expect(!workspace.exists("data/projects/mojo3.project.json"))
  }

  @Test func theDemoIsTheSameEverywhere() throws {
    let demo = DemoLogs(calendar: DemoCalendar(until: Day(number: 20_548)))
    let first = try demo.files()
    #expect(try demo.files().map(\.bytes) == first.map(\.bytes))
    let logs = first.filter { !$0.path.hasPrefix("data/projects/") }
    #expect(Set(logs.map(\.path)) == Set(demo.paths))
    let plain = logs.filter { !$0.path.hasSuffix(".gz") }.sorted { $0.path < $1.path }.flatMap(\.bytes)
    let digest = plain.withUnsafeBytes { Digest(of: $0) }
    // Another digest is another demo: look at it before writing the new one here.
    #expect(digest.short == "eb2364a804bd")
  }

  @Test func theDemoRuns() throws {
    let workspace = try ProgramWorkspace()
    #expect(try workspace.run("init", "demo", "--demo").status == 0)
    let ran = try workspace.run("run", "nightly", "--workspace", "demo")
    #expect(ran.status == 0, "\(ran.output)\(ran.errors)")
    #expect(workspace.exists("demo/data/dashboard/index.html"))
    let total = try JSONDecoder().decode(
      JSONValue.self, from: try workspace.read("demo/data/snapshot/current/reconciliation_v1/total.json"))
    let quarantined = total["quarantined"]?.objectValue?.values.compactMap(\.integerValue).reduce(0, +) ?? 0
    #expect(quarantined == 4)
    func count(_ name: String) -> Int64 { total[name]?.integerValue ?? -1 }
    #expect(count("lines") == count("accepted") + count("duplicates") + quarantined + count("blank"))
    #expect(count("duplicates") == 41 && count("blank") == 1)
    let again = try workspace.run("init", "demo", "--demo")
    #expect(again.status == 0 && !again.output.contains("made"), "\(again.output)\(again.errors)")
    #expect(try workspace.run("run", "nightly", "--workspace", "demo").output.contains("nothing to do"))
  }

  @Test func theDemoIsOfTheLastWholeWeeks() throws {
    for number in 20_000..<20_800 {
      let until = Day(number: number)
      let calendar = DemoCalendar(until: until)
      #expect(calendar.firstDay.weekday == 0)
      #expect((0...6).contains(calendar.day(DemoCalendar.days - 1).distance(to: until)))
    }
    let offsets = [
      "2026-03-28": 60, "2026-03-29": 120, "2026-10-24": 120, "2026-10-25": 60, "2027-03-28": 120,
    ]
    for (text, offset) in offsets {
      #expect(DemoCalendar.offset(on: try #require(Day(text))) == offset, "\(text)")
    }
  }
}

@Suite struct GarbageTests {
  /// Everything in the workspace but SQLite's side files, which come and go with readers.
  private func paths(_ workspace: ProgramWorkspace) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: workspace.root)
      .filter { !$0.hasPrefix("data/state/darkroom.db-") }.sorted()
  }

  @Test func removesWhatNothingNames() throws {
    let workspace = try ProgramWorkspace()
    #expect(try workspace.run("init", ".", "--demo", "--until", "2026-04-05").status == 0)
    #expect(try workspace.run("run", "nightly").status == 0)
    let log = "data/file_operations_logs/file_operations.log"
    for number in 1...4 {
      let line =
        "{\"type\": \"file_operation\", \"script\": \"x\", \"timestamp\": \"2026-04-05T20:0\(number):00Z\", \"operation\": \"move\", \"file_count\": 1}\n"
      try workspace.write(log, String(decoding: try workspace.read(log), as: UTF8.self) + line)
      #expect(try workspace.run("run", "nightly").status == 0)
    }
    try FileManager.default.createDirectory(
      atPath: "\(workspace.root)/data/state/staging/left.over.1", withIntermediateDirectories: true)
    let versions = "\(workspace.root)/data/snapshot/versions"
    #expect(try FileManager.default.contentsOfDirectory(atPath: versions).count == 5)
    let before = try paths(workspace)
    let dry = try workspace.run("gc", "--dry-run")
    #expect(dry.output.contains("2 old snapshots") && dry.output.contains("nothing was changed"))
    #expect(try paths(workspace) == before)

    let done = try workspace.run("gc", "--keep-runs", "2", "--json")
    #expect(done.status == 0, "\(done.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: versions).count == 3)
    let after = try paths(workspace)
    let allowed = ["data/state/", "data/snapshot/versions/"]
    for path in Set(before).subtracting(after) {
      #expect(allowed.contains { path.hasPrefix($0) }, "\(path) was removed")
    }
    #expect(!workspace.exists("data/state/staging/left.over.1"))
    // What is named is whole, and nothing has to be digested or made again.
    #expect(try workspace.run("run", "nightly").output.contains("nothing to do: all 22 stages"))
    #expect(try workspace.run("gc").output == "nothing to remove\n")
  }

  /// Datasets go by the same rule as snapshots, each project for itself.
  @Test func removesOldDatasets() throws {
    let workspace = try ProgramWorkspace()
    #expect(try workspace.run("init", ".").status == 0)
    for number in 1...5 {
      for project in number == 1 ? ["steady", "busy"] : ["busy"] {
        let row = try DecisionRow(
          older: GroupID("g\(number)"), timestamp: "2025-01-01T00:00:00Z", project: project,
          images: ["a.png"], action: .approve, userSelectedIndex: 0)
        try DecisionDatabase(workspace: workspace.root, project: project).record(row)
      }
      #expect(try workspace.run("run", "nightly").status == 0)
    }
    func versions(_ project: String) throws -> Int {
      let folder = "\(workspace.root)/data/training/datasets/\(project)/versions"
      return try FileManager.default.contentsOfDirectory(atPath: folder).count
    }
    let exports = "\(workspace.root)/data/training/exports/busy"
    func exported(_ format: String) throws -> Set<String> {
      Set(try FileManager.default.contentsOfDirectory(atPath: "\(exports)/\(format)/versions"))
    }
    #expect(try versions("busy") == 5 && exported("csv").count == 5)
    let dry = try workspace.run("gc", "--dry-run").output
    #expect(dry.contains("2 old datasets") && dry.contains("6 old exports") && dry.contains("would remove"))
    #expect(try versions("busy") == 5 && exported("csv").count == 5)
    let current = try ["csv", "jsonl", "preferences"].map {
      try FileManager.default.destinationOfSymbolicLink(atPath: "\(exports)/\($0)/current")
    }
    let done = try workspace.run("gc").output
    #expect(done.contains("2 old datasets") && done.contains("6 old exports"))
    #expect(try versions("busy") == 3 && versions("steady") == 1)
    for (format, version) in zip(["csv", "jsonl", "preferences"], current) {
      #expect(try exported(format).count == 3, "\(format)")
      #expect(try exported(format).contains(String(version.dropFirst("versions/".count))))
    }
    #expect(try workspace.run("run", "nightly").output.contains("nothing to do"))
    #expect(workspace.exists("data/training/datasets/busy/current/manifest.json"))
  }
}
