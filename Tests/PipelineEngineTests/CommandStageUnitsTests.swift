import Foundation
import PipelineCore
import Testing

@testable import PipelineEngine

@Suite struct CommandStageUnitsTests {
  let scratch: ScratchDirectory
  init() throws { scratch = try ScratchDirectory() }

  func definition(_ run: [JSONValue] = ["true"], _ change: (inout StageDefinition) -> Void = { _ in })
    -> StageDefinition
  {
    var definition = StageDefinition(id: "s", uses: "command", settings: ["run": .array(run)])
    change(&definition)
    return definition
  }

  func units(_ definition: StageDefinition, upstream: [UpstreamStage] = []) throws -> [UnitDefinition] {
    let context = ExpansionContext(workspace: scratch.path, upstream: upstream, history: EmptyRunHistory())
    var units: [UnitDefinition] = []
    for unit in try CommandStage(definition).units(context) { units.append(unit) }
    return units
  }

  func codes(_ definition: StageDefinition) -> [String] {
    do {
      _ = try CommandStage(definition)
      return []
    } catch {
      return (error as? Diagnostics)?.items.map(\.code) ?? ["\(error)"]
    }
  }

  @Test func withoutForeachThereIsOneUnit() throws {
    try scratch.write("in/b.txt", "")
    try scratch.write("in/a.txt", "")
    let found = try units(
      definition(["scripts/tool"]) {
        $0.inputs = ["in/*.txt", "in/a.txt", "missing.txt", "none/*"]
        $0.outputs = ["out/x", "out/d/"]
      })
    #expect(found.map(\.key) == [.whole])
    #expect(found.first?.inputs.map(\.path) == ["scripts/tool", "in/a.txt", "in/b.txt", "missing.txt"])
    #expect(found.first?.inputs.allSatisfy { !$0.isOptional } == true)
    #expect(found.first?.outputs == ["out/x", "out/d/"])
    #expect(found.first?.values == ["files:in/*.txt": "2", "files:none/*": "0"])
  }

  @Test func aProgramOfTheWorkspaceIsAnInput() throws {
    #expect(try units(definition(["./tool"])).first?.inputs.map(\.path) == ["tool"])
    #expect(try units(definition(["/usr/bin/env"])).first?.inputs == [])
    #expect(try units(definition(["true"])).first?.inputs == [])
    let fanned = try units(definition(["tools/${unit}"]) { $0.foreach = .values(["b", "a"]) })
    #expect(fanned.map { $0.inputs.map(\.path) } == [["tools/a"], ["tools/b"]])
    #expect(throws: Diagnostics.self) { try units(definition(["../tool"])) }
  }

  @Test func days() throws {
    let range = try #require(Day("2024-02-28"))...(try #require(Day("2024-03-01")))
    let found = try units(
      definition {
        $0.foreach = .days(range)
        $0.inputs = ["in/${unit}/*.log", "common"]
        $0.outputs = ["out/${unit}.json"]
      })
    #expect(found.map(\.key.rawValue) == ["2024-02-28", "2024-02-29", "2024-03-01"])
    #expect(found.last?.outputs == ["out/2024-03-01.json"])
    #expect(found.last?.inputs.map(\.path) == ["common"])
    #expect(found.last?.values == ["files:in/2024-03-01/*.log": "0"])
  }

  @Test func files() throws {
    for name in ["in/b.txt", "in/a/c.txt", "in/x.log"] { try scratch.write(name, "") }
    let found = try units(
      definition {
        $0.foreach = .files("in/**/*.txt")
        $0.outputs = ["out/${unit}.gz"]
      })
    #expect(found.map(\.key.rawValue) == ["in/a/c.txt", "in/b.txt"])
    #expect(found.map { $0.inputs.map(\.path) } == [["in/a/c.txt"], ["in/b.txt"]])
    #expect(found.first?.outputs == ["out/in/a/c.txt.gz"])
  }

