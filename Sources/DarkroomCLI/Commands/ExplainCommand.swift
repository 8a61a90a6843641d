import ArgumentParser
import PipelineCore
import PipelineEngine
import PipelineSpec
import PipelineStore
import PipelineWorkspace

struct ExplainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Say field by field why a unit would run or be skipped, or why it did in a past run.",
    discussion: """
      Everything that a unit depends on is a named part of its fingerprint. This compares the parts as they are now \
      with those of the checkpoint; with --run, those that the run committed with the ones before it.
      """)

  @Argument(help: "The stage, or STAGE/UNIT.", completion: .custom(Completions.stages))
  var stage: String
  @Argument(help: "The unit's key.")
  var unit: String?
  @OptionGroup var place: WorkspaceOptions
  @Option(
    name: .long, help: "The pipeline (default: the only one, or that of the last run).",
    completion: .custom(Completions.pipelines))
  var pipeline: String?
  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("Explain what happened in this run: its number, or `last`.", valueName: "run"))
  var runName: String?
  @Option(
    name: .customLong("param"),
    help: ArgumentHelp("Set a pipeline parameter: NAME=VALUE (repeat).", valueName: "name=value"))
  var parameters: [String] = []
  @Flag(name: .long, help: "Print JSON.")
  var json = false

  func run() async throws {
    let workspace = try place.locate()
    let database = try StateDatabase.open(workspace: workspace.root, .readOnly)
    let explanation: Explanation
    if let runName {
      let record = try RunName.resolve(runName, in: database, of: workspace)
      explanation = try past(record, database)
    } else {
      explanation = try await present(workspace, database)
    }
    StandardOutput.write(json ? explanation.json.pretty : explanation.text(style: Terminal().style))
  }

  // MARK: Now

  private func present(_ workspace: Workspace, _ database: StateDatabase?) async throws -> Explanation {
    let name = try PipelineChoice.name(pipeline, in: workspace, database)
    let file = try PipelineFile.load(name, in: workspace, parameters: parameters)
    let all = (file.pipeline.stages + file.pipeline.finally).map(\.id)
    let (id, key) = try UnitName.parse(stage, unit, known: all, owner: "the pipeline \(name)")
    let session = PipelineSession(file, database: database)
    let plan = try await session.plan(Selection(until: [id]))
    let planned = plan.stages.first { $0.id == id }
    let engine = try session.engine(selection: .everything, jobs: 1)
    var explanation = Explanation(pipeline: file.pipeline.name, stage: id)
    explanation.waitsFor = planned?.state == .deferred ? planned?.waitsFor ?? [] : []
    explanation.isDeferred = planned?.state == .deferred
    explanation.isComplete = key != nil
    explanation.findings = planned?.errors ?? []
    do {
      explanation.units = try await engine.judgedUnits(of: id, key: key).map {
        ExplainedUnit(now: $0, of: id)
      }
    } catch let error as Diagnostic where explanation.isDeferred || !explanation.findings.isEmpty {
      // A stage whose needs never ran may have no units that can be found yet.
      if explanation.findings.isEmpty { explanation.findings = [error] }
    }
    if let key, explanation.units.isEmpty, !explanation.isDeferred, explanation.findings.isEmpty {
      throw await unknown(key, id, engine)
    }
    return explanation
  }

  private func unknown(_ key: UnitKey, _ id: StageID, _ engine: Engine) async -> CommandFailure {
    // `try?`: the names are a courtesy of the message.
    let known = ((try? await engine.judgedUnits(of: id)) ?? []).map(\.definition.key.rawValue)
    return CommandFailure(
      .notFound,
      Diagnostic(
        code: "unknown-unit", "the stage \(id) has no unit \"\(key)\"",
        help: known == [""]
          ? "it has one unit, the whole stage: `darkroom explain \(id)`"
          : Suggestion.help(for: key.rawValue, among: known, what: "its units are")))
  }

  // MARK: Then

  private func past(_ run: RunRecord, _ database: StateDatabase?) throws -> Explanation {
    guard let database else { return Explanation(pipeline: run.pipeline, stage: StageID(stage)) }
    let known = try run.stages.map(\.id) + database.newestCheckpointRuns(pipeline: run.pipeline).keys.sorted()
    let (id, key) = try UnitName.parse(stage, unit, known: known, owner: "run \(run.id)")
    var explanation = Explanation(pipeline: run.pipeline, stage: id)
    explanation.run = run
    explanation.record = run.stages.first { $0.id == id }
    explanation.isComplete = key != nil
    let attempts = try database.attempts(of: run.id, stage: id).filter { key == nil || $0.unit.key == key }
    var last: [UnitKey: AttemptRecord] = [:]
    for attempt in attempts { last[attempt.unit.key] = attempt }
    let keys = key.map { [$0] } ?? (last.isEmpty ? [.whole] : last.keys.sorted())
    for key in keys {
      let unit = UnitID(stage: id, key: key)
      let after = try database.checkpoint(pipeline: run.pipeline, unit: unit, asOf: run.id)
      let before = try database.checkpoint(
        pipeline: run.pipeline, unit: unit, asOf: RunID(run.id.rawValue - 1))
      if last[key] == nil, after == nil { continue }
      explanation.units.append(ExplainedUnit(unit, attempt: last[key], after: after, before: before))
    }
    return explanation
  }
}
