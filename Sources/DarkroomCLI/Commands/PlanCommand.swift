import ArgumentParser
import PipelineCore
import PipelineEngine
import PipelineStore
import PipelineWorkspace

struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what a run would do, and why; change nothing.",
    discussion: """
      A plan that is written with --out can be run later with `darkroom run --plan FILE`: exactly that plan, or \
      nothing when the world has moved.
      """)

  @Argument(
    help: "The pipeline's name: a file pipelines/NAME.json.", completion: .custom(Completions.pipelines))
  var pipeline: String
  @OptionGroup var place: WorkspaceOptions
  @OptionGroup var choice: SelectionOptions
  @Option(
    name: .long, help: ArgumentHelp("Write the plan to this file.", valueName: "file"),
    completion: .file(extensions: ["json"]))
  var out: String?
  @Flag(name: .long, help: "Print the plan as JSON.")
  var json = false

  func run() async throws {
    let workspace = try place.locate()
    let file = try PipelineFile.load(pipeline, in: workspace, parameters: choice.parameters)
    let session = try PipelineSession(file, .readOnly)
    let selection = try choice.selection(pipeline: file.pipeline, database: session.database)
    let plan = try await session.plan(selection)
    if let out { try PlanFile.write(plan, to: out) }
    if json {
      StandardOutput.write(try PlanFile.text(plan))
    } else {
      var text = PlanText(plan: plan, style: Terminal().style).text
      if let out { text += "the plan is in \(out); run it with `darkroom run --plan \(out)`\n" }
      StandardOutput.write(text)
    }
    if plan.stages.contains(where: { $0.state == .failed }) { throw ExitStatus.stagesFailed.code }
  }
}
