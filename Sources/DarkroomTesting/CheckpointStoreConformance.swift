import FileSystem
import PipelineCore
public import PipelineEngine

/// What every `CheckpointStore` must do. Each rule gets a fresh store.
/// - Returns: one sentence per rule that the store breaks; empty when it conforms.
public func checkpointStoreConformance(_ make: () throws -> any CheckpointStore) throws -> [String] {
  var broken: [String] = []
  func rule(_ sentence: String, _ holds: (any CheckpointStore) throws -> Bool) throws {
    if try !holds(try make()) { broken.append(sentence) }
  }
  try rule("run numbers start at 1 and rise") { store in
    let first = try store.beginRun(.sample)
    return try first == RunID(1) && store.beginRun(.sample) == RunID(2)
  }
  try rule("a committed checkpoint is read back whole") { store in
    let checkpoint = Checkpoint.sample("a", run: try store.beginRun(.sample))
    try store.commit(.sample(checkpoint.run, [checkpoint]))
    return try store.checkpoint(pipeline: "p", unit: checkpoint.unit) == checkpoint
      && Array(store.checkpoints(pipeline: "p", stage: "s")) == [checkpoint]
  }
  try rule("pipelines and stages do not see each other's checkpoints") { store in
    let checkpoint = Checkpoint.sample("a", run: try store.beginRun(.sample))
    try store.commit(.sample(checkpoint.run, [checkpoint]))
    return try store.checkpoint(pipeline: "q", unit: checkpoint.unit) == nil
      && Array(store.checkpoints(pipeline: "q", stage: "s")).isEmpty
      && Array(store.checkpoints(pipeline: "p", stage: "t")).isEmpty
  }
  try rule("a new checkpoint supersedes the former one") { store in
    let run = try store.beginRun(.sample)
    let newer = Checkpoint.sample("a", text: "newer", run: run)
    try store.commit(.sample(run, [.sample("a", run: run)]))
    try store.commit(.sample(run, [newer]))
    return try Array(store.checkpoints(pipeline: "p", stage: "s")) == [newer]
  }
  try rule("a retired unit has no checkpoint") { store in
    let run = try store.beginRun(.sample)
    try store.commit(.sample(run, [.sample("a", run: run), .sample("b", run: run)]))
    var group = CommitGroup(pipeline: "p", run: run)
    group.retired = [UnitID(stage: "s", key: "a")]
    try store.commit(group)
    return try Array(store.checkpoints(pipeline: "p", stage: "s")).map(\.unit.key) == ["b"]
      && store.checkpoint(pipeline: "p", unit: UnitID(stage: "s", key: "a")) == nil
  }
  try rule("checkpoints come in the order of their keys' bytes, in any number") { store in
    let run = try store.beginRun(.sample)
    var random = SeededRandom(seed: 3)
    let keys = (Set((0..<1_500).map { String($0 * 7919 % 10_007) }).union(oddKeys)).shuffled(using: &random)
    try store.commit(.sample(run, keys.map { .sample($0, run: run) }))
    let read = try Array(store.checkpoints(pipeline: "p", stage: "s")).map {
      Array($0.unit.key.rawValue.utf8)
    }
    return read == keys.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
  }
  try rule("cached digests are kept by path, the last one wins") { store in
    let status = FileStatus(device: .max, inode: 7, size: 3, modified: -5, changed: 9)
    let older = CachedDigest(path: "a", status: status, digest: Digest(of: "1"), observedAt: 1)
    let newer = CachedDigest(path: "a", status: status, digest: Digest(of: "2"), observedAt: 2)
    try store.save([older])
    try store.save([newer])
    return try store.cachedDigests() == [newer]
  }
  try historyRules(rule)
  return broken
}

private func historyRules(
  _ rule: (_ sentence: String, _ holds: (any CheckpointStore) throws -> Bool) throws -> Void
) throws {
  let done = StageRecord(id: "a", kind: "k", state: .succeeded, unitsDone: 1)
  try rule("a run that did nothing is not in the history") { store in
    let run = try store.beginRun(.sample)
    try store.endMainStages(of: run, state: .succeeded, didWork: false, at: 5)
    try store.endRun(run, state: .succeeded, didWork: false, at: 6)
    return try store.history(current: nil).recentRuns(limit: 9).isEmpty
  }
  try rule("a run that died is interrupted once the next one begins") { store in
    let run = try store.beginRun(.sample)
    let next = try store.beginRun(.sample)
    let runs = try store.history(current: next).recentRuns(limit: 9)
    return runs.map(\.id) == [run] && runs.map(\.state) == [.interrupted]
  }
  try rule("the history shows a run the same way during its finally stages and later") { store in
    let run = try store.beginRun(.sample)
    var page = StageRecord(id: "page", kind: "k", state: .waiting, isFinally: true)
    try store.record([done, page], of: run)
    try store.endMainStages(of: run, state: .succeeded, didWork: true, at: 5)
    let during = try store.history(current: run).recentRuns(limit: 9)
    page.state = .succeeded
    try store.record([done, page], of: run)
    try store.endRun(run, state: .succeeded, didWork: true, at: 8)
    let next = try store.beginRun(.sample)
    let later = try store.history(current: next).recentRuns(limit: 9)
    return during == later && during.count == 1 && during.first?.stages == [done]
  }
  try rule("the history is the newest first and no longer than asked for") { store in
    var runs: [RunID] = []
    for index in 0..<4 {
      let run = try store.beginRun(.sample)
      try store.endMainStages(of: run, state: .failed, didWork: true, at: Int64(index))
      try store.endRun(run, state: .failed, didWork: true, at: Int64(index))
      runs.append(run)
    }
    return try store.history(current: nil).recentRuns(limit: 3).map(\.id)
      == runs.reversed().prefix(3).map(\.self)
  }
}

/// Keys whose order by bytes differs from other plausible orders.
private let oddKeys: Set<String> = [
  "", "Z", "a", "é", "e\u{301}x", "ﬀ", "\u{FFFD}", "😀", "日本", "a b", "a/b", "a.b", "_", "~",
]

extension RunStart {
  static let sample = RunStart(
    pipeline: "p", definition: Digest(of: "definition"), parameters: ["n": 1], selection: .everything,
    startedAt: 1)
}

extension Checkpoint {
  /// A checkpoint of stage `s` with two outputs.
  static func sample(_ key: String, text: String = "text", run: RunID) -> Checkpoint {
    let fingerprint = Fingerprint([.init(name: "kind", value: "k@1"), .init(name: "unit", value: key)])
    return Checkpoint(
      unit: UnitID(stage: "s", key: UnitKey(key)), fingerprint: fingerprint.digest,
      components: .parts(fingerprint.components),
      outputs: [
        OutputFile(name: "b", path: "data/b", digest: Digest(of: text), bytes: 4, rows: 2),
        OutputFile(name: "a", path: "data/a", digest: Digest(of: text), bytes: 0),
      ], counters: ["rows": 2, "bytes": -1], run: run, artifact: "data/state/artifacts/s/\(key)")
  }
}

extension CommitGroup {
  static func sample(_ run: RunID, _ checkpoints: [Checkpoint]) -> CommitGroup {
    CommitGroup(
      pipeline: "p", run: run,
      attempts: checkpoints.enumerated().map { index, checkpoint in
        AttemptRecord(
          unit: UnitID(stage: "s", key: UnitKey("\(checkpoint.unit.key)#\(checkpoint.outputDigest.short)")),
          attempt: 1, state: .done, startedAt: Int64(index), duration: 1, verdict: .run([.neverRan]))
      }, checkpoints: checkpoints)
  }
}
