import FileCustody
import FileSystem
import ImageCatalog
import ImageMeasurement
public import PipelineCore
import RecommendationModels

/// `images.recommend`: what a recommender thinks of each group that nobody has decided yet.
public struct RecommendStage: Stage {
  public static let description = StageDescription(
    kind: "images.recommend", version: 2,
    summary: "Recommends an image, and perhaps a crop, for each undecided group",
    discussion: """
      Asks the recommender about each group of the `images.catalog` stage in `needs` that has no decision, and publishes \
      `data/review/recommendations/PROJECT/GROUP.json`. `rule` takes the image of the highest stage and recommends no \
      crop; `none` recommends nothing. A recommendation decides nothing: a person does.

      `model` asks the model that `training.fit` promoted, `data/training/models/current.json`, about groups whose images \
      are all measured. Its confidence is the probability that a person would pick the image; below the model's threshold \
      it says nothing. Without a promoted model it recommends nothing. `best` is `model` once there is a promoted model \
      and `rule` before; groups that no model can judge (one image, or one that was not measured) get the rule's \
      recommendation. A model that cannot be read, is of a newer version, or was fitted on other features, is an error of \
      `model`; with `best` it is one warning, and the rule recommends.

      Of each group, a hash of its id decides whether its recommendation is hidden: a share of `blindShare` of all. A \
      hidden one has `"blind": true`, `darkroom groups` does not show it, and a page that shows recommendations must not \
      either, until the group is decided. So the influence of recommendations on people can be measured.

      `command` asks a program, started once for all groups of the run. For each group it gets one line of JSON on its \
      input, `{"group": ID, "images": [{"path", "name", "width", "height", "stage"}]}` with absolute paths and \
      displayed sizes in pixels (and `features` when asked for), and writes one line to its output: \
      `{"group": ID, "index": 0, "confidence": 0.9, "crop": [x1, y1, x2, y2]}`. `index` counts the images from 0, `null` \
      is no opinion; `confidence` (0 to 1) and `crop` (fractions of the displayed image) may be left out. It must flush \
      each line, and end when its input ends. Its error output goes to the attempt's log. A program that dies, hangs, \
      writes a line of more than 1 MiB or anything that is not the answer fails the unit; it is started again at most \
      three times. What is in the program's files is not looked at: change `version` when its answers change.

      A unit is a group without a decision.
      """,
    settings: [
      Setting(
        "recommender", .oneOf(["rule", "model", "best", "command", "none"]), default: "rule",
        "Who recommends: `rule`, `model`, `best`, `command` or `none`."),
      Setting(
        "blindShare", .number(0...1), default: 0.05,
        "The share of recommendations that are hidden from whoever decides, to measure their influence."),
      Setting(
        "command", .array(.string, atLeast: 1),
        "The program of `command` and its arguments; a path is relative to the workspace."),
      Setting(
        "name", .string,
        "The recommender's name in what `command` recommends; without it, the program's file name."),
      Setting("version", .string, default: "1", "The recommender's version in what `command` recommends."),
      Setting("model", .path, "The model file of `command`: a change of it asks about all groups again."),
      Setting("timeout", .duration, default: "30s", "The longest that `command` may take for one answer."),
      Setting(
        "features", .boolean, default: false,
        "Whether `command` gets figures of each image: sharpness, exposure, contrast and others."),
    ],
    unit: "a group without a decision", unitsComeAndGo: true)

  private let recommender: (any Recommender)?
  private let model: InputReference?
  /// Whether the rule stands in for a model that cannot be used.
  private let fallsBack: Bool
  private let blindAudit: BlindAudit
  private let measurements = MeasurementAccess.reading()

