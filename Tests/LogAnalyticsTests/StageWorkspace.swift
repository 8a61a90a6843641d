import Foundation
import LogAnalytics
import OperationLog
import PipelineCore

/// A temporary workspace in which the log stages run one after the other, as the engine would have it done.
final class StageWorkspace {
  let root: String
  private var committed: [StageID: [CommittedUnit]] = [:]

  init() throws {
    root = NSTemporaryDirectory() + "stages-" + UUID().uuidString
    for folder in ["data/file_operations_logs", "data/log_archives"] {
      try FileManager.default.createDirectory(atPath: root + "/" + folder, withIntermediateDirectories: true)
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }  // A left-over folder harms no test.

  func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: root + "/" + path))
  }

  func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: root + "/" + path))
  }

  struct Run {
    /// Results by unit key.
    var results: [String: UnitResult] = [:]
    var failures: [String: any Error] = [:]
    /// The files of all artifacts, by unit key and name.
    var files: [String: [UInt8]] = [:]
  }

  static func stages() throws -> [(id: StageID, stage: any Stage)] {
    func definition(_ id: StageID, _ kind: String) -> StageDefinition { StageDefinition(id: id, uses: kind) }
    return [
      ("extract", try ExtractStage(definition("extract", "logs.extract"))),
      ("merge", MergeStage(definition("merge", "logs.merge"))),
      ("reconcile", ReconcileStage(definition("reconcile", "logs.reconcile"))),
    ]
  }

  /// Runs one stage: `order` changes the order in which units run and the upstream's units are listed, which must not show.
  func run(_ id: StageID, _ stage: any Stage, reversed: Bool = false) async throws -> Run {
    let kinds: [StageID: String] = ["extract": "logs.extract", "merge": "logs.merge"]
    let upstream = committed.keys.sorted().map { [committed] key in
      UpstreamStage(id: key, kind: kinds[key] ?? "") { (committed[key] ?? []).sorted { $0.key < $1.key } }
    }
    let context = ExpansionContext(workspace: root, upstream: upstream, history: EmptyRunHistory())
    var units = Array(try stage.units(context))
    if units.map(\.key) != Set(units.map(\.key)).sorted() { throw Failure("units are not in order") }
    if reversed { units.reverse() }
    var run = Run()
    for unit in units {
      do {
        try await self.run(id, stage, unit, &run)
      } catch {
        run.failures[unit.key.rawValue] = error
      }
    }
    return run
  }

  private func run(_ id: StageID, _ stage: any Stage, _ unit: UnitDefinition, _ run: inout Run) async throws {
    let artifact = "data/state/\(id)-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: root + "/" + artifact, withIntermediateDirectories: true)
    let inputs = try unit.inputs.map { input in
      let bytes = try Data(contentsOf: URL(fileURLWithPath: root + "/" + input.path))
      let digest = bytes.withUnsafeBytes { Digest(of: $0) }
      if let known = input.digest, known != digest { throw Failure("\(input.path) was altered") }
      return InputReference(path: input.path, length: input.length, digest: digest)
    }
    let order = UnitOrder(
      unit: UnitID(stage: id, key: unit.key), kind: type(of: stage).description.kind, inputs: inputs,
      values: unit.values)
    let context = UnitContext(workspace: root, artifact: root + "/" + artifact, publication: root + "/none")
    let result = try await stage.run(order, context)
    let outputs = try result.artifacts.map { file in
      let path = artifact + "/" + file.name
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: root + "/" + path)))
      run.files["\(unit.key)/\(file.name)"] = bytes
      let digest = bytes.withUnsafeBytes { Digest(of: $0) }
      if digest != file.digest { throw Failure("\(file.name) has another digest than the result says") }
      return OutputFile(
        name: file.name, path: path, digest: digest, bytes: Int64(bytes.count), rows: file.rows)
    }
    run.results[unit.key.rawValue] = result
    committed[id, default: []].append(
      CommittedUnit(key: unit.key, outputs: outputs, counters: result.counters))
  }

  /// Runs extract, merge and reconcile.
  func runAll(reversed: Bool = false) async throws -> [StageID: Run] {
    committed = [:]
    var runs: [StageID: Run] = [:]
    for (id, stage) in try Self.stages() { runs[id] = try await run(id, stage, reversed: reversed) }
    return runs
  }

  /// The absolute path of a committed file.
  func path(_ stage: StageID, _ key: UnitKey, _ name: String) -> String? {
    committed[stage]?.first { $0.key == key }?.outputs.first { $0.name == name }.map { root + "/" + $0.path }
  }

  struct Failure: Error { let message: String; init(_ message: String) { self.message = message } }
}

/// A valid line with its newline.
func sampleLine(_ index: Int, day: String = "2025-10-10") -> String {
  """
  {"type": "file_operation", "script": "sorter", "session_id": "s", "timestamp": "\(day)T00:00:\(index / 10 % 6)\(index % 10)Z", \
  "operation": "move", "source_dir": "a", "dest_dir": "__selected", "file_count": 1, "files": ["image_\(index).png"]}

  """
}
