import FileSystem
import Learning
public import PipelineCore
import RecommendationModels
import TrainingData

/// `training.fit`: fits a recommender on what people decided, and promotes it when it is shown to be better.
public struct FitStage: Stage {
  public static let description = StageDescription(
    kind: "training.fit", version: 2,
    summary: "Fits a model that recommends images and crops, and promotes it when it is better",
    discussion: """
      Reads the datasets that `training.join` published last, of all projects. From groups in which a person picked one \
      of several measured images it fits a ranker on the split `train`, makes its confidence a probability and chooses \
      the confidence from which on it answers on `validation`, and judges it once on `test`. From crops that \
      people drew it fits a proposer of rectangles, which is kept when it is better than no crop, than the mean crop, and \
      than the present model's proposer. Judged are decisions that no shown \
      recommendation touched (exposure `blind` and `none`) where there are enough of them, else all; the model says which. \
      A proposer is compared with the present one only on crops for which none was shown.

      The candidate is published as `data/training/models/DIGEST.json`. It becomes `data/training/models/current.json` \
      when on test groups it is better than the rules (the highest stage) and than the present model, each by a \
      bootstrap interval wholly above 0. No test group judges twice: `data/training/models/judgements.json` keeps which \
      have, and a candidate waits until there are enough that have not. `training_models_v1/models.json` tells candidate, \
      outcome (`promoted`, `kept`, `waiting`, `no-model`) and figures. Too few decisions, or decisions that teach \
      nothing, are a note and no model. A `current.json` or `judgements.json` that cannot be read is a warning, and is \
      never replaced. A person who puts another model's file in the place of `current.json`, also one from elsewhere, or \
      moves it away, is followed, each time: the model that was there does not come back, and the next one is compared with \
      what the person chose, on groups that are decided later. The same holds for a model that a run promoted and was \
      killed before it could write so.

      Behind a `training.check` in `needs`, datasets whose check failed, or that were not checked, are left out, with a \
      warning for each. Behind a `training.join`, a project whose join failed is learned from as its last dataset has it, \
      with a warning that names it. There is one unit.
      """,
    settings: [
      Setting(
        "seed", .integer(0...4_294_967_295), default: 1, "Where the random numbers of the comparisons begin."),
      Setting(
        "errorBound", .number(0.001...0.5), default: 0.1,
        "The share of its answers that may be wrong; below the confidence that keeps it, the model says nothing."
      ),
      Setting(
        "level", .number(0.5...0.999), default: 0.95,
        "How sure the error bound and the comparisons are to be."),
      Setting(
        "l2", .number(0.000_001...1_000_000), default: 1,
        "How strongly the weights are pulled to 0, against one for each group."),
      Setting(
        "minimumGroups", .integer(10...1_000_000), default: 100,
        "The least number of groups to train on, and of independent groups that judge whether a model is promoted."
      ),
    ],
    unit: "the whole stage", observesItsExpansion: true)

  /// The schema of the artifact.
  static let artifact = "training_models_v1"
  /// Where the same stands for readers who cannot wait for the snapshot, which is published before the fit.
  public static let decisionPath = "data/training/promotion.json"
  private let settings: FitSettings

  public init(_ definition: StageDefinition) { settings = FitSettings(definition.settings) }

