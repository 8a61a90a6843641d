import Foundation
import PipelineCore
import Testing

@testable import PipelineEngine

/// The stage as the engine runs it: an order, staging directories, and what comes back.
@Suite struct CommandStageTests {
  let scratch: ScratchDirectory
  var staging: String { scratch.path + "/data/state/staging/1" }

  init() throws {
    scratch = try ScratchDirectory()
    try scratch.makeDirectory("data/state/staging/1")
  }

  func run(
    _ run: [JSONValue], timeout: Double? = nil, cancellation: Cancellation = Cancellation(),
    _ change: (inout StageDefinition) -> Void = { _ in },
    progress: @escaping @Sendable (Int64, Int64?) -> Void = { _, _ in }
  ) async throws -> UnitResult {
    var definition = StageDefinition(id: "s", uses: "command", settings: ["run": .array(run)])
    change(&definition)
    let stage = try CommandStage(definition)
    let expansion = ExpansionContext(workspace: scratch.path, upstream: [], history: EmptyRunHistory())
    let unit = try #require(Array(try stage.units(expansion)).first)
    let order = UnitOrder(
      unit: UnitID(stage: "s", key: unit.key), kind: "command", settings: definition.settings,
      environment: definition.environment, timeoutSeconds: timeout, inputs: unit.inputs,
      outputs: unit.outputs,
      values: unit.values)
    return try await stage.run(
      order,
      UnitContext(
        workspace: scratch.path, artifact: scratch.path + "/artifact", publication: staging,
        logFile: scratch.log,
        progress: progress, cancellation: cancellation))
  }

  func sh(_ script: String, _ change: (inout StageDefinition) -> Void = { _ in }) async throws -> UnitResult {
    try await run(["sh", "-c", .string(script)]) { change(&$0) }
  }

  func failure(_ script: String, _ change: (inout StageDefinition) -> Void = { _ in }) async -> [Diagnostic] {
    do {
      _ = try await sh(script, change)
      return []
    } catch {
      return (error as? Diagnostics)?.items ?? (error as? Diagnostic).map { [$0] } ?? []
    }
  }

  @Test func outputsArePublishedInDeclaredOrder() async throws {
    let result = try await sh(
      "cd $DARKROOM_STAGING; echo 1 > out/z; echo 2 > b; mkdir tree/sub; : > tree/sub/y; : > tree/x"
    ) {
      $0.outputs = ["out/z", "tree/", "b"]
    }
    #expect(result.publications.map(\.path) == ["out/z", "tree/sub/y", "tree/x", "b"])
    #expect(result.publications.allSatisfy { $0.form == .file })
    #expect(result.findings == [])
    #expect(result.artifacts == [])
  }

