import FileCustody
import FileSystem
import ImageCatalog
public import PipelineCore
import PipelineEngine

/// `audit.safety`: proves that every image ever seen is in exactly one known place, as it was.
public struct AuditStage: Stage {
  public static let description = StageDescription(
    kind: "audit.safety", version: 2,
    summary: "Proves the custody rules, or says with paths where they do not hold",
    discussion: """
      Compares custody's registry and journal, the project's folders, the Trash, the inbox, the decision database, the \
      `.decision` sidecars and the operation logs. Broken rules are errors and fail the unit: an image that is missing or \
      changed, a decision that was not carried out or whose row or line is lost, an order that was begun and not ended, an \
      undo that is not finished, a record that is not in the logs exactly once. Warnings do not fail it.

      A file that was accepted as lost and lies at its place again, with its content, is present from then on: its next \
      loss is an error.

      A unit is a project.
      """,
    settings: [
      ProjectSetting.setting,
      Setting(
        "rehash", .boolean, default: false,
        "Whether every known file is read and compared with its first digest, and not only those that look touched."
      ),
    ],
    unit: "a project")

  private let project: String?
  private let rehashes: Bool
  private let access = CustodyAccess()

  public init(_ definition: StageDefinition) {
    project = ProjectSetting.value(definition.settings)
    rehashes = definition.settings["rehash"]?.boolValue ?? false
  }

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    context.observe(.other)
    let custody = try FileCustody.openForReading(workspace: context.workspace)
    let projects = try ImageProjects(workspace: context.workspace, only: project, observe: context.observe)
    return try projects.projects.filter { try hasWork($0, custody, context.workspace) }.map { project in
      UnitDefinition(
        key: UnitKey(project.id),
        inputs: [
          InputReference(path: DecisionInbox.path(project: project.id), isOptional: true),
          InputReference(path: DecisionDatabase.path(project: project.id), isOptional: true),
        ],
        values: ["world": try world(project, custody, context.workspace)])
    }
  }

  /// Whether there is something to prove. Without custody's journal, decisions that nobody can have carried out.
  private func hasWork(_ project: ImageProject, _ custody: FileCustody?, _ workspace: String) throws -> Bool {
    if let custody { return try project.hasImages(custody) }
    return try FileStatus("\(workspace)/\(DecisionInbox.path(project: project.id))") != nil
  }

  /// Everything that an audit looks at, in one digest of names and statuses.
  private func world(_ project: ImageProject, _ custody: FileCustody?, _ workspace: String) throws -> String {
    guard let custody else { return "nothing was ever seen" }
    var hasher = DigestHasher()
    do {
      let listing = try ProjectListing.scan(root: project.root, production: project.production, folders: .all)
      for entry in listing.entries {
        let status = entry.status
        hasher.update("\(entry.path)\0\(status.size) \(status.modified) \(status.changed) \(status.inode)\n")
      }
      for path in listing.unfinished { hasher.update("\(path)\n") }
    } catch let error as Diagnostic where error.code == "project-root-missing" {
      hasher.update(error.code)
    }
    for (file, acceptance) in try custody.acceptances(project: project.id).sorted(by: { $0.key < $1.key }) {
      hasher.update("\(file) \(acceptance.kind.rawValue) \(acceptance.place)\n")
    }
    for path in try LogAudit.paths(workspace: workspace) {
      let status = try FileStatus("\(workspace)/\(path)")
      hasher.update("\(path)\0\(status?.size ?? 0) \(status?.modified ?? 0) \(status?.changed ?? 0)\n")
    }
    for receipt in try custody.receipts(project: project.id) {
      hasher.update("\(receipt.id) \(receipt.state.rawValue)\n")
      for step in receipt.steps {
        guard let trash = step.trash else { continue }
        let status = try FileStatus(trash.data)
        hasher.update(status.map { "\($0.size) \($0.modified) \($0.changed) \($0.inode)\n" } ?? "gone\n")
      }
    }
    return hasher.finalize().hex
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    let project = try ImageProjects.project(order.unit.key.rawValue, workspace: context.workspace)
    guard let custody = try FileCustody.openForReading(workspace: context.workspace) else {
      return try withoutJournal(project, context)
    }
    var report = try SafetyAudit(
      project: project, custody: custody, workspace: context.workspace, rehashes: rehashes
    ).report(context.cancellation)
    report.findings += takeIn(report, of: project, context)
    for finding in report.findings { context.log(finding.description) }
    if !report.isClean { throw Diagnostics(report.findings) }
    // How many files had to be read is of this run; the artifact says only what is true of the project.
    let counted = report.counters.filter { $0.key != SafetyAudit.filesRead }
    let text = JSONValue.object(counted.mapValues { .integer($0) }).canonical + "\n"
    try FileSystem.makeDirectories("\(context.artifact)/audit_v1")
    let name = "audit_v1/\(project.id).json"
    try FileSystem.create("\(context.artifact)/\(name)", text.utf8)
    return UnitResult(
      artifacts: [UnitResult.Artifact(name: name, digest: Digest(of: text), rows: 1)],
      counters: report.counters,
      findings: report.findings.filter { $0.severity == .warning })
  }

  /// Takes in what the audit saw. Where that cannot be written the audit is what it is; the next one sees it again.
  private func takeIn(
    _ report: SafetyAudit.Report, of project: ImageProject, _ context: UnitContext
  ) -> [Diagnostic] {
    do {
      if !report.confirmed.isEmpty { try access.custody(context).confirm(report.confirmed) }
      if !report.returned.isEmpty {
        try access.custody(context).takeBack(report.returned, root: project.root)
      }
      return []
    } catch {
      return diagnostics(of: error).map { finding in
        var finding = finding
        finding.severity = .warning
        finding.message = "\(project.id): what the audit saw was not noted: \(finding.message)"
        return finding
      }
    }
  }

  /// No file was ever seen: the catalog failed, or never ran. Then no decision can have been carried out.
  private func withoutJournal(_ project: ImageProject, _ context: UnitContext) throws -> UnitResult {
    let content = try DecisionInbox.read(workspace: context.workspace, project: project.id)
    let standing = DecisionInbox.fold(content).values.compactMap(\.standing)
    if standing.isEmpty { return UnitResult(findings: content.findings) }
    throw Diagnostic(
      code: "decision-not-applied",
      "\(project.id): \(standing.count) decisions were not carried out, for no image was ever seen in this workspace",
      help: "the catalog stage says why; `darkroom run` tries again")
  }
}
