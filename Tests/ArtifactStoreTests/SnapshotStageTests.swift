import ArtifactStore
import DarkroomTesting
import FileSystem
import Foundation
import PipelineCore
import PipelineEngine
import Testing

@Suite struct SnapshotStageTests {
  private let workspace: TemporaryWorkspace
  private let script = StageScript()
  private let store = InMemoryCheckpointStore()

  init() throws { workspace = try TemporaryWorkspace() }

  private func run(_ stages: [StageID] = ["a"]) async throws -> RunOutcome {
    let pipeline = Pipeline(
      name: "p",
      stages: stages.map { StageDefinition(id: $0, uses: "scripted") } + [
        StageDefinition(id: "snapshot", uses: "snapshot.publish", needs: stages)
      ])
    let clock = ManualClock()
    let engine = try Engine(
      workspace: workspace.path, pipeline: pipeline, definition: Digest(of: "d"),
      kinds: [ScriptedStage.kind("scripted", script), StageKind(SnapshotStage.self)], selection: .everything,
      jobs: 4, store: store,
      artifacts: WorkspaceArtifacts(workspace: workspace.path, pipeline: "p", store: store, clock: clock),
      clock: clock, observer: RecordingObserver())
    return try await engine.run(RunControl())
  }

  private func current() throws -> [String: String] { try workspace.contents("data/snapshot/current/") }

  private func setFiles(_ files: [String: String]) {
    script.setKeys(["u"], values: files)
    script.setWork { order, context in
      for (name, text) in order.values {
        let file = "\(context.artifact)/\(name)"
        try FileSystem.makeDirectories(String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)]))
        try FileSystem.create(file, text.utf8)
      }
      return UnitResult(artifacts: order.values.keys.sorted().map { .init(name: $0, rows: 1) })
    }
  }

  @Test("The published set is the artifacts, with a manifest that Python reads and finds true")
  func publishes() async throws {
    setFiles(["days/1.json": "one", "days/2.json": "two", "internal/cache": "hidden"])
    #expect(try await run().state == .succeeded)
    var files = try current()
    #expect(files.removeValue(forKey: "manifest.json") != nil)
    #expect(files == ["days/1.json": "one", "days/2.json": "two"])
    let judge = Process()
    judge.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    judge.arguments = [
      "python3", "-c",
      """
      import hashlib, json, os, sys
      root = sys.argv[1]
      manifest = json.load(open(root + "/manifest.json"))
      named = [f["path"] for f in manifest["files"]]
      found = sorted(os.path.relpath(os.path.join(d, f), root) for d, _, fs in os.walk(root) for f in fs)
      assert named == sorted(named) and found == sorted(named + ["manifest.json"]), (named, found)
      for f in manifest["files"]:
        data = open(root + "/" + f["path"], "rb").read()
        assert hashlib.sha256(data).hexdigest() == f["sha256"] and len(data) == f["bytes"] and f["rows"] == 1, f
      """, "\(workspace.path)/data/snapshot/current",
    ]
    try judge.run()
    judge.waitUntilExit()
    #expect(judge.terminationStatus == 0)
  }

  @Test("Readers see the old set or the new one; a second run changes nothing")
  func switches() async throws {
    setFiles(["a": "1"])
    _ = try await run()
    let old = try FileSystem.linkTarget("\(workspace.path)/data/snapshot/current")
    #expect(try await run().stages.map(\.state) == [.upToDate, .upToDate])
    setFiles(["a": "2"])
    _ = try await run()
    let new = try FileSystem.linkTarget("\(workspace.path)/data/snapshot/current")
    #expect(old != new)
    #expect(try current()["a"] == "2")
    #expect(try workspace.text("data/snapshot/\(old)/a") == "1")
    setFiles(["a": "1"])
    _ = try await run()
    #expect(try FileSystem.linkTarget("\(workspace.path)/data/snapshot/current") == old)
    #expect(try workspace.contents("data/state/displaced").isEmpty)
  }

  @Test("An altered published file is repaired by the next run")
  func altered() async throws {
    setFiles(["a": "1", "b": "2"])
    _ = try await run()
    try workspace.write("data/snapshot/current/b", "tampered")
    #expect(try await run().stages.map(\.state) == [.upToDate, .succeeded])
    #expect(try current()["b"] == "2")
  }

  @Test("Two artifacts with the same name are an error that names both, and the old set stays")
  func conflict() async throws {
    setFiles(["a": "1"])
    let outcome = try await run(["x", "y"])
    #expect(outcome.state == .failed)
    let errors = outcome.stages.last?.errors ?? []
    #expect(errors.count == 1 && errors[0].contains("x/u") && errors[0].contains("y/u"))
    #expect(try FileStatus("\(workspace.path)/data/snapshot/current") == nil)
  }
}
