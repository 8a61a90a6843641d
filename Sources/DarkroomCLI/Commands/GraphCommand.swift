import ArgumentParser
import PipelineCore
import PipelineWorkspace

struct GraphCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graph", abstract: "Print the graph of a pipeline for Mermaid or Graphviz.")

  enum Format: String, ExpressibleByArgument, CaseIterable { case mermaid, dot }

  @Argument(
    help: "The pipeline's name: a file pipelines/NAME.json.", completion: .custom(Completions.pipelines))
  var pipeline: String
  @OptionGroup var place: WorkspaceOptions
  @Option(name: .long, help: "mermaid or dot.")
  var format = Format.mermaid
  @Option(
    name: .customLong("param"),
    help: ArgumentHelp("Set a pipeline parameter: NAME=VALUE (repeat).", valueName: "name=value"))
  var parameters: [String] = []

  func run() throws {
    let workspace = try place.locate()
    let pipeline = try PipelineFile.load(pipeline, in: workspace, parameters: parameters).pipeline
    StandardOutput.write(format == .mermaid ? PipelineGraph.mermaid(pipeline) : PipelineGraph.dot(pipeline))
  }
}

/// A pipeline's graph as text of other programs. Arrows go from what is needed to what needs it.
enum PipelineGraph {
  static func mermaid(_ pipeline: Pipeline) -> String {
    let all = pipeline.stages + pipeline.finally
    let numbers = Dictionary(all.enumerated().map { ($1.id, $0) }) { first, _ in first }
    var text = "flowchart TD\n"
    func node(_ stage: StageDefinition) -> String {
      "s\(numbers[stage.id] ?? 0)[\"\(stage.id)<br/><small>\(stage.uses)</small>\"]\n"
    }
    for stage in pipeline.stages { text += "  " + node(stage) }
    if !pipeline.finally.isEmpty {
      text += "  subgraph finally\n"
      for stage in pipeline.finally { text += "    " + node(stage) }
      text += "  end\n"
    }
    for stage in all {
      for need in stage.needs { text += "  s\(numbers[need] ?? 0) --> s\(numbers[stage.id] ?? 0)\n" }
      for other in stage.after { text += "  s\(numbers[other] ?? 0) -.-> s\(numbers[stage.id] ?? 0)\n" }
    }
    return text
  }

  static func dot(_ pipeline: Pipeline) -> String {
    func quoted(_ text: String) -> String {
      "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
    var text = "digraph \(quoted(pipeline.name)) {\n  node [shape=box];\n"
    for stage in pipeline.stages + pipeline.finally {
      let isFinally = pipeline.finally.contains { $0.id == stage.id }
      let label = quoted("\(stage.id)\n\(stage.uses)").replacing("\n", with: "\\n")
      text += "  \(quoted(stage.id.rawValue)) [label=\(label)\(isFinally ? ", style=dashed" : "")];\n"
    }
    for stage in pipeline.stages + pipeline.finally {
      for need in stage.needs { text += "  \(quoted(need.rawValue)) -> \(quoted(stage.id.rawValue));\n" }
      for other in stage.after {
        text += "  \(quoted(other.rawValue)) -> \(quoted(stage.id.rawValue)) [style=dashed];\n"
      }
    }
    return text + "}\n"
  }
}
