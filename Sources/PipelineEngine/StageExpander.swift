import PipelineCore
import Synchronization

/// The judged units that one step of expansion gave.
struct Expansion: Sendable {
  var units: [JudgedUnit] = []
  /// Units with checkpoints that the stage, or one that follows it, no longer has.
  var retired: [UnitID] = []
  var isExhausted = false
}

/// Expands stages into judged units, lazily: it holds one open iterator per stage and merges it with the stage's
/// checkpoints, both ascending by key. An actor because the iterators are shared over time; its methods block,
/// so it is called on the workers only.
actor StageExpander {
  private struct Cursor {
    var units: any IteratorProtocol<UnitDefinition>
    var checkpoints: CheckpointCursor
    /// The checkpoints of the stages that follow it: they lose the units that it loses.
    var following: [CheckpointCursor]
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
  /// For each stage, the stages that follow its units, directly or through others.
  private let following: [StageID: [StageID]]
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
    following = Self.following(instances)
  }

  private static func following(_ instances: [StageID: StageInstance]) -> [StageID: [StageID]] {
    var following: [StageID: [StageID]] = [:]
    for id in instances.keys.sorted() {
      var source = id
      // Ends: the pipeline has no cycles, and a unit follows at most one other.
      while case .units(of: let next)? = instances[source]?.definition.foreach {
        following[next, default: []].append(id)
        source = next
      }
    }
    return following
  }

  /// The next units of a stage. `failed` gives, for each stage it needs, the keys whose checkpoints are not current.
  func expand(_ id: StageID, failed: [StageID: Set<UnitKey>]) throws -> Expansion {
    guard let instance = instances[id] else { return Expansion(isExhausted: true) }
    var cursor = try cursors.removeValue(forKey: id) ?? open(instance, failed: failed)
    var expansion = Expansion()
    while expansion.units.count < Self.step {
      guard let unit = cursor.units.next() else {
        expansion.retired += cursor.checkpoints.skip(to: nil)
        for index in cursor.following.indices { expansion.retired += cursor.following[index].skip(to: nil) }
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
      expansion.retired += cursor.checkpoints.skip(to: unit.key)
      for index in cursor.following.indices {
        expansion.retired += cursor.following[index].skip(to: unit.key)
        _ = cursor.following[index].take(unit.key)
      }
      let checkpoint = cursor.checkpoints.take(unit.key)
      expansion.units.append(
        try judge.judge(
          unit, of: instance, upstream: try cursor.upstream + followedComponent(instance, unit.key),
          checkpoint: checkpoint,
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
    let parts = try upstream + followedComponent(instance, unit.key)
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

  /// What a following unit depends on of the unit it follows; the same whether the followed stage is in the run or not.
  private func followedComponent(_ instance: StageInstance, _ key: UnitKey) throws -> [Fingerprint.Component]
  {
    guard case .units(of: let followed) = instance.definition.foreach,
      let committed = try store.checkpoint(pipeline: pipeline, unit: UnitID(stage: followed, key: key))
    else { return [] }
    return [.init(name: "upstream:\(followed)", value: committed.outputDigest.hex)]
  }

  private func open(_ instance: StageInstance, failed: [StageID: Set<UnitKey>]) throws -> Cursor {
    let id = instance.definition.id
    let units = try instance.stage.units(context(instance, failed: failed, only: nil)).makeIterator()
    var followed: StageID?
    if case .units(of: let source) = instance.definition.foreach { followed = source }
    return Cursor(
      units: units, checkpoints: CheckpointCursor(try store.checkpoints(pipeline: pipeline, stage: id)),
      following: try (following[id] ?? []).map {
        CheckpointCursor(try store.checkpoints(pipeline: pipeline, stage: $0))
      }, upstream: try upstreamComponents(instance, without: followed, failed: failed))
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

/// A stage's checkpoints, ascending by key, with the next one in hand.
private struct CheckpointCursor {
  private var rest: any IteratorProtocol<Checkpoint>
  private var next: Checkpoint?

  init(_ checkpoints: any Sequence<Checkpoint>) {
    rest = checkpoints.makeIterator()
    next = rest.next()
  }

  /// Passes over the checkpoints before `key`, or over all, and gives their units.
  mutating func skip(to key: UnitKey?) -> [UnitID] {
    var passed: [UnitID] = []
    while let old = next, key.map({ old.unit.key < $0 }) ?? true {
      passed.append(old.unit)
      next = rest.next()
    }
    return passed
  }

  /// The checkpoint of `key`, when it is the next one.
  mutating func take(_ key: UnitKey) -> Checkpoint? {
    guard let old = next, old.unit.key == key else { return nil }
    next = rest.next()
    return old
  }
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
    for name in names.withLock({ $0 }) { values[name] = ProcessEnvironment.observed(name) }
    return values
  }
}
