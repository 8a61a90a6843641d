import DarkroomTesting
import FileSystem
import PipelineCore
import PipelineEngine
import PipelineStore
import Testing

@Suite struct EngineTests {
  typealias Bench = EngineBench
  private static let chain = [
    Bench.stage("a"), Bench.stage("b", needs: ["a"]), Bench.stage("c", needs: ["b"]),
  ]

  /// a: two units that read their own files; b: one unit that reads a's artifacts; c: one that reads b's.
  private func chainBench() throws -> EngineBench {
    let bench = try EngineBench(["a", "b", "c"])
    try bench.workspace.write("in/x", "one\n")
    try bench.workspace.write("in/y", "two\n")
    bench["a"].setKeys(["x", "y"]) { ["in/\($0)"] }
    for stage in ["b", "c"] as [StageID] { bench[stage].setUnits(Self.readsUpstream) }
    return bench
  }

  private static let readsUpstream: StageScript.Units = { context in
    var inputs: [InputReference] = []
    for stage in context.upstream {
      for unit in try stage.units() {
        inputs += unit.outputs.map { InputReference(path: $0.path, digest: $0.digest) }
      }
    }
    return [UnitDefinition(inputs: inputs)]
  }

  @Test("A second run does nothing and says so")
  func secondRun() async throws {
    let bench = try chainBench()
    let first = try await bench.run(Self.chain)
    #expect(first.outcome.state == .succeeded)
    #expect(first.outcome.didWork)
    #expect(first.done == ["a/x", "a/y", "b", "c"])
    let second = try await bench.run(Self.chain)
    #expect(second.observer.started.isEmpty)
    #expect(!second.outcome.didWork)
    #expect(second.outcome.stages.allSatisfy { $0.state == .upToDate })
    #expect(second.outcome.stages.map(\.unitsUpToDate) == [2, 1, 1])
    #expect(try await bench.engine(Self.chain).plan().isEmpty)
  }

