import PipelineCore

/// One project of `project_metrics_v1`.
struct ProjectFigure {
  /// The project's id; `nil` when the record has none.
  let id: String?
  let title: String?
  let status: String?
  let images: Int64?
  let workSeconds: Double?
  let imagesPerHour: Double?
  /// The first and the last UTC day with a file operation.
  let firstDay: Day?
  let lastDay: Day?

  init(_ record: SourceRecord) {
    id = record.text("project_id")
    title = record.text("title")
    status = record.text("status")
    images = record.count("images")
    workSeconds = record.quantity("work_seconds")
    imagesPerHour = record.quantity("images_per_hour")
    firstDay = record.day("first_day")
    lastDay = record.day("last_day")
  }
}

/// The projects and the baseline that they are compared with.
struct ProjectFigures {
  static let path = "project_metrics_v1/projects.json"

  /// In the order of the snapshot; `nil` when it has no list.
  let projects: [ProjectFigure]?
  /// Images per hour: the trimmed mean of the last five finished projects.
  let baseline: Double?
  /// The ids of the projects that the baseline comes from.
  let baselineProjects: [String]

  init(_ record: SourceRecord) {
    projects = record.list("projects")?.map { ProjectFigure($0) }
    let baseline = record.object("baseline")
    self.baseline = baseline?.quantity("images_per_hour")
    baselineProjects = baseline?["projects"]?.arrayValue?.compactMap(\.stringValue) ?? []
  }
}
