import PipelineCore

/// The grammar of pipeline files: the one table of rules.
///
/// Each object has an enum of its keys and a rule for each. The reader takes a key's place and type from here,
/// ``PipelineSchema`` and ``PipelineReference`` print what is here.
enum Grammar {
  /// The version of the grammar that this code reads.
  static let version: Int64 = 1
  /// The largest whole number that every JSON reader keeps exactly (2^53 − 1).
  static let largestWhole: Int64 = 9_007_199_254_740_991

  enum TopKey: Int, CaseIterable {
    case schema, version, name, description, parameters, pools, stages, finally
  }
  enum ParameterKey: Int, CaseIterable {
    case type, defaultValue, minimum, maximum, allowed, description
  }
  enum StageKey: Int, CaseIterable {
    case uses, with, needs, after, inputs, outputs, foreach, pool, timeout, retry, continueOnError,
      maxFailures, env
  }
  enum RetryKey: Int, CaseIterable { case attempts, backoff, maxBackoff, jitter }
  enum ForEachKey: Int, CaseIterable { case days, files, values, range, unitsOf }

  /// The keys of a stage that only kinds with declared files have.
  static let declaredFileKeys: [StageKey] = [.inputs, .outputs, .foreach]

  static let top = ObjectRule("pipeline", interpolates: false, "The whole file.") { (key: TopKey) in
    switch key {
    case .schema:
      KeyRule(
        "$schema", .value(.string),
        "Where editors find the JSON Schema of this grammar. It has no other effect.")
    case .version: KeyRule("version", .version, required: true, "The version of the grammar.")
    case .name: KeyRule("name", .name, required: true, "The pipeline's name.")
    case .description: KeyRule("description", .value(.string), default: "", "What it is for, in words.")
    case .parameters:
      KeyRule(
        "parameters", .map(.name, .object(parameter)), default: [:],
        aliases: ["params", "inputs", "vars", "variables"],
        "Values that a run may set with `--param NAME=VALUE`. Stages use them as `${parameters.NAME}`.")
    case .pools:
      KeyRule(
        "pools", .map(.name, .value(.integer(1...100_000))), default: [:],
        "How many units of the stages in a pool may run at once, by the pool's name.")
    case .stages:
      KeyRule(
        "stages", .map(.name, .object(stage)), required: true, aliases: ["jobs", "steps", "tasks"],
        "The stages by id. The order in the file does not decide when they run: `needs` does.")
    case .finally:
      KeyRule(
        "finally", .map(.name, .object(stage)), default: [:], aliases: ["after", "always"],
        "Stages that run after all others have ended, whatever the outcome. Their `needs` give an order only."
      )
    }
  }

  static let parameter = ObjectRule("parameter", interpolates: false, "A value that a run may set.") {
    (key: ParameterKey) in
    switch key {
    case .type:
      KeyRule(
        "type", .value(.oneOf(ParameterType.allCases.map(\.rawValue))), required: true,
        "The type of its value.")
    case .defaultValue:
      KeyRule("default", .scalar, "Its value when the run sets none; without it, `--param` is required.")
    case .minimum: KeyRule("minimum", .scalar, aliases: ["min"], "The least value; for ordered types.")
    case .maximum: KeyRule("maximum", .scalar, aliases: ["max"], "The greatest value; for ordered types.")
    case .allowed:
      KeyRule(
        "enum", .list(.scalar, atLeast: 1, unique: true), aliases: ["values", "choices", "options"],
        "The only values it may have.")
    case .description: KeyRule("description", .value(.string), default: "", "What it is for, in words.")
    }
  }