  @Test func valuesAreSortedAndUnique() throws {
    #expect(
      try units(definition { $0.foreach = .values(["b", "", "a"]) }).map(\.key.rawValue) == ["", "a", "b"])
    #expect(throws: Diagnostics.self) { try units(definition { $0.foreach = .values(["a", "a"]) }) }
  }

  @Test func unitsOfAnotherStage() throws {
    let upstream = UpstreamStage(id: "up", kind: "command") {
      [CommittedUnit(key: "1", outputs: []), CommittedUnit(key: "2", outputs: [])]
    }
    let definition = definition {
      $0.foreach = .units(of: "up")
      $0.inputs = ["out/${unit}"]
    }
    let found = try units(definition, upstream: [upstream])
    #expect(found.map(\.key.rawValue) == ["1", "2"])
    #expect(found.map { $0.inputs.map(\.path) } == [["out/1"], ["out/2"]])
    #expect(throws: Diagnostics.self) { try units(definition) }
  }

  @Test func aBadUnitTakesNoOtherWithIt() throws {
    let found = try units(
      definition {
        $0.foreach = .values(["../x", "ok", "/abs"])
        $0.outputs = ["out/${unit}"]
      })
    #expect(found.map(\.key.rawValue) == ["../x", "/abs", "ok"])
    #expect(found.map { $0.values["problem"] != nil } == [true, true, false])
  }

  @Test func passedVariablesAreValues() throws {
    setenv("COMMAND_STAGE_TEST", "seen", 1)
    let found = try units(
      definition { $0.settings["passEnvironment"] = ["COMMAND_STAGE_TEST", "COMMAND_STAGE_NONE"] })
    #expect(found.first?.values == ["environment:COMMAND_STAGE_TEST": "seen"])
  }

  @Test func aHundredThousandUnitsAreMadeOneByOne() throws {
    let context = ExpansionContext(workspace: scratch.path, upstream: [], history: EmptyRunHistory())
    let some = definition {
      $0.foreach = .range(1...100_000)
      $0.outputs = ["out/${unit}"]
    }
    var count = 0
    var last = UnitKey.whole
    for unit in try CommandStage(some).units(context) {
      if last < unit.key { count += 1 }
      last = unit.key
    }
    #expect(count == 100_000, "each key is above the one before it")
    // A sequence that made all its units first would never give the first of these.
    let endless = definition { $0.foreach = .range(Int.min...Int.max) }
    var first: [String] = []
    for unit in try CommandStage(endless).units(context) {
      first.append(unit.key.rawValue)
      if first.count == 3 { break }
    }
    #expect(first == ["-1", "-10", "-100"])
  }

  @Test(arguments: 0..<300) func rangesAreInTheOrderOfTheirKeys(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let a = Int.random(in: -1500...1500, using: &random)
    let b = Int.random(in: -1500...1500, using: &random)
    let range = min(a, b)...max(a, b)
    #expect(Array(DecimalKeys(range: range)) == range.map(String.init).sorted())
    let high = (Int.max - 20)...Int.max
    #expect(Array(DecimalKeys(range: high)) == high.map(String.init).sorted())
  }

  @Test func badDefinitionsAreRefusedAllAtOnce() {
    #expect(codes(definition([])) == ["empty-command"])
    #expect(codes(definition([""])) == ["empty-command"])
    #expect(
      codes(definition(["a", "${nope}", "${staging"])) == ["unknown-placeholder", "unknown-placeholder"])
    #expect(codes(definition(["a", "$${nope} $x $"])) == [])
    #expect(codes(definition(["a", "${unit}"])) == ["unit-without-foreach"])
    #expect(codes(definition { $0.outputs = ["${staging}/x"] }) == ["unknown-placeholder"])
    #expect(codes(definition { $0.outputs = ["/x"] }) == ["path"])
    #expect(codes(definition { $0.outputs = ["data/state/x"] }) == ["path"])
    #expect(
      codes(
        definition {
          $0.outputs = ["x"]
          $0.foreach = .range(1...2)
        }) == ["output-shared"])
    #expect(
      codes(definition { $0.environment = ["DARKROOM_X": "", "A=B": ""] }) == [
        "variable-name", "variable-name",
      ])
    #expect(codes(definition { $0.settings["gracePeriod"] = "soon" }) == ["duration"])
    #expect(codes(definition { $0.settings["workingDirectory"] = "../x" }) == ["path"])
  }
}
