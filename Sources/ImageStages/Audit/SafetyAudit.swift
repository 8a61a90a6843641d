public import FileCustody
import ImageCatalog
public import PipelineCore

/// Proves the custody rules for one project, or says with paths where they do not hold. Reads only.
public struct SafetyAudit {
  /// What was looked at and what was found.
  public struct Report: Sendable {
    /// Errors are broken rules; warnings want a person's look.
    public var findings: [Diagnostic] = []
    /// How many files the registry knows, the project's folders hold, custody moved, and so on, by name.
    public var counters: [String: Int64] = [:]
    /// Files that look touched and are as they were: ``FileCustody/FileCustody/confirm(_:)`` takes them in.
    public var confirmed: [ConfirmedFile] = []
    /// Files that were accepted as lost and are there again, by their ids: ``FileCustody/FileCustody/takeBack(_:root:)``
    /// takes that in.
    public var returned: [Int64] = []
    public init() {}
    /// Whether no rule is broken.
    public var isClean: Bool { !findings.contains { $0.severity == .error } }
  }

  /// The counter of the files whose content was read.
  static let filesRead = "files read"

  let project: ImageProject
  let custody: FileCustody
  let workspace: String
  /// Whether every known file's content is read and compared with its digest.
  let rehashes: Bool

  /// - Parameter rehashes: reads every file; without it, the status decides which ones have to be read.
  public init(project: ImageProject, custody: FileCustody, workspace: String, rehashes: Bool = false) {
    self.project = project
    self.custody = custody
    self.workspace = workspace
    self.rehashes = rehashes
  }

  /// Looks at everything.
  /// - Throws: `project-root-missing` when the project's folder is not there, `project-root-empty` when nothing of it
  ///   is: nothing counts as lost then.
  public func report(_ cancellation: Cancellation? = nil) throws -> Report {
    let facts = try AuditFacts(project, custody: custody, workspace: workspace, cancellation: cancellation)
    var report = Report()
    var files = FileAudit(facts, rehashes: rehashes, cancellation: cancellation)
    try files.run()
    report.findings += files.findings
    report.confirmed = files.confirmed
    report.returned = files.returned
    report.counters[Self.filesRead] = Int64(files.filesRead)
    report.findings += DecisionAudit(facts).findings()
    report.findings += try SidecarAudit(facts).findings()
    report.findings += try LogAudit(facts, records: custody.logRecords()).findings(cancellation)
    report.counters["files known"] = Int64(facts.known.count)
    report.counters["files present"] = Int64(facts.listing.entries.count)
    if files.acceptedLosses > 0 { report.counters["losses accepted"] = Int64(files.acceptedLosses) }
    report.counters["orders"] = Int64(facts.receipts.count)
    report.findings += facts.listing.problems.map { problem in
      var problem = problem
      problem.severity = min(problem.severity, .warning)
      return problem
    }
    return report
  }
}