  static let stage = ObjectRule("stage", interpolates: true, "One node of the graph.") { (key: StageKey) in
    switch key {
    case .uses:
      KeyRule("uses", .kind, required: true, aliases: ["kind", "type", "action", "stage"], "The stage kind.")
    case .with:
      KeyRule(
        "with", .settings, default: [:], aliases: ["settings", "config", "args", "options", "run"],
        "The settings of the kind.")
    case .needs:
      KeyRule(
        "needs", .list(.stageReference, atLeast: 0, unique: true), default: [],
        aliases: ["dependsOn", "depends", "requires"],
        "The stages that come before this one: it starts when they have succeeded.")
    case .after:
      KeyRule(
        "after", .list(.stageReference, atLeast: 0, unique: true), default: [],
        aliases: ["order", "waitsFor"],
        "Stages that have ended before this one starts, whatever became of them: an order, not a dependency.")
    case .inputs, .outputs, .foreach: declaredFiles(key)
    case .pool:
      KeyRule("pool", .poolReference, "The pool whose size bounds how many of its units run at once.")
    case .timeout:
      KeyRule(
        "timeout", .value(.duration), "The longest that one attempt of a unit may take; no limit without it.")
    case .retry:
      KeyRule(
        "retry", .object(retry), default: [:], aliases: ["retries"], "How failed attempts are repeated.")
    case .continueOnError:
      KeyRule(
        "continueOnError", .value(.boolean), default: false, aliases: ["allowFailure", "ignoreErrors"],
        "Whether a failure of this stage leaves its dependents and the run's success alone.")
    case .maxFailures:
      KeyRule(
        "maxFailures", .value(.integer(0...largestWhole)),
        "How many of its units may fail: with one more, no more are started. Without it, all are tried.")
    case .env:
      KeyRule(
        "env", .map(.environment, .value(.string)), default: [:], aliases: ["environment"],
        "Environment variables for the stage's programs. They are part of the fingerprint.")
    }
  }

  private static func declaredFiles(_ key: StageKey) -> KeyRule {
    switch key {
    case .inputs:
      KeyRule(
        "inputs", .list(.pattern, atLeast: 0, unique: true), default: [],
        "The files it reads: paths or glob patterns. `${unit}` stands for the unit's key.")
    case .outputs:
      KeyRule(
        "outputs", .list(.output, atLeast: 0, unique: true), default: [],
        "The files it writes, or directories with `/` at the end; no two stages write the same. With `foreach`, each "
          + "holds `${unit}`.")
    default:
      KeyRule(
        "foreach", .oneKey(forEach), aliases: ["matrix", "strategy", "each"],
        "What the stage fans out over; without it, it is one unit.")
    }
  }

  static let retry = ObjectRule("retry", interpolates: true, "How failed attempts are repeated.") {
    (key: RetryKey) in
    let defaults = Retry()
    return switch key {
    case .attempts:
      KeyRule(
        "attempts", .value(.integer(1...1_000)), default: .integer(Int64(defaults.attempts)),
        aliases: ["max", "count"],
        "How often a unit is tried in all, the first time included.")
    case .backoff:
      KeyRule(
        "backoff", .value(.duration), default: .string(DurationText.text(defaults.backoff)),
        aliases: ["delay", "wait"],
        "The wait before the second attempt. It doubles for each further one.")
    case .maxBackoff:
      KeyRule(
        "maxBackoff", .value(.duration), default: .string(DurationText.text(defaults.maxBackoff)),
        "The longest wait; at least `backoff`.")
    case .jitter:
      KeyRule(
        "jitter", .value(.boolean), default: .bool(defaults.jitter),
        "Whether each wait is spread over half to all of its length. Off keeps runs repeatable.")
    }
  }

  static let forEach = ObjectRule(
    "foreach", interpolates: true, "What a stage fans out over: exactly one of these keys."
  ) { (key: ForEachKey) in
    switch key {
    case .days:
      KeyRule("days", .dayRange, "One unit per UTC day from the first to the last; the key is the day.")
    case .files: KeyRule("files", .pattern, "One unit per file that matches; the key is its path.")
    case .values:
      KeyRule(
        "values", .list(.unitKey, atLeast: 1, unique: true), "One unit per value; the key is the value.")
    case .range:
      KeyRule(
        "range", .wholeRange, "One unit per whole number from the first to the last; the key is the number.")
    case .unitsOf:
      KeyRule(
        "unitsOf", .stageReference,
        "One unit per unit of a stage in `needs`, with its key; it waits for that unit only.")
    }
  }
}

/// The type of a parameter's value.
enum ParameterType: String, CaseIterable, Sendable {
  case string, integer, number, boolean, duration, path, day, timeZone

  /// The rule of its values, without the range of a declaration.
  var rule: ValueRule {
    switch self {
    case .string: .value(.string)
    case .integer: .value(.integer(.min ... .max))
    case .number: .value(.number(-.greatestFiniteMagnitude ... .greatestFiniteMagnitude))
    case .boolean: .value(.boolean)
    case .duration: .value(.duration)
    case .path: .value(.path)
    case .day: .day
    case .timeZone: .value(.timeZone)
    }
  }

  /// Whether `minimum` and `maximum` make sense.
  var isOrdered: Bool {
    switch self {
    case .integer, .number, .duration, .day: true
    case .string, .boolean, .path, .timeZone: false
    }
  }
}
