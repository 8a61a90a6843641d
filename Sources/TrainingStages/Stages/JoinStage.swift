import FileCustody
import FileSystem
import ImageCatalog
import ImageMeasurement
public import PipelineCore
import Projects
import TrainingData

/// `training.join`: joins what people decided with what was recommended, measured and cropped, into datasets.
public struct JoinStage: Stage {
  public static let description = StageDescription(
    kind: "training.join", version: 3,
    summary: "Joins decisions, recommendations, crops and measurements into rows to learn from",
    discussion: """
      For each project with a decision database: reads its decisions and older crops, what was measured of the images, \
      custody's receipts of crops and the digests that the images had first, and publishes \
      `data/training/datasets/PROJECT/versions/DIGEST` with `selections.jsonl`, `crops.jsonl`, `images.jsonl` and a \
      `manifest.json`, where DIGEST is the start of the manifest's SHA-256. Then the link `current` beside it is \
      switched. Older versions stay until `darkroom gc`.

      Decisions of machines and skips are left out, and so are rows whose images were not the first ones any more; the \
      manifest counts each with its reason. Splits are a hash of the group, or of its cluster of near-duplicates; a \
      dataset with a leak is not published. `Documents/training.md` describes all columns.

      A unit is a project. A database that is damaged, locked or of an older version fails its own unit only.
      """,
    settings: [], unit: "a project with decisions", unitsComeAndGo: true)

  public init(_ definition: StageDefinition) {}

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    let projects = try DecidedProjects.ids(workspace: context.workspace)
    if projects.isEmpty { return [] }
    let custody = try FileCustody.openForReading(workspace: context.workspace)
    let manifests = try Self.manifests(workspace: context.workspace)
    return try projects.map { project in
      let folder = DatasetFiles.folder(project: project)
      let described = manifests[project] ?? []
      var values = ["manifests": described.map(\.path).joined(separator: "\n")]
      // Of stages that are the usual ones nothing needs to be known.
      values["stages"] = described.first.flatMap {
        $0.manifest.stages.isEmpty ? nil : ProductionStages($0.manifest).text
      }
      values["custody"] = try custody?.trainingFactsDigest(project: project).hex
      return UnitDefinition(
        key: UnitKey(project),
        inputs: [
          InputReference(path: DecisionDatabase.path(project: project)),
          InputReference(path: MeasurementDatabase.path(project: project), isOptional: true),
        ], outputs: ["\(folder)/versions/", "\(folder)/current"], values: values)
    }
  }

  /// The manifests with their paths by the ids that they give. One that cannot be read is the business of others.
  private static func manifests(workspace: String) throws -> [String: [Described]] {
    var manifests: [String: [Described]] = [:]
    for path in try ProjectCatalog.manifestPaths(workspace: workspace) {
      // `try?`: what is wrong with a manifest is reported by those who need what it says.
      guard let bytes = try? FileSystem.read("\(workspace)/\(path)"),
        let manifest = try? ProjectManifest(bytes, path: path)
      else { continue }
      manifests[manifest.id, default: []].append(Described(path: path, manifest: manifest))
    }
    return manifests
  }

  private struct Described {
    var path: String
    var manifest: ProjectManifest
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    let project = order.unit.key.rawValue
    try Self.refuseSharedName(project, order.values["manifests"] ?? "")
    let folder = DatasetFiles.folder(project: project)
    let building = "\(context.publication)/\(folder)/versions/building"
    try FileSystem.makeDirectories(building)
    let manifest = try Self.manifests(workspace: context.workspace)[project]?.first?.manifest
    let stages = manifest.map { ProductionStages($0) } ?? .usual
    let outcome = try DatasetJoin(workspace: context.workspace, project: project, stages: stages).run(
      into: building
    ) {
      [cancellation = context.cancellation] in
      if cancellation.isCancelled { throw CancellationError() }
    }
    var findings = outcome.findings
    findings += try Self.splitMoves(order, to: DatasetFiles(path: building), workspace: context.workspace)
    let text = outcome.manifest.json.pretty
    let digest = Digest(of: text)
    try FileSystem.create("\(building)/\(DatasetFiles.manifestName)", text.utf8)
    let version = String(digest.hex.prefix(16))
    let path = "\(folder)/versions/\(version)"
    try FileSystem.rename(building, to: "\(context.publication)/\(path)")
    try FileSystem.makeLink("\(context.publication)/\(folder)/current", to: "versions/\(version)")
    var known = ["\(path)/\(DatasetFiles.manifestName)": digest]
    for file in outcome.manifest.files { known["\(path)/\(file.name)"] = file.digest }
    let tally = outcome.manifest.tally
    return UnitResult(
      publications: [
        .init(path: path, form: .directory), .init(path: "\(folder)/current", form: .link),
      ],
      counters: [
        "selections": Int64(tally.selections), "crops": Int64(tally.crops), "images": Int64(tally.images),
        "leftOut": Int64(tally.decisions - tally.selections),
      ], findings: JoinWarnings.diagnostics(findings, project: project), knownDigests: known)
  }

  /// What changed its split since the join before. That dataset is no source of this one, so it is told of in the run
  /// alone, and only while it is there.
  private static func splitMoves(
    _ order: UnitOrder, to later: DatasetFiles, workspace: String
  ) throws -> [JoinFinding] {
    let name = "/\(DatasetFiles.manifestName)"
    guard let former = order.previous?.outputs.first(where: { $0.name.hasSuffix(name) }) else { return [] }
    let earlier = DatasetFiles(path: RelativePath("\(workspace)/\(former.path)").folder.rawValue)
    guard try FileStatus("\(earlier.path)/\(SelectionRow.fileName)") != nil else { return [] }
    return try SplitMoves.groups(from: earlier, to: later).map { JoinFinding(.splitMoved, $0) }
  }

  private static func refuseSharedName(_ project: String, _ manifests: String) throws {
    let paths = manifests.split(separator: "\n")
    guard paths.count > 1 else { return }
    throw Diagnostic(
      code: "project-shared-name",
      "\(paths.joined(separator: " and ")) all describe a project \(project): whose decisions its database holds cannot be told; nothing was joined",
      help: "give every project an id of its own")
  }
}
