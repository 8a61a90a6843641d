import FileSystem
import PipelineCore

/// Makes a group of ended attempts durable: outputs into place, then one transaction. One commit is under way at a
/// time; what ends meanwhile is the next group.
struct Committer: Sendable {
  struct Item: Sendable {
    var unit: JudgedUnit
    var outcome: UnitAttempt.Outcome
  }
  struct Report: Sendable {
    var items: [Item]
    /// State that cannot be written: the run cannot go on.
    var fatal: (any Error)?
  }

  let pipeline: String
  let run: RunID
  let store: any CheckpointStore
  let artifacts: any ArtifactStore
  let digests: DigestCache

  /// - Parameter stageRows: the stages' records, to be written before the first commit of a run.
  func commit(_ items: [Item], retired: [UnitID], stageRows: [StageRecord]?) -> Report {
    var items = items
    var group = CommitGroup(pipeline: pipeline, run: run, retired: retired)
    var superseded: [String] = []
    let stagings = items.compactMap { $0.outcome.success?.staged.staging }
    place(&items, &group, &superseded)
    group.attempts = items.map(\.outcome.record)
    group.digests += digests.takeUnsaved()
    do {
      for unit in retired {
        if let artifact = try store.checkpoint(pipeline: pipeline, unit: unit)?.artifact {
          superseded.append(artifact)
        }
      }
      if let stageRows { try store.record(stageRows, of: run) }
      try store.commit(group)
    } catch {
      return Report(items: [], fatal: error)
    }
    clean(stagings, superseded)
    return Report(items: items)
  }

  private func place(_ items: inout [Item], _ group: inout CommitGroup, _ superseded: inout [String]) {
    let successes = items.indices.filter { items[$0].outcome.success != nil }
    let staged = successes.compactMap { items[$0].outcome.success?.staged }
    for (index, result) in zip(successes, artifacts.place(staged)) {
      guard let success = items[index].outcome.success else { continue }
      switch result {
      case .success(let placed):
        items[index].outcome.record.findings += placed.findings
        digests.adopt(placed.digests)
        digests.relinked(placed.relinked)
        group.digests += placed.digests
        let old = items[index].unit.checkpoint?.artifact
        if let old, old != success.staged.artifact { superseded.append(old) }
        group.checkpoints.append(
          Checkpoint(
            unit: success.staged.unit, fingerprint: success.fingerprint.digest,
            components: success.fingerprint.components, outputs: success.staged.outputs,
            counters: success.counters, run: run, artifact: success.staged.artifact))
      case .failure(let error):
        items[index].outcome.success = nil
        items[index].outcome.record.state = .failed
        items[index].outcome.record.findings += diagnostics(of: error)
      }
    }
  }

  /// Removes what is not needed any more. It is only space: what cannot be removed now is found by `gc`.
  private func clean(_ stagings: [Staging], _ superseded: [String]) {
    for staging in stagings {
      try? artifacts.discard(staging)  // See above: only space.
    }
    // Another pipeline with the same stage may have a checkpoint that names the same artifact.
    guard !superseded.isEmpty, let free = try? store.unreferenced(superseded),  // See above.
      let files = try? artifacts.removeArtifacts(free)  // See above.
    else { return }
    digests.relinked(files)
  }
}