  /// - Throws: `Diagnostics` when `command` is to recommend and names no program.
  public init(_ definition: StageDefinition) throws {
    fallsBack = definition.settings["recommender"]?.stringValue == "best"
    let current = InputReference(path: RecommendationModel.currentPath, isOptional: true)
    switch definition.settings["recommender"]?.stringValue {
    case "none": (recommender, model) = (nil, nil)
    case "command":
      recommender = try CommandRecommender(definition)
      model = definition.settings["model"]?.stringValue.map { InputReference(path: $0) }
    case "model": (recommender, model) = (ModelRecommender(measurements, otherwise: nil), current)
    case "best":
      (recommender, model) = (ModelRecommender(measurements, otherwise: RuleRecommender()), current)
    default: (recommender, model) = (RuleRecommender(), nil)
    }
    blindAudit = BlindAudit(share: definition.settings["blindShare"]?.doubleValue ?? 0.05)
  }

  /// Where a group's recommendation is published, relative to the workspace.
  static func path(project: String, group: GroupID) -> String {
    "data/review/recommendations/\(project)/\(group).json"
  }

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    context.observe(.other)
    guard let recommender else { return [UnitDefinition]() }
    // Said once here, not by every group.
    if recommender is ModelRecommender, !fallsBack {
      _ = try ModelRecommender.present(workspace: context.workspace)
    }
    let custody = try FileCustody.openForReading(workspace: context.workspace)
    var units: [UnitDefinition] = []
    for unit in try CatalogUnits(context).units {
      let project = unit.key.rawValue
      let stageValues = try ImageProjects.project(project, workspace: context.workspace).stageValues
      let measured =
        recommender is ModelRecommender
        ? try measurements.database(workspace: context.workspace, project: project)?.measuredDigests() ?? []
        : []
      let decisions = DecisionInbox.fold(
        try DecisionInbox.read(workspace: context.workspace, project: project))
      for record in try CatalogUnits.list(of: unit, workspace: context.workspace)
      where decisions[record.group.id]?.standing == nil && !record.digests.contains(nil) {
        // A decision that was taken back, and whose files the review stage has not moved back yet: asked next time.
        if decisions[record.group.id]?.voided.isEmpty == false,
          try custody?.receipts(project: project, group: record.group.id.rawValue).contains(where: {
            $0.state != .undone
          }) == true
        {
          continue
        }
        var values = stageValues.merging(["project": project, "group": record.line]) { $1 }
        // Figures follow from the images, which the group's line names by digest: that they are there is all to know.
        if recommender is ModelRecommender {
          // A model of other features recommends nothing here, and of these again what it can.
          values["features"] = FeatureSet.digest.hex
          values["measured"] = String(record.digests.allSatisfy { $0.map(measured.contains) ?? false })
        }
        units.append(
          UnitDefinition(
            key: UnitKey(record.group.id.rawValue), inputs: model.map { [$0] } ?? [],
            outputs: [Self.path(project: project, group: record.group.id)], values: values))
      }
    }
    return units.sorted { $0.key < $1.key }
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    let group = try GroupDecision(order.values)
    guard let record = group.record, let path = order.outputs.first, let recommender else {
      return UnitResult()
    }
    let project = try ImageProjects.project(group.project, workspace: context.workspace)
    let modelPath = model?.path
    let digest = order.inputs.first { $0.path == modelPath }?.digest
    var recommendation = try await recommender.recommend(
      record, project: project, model: digest, context: context)
    if blindAudit.hides(record.group.id) { recommendation = try recommendation?.hidden() }
    let text = (recommendation?.json ?? .null).canonical + "\n"
    let file = "\(context.publication)/\(path)"
    try FileSystem.makeDirectories(RelativePath(file).folder.rawValue)
    try FileSystem.create(file, text.utf8)
    var counters: [String: Int64] = [recommendation == nil ? "without opinion" : "recommendations": 1]
    if recommendation?.blind == true { counters["hidden"] = 1 }
    if recommender is ModelRecommender, digest == nil { counters["without model"] = 1 }
    let warning = (recommender as? ModelRecommender)?.takeWarning()
    return UnitResult(
      publications: [UnitResult.Publication(path: path)], counters: counters,
      findings: warning.map { [$0] } ?? [])
  }
}