  private static let files = [
    DatasetFiles.manifestName, SelectionRow.fileName, CropRow.fileName, ImageRow.fileName,
  ]

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    let workspace = context.workspace
    let projects = try DatasetFiles.projects(workspace: workspace) { context.observe(.path($0)) }
    context.observe(.path(RecommendationModel.currentPath))
    context.observe(.path(JudgementHistory.path))
    var values: [String: String] = [:]
    var inputs: [InputReference] = []
    var datasets: [ModelBasis.Dataset] = []
    let (checks, joins) = (try PassedChecks(context), try StandingJoins(context))
    for project in projects {
      guard let dataset = try DatasetFiles.current(workspace: workspace, project: project) else { continue }
      let folder = String(dataset.path.dropFirst(workspace.count + 1))
      if let objection = checks.objection(project: project, dataset: folder) {
        values["left out \(project)"] = objection
        continue
      }
      let manifest = "\(dataset.path)/\(DatasetFiles.manifestName)"
      datasets.append(.init(project: project, digest: try FileSystem.digest(manifest).digest))
      values["dataset \(project)"] = folder
      if joins.isOlder(project) { values["older \(project)"] = folder }
      inputs += Self.files.map { InputReference(path: "\(folder)/\($0)") }
    }
    if values.isEmpty { return [UnitDefinition]() }
    let basis = basis(datasets)
    let past = try FitPast(workspace: workspace, basis: basis)
    if let predecessor = past.predecessorPath { context.observe(.path(predecessor)) }
    values.merge(past.values) { $1 }
    return [
      UnitDefinition(
        inputs: inputs, outputs: ["\(RecommendationModel.folder)/", Self.decisionPath], values: values)
    ]
  }

  private func basis(_ datasets: [ModelBasis.Dataset]) -> ModelBasis {
    ModelBasis(datasets: datasets, settings: settings.json, method: Self.description.version)
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    var rows = FitRows()
    var datasets: [ModelBasis.Dataset] = []
    let prefix = "dataset "
    for (name, folder) in order.values.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
    where name.hasPrefix(prefix) {
      let manifest = "\(folder)/\(DatasetFiles.manifestName)"
      guard let digest = order.inputs.first(where: { $0.path == manifest })?.digest else { continue }
      datasets.append(.init(project: String(name.dropFirst(prefix.count)), digest: digest))
      try rows.add(
        DatasetFiles(path: "\(context.workspace)/\(folder)"), checkCancellation: context.checkCancellation)
    }
    rows.separateProjects()
    try context.checkCancellation()
    let basis = basis(datasets)
    let past = try FitPast(workspace: context.workspace, basis: basis)
    guard FitPast.valueNames.allSatisfy({ order.values[$0] == past.values[$0] }) else {
      throw Diagnostic(
        code: "model-changed",
        "\(RecommendationModel.currentPath) or \(JudgementHistory.path) changed while the stage ran; nothing was published",
        help: "run the stage again")
    }
    let judgements = past.judgements(rows, basis: basis)
    let outcome = try ModelFit(
      rows: rows, settings: settings, basis: basis, present: past.compared, past: judgements
    ).run()
    var result = try publish(outcome, rows, past, judgements, context)
    let values = order.values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    for (name, reason) in values where name.hasPrefix("left out ") {
      result.findings.append(PassedChecks.finding(.warning, reason, "nothing is learned from it"))
    }
    for (name, dataset) in values where name.hasPrefix("older ") {
      result.findings.append(StandingJoins.finding(project: String(name.dropFirst(6)), dataset: dataset))
      result.counters["olderDatasets", default: 0] += 1
    }
    return result
  }

  private func publish(
    _ outcome: ModelFit.Outcome, _ rows: FitRows, _ past: FitPast, _ judgements: PastJudgements,
    _ context: UnitContext
  ) throws -> UnitResult {
    var result = UnitResult(
      counters: ["groups": Int64(rows.groups.count), "crops": Int64(rows.crops.count)],
      findings: past.findings)
    try FileSystem.makeDirectories("\(context.publication)/\(RecommendationModel.folder)")
    func publish(_ path: String, _ bytes: some Sequence<UInt8>, _ digest: Digest) throws {
      guard result.knownDigests[path] == nil else { return }
      try FileSystem.create("\(context.publication)/\(path)", bytes)
      result.publications.append(.init(path: path))
      result.knownDigests[path] = digest
    }
    var account: [String: JSONValue] = ["schema": .string(Self.artifact)]
    var promoted: [UInt8]?
    var history = past.change == nil ? past.file : judgements
    switch outcome {
    case .nothing(let note):
      result.findings.append(note)
      account["candidate"] = .null
      account["outcome"] = "no-model"
      account["reason"] = .string(note.message)
    case .candidate(let model, let judgement, let crop):
      let bytes = Array(model.text.utf8)
      let digest = bytes.withUnsafeBytes { Digest(of: $0) }
      try publish(RecommendationModel.path(digest), bytes, digest)
      if model.isPromoted { promoted = bytes }
      result.counters["candidates"] = 1
      result.counters[judgement.outcome.rawValue] = 1
      result.findings += Self.note(judgement).map { [$0] } ?? []
      if let entry = judgement.entry(
        of: model, crops: crop.used, digest: digest, comparison: past.comparison)
      {
        history = judgements.appending(entry)
      }
      account["candidate"] = .string(digest.hex)
      account["outcome"] = .string(judgement.outcome.rawValue)
      account["basis"] = .string(model.basis.digest.hex)
      account["threshold"] = model.choice.abstention.threshold.map(JSONValue.number) ?? .null
      account["proposes_crops"] = .bool(model.crop != nil)
      account["figures"] = model.account
    }
    // Also a model that a person brought from elsewhere: it is looked for by its name once another is promoted.
    if let bytes = past.compared.bytes, let digest = past.compared.digest {
      try publish(RecommendationModel.path(digest), bytes, digest)
    }
    // What is there already is published again as it is: so the engine goes on knowing it for this stage's own file.
    if let bytes = promoted ?? past.current.bytes {
      let digest = bytes.withUnsafeBytes { Digest(of: $0) }
      try publish(RecommendationModel.currentPath, bytes, digest)
      account["current"] = .string(digest.hex)
    } else {
      account["current"] = .null
    }
    if case .putBack(let digest) = past.change { account["put_back"] = .string(digest.hex) }
    // Behind the model, for files are placed in this order: a promotion in the history of a model that is not in its
    // place tells that a person put another one there, not that a run was killed between the two. (A disk that lost
    // power may keep the later name alone: then the model waits for new groups, or for a person to put it in place.)
    if case .readable(let history) = history, !history.entries.isEmpty {
      try publish(JudgementHistory.path, history.text.utf8, Digest(of: history.text))
    }
    let text = JSONValue.object(account).canonical + "\n"
    let name = "\(Self.artifact)/models.json"
    try FileSystem.makeDirectories("\(context.artifact)/\(Self.artifact)")
    try FileSystem.create("\(context.artifact)/\(name)", text.utf8)
    result.artifacts = [.init(name: name, digest: Digest(of: text), rows: 1)]
    try publish(Self.decisionPath, text.utf8, Digest(of: text))
    return result
  }

  private static func note(_ judgement: Judgement) -> Diagnostic? {
    guard judgement.outcome == .waiting else { return nil }
    return Diagnostic(
      .note, code: "training-model-waiting",
      "a model was fitted and not judged yet: \(judgement.missing) more independent groups of the split test are needed that have judged no model, which are some \(judgement.missing * 10) decisions",
      help: "nothing is wrong: recommendations go on as before, and more decisions change this")
  }
}
