import ArgumentParser
import FileSystem
import PipelineCore
import PipelineEngine
import PipelineStore
import PipelineWorkspace

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show how things stand: what runs, what failed, what the next run would do.")

  @OptionGroup var place: WorkspaceOptions
  @Flag(name: .long, help: "Print JSON.")
  var json = false
  @Flag(name: .long, help: "Leave out what the next run would do: it looks at every input.")
  var fast = false

  func run() async throws {
    let workspace = try place.locate()
    let database = try StateDatabase.open(workspace: workspace.root, .readOnly)
    let isBusy = WorkspaceLock.isHeld(workspace: workspace.root)
    let holder = isBusy ? Self.holder(workspace) : nil
    var pipelines: [PipelineStatus] = []
    for name in try PipelineFile.names(in: workspace) {
      pipelines.append(await PipelineStatus(name, workspace, database, plans: !fast))
    }
    if json {
      let value = JSONValue.members([
        "workspace": .string(workspace.root), "busy": .bool(isBusy),
        "process": holder.map { .integer(Int64($0)) }, "pipelines": .array(pipelines.map(\.json)),
      ])
      return _ = StandardOutput.write(value.pretty)
    }
    let style = Terminal().style
    let lock =
      isBusy
      ? style.paint("busy", .cyan) + ": a run is under way" + (holder.map { " (process \($0))" } ?? "")
      : "no run is under way"
    var text = "workspace \(workspace.root): \(lock)\n"
    if pipelines.isEmpty { text += "it has no pipelines; `darkroom init` makes one\n" }
    for pipeline in pipelines { text += "\n" + pipeline.text(style, isBusy: isBusy) }
    StandardOutput.write(text)
  }

  private static func holder(_ workspace: Workspace) -> Int? {
    // `try?`: the process number is a courtesy.
    (try? FileSystem.read("\(workspace.root)/data/state/lock")).flatMap { bytes in
      Int(String(decoding: bytes, as: UTF8.self).prefix { $0.isNumber })
    }
  }
}

/// How one pipeline stands.
struct PipelineStatus {
  let name: String
  var last: RunRecord?
  var lastWithWork: RunRecord?
  var failing: [LatestOutcomes.Outcome] = []
  var plan: Plan?
  var findings: [Diagnostic] = []

  init(_ name: String, _ workspace: Workspace, _ database: StateDatabase?, plans: Bool) async {
    self.name = name
    do {
      let file = try PipelineFile.load(name, in: workspace)
      let pipeline = file.pipeline.name
      last = try database?.runs(pipeline: pipeline, limit: 1).first
      lastWithWork = try database?.runs(pipeline: pipeline, limit: 1, onlyWithWork: true).first
      let known = Set((file.pipeline.stages + file.pipeline.finally).map(\.id))
      failing = try database.map { try LatestOutcomes(of: pipeline, in: $0).failing } ?? []
      failing.removeAll { !known.contains($0.record.id) }
      if plans {
        plan = try await PipelineSession(file, database: database).plan(.everything)
      }
    } catch let failure as CommandFailure {
      findings = failure.findings
    } catch let error as Diagnostics {
      findings = error.items
    } catch let error as any DiagnosticConvertible {
      findings = [error.diagnostic]
    } catch {
      findings = [Diagnostic(code: "unexpected", "\(error)")]
    }
  }

  func text(_ style: Style, isBusy: Bool) -> String {
    var text = style.paint(name, .bold) + "\n"
    if let last {
      let (word, colour) = RunWords.state(last, isBusy: isBusy)
      text += "  last run  \(last.id) \(style.paint(word, colour)), \(HumanText.localTime(last.startedAt))"
      text += last.endedAt.map { ", took \(HumanText.duration($0 - last.startedAt))" } ?? ""
      let stages = RunWords.stages(last)
      text += (stages.isEmpty ? "" : ": \(stages)") + "\n"
      if let lastWithWork, lastWithWork.id != last.id {
        text +=
          "  last work run \(lastWithWork.id) \(StageWords.word(lastWithWork.state)), \(HumanText.localTime(lastWithWork.startedAt))\n"
      }
    } else if findings.isEmpty {
      text += "  never ran\n"
    }
    for outcome in failing {
      let reason = outcome.record.errors.first.map { ": " + RunReport.firstLine($0) } ?? ""
      let word = style.paint(StageWords.word(outcome.record.state), StageWords.colour(outcome.record.state))
      text += HumanText.printable("  \(outcome.record.id) ").dropLast() + " \(word) in run \(outcome.run)"
      text += HumanText.printable(reason) + "\n"
    }
    if let plan { text += "  next run  " + PlanText(plan: plan, style: style).summary }
    for finding in findings { text += RunReport.indented(finding.description, "  ") }
    return text
  }

  var json: JSONValue {
    .members([
      "name": .string(name), "lastRun": last?.json(withStages: false),
      "lastRunWithWork": lastWithWork?.json(withStages: false),
      "failing": .array(
        failing.map { outcome in
          .members(["run": .integer(outcome.run.rawValue), "stage": outcome.record.json])
        }),
      "next": plan.map { plan in
        [
          "isEmpty": .bool(plan.isEmpty), "units": .integer(Int64(plan.unitsToRun)),
          "stages": .object(
            Dictionary(grouping: plan.stages, by: \.state.rawValue).mapValues { .integer(Int64($0.count)) }),
        ]
      }, "findings": findings.isEmpty ? nil : .array(findings.map(\.json)),
    ])
  }
}
