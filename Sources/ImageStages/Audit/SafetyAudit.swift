public import FileCustody
import FileSystem
import ImageCatalog
public import PipelineCore
import Projects

/// Proves the custody rules for one project, or says with paths where they do not hold. Reads only.
public struct SafetyAudit {
  /// What was looked at and what was found.
  public struct Report: Sendable {
    /// Errors are broken rules; warnings want a person's look.
    public var findings: [Diagnostic] = []
    /// How many files the registry knows, the project's folders hold, custody moved, and so on, by name.
    public var counters: [String: Int64] = [:]
    public init() {}
    /// Whether no rule is broken.
    public var isClean: Bool { !findings.contains { $0.severity == .error } }
  }

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
    var report = Report()
    let listing = try ProjectListing.scan(
      root: project.root, production: project.production, folders: .all, cancellation: cancellation)
    let known = try custody.files(project: project.id)
    let receipts = try custody.receipts(project: project.id)
    try checkFiles(known, listing, &report, cancellation)
    checkJournal(receipts, &report)
    try checkDecisions(receipts, &report)
    report.counters["files known"] = Int64(known.count)
    report.counters["files present"] = Int64(listing.entries.count)
    report.counters["orders"] = Int64(receipts.count)
    report.findings += listing.problems.map { problem in
      var problem = problem
      problem.severity = min(problem.severity, .warning)
      return problem
    }
    return report
  }

  // MARK: Files

  private func checkFiles(
    _ known: [KnownFile], _ listing: ProjectListing, _ report: inout Report, _ cancellation: Cancellation?
  ) throws {
    let present = Dictionary(listing.entries.map { ($0.path, $0) }) { first, _ in first }
    let gone = Set(try listing.missing(among: known.compactMap(Self.placeInProject)))
    var places: [RelativePath: RelativePath] = [:]
    var unseen = 0
    for file in known {
      if cancellation?.isCancelled ?? false { throw CancellationError() }
      switch file.place {
      case .inProject(let place):
        if let other = places.updateValue(file.origin, forKey: place) {
          report.findings.append(
            error(
              "place-twice", "\(project.id): \(place) is the place of two files, \(other) and \(file.origin)")
          )
        }
        guard let entry = present[place] else {
          if gone.contains(place) { report.findings.append(missing(file, at: place)) } else { unseen += 1 }
          continue
        }
        try checkContent(file, project.path(place), entry.status, &report)
      case .trash(let path):
        if try FileStatus(path) == nil {
          report.findings.append(
            Diagnostic(
              .warning, code: "trash-emptied",
              "\(project.id): \(file.origin) was in the Trash as \(path) and is not any more",
              help: "if the Trash was emptied on purpose, nothing is to do; it cannot be undone any more"))
        }
      case .removed: break
      case .missing: report.findings.append(missing(file, at: file.origin))
      }
    }
    if unseen > 0 {
      report.findings.append(
        error(
          "files-not-seen",
          "\(project.id): \(unseen) known files cannot be looked at; whether they are as they were is not proved",
          help: "the warnings on folders and files say why; mend that, then audit again"))
    }
    checkUnknown(listing, places, &report)
  }

  private static func placeInProject(_ file: KnownFile) -> RelativePath? {
    if case .inProject(let place) = file.place { place } else { nil }
  }

  private func checkUnknown(
    _ listing: ProjectListing, _ places: [RelativePath: RelativePath], _ report: inout Report
  ) {
    let inProduction = Set(project.production.all)
    for entry in listing.entries where places[entry.path] == nil {
      let isOurs = inProduction.contains(
        entry.path.rawValue.split(separator: "/").first.map(String.init) ?? "")
      report.findings.append(
        Diagnostic(
          isOurs ? .warning : .note, code: "file-unknown",
          "\(project.id): \(entry.path) is not in the registry"
            + (isOurs ? ": Darkroom did not put it there" : ""),
          help: isOurs ? "if the older system put it there, nothing is wrong" : "the catalog stage enters it")
      )
    }
  }

  private func missing(_ file: KnownFile, at place: RelativePath) -> Diagnostic {
    let isImage = file.kind == .image
    return Diagnostic(
      isImage ? .error : .warning, code: "file-missing",
      "\(project.id): \(place) is not there, and Darkroom did not move it",
      notes: [.init("first seen as \(file.origin) with the digest \(file.firstDigest.short)…")],
      help: "look for it in the Trash and in your backups; `darkroom where \(place.name)` tells its history")
  }

  private func checkContent(
    _ file: KnownFile, _ path: String, _ status: FileStatus, _ report: inout Report
  ) throws {
    let isTouched = status.size != file.status.size || status.modified != file.status.modified
    guard rehashes || isTouched else { return }
    let digest = try FileSystem.digest(path).digest
    guard digest != file.firstDigest else { return }
    report.findings.append(
      Diagnostic(
        file.kind == .image ? .error : .warning, code: "content-changed",
        "\(project.id): the content of \(ImageProject.logged(path, workspace: workspace)) is not what was first seen",
        notes: [.init("it was \(file.firstDigest.short)…, it is \(digest.short)…")],
        help: "Darkroom never writes into an image; find out which program did"))
  }

  // MARK: Journal and decisions

  private func checkJournal(_ receipts: [Receipt], _ report: inout Report) {
    for receipt in receipts where receipt.state == .intended || receipt.state == .undoing {
      report.findings.append(
        error(
          "order-open",
          "\(project.id): order \(receipt.id) of group \(receipt.order.group) was begun and not ended",
          help:
            "the next run ends it or says why it cannot; `darkroom undo --abandon \(receipt.id)` gives it up when its file is lost"
        ))
    }
  }

  private func checkDecisions(_ receipts: [Receipt], _ report: inout Report) throws {
    let content = try DecisionInbox.read(workspace: workspace, project: project.id)
    report.findings += content.findings
    let orders = Dictionary(grouping: receipts, by: \.order.decision)
    let database = try DecisionDatabase.openForReading(workspace: workspace, project: project.id)
    for (group, decisions) in DecisionInbox.fold(content).sorted(by: { $0.key < $1.key }) {
      report.findings += decisions.findings.map { finding in
        var finding = finding
        finding.severity = min(finding.severity, .warning)
        return finding
      }
      let row = try database?.row(group: group)
      if let standing = decisions.standing {
        report.findings += checkStanding(standing, line: decisions.rectangle?.id, row, orders)
      }
      let voided = decisions.voided.filter { $0.id != decisions.standing?.id }
      let isLeft = voided.contains { decision in
        row?.decisionID == decision.id || orders[decision.id]?.contains { $0.state != .undone } == true
      }
      if isLeft {
        report.findings.append(
          error(
            "undo-not-finished",
            "\(project.id): a decision of group \(group) was taken back, and what was done for it was not, or not whole",
            help: "run the review stage again: it says why it cannot"))
      }
    }
  }

  /// Whether a decision that stands was carried out: its sets moved, its row written, its rectangle cut and recorded.
  private func checkStanding(
    _ decision: Decision, line: String?, _ row: DecisionRow?, _ orders: [String: [Receipt]]
  ) -> [Diagnostic] {
    func isDone(_ cause: OrderCause, _ id: String) -> Bool {
      orders[id]?.contains { $0.order.cause == cause && $0.state == .done } == true
    }
    let (group, again) = (decision.group, "`darkroom run` tries again and says why it cannot")
    guard isDone(.review, decision.id) else {
      return [
        error(
          "decision-not-applied", "\(project.id): the decision of group \(group) was not carried out",
          help: "\(again); `darkroom undo --group \(group)` takes it back")
      ]
    }
    guard row?.decisionID == decision.id else {
      return [
        error(
          "row-missing", "\(project.id): group \(group) was moved and has no row of that decision",
          help: "run the review stage again")
      ]
    }
    let rectangle = decision.action == .acceptCrop ? decision.recommendation?.crop : decision.crop
    guard let rectangle else { return [] }
    if isDone(.crop, line ?? decision.id), row?.finalCrop == rectangle { return [] }
    return [
      error(
        "crop-not-made", "\(project.id): the rectangle of group \(group) was not cut, or not recorded",
        help: "\(again); `darkroom undo --group \(group)` takes the decision back")
    ]
  }

  private func error(_ code: String, _ message: String, help: String? = nil) -> Diagnostic {
    Diagnostic(code: code, message, help: help)
  }
}
