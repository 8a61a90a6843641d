import ArgumentParser
import FileCustody
import ImageStages
import PipelineCore
import PipelineEngine
import PipelineStore

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Prove that every image ever seen is where it belongs, as it was.",
    discussion: """
      Changes nothing in a project. Ends with 7 when a custody rule is broken; warnings alone end with 0.

      --accept is for a file that somebody moved by hand: the audit names the place where its content was found. It \
      records that the file is there now; of a folder, of all such files below it. --accept-loss records that you know that \
      a file is lost: it is counted and told by `where`, and is no error any more. Neither moves anything, and both refuse \
      what is not true. Then the audit follows. An audit that finds a lost file at its place again, with its content, notes \
      that: its next loss is an error.
      """)

  @OptionGroup var place: WorkspaceOptions
  @Option(name: .long, help: "Only this project.") var project: String?
  @Flag(name: .long, help: "Read every file and compare it with its first digest.") var rehash = false
  @Option(
    name: .long, help: "Record that a file was moved here by hand, or all that were moved below a folder.")
  var accept: [String] = []
  @Option(name: .long, help: "Record that this file is lost.") var acceptLoss: [String] = []
  @Flag(name: .long, help: "Print JSON.") var json = false

  func run() throws {
    let workspace = try place.locate()
    if !accept.isEmpty || !acceptLoss.isEmpty { try takeIn(workspace) }
    guard let custody = try FileCustody.openForReading(workspace: workspace.root) else {
      return _ = StandardOutput.write(
        json ? "{\"projects\":[]}\n" : "nothing to audit: no image was ever seen here\n")
    }
    let projects = try ImageProjects(workspace: workspace.root, only: project)
    var table = TextTable(style: Terminal().style)
    table.addHeader("PROJECT", "RESULT", "KNOWN", "PRESENT", "LOST", "ORDERS", "ERRORS", "WARNINGS")
    var findings = projects.warnings
    var values: [JSONValue] = []
    for project in projects.projects where try project.hasImages(custody) {
      let report = try self.report(project, custody, workspace)
      takeBack(report.returned, of: project, workspace)
      let errors = report.findings.count { $0.severity == .error }
      let warnings = report.findings.count { $0.severity == .warning }
      table.add(
        (project.id, nil), (report.isClean ? "clean" : "broken", report.isClean ? .green : .red),
        (HumanText.count(report.counters["files known"] ?? 0), nil),
        (HumanText.count(report.counters["files present"] ?? 0), nil),
        (HumanText.count(report.counters["losses accepted"] ?? 0), nil),
        (HumanText.count(report.counters["orders"] ?? 0), nil), (HumanText.count(errors), nil),
        (HumanText.count(warnings), nil))
      findings += report.findings
      values.append([
        "project": .string(project.id), "clean": .bool(report.isClean),
        "counters": .object(report.counters.mapValues { .integer($0) }),
        "findings": .array(report.findings.map(Self.json)),
      ])
    }
    if json {
      StandardOutput.write(JSONValue.object(["projects": .array(values)]).pretty)
    } else {
      for finding in findings where finding.severity != .note {
        StandardOutput.write(finding.description + "\n")
      }
      StandardOutput.write(table.text())
    }
    if findings.contains(where: { $0.severity == .error }) { throw ExitStatus.auditFailed.code }
  }

  /// Takes in what the person says of files; each by itself.
  private func takeIn(_ workspace: Workspace) throws {
    let lock = try WorkspaceLock(workspace: workspace.root)
    for finding in try CustodyRecovery.perform(workspace) { StandardError.write(finding.description) }
    let clock = SystemClock()
    let custody = try FileCustody(workspace: workspace.root, clock: { clock.wallMicroseconds }, run: nil)
    let projects = try ImageProjects(workspace: workspace.root, only: project).projects
    var failures: [Diagnostic] = []
    for (paths, isLoss) in [(accept, false), (acceptLoss, true)] {
      for path in paths {
        do {
          let project = try chosen(among: projects, path)
          let acceptance = FileAcceptance(project: project, custody: custody, workspace: workspace.root)
          let accepted = try isLoss ? acceptance.acceptLoss(of: path) : acceptance.acceptMove(to: path)
          for file in accepted { say(project.id, file) }
          if accepted.isEmpty { StandardError.write("\(HumanText.printable(path)) was accepted before\n") }
        } catch {
          failures += diagnostics(of: error)
        }
      }
    }
    _ = consume lock
    if !failures.isEmpty { throw CommandFailure(.refused, failures) }
  }

  /// Takes in that lost files are there again. Where another Darkroom is at work, or nothing can be written, the audit is
  /// what it is; the next one finds them.
  private func takeBack(_ files: [Int64], of project: ImageProject, _ workspace: Workspace) {
    if files.isEmpty { return }
    do {
      let lock = try WorkspaceLock(workspace: workspace.root)
      let clock = SystemClock()
      let custody = try FileCustody(workspace: workspace.root, clock: { clock.wallMicroseconds }, run: nil)
      try custody.takeBack(files, root: project.root)
      _ = consume lock
    } catch {
      for var finding in diagnostics(of: error) {
        finding.severity = .warning
        finding.message = "that lost files are there again was not noted: \(finding.message)"
        StandardError.write(finding.description)
      }
    }
  }

  /// What was taken in, where a program does not read it.
  private func say(_ project: String, _ file: FileAcceptance.Accepted) {
    let place = HumanText.printable(file.place)
    let what = file.now.map { "is at \(HumanText.printable($0)) now" } ?? "is lost"
    StandardError.write("\(project): \(place) \(what)\n")
  }

  /// The project that a path is about.
  private func chosen(among projects: [ImageProject], _ path: String) throws -> ImageProject {
    let holding = path.hasPrefix("/") ? projects.filter { $0.relative(path) != nil } : projects
    if let only = holding.first, holding.count == 1 { return only }
    throw Diagnostic(
      code: "accept-project", "\(HumanText.printable(path)) is of no project alone; nothing was accepted",
      help: "name the project with --project, or give the whole path")
  }

  /// A project that cannot be looked at is a finding of it, and the others are audited.
  private func report(
    _ project: ImageProject, _ custody: FileCustody, _ workspace: Workspace
  ) throws -> SafetyAudit.Report {
    do {
      return try SafetyAudit(
        project: project, custody: custody, workspace: workspace.root, rehashes: rehash
      ).report()
    } catch {
      var report = SafetyAudit.Report()
      report.findings = diagnostics(of: error)
      return report
    }
  }

  private static func json(_ finding: Diagnostic) -> JSONValue {
    [
      "severity": .string(finding.severity.rawValue), "code": .string(finding.code),
      "message": .string(finding.message), "help": finding.help.map { .string($0) } ?? .null,
    ]
  }
}
