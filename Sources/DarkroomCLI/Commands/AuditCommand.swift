import ArgumentParser
import FileCustody
import ImageStages
import PipelineCore

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Prove that every image ever seen is where it belongs, as it was.",
    discussion: "Reads only. Ends with 7 when a custody rule is broken; warnings alone end with 0.")

  @OptionGroup var place: WorkspaceOptions
  @Option(name: .long, help: "Only this project.") var project: String?
  @Flag(name: .long, help: "Read every file and compare it with its first digest.") var rehash = false
  @Flag(name: .long, help: "Print JSON.") var json = false

  func run() throws {
    let workspace = try place.locate()
    guard let custody = try FileCustody.openForReading(workspace: workspace.root) else {
      return _ = StandardOutput.write(
        json ? "{\"projects\":[]}\n" : "nothing to audit: no image was ever seen here\n")
    }
    let projects = try ImageProjects(workspace: workspace.root, only: project)
    var table = TextTable(style: Terminal().style)
    table.addHeader("PROJECT", "RESULT", "KNOWN", "PRESENT", "ORDERS", "ERRORS", "WARNINGS")
    var findings = projects.warnings
    var values: [JSONValue] = []
    for project in projects.projects where try project.hasImages(custody) {
      let report = try self.report(project, custody, workspace)
      let errors = report.findings.count { $0.severity == .error }
      let warnings = report.findings.count { $0.severity == .warning }
      table.add(
        (project.id, nil), (report.isClean ? "clean" : "broken", report.isClean ? .green : .red),
        (HumanText.count(report.counters["files known"] ?? 0), nil),
        (HumanText.count(report.counters["files present"] ?? 0), nil),
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

  /// A project that cannot be looked at is a finding of it, and the others are audited.
  private func report(
    _ project: ImageProject, _ custody: FileCustody, _ workspace: Workspace
  ) throws -> SafetyAudit.Report {
    do {
      return try SafetyAudit(
        project: project, custody: custody, workspace: workspace.root, rehashes: rehash
      ).report()
    } catch let error as Diagnostic {
      var report = SafetyAudit.Report()
      report.findings = [error]
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
