import FileSystem
public import PipelineCore
import TrainingData
import TrainingReports

/// `training.report`: how good recommendations were, by the decisions of people.
public struct ReportStage: Stage {
  public static let description = StageDescription(
    kind: "training.report", version: 2,
    summary: "Measures recommendations against what people decided",
    discussion: """
      Reads the project's dataset that `training.join` published last, and makes `training_report_v1/PROJECT.json`: for \
      each recommender, version and model how often people picked the recommended image, how near recommended crops \
      were, agreement by week, whether confidence means what it says, how often there was no recommendation, and how \
      much more often people agree with a recommendation that they see. Every share has its count and its 95 % \
      interval; what cannot be measured is null. `darkroom train report` prints the same figures.

      A unit is a project with a dataset.
      """,
    unit: "a project with a dataset", observesItsExpansion: true)

  public init(_ definition: StageDefinition) {}

  private static let files = [SelectionRow.fileName, CropRow.fileName]

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    let projects = try DatasetFiles.projects(workspace: context.workspace) { context.observe(.path($0)) }
    return try projects.compactMap { project -> UnitDefinition? in
      guard let dataset = try DatasetFiles.current(workspace: context.workspace, project: project) else {
        return nil
      }
      // The version's own paths: what is published later is another input.
      let folder = dataset.path.dropFirst(context.workspace.count + 1)
      return UnitDefinition(
        key: UnitKey(project), inputs: Self.files.map { InputReference(path: "\(folder)/\($0)") },
        values: ["dataset": String(folder)])
    }
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    let project = order.unit.key.rawValue
    let dataset = DatasetFiles(path: "\(context.workspace)/\(order.values["dataset"] ?? "")")
    let report = try TrainingReport(
      of: dataset, project: project, checkCancellation: context.checkCancellation)
    let text = report.json.canonical + "\n"
    let name = "\(TrainingReport.schema)/\(project).json"
    try FileSystem.makeDirectories("\(context.artifact)/\(TrainingReport.schema)")
    try FileSystem.create("\(context.artifact)/\(name)", text.utf8)
    return UnitResult(
      artifacts: [UnitResult.Artifact(name: name, digest: Digest(of: text), rows: 1)],
      counters: [
        "decisions": Int64(report.decisions.total), "crops": Int64(report.decisions.crops),
        "recommenders": Int64(report.recommenders.count),
      ])
  }
}
