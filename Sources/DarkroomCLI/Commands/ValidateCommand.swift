import ArgumentParser
import PipelineCore
import PipelineWorkspace

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Check pipeline files and say everything that is wrong with them.")

  @Argument(
    help: "Pipelines by name or path (default: all of the workspace).",
    completion: .custom(Completions.pipelines))
  var pipelines: [String] = []
  @OptionGroup var place: WorkspaceOptions
  @Option(
    name: .customLong("param"),
    help: ArgumentHelp("Set a pipeline parameter: NAME=VALUE (repeat).", valueName: "name=value"))
  var parameters: [String] = []
  @Flag(name: .long, help: "Print JSON.")
  var json = false

  func run() throws {
    let workspace = try place.locate()
    let names = try pipelines.isEmpty ? PipelineFile.names(in: workspace) : pipelines
    var results: [(name: String, findings: [Diagnostic], stages: Int)] = []
    for name in names { results.append(try check(name, workspace)) }
    let isValid = !results.contains { $0.findings.contains { $0.severity == .error } }
    if json {
      let value = results.map { result in
        JSONValue.members([
          "pipeline": .string(result.name),
          "valid": .bool(!result.findings.contains { $0.severity == .error }),
          "findings": .array(result.findings.map(\.json)),
        ])
      }
      StandardOutput.write(JSONValue.object(["pipelines": .array(value), "valid": .bool(isValid)]).pretty)
    } else {
      StandardOutput.write(text(results))
    }
    if !isValid { throw ExitStatus.invalidDefinition.code }
  }

  private func check(_ name: String, _ workspace: Workspace) throws -> (String, [Diagnostic], Int) {
    do {
      let file = try PipelineFile.load(name, in: workspace, parameters: parameters)
      let stages = file.pipeline.stages + file.pipeline.finally
      return (name, file.warnings + (try StageRules.findings(in: stages)), stages.count)
    } catch let failure as CommandFailure where failure.status == .invalidDefinition {
      return (name, failure.findings, 0)
    }
  }

  private func text(_ results: [(name: String, findings: [Diagnostic], stages: Int)]) -> String {
    let style = Terminal().style
    if results.isEmpty { return "the workspace has no pipelines\n" }
    let report = RunReport(RunReport.Setting(pipeline: "", stages: [], style: style))
    var text = ""
    for result in results {
      for finding in result.findings { text += report.text(of: finding) }
      let errors = result.findings.count { $0.severity == .error }
      let warnings = result.findings.count { $0.severity == .warning }
      var facts = errors == 0 ? [HumanText.count(result.stages, "stage")] : [HumanText.count(errors, "error")]
      if warnings > 0 { facts.append(HumanText.count(warnings, "warning")) }
      let word = errors == 0 ? style.paint("valid", .green) : style.paint("invalid", .red)
      text += "\(result.name): \(word), \(facts.joined(separator: ", "))\n"
    }
    return text
  }
}

/// The rules that stage kinds have beyond their table of settings.
enum StageRules {
  static func findings(in stages: [StageDefinition]) throws -> [Diagnostic] {
    let kinds = Dictionary(StageCatalog.kinds.map { ($0.description.kind, $0) }) { first, _ in first }
    var findings: [Diagnostic] = []
    for stage in stages {
      do {
        _ = try kinds[stage.uses]?.make(stage)
      } catch let error as Diagnostics {
        findings += error.items.map { Self.located($0, stage) }
      } catch let error as Diagnostic {
        findings.append(Self.located(error, stage))
      }
    }
    return findings
  }

  private static func located(_ finding: Diagnostic, _ stage: StageDefinition) -> Diagnostic {
    var finding = finding
    finding.location = finding.location ?? stage.location
    return finding
  }
}
