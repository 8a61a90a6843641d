import Foundation
import PipelineCore
import Testing

@testable import DarkroomCLI

@Suite struct PlanAndExplainTests {
  @Test func aSavedPlanRunsExactly() throws {
    let workspace = try ProgramWorkspace.copying()
    let planned = try workspace.run("plan", "copying", "--only", "copy", "--out", "p.json")
    #expect(planned.status == 0, "\(planned.errors)")
    #expect(!workspace.exists("data/state/darkroom.db"), "a plan changed the workspace")
    let ran = try workspace.run("run", "--plan", "p.json")
    #expect(ran.status == 0, "\(ran.errors)")
    #expect(workspace.exists("data/out/data/in/f1.txt"))
    #expect(!workspace.exists("data/all.txt"), "more ran than the plan says")
    #expect(try workspace.run("run", "--plan", "p.json", "--force").status == 64)
  }

  @Test func aPlanIsRefusedWhenTheWorldMoved() throws {
    let workspace = try ProgramWorkspace.copying()
    _ = try workspace.run("run", "copying")
    try workspace.write("data/in/f1.txt", "new\n")
    _ = try workspace.run("plan", "copying", "--out", "p.json")
    try workspace.write("data/in/f1.txt", "newer\n")
    try workspace.write("data/in/f4.txt", "more\n")
    let refused = try workspace.run("run", "--plan", "p.json")
    #expect(refused.status == 3)
    #expect(refused.errors.contains("copy/data/in/f1.txt"))
    #expect(refused.errors.contains("copy/data/in/f4.txt"))
    #expect(refused.errors.contains("nothing was run"))
    #expect(!workspace.exists("data/out/data/in/f4.txt"))
    try workspace.write("pipelines/copying.json", ProgramWorkspace.copyingText + "\n")
    #expect(try workspace.run("run", "--plan", "p.json").errors.contains("pipeline file changed"))
    try workspace.write("p.json", "{}")
    #expect(try workspace.run("run", "--plan", "p.json").status == 2)
  }

  @Test func dryRunIsPlan() throws {
    let workspace = try ProgramWorkspace.copying()
    let plan = try workspace.run("plan", "copying")
    #expect(try workspace.run("run", "copying", "--dry-run").output == plan.output)
    #expect(plan.output.hasSuffix("8 units of 2 stages would run, 2 stages decided on the way\n"))
    let json = try workspace.run("plan", "copying", "--json").output
    #expect(try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8))["pipeline"] == "copying")
  }

  /// The units that a run starts, by stage.
  private func started(_ workspace: ProgramWorkspace, _ arguments: [String]) throws -> [String: [String]] {
    let result = try workspace.finish(workspace.process(["run", "copying", "--json"] + arguments))
    #expect(result.status == 0, "\(arguments): \(result.errors)")
    var started: [String: [String]] = [:]
    for line in result.output.split(separator: "\n") {
      let event = try JSONDecoder().decode(JSONValue.self, from: Data(line.utf8))
      guard event["event"] == "unit-started", let stage = event["stage"]?.stringValue else { continue }
      started[stage, default: []].append(event["unit"]?.stringValue ?? "")
    }
    return started.mapValues { $0.sorted() }
  }

  @Test func selections() throws {
    let workspace = try ProgramWorkspace.copying()
    #expect(try started(workspace, ["--only", "days"]).keys.sorted() == ["days", "page"])
    #expect(try started(workspace, ["--until", "copy"]).keys.sorted() == ["copy"])
    #expect(try started(workspace, ["--from", "join"]).keys.sorted() == ["join"])
    #expect(try started(workspace, []).isEmpty)
    #expect(
      try started(workspace, ["--only", "days", "--days", "2026-03-02..2026-03-03"])
        == ["days": ["2026-03-02", "2026-03-03"]])
    #expect(try started(workspace, ["--only", "days", "--days", "2026-03-05"]) == ["days": ["2026-03-05"]])
    #expect(try started(workspace, ["--only", "join,days", "--force"]).keys.sorted() == ["days", "join"])
    #expect(try started(workspace, ["--param", "greeting=ciao"]) == ["join": [""]])
    try workspace.write("data/in/f3.txt", "other\n")
    #expect(
      try started(workspace, ["--only", "copy", "--downstream"]) == [
        "copy": ["data/in/f3.txt"], "join": [""],
      ])
  }

  @Test func explainsWhatChanged() throws {
    let workspace = try ProgramWorkspace.copying()
    #expect(try workspace.run("explain", "copy").output.contains("data/in/f1.txt: it has no checkpoint yet"))
    _ = try workspace.run("run", "copying")
    #expect(try workspace.run("explain", "copy/data/in/f1.txt").output.contains("up to date since run 1"))

    try workspace.write("data/in/f1.txt", "changed\n")
    let input = try workspace.run("explain", "copy/data/in/f1.txt").output
    #expect(input.contains("would run, because:\n    input data/in/f1.txt changed ("))
    #expect(input.contains("*  input data/in/f1.txt"))
    #expect(input.contains("command@1") && input.contains("same"))

    let setting = try workspace.run("explain", "join", "--param", "greeting=ciao").output
    #expect(setting.contains("copy would run first"))
    #expect(setting.contains("setting run changed") && setting.contains("ciao") && setting.contains("hello"))

    try FileManager.default.removeItem(atPath: "\(workspace.root)/data/days/2026-03-02")
    let output = try workspace.run("explain", "days", "2026-03-02", "--json").output
    let unit = try JSONDecoder().decode(JSONValue.self, from: Data(output.utf8))["units"]?.arrayValue?.first
    let reason = unit?["verdict"]?["reasons"]?.arrayValue?.first
    #expect(reason?["reason"] == "output-missing" && reason?["path"] == "data/days/2026-03-02")
    #expect(unit?["checkpointRun"] == 1)
    #expect(unit?["parts"]?.arrayValue?.allSatisfy { $0["changed"] == false } == true)
  }

  @Test func explainsPastRuns() throws {
    let workspace = try ProgramWorkspace.copying()
    _ = try workspace.run("run", "copying")
    try workspace.write("data/in/f1.txt", "changed\n")
    _ = try workspace.run("run", "copying")
    let first = try workspace.run("explain", "copy/data/in/f1.txt", "--run", "1").output
    #expect(first.contains("in run 1") && first.contains("it has no checkpoint yet"))
    let second = try workspace.run("explain", "copy/data/in/f1.txt", "--run", "last").output
    #expect(second.contains("COMMITTED (RUN 2)") && second.contains("BEFORE (RUN 1)"))
    #expect(second.contains("input data/in/f1.txt changed ("))
    let untouched = try workspace.run("explain", "copy/data/in/f2.txt", "--run", "2").output
    #expect(untouched.contains("up to date since run 1"))
  }
}
