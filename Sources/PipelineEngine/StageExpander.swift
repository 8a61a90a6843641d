import PipelineCore
import Synchronization

/// The judged units that one step of expansion gave.
struct Expansion: Sendable {
  var units: [JudgedUnit] = []
  /// Keys with checkpoints that the stage no longer has.
  var retired: [UnitKey] = []
  var isExhausted = false
}

/// Expands stages into judged units, lazily: it holds one open iterator per stage and merges it with the stage's
/// checkpoints, both ascending by key. An actor because the iterators are shared over time; its methods block,
/// so it is called on the workers only.
actor StageExpander {
  private struct Cursor {
    var units: any IteratorProtocol<UnitDefinition>
    var checkpoints: any IteratorProtocol<Checkpoint>
    var nextCheckpoint: Checkpoint?
    var lastKey: UnitKey?
    var upstream: [Fingerprint.Component]
  }

  private let workspace: String
  private let pipeline: String
  private let instances: [StageID: StageInstance]
  private let store: any CheckpointStore
  private let history: any RunHistory
  private let judge: UnitJudge
  private let everyFingerprint: Bool
  private var cursors: [StageID: Cursor] = [:]
  private var followed: [StageID: [Fingerprint.Component]] = [:]
  private let observations = ObservationLog()

  /// How many units one step looks at.
  static let step = 256

  init(
    workspace: String, pipeline: String, instances: [StageID: StageInstance], store: any CheckpointStore,
    history: any RunHistory, judge: UnitJudge, everyFingerprint: Bool
  ) {
    self.workspace = workspace
    self.pipeline = pipeline
    self.instances = instances
    self.store = store
    self.history = history
    self.judge = judge
    self.everyFingerprint = everyFingerprint
  }

  /// The next units of a stage. `failed` gives, for each stage it needs, the keys whose checkpoints are not current.
  func expand(_ id: StageID, failed: [StageID: Set<UnitKey>]) throws -> Expansion {
    guard let instance = instances[id] else { return Expansion(isExhausted: true) }
    var cursor = try cursors.removeValue(forKey: id) ?? open(instance, failed: failed)
    var expansion = Expansion()
    while expansion.units.count < Self.step {
      guard let unit = cursor.units.next() else {
        while let old = cursor.nextCheckpoint {
          expansion.retired.append(old.unit.key)
          cursor.nextCheckpoint = cursor.checkpoints.next()
        }
        expansion.isExhausted = true
        return expansion
      }
      if let last = cursor.lastKey, unit.key <= last {
        throw Diagnostic(
          code: "unsorted-units",
          "stage \(id): its units must come in ascending order without repeats, but \"\(unit.key)\" came after \"\(last)\"",
          help: "this is a defect of the stage kind \(instance.description.kind)")
      }
      cursor.lastKey = unit.key
      while let old = cursor.nextCheckpoint, old.unit.key < unit.key {
        expansion.retired.append(old.unit.key)
        cursor.nextCheckpoint = cursor.checkpoints.next()
      }
      var checkpoint: Checkpoint?
      if let old = cursor.nextCheckpoint, old.unit.key == unit.key {
        checkpoint = old
        cursor.nextCheckpoint = cursor.checkpoints.next()
      }
      expansion.units.append(
        try judge.judge(
          unit, of: instance, upstream: cursor.upstream, checkpoint: checkpoint,
          everyFingerprint: everyFingerprint))
    }
    cursors[id] = cursor
    return expansion
  }

  /// Judges the unit of a following stage that belongs to one unit of the stage it follows.
  func follow(_ unit: UnitID, _ followedStage: StageID, failed: [StageID: Set<UnitKey>]) throws -> JudgedUnit
  {
    guard let instance = instances[unit.stage] else { throw CancellationError() }
    let upstream =
      try followed[unit.stage]
      ?? upstreamComponents(instance, without: followedStage, failed: failed)
    followed[unit.stage] = upstream
    let context = context(instance, failed: failed, only: (followedStage, unit.key))
    var parts = upstream
    if let committed = try store.checkpoint(
      pipeline: pipeline, unit: UnitID(stage: followedStage, key: unit.key))
    {
      parts.append(.init(name: "upstream:\(followedStage)", value: committed.outputDigest.hex))
    }
    for definition in try instance.stage.units(context) where definition.key == unit.key {
      return try judge.judge(
        definition, of: instance, upstream: parts,
        checkpoint: store.checkpoint(pipeline: pipeline, unit: unit), everyFingerprint: everyFingerprint)
    }
    throw Diagnostic(
      code: "no-such-unit", "stage \(unit.stage): it has no unit for \"\(unit.key)\" of \(followedStage)")
  }

  /// The digest parts of the stages that a unit of `id` depends on as wholes.
  func upstream(of id: StageID, failed: [StageID: Set<UnitKey>]) throws -> [Fingerprint.Component] {
    guard let instance = instances[id] else { return [] }
    return try upstreamComponents(instance, without: nil, failed: failed)
  }

  private func open(_ instance: StageInstance, failed: [StageID: Set<UnitKey>]) throws -> Cursor {
    let id = instance.definition.id
    let units = try instance.stage.units(context(instance, failed: failed, only: nil)).makeIterator()
    var checkpoints = try store.checkpoints(pipeline: pipeline, stage: id).makeIterator()
    let first = checkpoints.next()
    return Cursor(
      units: units, checkpoints: checkpoints, nextCheckpoint: first,
      upstream: try upstreamComponents(instance, without: nil, failed: failed))
  }

  private func upstreamComponents(
    _ instance: StageInstance, without followed: StageID?, failed: [StageID: Set<UnitKey>]
  ) throws -> [Fingerprint.Component] {
    guard instance.description.upstream == .everything else { return [] }
    return try instance.definition.needs.filter { $0 != followed }.map { need in
      var hasher = DigestHasher()
      let excluded = failed[need] ?? []
      for checkpoint in try store.checkpoints(pipeline: pipeline, stage: need)
      where !excluded.contains(checkpoint.unit.key) {
        hasher.update("\(checkpoint.unit.key)\0\(checkpoint.outputDigest.hex)\n")
      }
      return Fingerprint.Component(name: "upstream:\(need)", value: hasher.finalize().hex)
    }
  }

  private func context(
    _ instance: StageInstance, failed: [StageID: Set<UnitKey>], only: (stage: StageID, key: UnitKey)?
  ) -> ExpansionContext {
    let store = store
    let pipeline = pipeline
    let upstream = instance.definition.needs.compactMap { need -> UpstreamStage? in
      guard let other = instances[need] else { return nil }
      let excluded = failed[need] ?? []
      return UpstreamStage(id: need, kind: other.description.kind) {
        if let only, only.stage == need {
          let checkpoint = try store.checkpoint(
            pipeline: pipeline, unit: UnitID(stage: need, key: only.key))
          return checkpoint.map { [$0.committed] } ?? []
        }
        let current = AnySequence(try store.checkpoints(pipeline: pipeline, stage: need))
        return current.lazy.filter { !excluded.contains($0.unit.key) }.map(\.committed)
      }
    }
    let observations = observations
    let digests = judge.digests
    return ExpansionContext(workspace: workspace, upstream: upstream, history: history) { observation in
      switch observation {
      case .environment(let name): observations.note(name)
      case .other: digests.doubt()
      case .path(let path):
        // `try?`: what cannot be looked at now makes the stage fail right after; nothing settles then.
        try? digests.look(at: path)
      }
    }
  }

  /// The environment variables that stages looked at, with their values.
  var environment: [String: String] { observations.values }
}

extension Checkpoint {
  /// The checkpoint as dependents see it.
  var committed: CommittedUnit { CommittedUnit(key: unit.key, outputs: outputs, counters: counters) }
}

/// The environment variables that were looked at; shared with the closures that stages call.
private final class ObservationLog: Sendable {
  private let names = Mutex<Set<String>>([])

  func note(_ name: String) { names.withLock { _ = $0.insert(name) } }

  var values: [String: String] {
    var values: [String: String] = [:]
    for name in names.withLock({ $0 }) { values[name] = ProcessEnvironment.value(name) ?? "" }
    return values
  }
}
