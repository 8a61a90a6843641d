public import PipelineCore
public import TrainingData

/// How good recommendations were in one project, from its published dataset: `training_report_v1`.
///
/// It is a function of the dataset's bytes alone.
public struct TrainingReport: Sendable, Equatable {
  public static let schema = "training_report_v1"

  public let project: String
  /// The name of the dataset's version, which is the start of its manifest's digest.
  public let dataset: String
  public let decisions: DecisionCounts
  /// By recommender, version and model; that of the latest decision first.
  public let recommenders: [RecommenderReport]

  init(
    project: String, dataset: String, decisions: DecisionCounts, recommenders: [RecommenderReport]
  ) {
    self.project = project
    self.dataset = dataset
    self.decisions = decisions
    self.recommenders = recommenders
  }

  /// Reads the rows of `dataset` once and keeps a few numbers of each decision, no row.
  /// - Parameter checkCancellation: called now and then; what it throws ends the reading.
  /// - Throws: `Diagnostic` `training-row` with file and line of a row that cannot be read; `FileError`.
  public init(
    of dataset: DatasetFiles, project: String, checkCancellation: () throws -> Void = {}
  ) throws {
    var tally = ReportTally()
    var rows = 0
    func step() throws {
      rows += 1
      if rows.isMultiple(of: 1_000) { try checkCancellation() }
    }
    try dataset.forEach(SelectionRow.self) { row in
      try tally.add(row)
      try step()
    }
    try dataset.forEach(CropRow.self) { row in
      tally.add(row)
      try step()
    }
    let version = dataset.path.split(separator: "/").last.map(String.init) ?? ""
    self = tally.report(project: project, dataset: version)
  }

  /// The whole report; what cannot be measured is null.
  public var json: JSONValue {
    [
      "schema": .string(Self.schema), "project": .string(project), "dataset": .string(dataset),
      "decisions": decisions.json, "recommenders": .array(recommenders.map(\.json)),
    ]
  }
}
