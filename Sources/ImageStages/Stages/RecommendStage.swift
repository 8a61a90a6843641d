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

      A unit is a group without a decision.
      """,
    settings: [
      Setting(
        "recommender", .oneOf(["rule", "none"]), default: "rule", "Who recommends: `rule` or `none`.")
    ],
    unit: "a group without a decision", unitsComeAndGo: true)

  private let recommender: (any Recommender)?

  public init(_ definition: StageDefinition) {
    recommender = definition.settings["recommender"]?.stringValue == "none" ? nil : RuleRecommender()
  }

  /// Where a group's recommendation is published, relative to the workspace.
  static func path(project: String, group: GroupID) -> String {
    "data/review/recommendations/\(project)/\(group).json"
  }

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    context.observe(.other)
    guard recommender != nil else { return [UnitDefinition]() }
    var units: [UnitDefinition] = []
    for unit in try CatalogUnits(context).units {
      let project = unit.key.rawValue
      let decisions = DecisionInbox.fold(
        try DecisionInbox.read(workspace: context.workspace, project: project))
      for record in try CatalogUnits.list(of: unit, workspace: context.workspace)
      where decisions[record.group.id]?.standing == nil && !record.digests.contains(nil) {
        units.append(
          UnitDefinition(
            key: UnitKey(record.group.id.rawValue),
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
    let recommendation = try await recommender.recommend(record, project: project)
    let text = (recommendation?.json ?? .null).canonical + "\n"
    let file = "\(context.publication)/\(path)"
    try FileSystem.makeDirectories(RelativePath(file).folder.rawValue)
    try FileSystem.create(file, text.utf8)
    return UnitResult(
      publications: [UnitResult.Publication(path: path)],
      counters: [recommendation == nil ? "without opinion" : "recommendations": 1])
  }
}
