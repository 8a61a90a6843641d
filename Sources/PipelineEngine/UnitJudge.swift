import FileSystem
public import PipelineCore

/// A unit with all that is known of it before it runs.
public struct JudgedUnit: Sendable {
  /// The unit.
  public let definition: UnitDefinition
  /// `nil` when it is not needed to see that the unit runs, or an input is missing.
  public let fingerprint: Fingerprint?
  /// Its last committed result.
  public let checkpoint: Checkpoint?
  /// Whether it runs, and why.
  public let verdict: Verdict
  /// The fingerprint's parts of the stages it depends on as wholes.
  let upstream: [Fingerprint.Component]
  /// Whether the selection leaves the unit as it is.
  public let isLeft: Bool
}

/// A stage made from its definition, ready to be asked for units.
struct StageInstance: Sendable {
  let definition: StageDefinition
  let description: StageDescription
  let stage: any Stage
}

/// Observes the world for one unit and asks the planner.
struct UnitJudge: Sendable {
  let digests: DigestCache
  let selection: Selection

  /// - Parameter everyFingerprint: also for units that run anyway, as plans and explanations want.
  func judge(
    _ unit: UnitDefinition, of instance: StageInstance, upstream: [Fingerprint.Component],
    checkpoint: Checkpoint?, everyFingerprint: Bool
  ) throws -> JudgedUnit {
    let policy = selection.policy(for: unit.key, in: instance.definition.id)
    if policy == .leave {
      return JudgedUnit(
        definition: unit, fingerprint: nil, checkpoint: checkpoint, verdict: .upToDate,
        upstream: upstream, isLeft: true)
    }
    if checkpoint == nil, !everyFingerprint {
      // It runs in any case; its worker digests the inputs, in parallel with others.
      return JudgedUnit(
        definition: unit, fingerprint: nil, checkpoint: nil,
        verdict: .run(policy == .force ? [.forced, .neverRan] : [.neverRan]), upstream: upstream,
        isLeft: false)
    }
    let observed = try observe(unit.inputs, isTolerant: true)
    let fingerprint =
      observed.missing == nil
      ? fingerprint(unit, of: instance, inputs: observed.inputs, upstream: upstream) : nil
    var outputs = OutputState.intact
    for output in checkpoint?.outputs ?? [] {
      // `try?`: an output that cannot be read is not the one that was made.
      outputs = (try? digests.state(of: output)) ?? .altered(path: output.path)
      if outputs != .intact { break }
    }
    let verdict = Planner.verdict(
      fingerprint: fingerprint, checkpoint: checkpoint, outputs: outputs, missingInput: observed.missing,
      isForced: policy == .force)
    return JudgedUnit(
      definition: unit, fingerprint: fingerprint, checkpoint: checkpoint, verdict: verdict,
      upstream: upstream,
      isLeft: false)
  }

  /// The inputs with their present digests, and the path of the first one that has to be there and is not.
  ///
  /// - Parameter isTolerant: counts an input that cannot be read as missing, so that judging goes on: the unit's own
  ///   attempt then reports it, and no other unit of the stage suffers.
  func observe(
    _ inputs: [InputReference], isTolerant: Bool = false
  ) throws -> (inputs: [InputReference], missing: String?) {
    var missing: String?
    let observed = try inputs.map { input in
      var digest: Digest?
      do {
        digest = try digests.digest(ofInput: input.path, length: input.length)
      } catch {
        guard isTolerant else { throw error }
        missing = missing ?? input.path
      }
      if digest == nil, !input.isOptional, missing == nil { missing = input.path }
      return InputReference(
        path: input.path, length: input.length, digest: digest, isOptional: input.isOptional, rows: input.rows
      )
    }
    return (observed, missing)
  }

  /// How many inputs are named one by one in a fingerprint; more are folded into one part.
  static let namedInputs = 64

  /// The fingerprint of a unit: kind, configuration, inputs, values, upstream and environment, by name.
  func fingerprint(
    _ unit: UnitDefinition, of instance: StageInstance, inputs: [InputReference],
    upstream: [Fingerprint.Component]
  ) -> Fingerprint {
    let definition = instance.definition
    var parts = upstream
    parts.append(.init(name: "kind", value: "\(instance.description.kind)@\(instance.description.version)"))
    parts.append(.init(name: "configuration", value: JSONValue.object(definition.settings).canonical))
    if unit.key != .whole { parts.append(.init(name: "unit", value: unit.key.rawValue)) }
    if !unit.outputs.isEmpty {
      parts.append(.init(name: "outputs", value: JSONValue.array(unit.outputs.map { .string($0) }).canonical))
    }
    for (name, value) in unit.values { parts.append(.init(name: "value:\(name)", value: value)) }
    for (name, value) in definition.environment {
      parts.append(.init(name: "environment:\(name)", value: value))
    }
    if inputs.count <= Self.namedInputs {
      for input in inputs {
        parts.append(.init(name: "input:\(Self.name(of: input))", value: input.digest?.hex ?? "absent"))
      }
    } else {
      var hasher = DigestHasher()
      for input in inputs { hasher.update("\(Self.name(of: input))\0\(input.digest?.hex ?? "absent")\n") }
      parts.append(.init(name: "inputs (\(inputs.count) files)", value: hasher.finalize().hex))
    }
    return Fingerprint(parts)
  }

  /// An artifact's path holds the fingerprint of the unit that made it. Left in, it would undo the early cut-off:
  /// the same bytes from a changed unit have to leave this one up to date.
  private static func name(of input: InputReference) -> String {
    guard input.path.hasPrefix("data/state/artifacts/") else { return input.path }
    let parts = input.path.split(separator: "/")
    return parts.count > 6 ? (parts[3...4] + parts[6...]).joined(separator: "/") : input.path
  }
}
