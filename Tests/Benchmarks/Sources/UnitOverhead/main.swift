import ArtifactStore
import PipelineCore
import PipelineEngine
import PipelineStore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

// Runs a pipeline of one stage whose units do next to nothing in the engine's own process, so that what is
// measured is the engine: `unit-overhead empty|file UNITS WORKSPACE`.

/// Has as many units as its setting says; a unit makes nothing, or a file of 16 bytes.
struct TinyStage: Stage {
  static let description = StageDescription(
    kind: "tiny", version: 1, summary: "Makes nothing, or a small file.", unit: "a number")

  private let count: Int
  private let makesFile: Bool

  init(_ definition: StageDefinition) {
    count = Int(definition.settings["count"]?.integerValue ?? 0)
    makesFile = definition.settings["makesFile"]?.boolValue ?? false
  }

  func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    // Seven digits, so that the order of the keys is that of the numbers.
    (10_000_000..<10_000_000 + count).lazy.map {
      UnitDefinition(key: UnitKey(String(String($0).dropFirst())))
    }
  }

  func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    guard makesFile else { return UnitResult() }
    guard let file = fopen(context.artifact + "/number", "w") else { throw Failure.cannotWrite }
    let text = order.unit.key.rawValue + " a number"
    let isWritten = fputs(text, file) >= 0
    guard fclose(file) == 0, isWritten else { throw Failure.cannotWrite }
    return UnitResult(artifacts: [.init(name: "number", digest: Digest(of: text))])
  }

  enum Failure: Error { case cannotWrite }
}

/// Says what went wrong; a benchmark has nobody to hear of anything else.
struct Failures: RunObserver {
  func handle(_ event: RunEvent) {
    if case .unitEnded(let attempt) = event, attempt.state != .done { print(attempt.unit, attempt.findings) }
  }
}

let arguments = CommandLine.arguments
guard arguments.count == 4, ["empty", "file"].contains(arguments[1]), let count = Int(arguments[2]) else {
  print("usage: unit-overhead empty|file UNITS WORKSPACE")
  exit(64)
}

/// One run of the pipeline, like `darkroom run`; returns whether it succeeded.
func run(count: Int, makesFile: Bool, workspace: String) async throws -> Bool {
  let definition = StageDefinition(
    id: "tiny", uses: "tiny", settings: ["count": .integer(Int64(count)), "makesFile": .bool(makesFile)])
  let pipeline = Pipeline(name: "overhead", stages: [definition])
  mkdir(workspace, 0o777)
  let lock = try WorkspaceLock(workspace: workspace)
  guard let store = try StateDatabase.open(workspace: workspace, .readWrite) else { return false }
  let clock = SystemClock()
  let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  let engine = try Engine(
    workspace: workspace, pipeline: pipeline, definition: Digest(of: "overhead"),
    kinds: [StageKind(TinyStage.self)], selection: .everything, jobs: processors, store: store,
    artifacts: WorkspaceArtifacts(workspace: workspace, pipeline: pipeline.name, store: store, clock: clock),
    clock: clock, observer: Failures())
  let outcome = try await engine.run(RunControl())
  _ = consume lock
  print(outcome.state.rawValue, outcome.stages.map { "\($0.unitsDone) done, \($0.unitsUpToDate) up to date" })
  return outcome.state == .succeeded
}

let succeeded = try await run(count: count, makesFile: arguments[1] == "file", workspace: arguments[3])
exit(succeeded ? 0 : 1)
