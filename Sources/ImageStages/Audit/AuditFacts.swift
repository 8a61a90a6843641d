import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore
import Projects

/// What an audit of one project compares, each read once.
struct AuditFacts {
  let project: ImageProject
  let workspace: String
  /// All folders of the project.
  let listing: ProjectListing
  /// The files of the listing by their paths.
  let present: [RelativePath: ListedFile]
  /// Known files of the project, by origin.
  let known: [PlacedFile]
  /// Places of known files that are empty. A place that could not be looked at is none of them.
  let empty: Set<RelativePath>
  /// What people said of files that are not at their places, by the files' ids.
  let accepted: [Int64: Acceptance]
  /// Files that were given up and found again, by their ids.
  let found: Set<Int64>
  /// Of the project, the newest first.
  let receipts: [Receipt]
  let inbox: InboxContent
  let decisions: [GroupID: GroupDecisions]
  /// The rows of the decision database.
  let rows: [GroupID: DecisionRow]

  init(
    _ project: ImageProject, custody: FileCustody, workspace: String, cancellation: Cancellation?
  ) throws {
    self.project = project
    self.workspace = workspace
    listing = try ProjectListing.scan(
      root: project.root, production: project.production, folders: .all, cancellation: cancellation)
    present = Dictionary(listing.entries.map { ($0.path, $0) }) { first, _ in first }
    known = try custody.placedFiles(project: project.id)
    empty = Set(try listing.missing(among: known.compactMap { $0.file.place.inProject }))
    accepted = try custody.acceptances(project: project.id)
    found = try custody.foundAgain(project: project.id)
    receipts = try custody.receipts(project: project.id)
    inbox = try DecisionInbox.read(workspace: workspace, project: project.id)
    decisions = DecisionInbox.fold(inbox)
    let database = try DecisionDatabase.openForReading(workspace: workspace, project: project.id)
    rows = Dictionary(try database?.rows().map { ($0.group, $0) } ?? []) { first, _ in first }
  }

  /// Whether a path lies in a production folder.
  func isInProduction(_ path: RelativePath) -> Bool {
    let first = path.rawValue.utf8.prefix { $0 != UInt8(ascii: "/") }
    return first.count < path.rawValue.utf8.count
      && project.production.all.contains { $0.utf8.elementsEqual(first) }
  }

  /// Whether somebody gave a file up: it is lost, or what it was moved to is.
  func isLost(_ file: Int64) -> Bool { Acceptance.isLost(file) { accepted[$0] } }

  /// A path as people see it.
  func shown(_ path: RelativePath) -> String { FileSystem.shown(path.rawValue) }

  /// A path below the root that the operation log names by its folder; `nil` for one outside.
  func relative(loggedFolder folder: String, name: String) -> RelativePath? {
    project.relative(folder.hasPrefix("/") ? "\(folder)/\(name)" : "\(workspace)/\(folder)/\(name)")
  }

  /// An error of this project.
  func finding(_ code: String, _ message: String, notes: [String] = [], help: String) -> Diagnostic {
    finding(.error, code, message, notes: notes, help: help)
  }

  func finding(
    _ severity: Diagnostic.Severity, _ code: String, _ message: String, notes: [String] = [], help: String
  ) -> Diagnostic {
    Diagnostic(
      severity, code: code, "\(project.id): \(message)", notes: notes.map { .init($0) }, help: help)
  }
}

extension Place {
  /// The place below the project's root; `nil` for a file that is not there.
  var inProject: RelativePath? { if case .inProject(let place) = self { place } else { nil } }
}
