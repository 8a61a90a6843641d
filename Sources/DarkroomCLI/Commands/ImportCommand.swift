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
    commandName: "import", abstract: "Take over decisions and crops of the older system.",
    discussion: """
      Reads select_crop_log.csv and selection_only_log.csv, decision databases of version 3, and .decision files; a \
      folder is searched for .decision files. It says what becomes of every record: accepted, repaired (pixels become \
      fractions of the image), a duplicate, or put aside with the reason. The files themselves are never changed or \
      moved. Nothing is written without --apply; with it, decisions and crops go into the project's decision database \
      and what was put aside into data/review/import/PROJECT/NAME.quarantine.jsonl. Doing it again changes nothing. \
      Records that are put aside are no failure: the exit code is 0.
      """)

  @Argument(
    help: "Logs, decision databases, .decision files, and folders of them.",
    completion: .file(extensions: ["csv", "db", "decision"]))
  var files: [String]
  @OptionGroup var place: WorkspaceOptions
  @Option(name: .long, help: ArgumentHelp("The project whose images they are about.", valueName: "id"))
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
    // Files and project are checked before anything is made.
    let images = try imageProject(workspace)
    let sources = try self.sources()
    guard apply else {
      let (database, isOlder) = try presentDatabase(workspace)
      return report(try judge(sources, images, database), older: isOlder, migration: nil)
    }
    _ = try judge(sources, images, nil)
    let lock = try WorkspaceLock(workspace: workspace.root)
    let database = try DecisionDatabase(workspace: workspace.root, project: project)
    let account = try judge(sources, images, database)
    try account.apply(to: database, workspace: workspace.root)
    report(account, older: false, migration: database.migration)
    _ = consume lock
  }

  /// The database that is there already; the rows of one of version 3 are known only when it was taken over.
  private func presentDatabase(_ workspace: Workspace) throws -> (database: DecisionDatabase?, isOlder: Bool)
  {
    do {
      return (try DecisionDatabase.openForReading(workspace: workspace.root, project: project), false)
    } catch let finding as Diagnostic where finding.code == "decision-database-older" {
      return (nil, true)
    }
  }

  private func imageProject(_ workspace: Workspace) throws -> ImageProject {
    do {
      return try ImageProjects.project(project, workspace: workspace.root)
    } catch let finding as Diagnostic where finding.code == "unknown-project" {
      throw CommandFailure(.notFound, finding)
    }
  }

  private func sources() throws -> [ImportSource] {
    do {
      return try ImportSource.read(files)
    } catch let finding as Diagnostic where finding.code == "no-import-file" {
      throw CommandFailure(.notFound, finding)
    }
  }

  private func judge(
    _ sources: [ImportSource], _ project: ImageProject, _ database: DecisionDatabase?
  ) throws -> DecisionImport {
    var account = try DecisionImport(project: project, database: database)
    for source in sources { try account.read(source) }
    return account
  }

  private func report(_ account: DecisionImport, older: Bool, migration: DecisionDatabase.Migration?) {
    if json {
      let value: JSONValue = [
        "project": .string(project), "applied": .bool(apply), "files": .array(account.files.map(\.json)),
        "newDecisions": .integer(Int64(account.records.rows.count)),
        "completedDecisions": .integer(Int64(account.records.completed.count)),
        "newCrops": .integer(Int64(account.records.crops.count)),
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