  @Test func placeholdersAndVariablesAreFilledIn() async throws {
    _ = try await run([
      "sh", "-c",
      "echo \"$1|$A|$DARKROOM_UNIT|$DARKROOM_STAGING|$DARKROOM_WORKSPACE|$DARKROOM_ATTEMPT\"; pwd", "sh",
      "${unit}:${staging}:$${unit}",
    ]) {
      $0.foreach = .values(["a b"])
      $0.environment = ["A": "<${unit}>"]
      $0.settings["workingDirectory"] = "data"
    }
    let root = scratch.path
    #expect(
      try scratch.logText == "a b:\(staging):${unit}|<a b>|a b|\(staging)|\(root)|s/a b#1\n\(root)/data\n")
  }

  @Test func theEnvironmentIsDeclared() async throws {
    setenv("COMMAND_STAGE_PASSED", "yes", 1)
    setenv("COMMAND_STAGE_HIDDEN", "no", 1)
    _ = try await run(["env"]) {
      $0.environment = ["MINE": "1"]
      $0.settings["passEnvironment"] = ["COMMAND_STAGE_PASSED"]
    }
    let names = try scratch.logText.split(separator: "\n").compactMap {
      $0.split(separator: "=").first.map(String.init)
    }
    let own: Set = [
      "MINE", "COMMAND_STAGE_PASSED", "DARKROOM_WORKSPACE", "DARKROOM_UNIT", "DARKROOM_STAGING",
      "DARKROOM_ATTEMPT",
    ]
    #expect(own.isSubset(of: names))
    #expect(Set(names).subtracting(own).isSubset(of: CommandStage.inherited))
  }

  @Test func countersAndProgressComeBack() async throws {
    let seen = Cancellation()
    let result = try await run(
      ["sh", "-c", "echo ::darkroom progress 2/3; echo ::darkroom counter rows=9"],
      progress: { done, total in if done == 2, total == 3 { seen.cancel() } })
    #expect(result.counters == ["rows": 9])
    #expect(seen.isCancelled)
  }

  @Test func aFailureNamesCodeLinesAndLog() async throws {
    let items = await failure("echo reading; echo 'no such table' >&2; exit 3")
    #expect(items.map(\.code) == ["program-failed"])
    let text = items.first?.description ?? ""
    for part in [
      "sh ended with exit code 3", "nothing of this unit was published", "no such table", "attempt.log",
    ] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(!text.contains(scratch.path))
  }

  @Test func programsAreFound() async throws {
    try scratch.write("scripts/tool", "#!/bin/sh\necho ran\n", mode: 0o755)
    _ = try await run(["scripts/tool"])
    #expect(try scratch.logText == "ran\n")
    _ = try await run(["./scripts/tool"]) { $0.settings["workingDirectory"] = "data" }
    await #expect(throws: Diagnostic.self) { try await run(["no-such-program-anywhere"]) }
    await #expect(throws: Diagnostic.self) { try await run(["scripts/none"]) }
    await #expect(throws: Diagnostic.self) {
      try await run(["true"]) { $0.settings["workingDirectory"] = "none" }
    }
    try scratch.write("bin/odd", "#!/bin/sh\n")
    let path = scratch.path + "/bin"
    await #expect(throws: Diagnostic.self) { try await run(["odd"]) { $0.environment = ["PATH": path] } }
  }

  @Test func aMissingOutput() async {
    let items = await failure(": > $DARKROOM_STAGING/a") { $0.outputs = ["a", "b/c"] }
    #expect(items.map(\.code) == ["output-missing"])
    #expect(items.first?.help?.contains("$DARKROOM_STAGING/b/c") == true)
  }

  @Test func anUndeclaredOutput() async {
    let items = await failure("cd $DARKROOM_STAGING; : > a; : > extra; : > .hidden") { $0.outputs = ["a"] }
    #expect(items.map(\.code) == ["output-undeclared"])
    #expect(items.first?.message.contains(".hidden, extra") == true)
    #expect(await failure(": > $DARKROOM_STAGING/a").map(\.code) == ["output-undeclared"])
  }

  @Test func outputsOfTheWrongForm() async {
    let items = await failure("cd $DARKROOM_STAGING; mkdir a; ln -s /etc/passwd b; mkfifo c") {
      $0.outputs = ["a", "b", "c"]
    }
    #expect(items.map(\.code) == ["output-form", "output-form", "output-form"])
  }

  @Test func anOutputWrittenPastTheStaging() async throws {
    try scratch.write("out/old", "before")
    try scratch.write("tree/kept", "before")
    let items = await failure(
      "for o in out/old out/new; do echo x > $DARKROOM_STAGING/$o; echo yy > $o; done; echo > tree/more"
    ) { $0.outputs = ["out/old", "out/new", "tree/"] }
    #expect(items.map(\.code) == [String](repeating: "output-written-directly", count: 3))
    #expect(items.map(\.message).filter { $0.contains("tree/more") }.count == 1)
  }

  @Test func anUntouchedPublishedOutputIsFine() async throws {
    try scratch.write("out/old", "before")
    let result = try await sh("cat out/old > $DARKROOM_STAGING/out/old") { $0.outputs = ["out/old"] }
    #expect(result.publications.map(\.path) == ["out/old"])
  }

  @Test func cancellationThrowsCancellationError() async throws {
    let cancellation = Cancellation()
    await #expect(throws: CancellationError.self) {
      try await run(
        ["sh", "-c", "echo ::darkroom progress 1; sleep 1000"], cancellation: cancellation,
        progress: { _, _ in cancellation.cancel() })
    }
    await #expect(throws: CancellationError.self) { try await run(["true"], cancellation: cancellation) }
  }

  @Test func aTimeoutIsAFailure() async throws {
    do {
      _ = try await run(["sleep", "1000"], timeout: 0.05)
      Issue.record("it ended well")
    } catch let error as Diagnostics {
      #expect(error.items.map(\.code) == ["program-timeout"])
      #expect(error.items.first?.message.contains("0.05 seconds") == true)
    }
  }

  @Test func leftProcessesAreAFinding() async throws {
    let result = try await sh("sleep 1000 > /dev/null 2>&1 &")
    #expect(result.findings.map(\.code) == ["processes-left-behind"])
  }

  @Test func aUnitThatCannotBeDefinedFailsWhenItRuns() async {
    let items = await failure("true") {
      $0.foreach = .values(["../x"])
      $0.outputs = ["out/${unit}"]
    }
    #expect(items.map(\.code) == ["unit-definition"])
  }
}