  @Test("`after` waits for the end of a stage, whatever became of it, and depends on nothing of it")
  func after() async throws {
    let bench = try EngineBench(["a", "b"])
    var second = Bench.stage("b")
    second.after = ["a"]
    bench["a"].setWork { _, _ in throw Diagnostic(code: "broken", "a is broken") }
    let failed = try await bench.run([Bench.stage("a"), second])
    #expect(failed.outcome.state == .failed)
    #expect(failed.done == ["b"])
    bench["a"].setWork(nil)
    #expect(
      try await bench.engine([Bench.stage("a"), second]).plan().stages.map(\.state) == [.run, .deferred])
    let repaired = try await bench.run([Bench.stage("a"), second])
    #expect(repaired.done == ["a"])
    #expect(repaired.outcome.state == .succeeded)
  }

  @Test("The same output digest leaves everything downstream up to date")
  func earlyCutOff() async throws {
    let bench = try chainBench()
    bench["a"].setWork { order, context in
      let text = String(
        decoding: try FileSystem.read("\(context.workspace)/\(order.inputs[0].path)"), as: UTF8.self)
      return try ScriptedStage.write(String(text.prefix(3)), order, context)
    }
    try await bench.run(Self.chain)
    try bench.workspace.write("in/x", "one and more\n")
    let second = try await bench.run(Self.chain)
    #expect(second.done == ["a/x"])
    #expect(second.state("b") == .upToDate)
    #expect(second.state("c") == .upToDate)
    let third = try await bench.run(Self.chain)
    #expect(third.observer.started.isEmpty)
  }

  @Test(
    "A missing or altered output runs exactly its unit again", arguments: ["missing", "altered", "folder"])
  func damagedOutput(damage: String) async throws {
    let bench = try chainBench()
    try await bench.run(Self.chain)
    let before = try bench.artifacts()
    let files = try bench.workspace.contents("data/state/artifacts")
    let path = try #require(files.keys.first { $0.hasPrefix("a/x/") })
    let file = "data/state/artifacts/\(path)"
    switch damage {
    case "altered": try bench.workspace.write(file, "something else")
    case "folder":
      try FileSystem.removeFile("\(bench.workspace.path)/\(file)")
      try FileSystem.makeDirectory("\(bench.workspace.path)/\(file)")
    default: try FileSystem.removeFile("\(bench.workspace.path)/\(file)")
    }
    let plan = try await bench.engine(Self.chain).plan()
    #expect(plan.stages[0].units.map(\.key) == ["x"])
    let second = try await bench.run(Self.chain)
    #expect(second.outcome.state == .succeeded)
    #expect(second.done == ["a/x"])
    #expect(try bench.artifacts() == before)
  }

  @Test("An input that changes while its unit runs: tainted, nothing kept, repaired by the next run")
  func taintedInput() async throws {
    let bench = try chainBench()
    let workspace = bench.workspace
    bench["a"].setWork { order, context in
      if order.unit.key == "x" { try workspace.write("in/x", "changed meanwhile") }
      return try ScriptedStage.copyInputs(order, context)
    }
    let first = try await bench.run(Self.chain)
    #expect(first.outcome.state == .failed)
    #expect(first.observer.attempts.first { $0.unit.key == "x" }?.state == .tainted)
    #expect(first.done == ["a/y"])
    #expect(try bench.artifacts().keys.sorted() == ["a/y:a/y.txt"])
    #expect(first.state("b") == .blocked)
    bench["a"].setWork(nil)
    let second = try await bench.run(Self.chain)
    #expect(second.done == ["a/x", "b", "c"])
    #expect(try bench.artifacts()["a/x:a/x.txt"] == "x\nchanged meanwhile")
  }

  @Test("A failed unit takes nothing else of its stage with it, and its dependents follow one by one")
  func unitIsolation() async throws {
    let stages = [
      Bench.stage("a"), Bench.stage("b", needs: ["a"], follows: "a"), Bench.stage("c", needs: ["b"]),
    ]
    let bench = try EngineBench(["a", "b", "c"])
    bench["a"].setKeys(["1", "2", "3"])
    bench["b"].setUnits(Self.follows)
    bench["c"].setUnits(Self.readsUpstream)
    bench["a"].setWork { order, context in
      if order.unit.key == "2" { throw Diagnostic(code: "bad", "unit 2 is bad") }
      return try ScriptedStage.copyInputs(order, context)
    }
    let first = try await bench.run(stages)
    #expect(first.done == ["a/1", "a/3", "b/1", "b/3"])
    #expect(first.failed == ["a/2"])
    #expect(first.state("b") == .blocked)
    #expect(first.state("c") == .blocked)
    #expect(first.record("a")?.errors == ["unit 2 is bad"])
    bench["a"].setWork(nil)
    let second = try await bench.run(stages)
    #expect(second.done == ["a/2", "b/2", "c"])
    #expect(second.outcome.state == .succeeded)
  }

  static let follows: StageScript.Units = { context in
    try AnySequence(context.upstream[0].units()).lazy.map { unit in
      UnitDefinition(
        key: unit.key, inputs: unit.outputs.map { InputReference(path: $0.path, digest: $0.digest) })
    }
  }

  @Test("Units that a stage no longer has retire, and whoever depends on the stage sees it in the same run")
  func retiredUnits() async throws {
    let stages = [Bench.stage("a"), Bench.stage("b", needs: ["a"])]
    let bench = try EngineBench(["a", "b"])
    bench["a"].setKeys(["1", "2", "3"])
    bench["b"].setUnits(Self.readsUpstream)
    try await bench.run(stages)
    bench["a"].setKeys(["1", "3"])
    let second = try await bench.run(stages)
    #expect(second.done == ["b"])
    #expect(try bench.checkpointed("a") == ["1", "3"])
    #expect(try bench.artifacts()["b/_:b/whole.txt"] == "\n1\n3\n")
    #expect(try bench.artifacts()["a/2:a/2.txt"] == nil)
    let third = try await bench.run(stages)
    #expect(third.observer.started.isEmpty)
  }

  @Test("A run whose only change is a unit that went away is recorded as it ended")
  func onlyRetired() async throws {
    // When the unit's end is committed, the stage behind another one still waits.
    let stages = [Bench.stage("a"), Bench.stage("b"), Bench.stage("c", needs: ["b"])]
    let bench = try EngineBench(["a", "b", "c"])
    bench["a"].setKeys(["1", "2"])
    try await bench.run(stages)
    bench["a"].setKeys(["1"])
    let second = try await bench.run(stages)
    #expect(second.observer.started.isEmpty)
    let database = try #require(try StateDatabase.open(workspace: bench.workspace.path, .readOnly))
    let recorded = try #require(try database.run(second.outcome.run))
    #expect(recorded.state == .succeeded && recorded.stages == second.outcome.stages)
    #expect(recorded.stages.map(\.state) == [.upToDate, .upToDate, .upToDate])
  }

  @Test("A follower's units retire with those of the stage it follows")
  func retiredFollowers() async throws {
    let stages = [
      Bench.stage("a"), Bench.stage("b", needs: ["a"], follows: "a"), Bench.stage("c", needs: ["b"]),
    ]
    let bench = try EngineBench(["a", "b", "c"])
    bench["a"].setKeys(["1", "2", "3", "4"])
    bench["b"].setUnits(Self.follows)
    bench["c"].setUnits(Self.readsUpstream)
    try await bench.run(stages)
    bench["a"].setKeys(["2", "4"])
    let second = try await bench.run(stages)
    #expect(try bench.checkpointed("b") == ["2", "4"])
    #expect(second.done == ["c"])
    #expect(try await bench.run(stages).observer.started.isEmpty)
  }

  @Test("A following stage that runs alone is judged as in a whole run")
  func followerAlone() async throws {
    let stages = [Bench.stage("a"), Bench.stage("b", needs: ["a"], follows: "a")]
    let bench = try EngineBench(["a", "b"])
    bench["a"].setKeys(["1", "2"])
    bench["b"].setUnits(Self.follows)
    try await bench.run(stages)
    let alone = try await bench.run(stages, selection: Selection(only: ["b"]))
    #expect(alone.observer.started.isEmpty)
    #expect(alone.state("b") == .upToDate)
    #expect(try await bench.run(stages).observer.started.isEmpty)
  }

  @Test("An input that cannot be read fails its own unit only, whether the unit ran before or not")
  func unreadableInput() async throws {
    let bench = try chainBench()
    try await bench.run(Self.chain)
    try FileSystem.removeFile("\(bench.workspace.path)/in/x")
    try FileSystem.makeDirectory("\(bench.workspace.path)/in/x")
    try bench.workspace.write("in/y", "new\n")
    let second = try await bench.run(Self.chain)
    #expect(second.failed == ["a/x"])
    #expect(second.done == ["a/y"])
    #expect(second.state("b") == .blocked)
    #expect(try await bench.engine(Self.chain).plan().stages[0].units.map(\.key) == ["x"])
  }

  @Test("A missing input fails its unit and names the file; a missing optional one is a fact")
  func missingInput() async throws {
    let bench = try EngineBench(["a"])
    bench["a"].setUnits { _ in
      [
        UnitDefinition(key: "1", inputs: [InputReference(path: "in/none", isOptional: true)]),
        UnitDefinition(key: "2", inputs: [InputReference(path: "in/none")]),
      ]
    }
    let first = try await bench.run([Bench.stage("a")])
    #expect(first.done == ["a/1"])
    #expect(first.observer.attempts.first { $0.unit.key == "2" }?.findings.first?.code == "input-missing")
    try bench.workspace.write("in/none", "there")
    #expect(try await bench.run([Bench.stage("a")]).done == ["a/1", "a/2"])
  }

  @Test("An input that is a symbolic link is the file it points to")
  func linkedInput() async throws {
    let bench = try EngineBench(["a"])
    try bench.workspace.write("elsewhere/file", "old\n")
    try FileSystem.makeLink("\(bench.workspace.path)/link", to: "elsewhere/file")
    bench["a"].setKeys(["u"]) { _ in ["link"] }
    try await bench.run([Bench.stage("a")])
    try bench.workspace.write("elsewhere/file", "new\n")
    #expect(try await bench.run([Bench.stage("a")]).done == ["a/u"])
    #expect(try bench.artifacts()["a/u:a/u.txt"] == "u\nnew\n")
    #expect(try await bench.run([Bench.stage("a")]).observer.started.isEmpty)
  }

  @Test("Units out of order are refused as a defect of the stage", arguments: [["b", "a"], ["a", "a"]])
  func unsortedUnits(keys: [String]) async throws {
    let bench = try EngineBench(["a", "b", "z"])
    bench["a"].setKeys(keys)
    let stages = [Bench.stage("a"), Bench.stage("b", needs: ["a"]), Bench.stage("z")]
    let ran = try await bench.run(stages)
    #expect(ran.outcome.state == .failed)
    #expect(ran.state("a") == .failed)
    #expect(ran.state("b") == .blocked)
    #expect(ran.state("z") == .succeeded)
    #expect(ran.observer.warnings.map(\.code) == ["unsorted-units"])
    #expect(ran.done == ["z"])
  }

  @Test("Two keys with different Unicode spellings are two units")
  func unicodeKeys() async throws {
    let bench = try EngineBench(["a"])
    bench["a"].setKeys(["e\u{301}", "\u{E9}"])
    let ran = try await bench.run([Bench.stage("a")])
    #expect(ran.outcome.state == .succeeded)
    #expect(ran.record("a")?.unitsDone == 2)
    #expect(try bench.artifacts().count == 2)
    #expect(try await bench.run([Bench.stage("a")]).observer.started.isEmpty)
  }

  @Test("A changed version, setting, environment or value runs the unit again and says what changed")
  func changedDefinition() async throws {
    let bench = try EngineBench(["a"])
    bench["a"].setKeys(["u"], values: ["count": "1"])
    var stage = Bench.stage("a")
    try await bench.run([stage])
    func reasons(_ ran: EngineBench.Ran) -> [String] {
      guard case .run(let reasons)? = ran.observer.verdicts[UnitID(stage: "a", key: "u")] else { return [] }
      return reasons.flatMap { reason -> [String] in
        guard case .changed(let changes) = reason else { return ["\(reason)"] }
        return changes.map {
          if case .changed(let name, _, _) = $0 {
            name
          } else if case .added(let name, _) = $0 {
            name
          } else {
            ""
          }
        }
      }
    }
    bench["a"].version = 2
    #expect(reasons(try await bench.run([stage])) == ["kind"])
    stage.settings["depth"] = 3
    #expect(reasons(try await bench.run([stage])) == ["configuration"])
    stage.environment["LANG"] = "C"
    #expect(reasons(try await bench.run([stage])) == ["environment:LANG"])
    bench["a"].setKeys(["u"], values: ["count": "2"])
    #expect(reasons(try await bench.run([stage])) == ["value:count"])
    stage.timeout = .seconds(5)
    stage.pool = "p"
    #expect(try await bench.run([stage]).observer.started.isEmpty)
  }

  @Test("The same bytes at 1 and at 8 jobs")
  func parallelism() async throws {
    var results: [[String: String]] = []
    for jobs in [1, 8] {
      let bench = try EngineBench(["a", "b", "c"])
      bench["a"].setKeys((0..<40).map { String($0 + 10) }, values: ["v": "1"])
      bench["b"].setUnits(Self.follows)
      bench["c"].setUnits(Self.readsUpstream)
      let stages = [
        Bench.stage("a"), Bench.stage("b", needs: ["a"], follows: "a"), Bench.stage("c", needs: ["a", "b"]),
      ]
      let ran = try await bench.run(stages, jobs: jobs)
      #expect(ran.outcome.state == .succeeded)
      #expect(bench["a"].mostRunning <= jobs)
      results.append(try bench.workspace.contents("data/state/artifacts"))
    }
    #expect(results[0] == results[1])
    #expect(results[0].count == 81)
  }
}
