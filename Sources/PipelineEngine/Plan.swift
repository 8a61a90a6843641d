public import PipelineCore

/// What a run would do, and why: the planner's answer for the world as it is now.
public struct Plan: Codable, Sendable, Equatable {
  /// What would happen to a stage.
  public enum StageState: String, Codable, Sendable {
    /// Some units would run.
    case run
    /// Nothing of it would run.
    case upToDate = "up-to-date"
    /// Its units are not known before the stages it needs have run.
    case deferred
    /// The selection leaves it out.
    case skipped
    /// Its units cannot be found, or something it needs has none.
    case failed
  }
  /// One unit that would run.
  public struct Unit: Codable, Sendable, Equatable {
    /// The unit's key.
    public var key: UnitKey
    /// Why it would run.
    public var reasons: [RunReason]
    /// The fingerprint it would have; `nil` when an input is missing.
    public var fingerprint: Digest?
  }
  /// One stage of the plan.
  public struct Stage: Codable, Sendable, Equatable {
    /// The stage's name.
    public var id: StageID
    /// The stage kind.
    public var kind: String
    /// What would happen to it.
    public var state: StageState
    /// The units that would run, ascending by key.
    public var units: [Unit]
    /// How many units would not run.
    public var upToDate: Int
    /// Units outside the selected days.
    public var left: Int
    /// Keys of units that the stage no longer has; their checkpoints would end.
    public var retired: [UnitKey]
    /// The stages whose result it waits for.
    public var waitsFor: [StageID]
    /// Why its units cannot be found.
    public var errors: [Diagnostic]
  }

  /// The version of the plan's form.
  public var version: Int
  /// The name of the pipeline.
  public var pipeline: String
  /// The digest of the pipeline file's bytes.
  public var definition: Digest
  /// The values of the parameters.
  public var parameters: [String: JSONValue]
  /// What the plan was asked for.
  public var selection: Selection
  /// The stages in the order of the pipeline file, `finally` last.
  public var stages: [Stage]

  /// How many units would run, as far as they are known.
  public var unitsToRun: Int { stages.reduce(0) { $0 + $1.units.count } }
  /// Whether nothing would run.
  public var isEmpty: Bool { stages.allSatisfy { $0.state == .upToDate || $0.state == .skipped } }

  /// How the world differs from the one this plan was made for: one finding per difference, empty when it is the same.
  public func differences(from now: Plan) -> [Diagnostic] {
    var findings: [Diagnostic] = []
    func note(_ message: String) { findings.append(Diagnostic(code: "plan-outdated", message)) }
    if version != now.version { note("the plan has format \(version), this program writes \(now.version)") }
    if definition != now.definition { note("the pipeline file changed since the plan was made") }
    if parameters != now.parameters { note("the parameters differ from the plan's") }
    if selection != now.selection { note("the selection differs from the plan's") }
    let present = Dictionary(now.stages.map { ($0.id, $0) }) { first, _ in first }
    for stage in stages {
      guard let other = present[stage.id] else {
        note("stage \(stage.id) is not in the pipeline any more")
        continue
      }
      if stage.state != other.state {
        note("stage \(stage.id) was \(stage.state.rawValue) in the plan and is \(other.state.rawValue) now")
      }
      let planned = Dictionary(stage.units.map { ($0.key, $0) }) { first, _ in first }
      let actual = Dictionary(other.units.map { ($0.key, $0) }) { first, _ in first }
      for (key, unit) in planned.sorted(by: { $0.key < $1.key }) where actual[key] != unit {
        let id = UnitID(stage: stage.id, key: key)
        if let changed = actual[key] {
          note(
            "unit \(id) would run for another reason now: \(changed.reasons.map(\.description).joined(separator: "; "))"
          )
        } else {
          note("unit \(id) is up to date now")
        }
      }
      for (key, _) in actual.sorted(by: { $0.key < $1.key }) where planned[key] == nil {
        note("unit \(UnitID(stage: stage.id, key: key)) would run now and is not in the plan")
      }
    }
    for id in present.keys.sorted() where !stages.contains(where: { $0.id == id }) {
      note("stage \(id) is not in the plan")
    }
    return findings
  }
}

