import ArgumentParser
import FileSystem
import ImageCatalog
import ImageStages
import PipelineCore
import PipelineEngine
import PipelineStore
import PipelineWorkspace

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Take over decisions of the older system's logs.",
    discussion: """
      Reads select_crop_log.csv and selection_only_log.csv and says what becomes of every record: accepted, repaired \
      (pixels become fractions of the image), a duplicate, or put aside with the reason. Nothing is written without \
      --apply; with it, the rows go into the project's decision database and what was put aside into \
      data/review/import/NAME.quarantine.jsonl. Doing it again changes nothing. Records that are put aside are no \
      failure: the exit code is 0.
      """)

  @Argument(help: "The logs.", completion: .file(extensions: ["csv"]))
  var files: [String]
  @OptionGroup var place: WorkspaceOptions
  @Option(name: .long, help: ArgumentHelp("The project whose images the logs are about.", valueName: "id"))
  var project: String
  @Flag(name: .long, help: "Write what would be written.")
  var apply = false
  @Flag(
    name: [.long, .customShort("n")], help: "Only say what would be written; this is so without --apply, too."
  )
  var dryRun = false
  @Flag(name: .long, help: "Print JSON.")
  var json = false

  func validate() throws {
    if apply, dryRun { throw ValidationError("--dry-run writes nothing, --apply does; give only one") }
  }

  func run() throws {
    let workspace = try place.locate()
    guard apply else {
      let present = try presentRows(workspace)
      return report(try read(workspace, present.rows), older: present.isOlder, migration: nil)
    }
    // Files and project are checked before anything is made.
    _ = try read(workspace, [])
    let lock = try WorkspaceLock(workspace: workspace.root)
    let database = try DecisionDatabase(workspace: workspace.root, project: project)
    let account = try read(workspace, try database.rows())
    try account.apply(to: database, workspace: workspace.root)
    report(account, older: false, migration: database.migration)
    _ = consume lock
  }

  /// The rows that are there already; those of a database of version 3 are known only when it was taken over.
  private func presentRows(_ workspace: Workspace) throws -> (rows: [DecisionRow], isOlder: Bool) {
    do {
      let database = try DecisionDatabase.openForReading(workspace: workspace.root, project: project)
      return (try database?.rows() ?? [], false)
    } catch let finding as Diagnostic where finding.code == "decision-database-older" {
      return ([], true)
    }
  }

  private func read(_ workspace: Workspace, _ present: [DecisionRow]) throws -> DecisionImport {
    let project: ImageProject
    do {
      project = try ImageProjects.project(self.project, workspace: workspace.root)
    } catch let finding as Diagnostic where finding.code == "unknown-project" {
      throw CommandFailure(.notFound, finding)
    }
    var account = DecisionImport(project: project, present: present)
    for file in files {
      guard try FileStatus(following: file) != nil else {
        throw CommandFailure(
          .notFound, Diagnostic(code: "no-import-file", "there is no file \(file); nothing was imported"))
      }
      try account.read(RelativePath(file).name, try FileSystem.read(file))
    }
    return account
  }

  private func report(_ account: DecisionImport, older: Bool, migration: DecisionDatabase.Migration?) {
    if json {
      let value: JSONValue = [
        "project": .string(project), "applied": .bool(apply), "files": .array(account.files.map(\.json)),
        "databaseIsOlder": .bool(older),
        "migration": migration.map {
          [
            "rows": .integer(Int64($0.rows)), "kept": .integer(Int64($0.kept)),
            "repaired": .integer(Int64($0.repaired)), "quarantined": .integer(Int64($0.quarantined)),
          ]
        } ?? .null,
      ]
      return _ = StandardOutput.write(value.pretty)
    }
    StandardOutput.write(
      ImportText(
        account: account, isApplied: apply, isOlder: older, migration: migration, style: Terminal().style
      )
      .text)
  }
}
