import FileCustody
import FileSystem
import ImageCatalog
public import PipelineCore

/// `images.recommend`: what a recommender thinks of each group that nobody has decided yet.
public struct RecommendStage: Stage {
  public static let description = StageDescription(
    kind: "images.recommend", version: 1,
    summary: "Recommends an image, and perhaps a crop, for each undecided group",
    discussion: """
      Asks the recommender about each group of the `images.catalog` stage in `needs` that has no decision, and publishes \
      `data/review/recommendations/PROJECT/GROUP.json`. `rule` takes the image of the highest stage and recommends no \
      crop; `none` recommends nothing. A recommendation decides nothing: a person does.

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
        "recommender", .oneOf(["rule", "command", "none"]), default: "rule",
        "Who recommends: `rule`, `command` or `none`."),
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
  private let model: String?

  /// - Throws: `Diagnostics` when `command` is to recommend and names no program.
  public init(_ definition: StageDefinition) throws {
    switch definition.settings["recommender"]?.stringValue {
    case "none": recommender = nil
    case "command": recommender = try CommandRecommender(definition)
    default: recommender = RuleRecommender()
    }
    model = recommender is CommandRecommender ? definition.settings["model"]?.stringValue : nil
  }

  /// Where a group's recommendation is published, relative to the workspace.
  static func path(project: String, group: GroupID) -> String {
    "data/review/recommendations/\(project)/\(group).json"
  }

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    context.observe(.other)
    guard recommender != nil else { return [UnitDefinition]() }
    let custody = try FileCustody.openForReading(workspace: context.workspace)
    var units: [UnitDefinition] = []
    for unit in try CatalogUnits(context).units {
      let project = unit.key.rawValue
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
        units.append(
          UnitDefinition(
            key: UnitKey(record.group.id.rawValue),
            inputs: model.map { [InputReference(path: $0)] } ?? [],
            outputs: [Self.path(project: project, group: record.group.id)],
            values: ["project": project, "group": record.line]))
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
    let recommendation = try await recommender.recommend(
      record, project: project, model: order.inputs.first { $0.path == model }?.digest, context: context)
    let text = (recommendation?.json ?? .null).canonical + "\n"
    let file = "\(context.publication)/\(path)"
    try FileSystem.makeDirectories(RelativePath(file).folder.rawValue)
    try FileSystem.create(file, text.utf8)
    return UnitResult(
      publications: [UnitResult.Publication(path: path)],
      counters: [recommendation == nil ? "without opinion" : "recommendations": 1])
  }
}
