public import PipelineCore

/// The stage kind `command`: runs a program with declared inputs and outputs.
public struct CommandStage: Stage {
  public static let description = StageDescription(
    kind: "command",
    version: 1,
    summary: "Runs a program with declared inputs and outputs.",
    discussion: """
      The first element of `run` is the program: a name is looked up in PATH; a path with a slash is relative to the \
      workspace, and the file is then an input, so that editing it runs the stage again. Of a program from PATH only \
      the name is part of the fingerprint, not its place or version, which differ between machines: raise a variable \
      in `env` to run everything again after an upgrade. There is no shell; write `["/bin/sh", "-c", "…"]` for one.

      The program writes each declared output to the same path below `$DARKROOM_STAGING` (in `run` and `env` also \
      `${staging}`); the directories are there already. An output that ends in `/` is a directory whose files are \
      all published. What is published is exactly what was declared: a missing output, a file that is not declared, \
      and an output written past the staging directory fail the unit. `${unit}` is the key of the unit.

      The environment of the program is PATH, HOME, LANG and TMPDIR of ours, the variables named in \
      `passEnvironment` (their values are part of the fingerprint), `env`, and DARKROOM_WORKSPACE, DARKROOM_UNIT, \
      DARKROOM_STAGING, DARKROOM_ATTEMPT. Nothing else is inherited, and no open file. Its input is empty.

      Its output goes to the log of the attempt: the first 8 MiB and the last 1 MiB of it. The lines \
      `::darkroom progress 10/100` and `::darkroom counter rows=123` in it set progress and counters.

      When it takes longer than `timeout`, or the run stops, its whole process group gets SIGTERM and after \
      `gracePeriod` SIGKILL. Processes that it leaves running are killed and reported; on Linux also those that left \
      its group, unless they cleared their environment. When a run is killed on Linux, its programs are killed too.
      """,
    settings: [
      Setting("run", .array(.string, atLeast: 1), required: true, "The program and its arguments."),
      Setting("workingDirectory", .path, default: ".", "The directory in which the program starts."),
      Setting("gracePeriod", .duration, default: "5s", "The time between SIGTERM and SIGKILL."),
      Setting(
        "passEnvironment", .array(.string, atLeast: 0), default: [],
        "The names of further variables that the program gets from the environment of the run."),
    ],
    unit: "what `foreach` says, or the whole stage",
    upstream: .everything,
    acceptsDeclaredFiles: true,
    observesItsExpansion: true)

  let definition: StageDefinition
  let run: [CommandTemplate]
  let environment: [String: CommandTemplate]
  let inputs: [CommandTemplate]
  let outputs: [CommandTemplate]
  let workingDirectory: String
  let gracePeriod: Duration
  let passEnvironment: [String]

  public init(_ definition: StageDefinition) throws {
    var reader = CommandDefinitionReader(definition)
    self.definition = definition
    run = reader.templates("run", reader.strings("run"), allowed: [.unit, .staging])
    inputs = reader.templates("inputs", definition.inputs, allowed: [.unit])
    outputs = reader.templates("outputs", definition.outputs, allowed: [.unit])
    environment = reader.environment()
    workingDirectory = reader.workingDirectory()
    gracePeriod = reader.gracePeriod()
    passEnvironment = reader.passedNames()
    reader.checkFanOut(run: run, inputs: inputs, outputs: outputs)
    if !reader.problems.isEmpty { throw Diagnostics(reader.problems) }
  }

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    try CommandUnits(self, context).all()
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    if let problem = order.values[CommandUnits.problemValue] {
      throw Diagnostics([
        Diagnostic(code: "unit-definition", "\(order.unit): \(problem)", at: definition.location)
      ])
    }
    try context.checkCancellation()
    let outputs = CommandOutputs(order.outputs, workspace: context.workspace, staging: context.publication)
    try outputs.prepare()
    let before = try outputs.publishedFacts()
    let child = try childProcess(order, context)
    let logFile = context.shown(context.logFile)
    let ending = try child.run(cancellation: context.cancellation, progress: context.progress)
    let findings = ending.findings(of: child.program, logFile: logFile)
    if let failure = ending.failure(of: child.program, logFile: logFile, timeout: child.timeout) {
      throw Diagnostics([failure] + findings)
    }
    if ending.isCancelled { throw CancellationError() }
    let publications: [UnitResult.Publication]
    do {
      publications = try outputs.publications(before: before)
    } catch {
      throw Diagnostics(error.items + findings)
    }
    return UnitResult(publications: publications, counters: ending.counters, findings: findings)
  }

  /// The child of one attempt.
  private func childProcess(_ order: UnitOrder, _ context: UnitContext) throws -> ChildProcess {
    let key = order.unit.key
    let words = run.map { $0.filled(unit: key, staging: context.publication) }
    var variables: [String: String] = [:]
    for name in Self.inherited { variables[name] = ProcessEnvironment.value(name) }
    // The values come from the order and not from our environment: they are what the fingerprint says.
    for name in passEnvironment { variables[name] = order.values[CommandUnits.passedValue(name)] }
    for (name, value) in environment {
      variables[name] = value.filled(unit: key, staging: context.publication)
    }
    variables["DARKROOM_WORKSPACE"] = context.workspace
    variables["DARKROOM_UNIT"] = key.rawValue
    variables["DARKROOM_STAGING"] = context.publication
    variables["DARKROOM_ATTEMPT"] = "\(order.unit)#\(order.attempt)"
    let program = words.first ?? ""
    return ChildProcess(
      program: program,
      executable: try ProgramSearch(workspace: context.workspace, path: variables["PATH"]).find(program),
      arguments: Array(words.dropFirst()), environment: variables,
      workingDirectory: workingDirectory == "."
        ? context.workspace : "\(context.workspace)/\(workingDirectory)",
      logFile: context.logFile, timeout: order.timeoutSeconds.map { .seconds($0) }, gracePeriod: gracePeriod)
  }

  /// What every program gets of our environment: facts of the machine and the person, not of the pipeline.
  static let inherited = ["PATH", "HOME", "LANG", "TMPDIR"]
}

extension UnitContext {
  /// A path as the person finds it: relative to the workspace where it lies inside.
  func shown(_ path: String) -> String {
    path.hasPrefix(workspace + "/") ? String(path.dropFirst(workspace.count + 1)) : path
  }
}
