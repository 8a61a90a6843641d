import DarkroomTesting
import Foundation
import LogAnalytics
import OperationLog
import PipelineCore
import Testing

@Suite struct ExtractStageTests {
  @Test func findsLogsAndArchives() async throws {
    let workspace = try StageWorkspace()
    for name in ["b.log", "a.log", "c.log.gz", "notes.txt", ".hidden.log"] {
      try workspace.write(sampleLine(1), to: "data/file_operations_logs/" + name)
    }
    for name in ["z.gz", "y.log"] { try workspace.write("", to: "data/log_archives/" + name) }
    let stage = try ExtractStage(StageDefinition(id: "extract", uses: "logs.extract"))
    let context = ExpansionContext(workspace: workspace.root, upstream: [], history: EmptyRunHistory())
    let units = Array(try stage.units(context))
    #expect(
      units.map(\.key.rawValue) == [
        "data/file_operations_logs/a.log", "data/file_operations_logs/b.log",
        "data/file_operations_logs/c.log.gz",
        "data/log_archives/z.gz",
      ])
    let length = Int64(sampleLine(1).utf8.count)
    #expect(units.map { $0.inputs.first?.length } == [length, length, nil, nil])
  }

  @Test func otherPatterns() async throws {
    let workspace = try StageWorkspace()
    try workspace.write(sampleLine(1), to: "data/log_archives/y.log")
    let definition = StageDefinition(
      id: "extract", uses: "logs.extract",
      settings: ["logs": ["data/*/y.log", "data/log_archives/?.log"], "archives": []])
    let units = Array(
      try ExtractStage(definition).units(
        ExpansionContext(workspace: workspace.root, upstream: [], history: EmptyRunHistory())))
    #expect(units.map(\.key.rawValue) == ["data/log_archives/y.log"])
  }

  @Test func emptyWorkspace() async throws {
    let workspace = try StageWorkspace()
    try FileManager.default.removeItem(atPath: workspace.root + "/data")
    let runs = try await workspace.runAll()
    #expect(runs["extract"]?.results.isEmpty == true)
    #expect(runs["merge"]?.results.isEmpty == true)
    #expect(runs["reconcile"]?.files["/reconciliation_v1/files.jsonl"] == [])
  }

  @Test func foldersLinksAndUnreadableFiles() async throws {
    let workspace = try StageWorkspace()
    let folder = workspace.root + "/data/file_operations_logs"
    try FileManager.default.createDirectory(atPath: folder + "/folder.log", withIntermediateDirectories: true)
    try workspace.write(sampleLine(1), to: "data/file_operations_logs/good.log")
    try FileManager.default.createSymbolicLink(atPath: folder + "/link.log", withDestinationPath: "good.log")
    let runs = try await workspace.runAll()
    let extract = try #require(runs["extract"])
    let finding = extract.results["data/file_operations_logs/folder.log"]?.findings.first
    #expect(finding?.code == "log-is-a-folder")
    #expect(finding?.message.contains("folder.log") == true)
    let failure = extract.failures["data/file_operations_logs/link.log"] as? Diagnostic
    #expect(failure?.message.contains("link.log is a symbolic link") == true)
    #expect(extract.failures.count == 1)
    // The others are not harmed.
    #expect(runs["merge"]?.results["2025-10-10"]?.counters["rows"] == 1)
  }

  @Test func anotherNumberOfInputsIsAnError() async throws {
    let stage = try ExtractStage(StageDefinition(id: "extract", uses: "logs.extract"))
    let order = UnitOrder(unit: UnitID(stage: "extract", key: "a.log"), kind: "logs.extract")
    await #expect(throws: Diagnostic.self) {
      try await stage.run(order, UnitContext(workspace: "/none", artifact: "/none", publication: "/none"))
    }
  }
}