extension Engine {
  /// Plans without changing anything: the same machine and the same judge as ``run(_:)``, but no unit starts.
  public func plan() async throws -> Plan {
    let scope = try selection.stages(of: pipeline)
    var machine = RunMachine(pipeline, scope: scope, jobs: .max / 4)
    let expander = StageExpander(
      workspace: workspace, pipeline: pipeline.name, instances: instances, store: store,
      history: store.history(current: nil), judge: try judge(), everyFingerprint: true)
    var notes: [StageID: Plan.Stage] = [:]
    for stage in machine.stages {
      notes[stage.definition.id] = Plan.Stage(
        id: stage.definition.id, kind: stage.definition.uses, state: .upToDate, units: [], upToDate: 0,
        left: 0, retired: [], waitsFor: [], errors: [])
    }
    while let action = machine.next() {
      switch action {
      case .expand(let stage):
        do {
          let expansion = try await expander.expand(stage, failed: retired(neededBy: stage, notes))
          for unit in expansion.retired { notes[unit.stage]?.retired.append(unit.key) }
          report(expansion.units, of: stage, &notes, &machine, exhausted: expansion.isExhausted)
        } catch {
          notes[stage]?.errors += diagnostics(of: error)
          machine.expansionFailed(stage)
        }
      case .follow(let unit):
        guard case .units(of: let followed) = instances[unit.stage]?.definition.foreach else { continue }
        do {
          let judged = try await expander.follow(
            unit, followed, failed: retired(neededBy: unit.stage, notes))
          report([judged], of: unit.stage, &notes, &machine, exhausted: false)
        } catch {
          notes[unit.stage]?.errors += diagnostics(of: error)
          machine.expansionFailed(unit.stage, key: unit.key)
        }
      case .start(let unit, let attempt):
        machine.freed(unit)
        machine.ended(unit, attempt: attempt, .planned)
      case .wait, .stageEnded, .mainStagesEnded: break
      }
    }
    let stages = machine.stages.compactMap { stage in
      notes[stage.definition.id].map { finish($0, stage, machine) }
    }
    return Plan(
      version: 1, pipeline: pipeline.name, definition: definition, parameters: pipeline.parameters,
      selection: selection, stages: stages)
  }

  /// The units that the needed stages no longer have: a run ends their checkpoints before it looks at this stage.
  private func retired(neededBy stage: StageID, _ notes: [StageID: Plan.Stage]) -> [StageID: Set<UnitKey>] {
    var keys: [StageID: Set<UnitKey>] = [:]
    for need in instances[stage]?.definition.needs ?? [] {
      if let gone = notes[need]?.retired, !gone.isEmpty { keys[need] = Set(gone) }
    }
    return keys
  }

  private func report(
    _ units: [JudgedUnit], of stage: StageID, _ notes: inout [StageID: Plan.Stage],
    _ machine: inout RunMachine,
    exhausted: Bool
  ) {
    var ready: [UnitKey] = []
    var current: [UnitKey] = []
    for unit in units {
      if case .run(let reasons) = unit.verdict {
        notes[stage]?.units.append(
          Plan.Unit(key: unit.definition.key, reasons: reasons, fingerprint: unit.fingerprint?.digest))
        ready.append(unit.definition.key)
      } else {
        if unit.isLeft { notes[stage]?.left += 1 } else { notes[stage]?.upToDate += 1 }
        current.append(unit.definition.key)
      }
    }
    machine.expanded(stage, ready: ready, upToDate: current, exhausted: exhausted)
  }

  private func finish(_ note: Plan.Stage, _ stage: RunMachine.Stage, _ machine: RunMachine) -> Plan.Stage {
    var note = note
    if !stage.inScope {
      note.state = .skipped
    } else if !note.errors.isEmpty || stage.state == .failed || stage.state == .blocked {
      note.state = .failed
    } else if stage.isDeferred {
      note.state = .deferred
      note.waitsFor = (stage.definition.needs + stage.definition.after).filter { need in
        machine[need].map { $0.isDeferred || $0.planned > 0 } ?? false
      }
      if stage.isFinally, note.waitsFor.isEmpty {
        note.waitsFor = machine.stages.filter { !$0.isFinally && ($0.isDeferred || $0.planned > 0) }
          .map(\.definition.id)
      }
    } else if !note.units.isEmpty {
      note.state = .run
    }
    return note
  }
}
