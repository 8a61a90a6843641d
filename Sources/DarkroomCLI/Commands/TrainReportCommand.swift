import ArgumentParser
import PipelineCore
import TrainingData
import TrainingReports

struct TrainReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Tell how good recommendations were, by what people decided.",
    discussion: """
      Measures the datasets that the last run of training.join published, as the stage training.report does; no run is \
      needed, and nothing is written. Every share stands with the number that it was measured on and its 95 % interval.
      """)

  @Option(name: .long, help: ArgumentHelp("Only this project.", valueName: "id")) var project: String?
  @Flag(name: .long, help: "Print JSON: a list of training_report_v1.") var json = false
  @OptionGroup var place: WorkspaceOptions

  func run() throws {
    let workspace = try place.locate()
    let projects = try DatasetFiles.projects(workspace: workspace.root)
    if let project, !projects.contains(project) {
      throw CommandFailure(
        .notFound,
        Diagnostic(
          code: "no-dataset",
          "no dataset of a project \(HumanText.printable(project)) is published; nothing can be measured",
          help: projects.isEmpty
            ? "run a pipeline with training.join, such as nightly"
            : "the projects with a dataset are \(HumanText.list(projects))"))
    }
    let reports = try projects.filter { project == nil || $0 == project }.compactMap { id in
      try DatasetFiles.current(workspace: workspace.root, project: id).map {
        try TrainingReport(of: $0, project: id)
      }
    }
    if json {
      return _ = StandardOutput.write(JSONValue.object(["reports": .array(reports.map(\.json))]).pretty)
    }
    let style = Terminal().style
    StandardOutput.write(
      reports.isEmpty
        ? "no dataset is published yet: training.join, in the nightly run, makes them of people's decisions\n"
        : reports.map { TrainingReportText(report: $0, style: style).text }.joined(separator: "\n"))
  }
}
