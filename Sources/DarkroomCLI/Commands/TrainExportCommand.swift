public import ArgumentParser
import FileCustody
import FileSystem
import ImageStages
import PipelineCore
import PipelineEngine
import PipelineStore
import Projects
import TrainingData
public import TrainingExport
import TrainingStages

extension ExportFormat: ExpressibleByArgument {}
extension ExportImages: ExpressibleByArgument {}

struct TrainExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write a project's dataset in a format that other tools load.",
    discussion: """
      Takes the dataset that the last run of training.join published and writes a new folder. Images are copied and \
      compared with their digests, or hard-linked on request, and never moved; those that are gone, in the Trash or \
      not what they were are left out and counted. The folder appears when all of it is on the disk, or not at all. \
      With --dry-run nothing is written; the bytes are those that it would take.
      """)

  @Option(name: .long, help: ArgumentHelp("The project.", valueName: "id")) var project: String
  @Option(name: .long, help: "One of \(ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: ExportFormat
  @Option(
    name: .long,
    help: """
      none: rows only name the images; copy: as new files, usual where the format needs them; link: as hard links, which \
      take no space, but an edit in place of such a file edits the original.
      """)
  var images: ExportImages?
  @Option(name: .customLong("to"), help: "The folder to make.", completion: .directory) var target: String
  @Flag(name: [.long, .customShort("n")], help: "Only say what would be written.") var dryRun = false
  @Option(name: .long, help: "The largest tar file of webdataset, in bytes.")
  var shardBytes = ShardLimits().bytes
  @Option(name: .long, help: "The most samples in one tar file of webdataset.")
  var shardSamples = ShardLimits().samples
  @Flag(name: .long, help: "Print JSON: the export's manifest.") var json = false
  @OptionGroup var place: WorkspaceOptions

  func validate() throws {
    if shardBytes < 1 { throw ValidationError("--shard-bytes is at least 1, not \(shardBytes)") }
    if shardSamples < 1 { throw ValidationError("--shard-samples is at least 1, not \(shardSamples)") }
    if format.pixels == .required, images == ExportImages.none {
      throw ValidationError("\(format.rawValue) is nothing without images: --images copy or link")
    }
    if format.pixels == .never, let images, images != .none {
      throw ValidationError("\(format.rawValue) holds rows alone, no images: leave --images out")
    }
  }

  func run() throws {
    let workspace = try place.locate()
    guard let dataset = try DatasetFiles.current(workspace: workspace.root, project: project) else {
      throw CommandFailure(
        .notFound,
        Diagnostic(
          code: "no-dataset", "there is no dataset of \(project); nothing was written",
          help: "a run of a pipeline with `training.join` makes the datasets"))
    }
    let path = try absoluteTarget()
    let folder: NewFolder
    do {
      try keepOutOfProjects(path, workspace)
      folder = try NewFolder(path, owner: workspace.root)
    } catch let problem as Diagnostic where problem.code == "export-place" {
      throw CommandFailure(.refused, problem)
    }
    if dryRun {
      let contents = try export(dataset, workspace).measure()
      return try report(contents, path: path)
    }
    // While it is held, nobody moves an image.
    let lock = try WorkspaceLock(workspace: workspace.root)
    for finding in try CustodyRecovery.perform(workspace) { StandardError.write(finding.description) }
    let export = try export(dataset, workspace)
    try ProjectExport.checkSpace(try export.measure(), in: RelativePath(path).folder.rawValue)
    let contents = try folder.make { try export.write(to: $0) }
    try report(contents, path: path)
    _ = consume lock
  }

  private func export(_ dataset: DatasetFiles, _ workspace: Workspace) throws -> DatasetExport {
    try ProjectExport.make(
      dataset, id: project, format: format, images: images ?? format.usualImages,
      project: { try ImageProjects.project(project, workspace: workspace.root) },
      custody: { try FileCustody.openForReading(workspace: workspace.root) },
      limits: ShardLimits(bytes: shardBytes, samples: shardSamples))
  }

  /// The target with all links on the way to it resolved.
  private func absoluteTarget() throws -> String {
    var text = target
    while text.count > 1, text.hasSuffix("/") { text.removeLast() }
    let path = RelativePath(text)
    guard !path.name.isEmpty, path.name != ".", path.name != ".." else {
      throw CommandFailure(
        .refused,
        Diagnostic(code: "export-place", "\(target) is no name of a new folder; nothing was written"))
    }
    var parent = path.folder.rawValue.isEmpty ? (text.hasPrefix("/") ? "/" : ".") : path.folder.rawValue
    do {
      parent = try FileSystem.resolved(parent)
    } catch let error as FileError where error.isAbsent {
      throw CommandFailure(
        .refused,
        Diagnostic(
          code: "export-place", "there is no folder \(parent); nothing was written", help: "make it first"))
    }
    return parent == "/" ? "/\(path.name)" : "\(parent)/\(path.name)"
  }

  /// Nothing is written where a scan would take it for the team's own images.
  private func keepOutOfProjects(_ path: String, _ workspace: Workspace) throws {
    let manifests = try ProjectCatalog.manifestPaths(workspace: workspace.root)
    for manifest in ProjectCatalog.read(manifests, workspace: workspace.root).projects {
      let project = try ImageProjects.project(manifest.id, workspace: workspace.root)
      guard try FileStatus(following: project.root) != nil else { continue }
      let root = try FileSystem.resolved(project.root)
      if path.utf8.starts(with: (root == "/" ? root : root + "/").utf8) {
        throw Diagnostic(
          code: "export-place",
          "\(path) is in the folder of project \(project.id), whose next scan would take the export for its images; nothing was written",
          help: "export to a folder outside \(root)")
      }
    }
  }

  private func report(_ contents: DatasetExport.Contents, path: String) throws {
    if json { return _ = StandardOutput.write(contents.manifest) }
    if let finding = ProjectExport.finding(contents) { StandardError.write(finding.description) }
    let free = try FileSystem.freeSpace(of: RelativePath(path).folder.rawValue)
    StandardOutput.write(
      ExportText(contents: contents, path: path, isDryRun: dryRun, free: free, style: Terminal().style).text)
  }
}
