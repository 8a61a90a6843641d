import FileSystem
import PipelineCore
public import PipelineEngine

/// What every ``ArtifactStore`` must do for the engine. Each rule gets a fresh store and workspace.
/// - Parameter make: makes the store of an empty workspace; the second value is the workspace's path.
/// - Returns: one sentence per rule that the store breaks; empty when it conforms.
public func artifactStoreConformance(
  _ make: () throws -> (store: any ArtifactStore, workspace: String)
) throws -> [String] {
  var broken: [String] = []
  func rule(_ sentence: String, _ holds: (ArtifactTrial) throws -> Bool) throws {
    let (store, workspace) = try make()
    try store.recover()
    if try !holds(ArtifactTrial(store: store, workspace: workspace)) { broken.append(sentence) }
  }
  try rule("staging directories are empty, and empty again for the same attempt") { trial in
    let first = try trial.stage("u", ["a": "1"])
    let again = try trial.store.prepare(first.unit, attempt: 1, run: RunID(1))
    return try FileSystem.list(again.artifact).isEmpty && FileSystem.list(again.publication).isEmpty
  }
  try rule("what is placed has the bytes and digests that were examined") { trial in
    let staged = try trial.stage("u", ["a/b": "text", "c": ""], published: ["out/p": "page"])
    let placed = trial.store.place([staged])
    guard case .success(let outputs)? = placed.first, staged.outputs.count == 3 else { return false }
    let known = Dictionary(uniqueKeysWithValues: outputs.digests.map { ($0.path, $0.digest) })
    return try staged.outputs.allSatisfy { output in
      let bytes = try FileSystem.read("\(trial.workspace)/\(output.path)")
      return bytes.withUnsafeBytes { Digest(of: $0) } == output.digest && known[output.path] == output.digest
        && Int64(bytes.count) == output.bytes
    }
  }
  try rule("a file that the unit did not list fails it") { trial in
    try trial.fails { try trial.stage("u", ["a": "1"], listed: []) }
  }
  try rule("a listed file that is not there fails the unit") { trial in
    try trial.fails { try trial.stage("u", [:], listed: ["a"]) }
  }
  try rule("an output that was declared and not made fails the unit") { trial in
    try trial.fails { try trial.stage("u", [:], declared: ["out/p"]) }
  }
  try rule("a published output that was not declared fails the unit") { trial in
    try trial.fails { try trial.stage("u", [:], published: ["out/q": "1"], declared: []) }
  }
  try rule("one unit that cannot be placed takes no other with it") { trial in
    try FileSystem.create("\(trial.workspace)/file", "in the way".utf8)
    let good = try trial.stage("good", ["a": "1"], published: ["out/p": "1"])
    let bad = try trial.stage("bad", ["a": "1"], published: ["file/below/deep/p": "1"])
    let last = try trial.stage("last", [:], published: ["out/q": "1"])
    let results = trial.store.place([good, bad, last])
    guard results.count == 3, case .success = results[0], case .failure = results[1],
      case .success = results[2]
    else { return false }
    return try FileStatus("\(trial.workspace)/out/q") != nil
  }
  try rule("placing the same outputs twice is fine") { trial in
    let first = trial.store.place([try trial.stage("u", ["a": "1"], published: ["out/p": "1"])])
    let second = trial.store.place([try trial.stage("u", ["a": "1"], published: ["out/p": "1"])])
    guard case .success(let outputs)? = second.first, case .success? = first.first else { return false }
    return outputs.findings.isEmpty
  }
  try rule("recovery leaves nothing in staging, whatever lies there") { trial in
    let staged = try trial.stage("u", ["deep/er/a": "1"])
    try trial.store.recover()
    return try FileStatus(staged.staging.root) == nil
  }
  return broken
}

/// A unit's way through an artifact store.
private struct ArtifactTrial {
  let store: any ArtifactStore
  let workspace: String

  func stage(
    _ key: String, _ artifacts: [String: String], published: [String: String] = [:], listed: [String]? = nil,
    declared: [String]? = nil
  ) throws -> StagedOutputs {
    let unit = UnitID(stage: "s", key: UnitKey(key))
    let staging = try store.prepare(unit, attempt: 1, run: RunID(1))
    for (name, text) in artifacts { try write("\(staging.artifact)/\(name)", text) }
    for (name, text) in published { try write("\(staging.publication)/\(name)", text) }
    let result = UnitResult(
      artifacts: (listed ?? artifacts.keys.sorted()).map { .init(name: $0) },
      publications: published.keys.sorted().map { .init(path: $0) })
    return try store.examine(
      result, of: unit, declared: declared ?? published.keys.sorted(), in: staging,
      fingerprint: Digest(of: key))
  }

  private func write(_ path: String, _ text: String) throws {
    try FileSystem.makeDirectories(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
    try FileSystem.create(path, text.utf8)
  }

  func fails(_ body: () throws -> StagedOutputs) throws -> Bool {
    do {
      _ = try body()
      return false
    } catch is Diagnostic {
      return true
    }
  }
}
