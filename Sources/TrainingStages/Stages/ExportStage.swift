import FileCustody
import FileSystem
import ImageStages
public import PipelineCore
import TrainingData
import TrainingExport

/// `training.export`: datasets in the formats that people's tools load.
public struct ExportStage: Stage {
  /// Where exports are published, relative to the workspace.
  public static let folder = "data/training/exports"

  public static let description = StageDescription(
    kind: "training.export", version: 1,
    summary: "Exports the published datasets to formats that other tools load",
    discussion: """
      Writes each project's dataset in each of the `formats`, as an immutable folder \
      `data/training/exports/PROJECT/FORMAT/versions/DIGEST` with a `manifest.json` (files with rows, bytes and SHA-256; \
      how many rows there were, were exported, and were left out, by reason), and switches \
      `data/training/exports/PROJECT/FORMAT/current` to it. `Documents/training.md` describes the formats.

      `jsonl`, `csv`, `preferences` and `coco` need no images: rows name them, with their digests. `imagefolder`, `yolo` and \
      `webdataset` do: with `images: copy` every image becomes a new file that is compared with its digest, with \
      `images: link` a hard link, so that whoever edits the exported file in place edits the original. Originals are \
      never moved or written. An image that is gone, in the Trash, or not what it was when it was decided on is left out \
      and counted. An export that the disk has no room for is not begun.

      Behind a `training.check` in `needs`, an export of a dataset whose check failed, or that was not checked, is an \
      error that says so; what was exported before stays.

      A unit is a format of a project.
      """,
    settings: [
      Setting(
        "project", .string, "The id of the one project to export; without it, all that have a dataset."),
      Setting(
        "formats", .array(.oneOf(ExportFormat.allCases.map(\.rawValue)), atLeast: 1),
        default: ["jsonl", "csv", "preferences"], "The formats."),
      Setting(
        "images", .oneOf(ExportImages.allCases.map(\.rawValue)), default: "none",
        "What becomes of the images: `none`, `copy` or `link`."),
      Setting(
        "shardBytes", .integer(1...Int64.max), default: .integer(ShardLimits().bytes),
        "The largest tar file of `webdataset`, in bytes, if more than one sample is in it."),
      Setting(
        "shardSamples", .integer(1...1_000_000_000), default: .integer(Int64(ShardLimits().samples)),
        "The most samples in one tar file of `webdataset`."),
    ],
    unit: "a format of a project", observesItsExpansion: true, unitsComeAndGo: true)

  private let project: String?
  private let formats: [ExportFormat]
  private let images: ExportImages
  private let limits: ShardLimits

  /// - Throws: `Diagnostics` when a format that needs images is to have none.
  public init(_ definition: StageDefinition) throws {
    let settings = definition.settings
    project = settings["project"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    let named = settings["formats"]?.arrayValue?.compactMap { $0.stringValue.flatMap(ExportFormat.init) }
    let wanted = Set(named ?? [.jsonl, .csv, .preferences])
    formats = ExportFormat.allCases.filter(wanted.contains)
    let images = settings["images"]?.stringValue.flatMap(ExportImages.init) ?? .none
    self.images = images
    limits = ShardLimits(
      bytes: settings["shardBytes"]?.integerValue ?? ShardLimits().bytes,
      samples: settings["shardSamples"]?.integerValue.flatMap { Int(exactly: $0) } ?? ShardLimits().samples)
    let unable = formats.filter { $0.pixels == .required && images == .none }
    if !unable.isEmpty { throw Diagnostics(unable.map(DatasetExport.needsImages)) }
  }

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    context.observe(.path(DatasetFiles.folder))
    let workspace = context.workspace
    guard try FileStatus(following: "\(workspace)/\(DatasetFiles.folder)") != nil else {
      return [UnitDefinition]()
    }
    var units: [UnitDefinition] = []
    let checks = try PassedChecks(context)
    for id in try FileSystem.list("\(workspace)/\(DatasetFiles.folder)")
    where !id.hasPrefix(".") && (project == nil || project == id) {
      context.observe(.path("\(DatasetFiles.folder(project: id))/current"))
      guard let dataset = try DatasetFiles.current(workspace: workspace, project: id) else { continue }
      let version = String(dataset.path.dropFirst(workspace.count + 1))
      let files = [SelectionRow.fileName, CropRow.fileName, ImageRow.fileName]
      let objection = checks.objection(project: id, dataset: version)
      let needsImages = images != .none && formats.contains { $0.pixels != .never }
      if needsImages { context.observe(.other) }
      let places = needsImages ? try self.places(of: dataset, id, workspace) : nil
      for format in formats {
        let place = Self.place(id, format)
        var values: [String: String] = [:]
        if format.pixels != .never { values["images"] = places }
        values["objection"] = objection
        units.append(
          UnitDefinition(
            key: UnitKey("\(id)/\(format.rawValue)"),
            inputs: files.map { InputReference(path: "\(version)/\($0)") },
            outputs: ["\(place)/versions/", "\(place)/current"], values: values))
      }
    }
    return units.sorted { $0.key < $1.key }
  }

  private static func place(_ project: String, _ format: ExportFormat) -> String {
    "\(folder)/\(project)/\(format.rawValue)"
  }

  /// What an export depends on besides rows: which images are to be had, and their captions. Moving an image changes
  /// nothing.
  private func places(of dataset: DatasetFiles, _ id: String, _ workspace: String) throws -> String {
    let source: CustodyImages
    do {
      source = try Self.source(id, workspace)
    } catch let problem as Diagnostic {
      // The unit itself says it.
      return "unknown: \(problem.code)"
    }
    var hasher = DigestHasher()
    func add(_ digest: String?, _ name: String) throws {
      switch try source.image(digest: digest, name: name) {
      case .failure(let missing): hasher.update("\(digest ?? "") \(missing.reason.rawValue)\n")
      case .success(let image):
        let caption = try source.caption(of: image).map { Digest(of: $0).hex } ?? ""
        hasher.update("\(image.digest) \(image.bytes) \(caption)\n")
      }
    }
    try dataset.forEachGroup { group in
      for row in group.images { try add(row.digest, row.image) }
      for row in group.crops { try add(row.imageDigest, row.image) }
    }
    return hasher.finalize().hex
  }

  private static func source(_ id: String, _ workspace: String) throws -> CustodyImages {
    try CustodyImages(
      try FileCustody.openForReading(workspace: workspace),
      project: try ImageProjects.project(id, workspace: workspace))
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    let (id, format) = try Self.meaning(of: order.unit.key)
    if let objection = order.values["objection"] {
      throw PassedChecks.finding(.error, objection, "nothing was exported")
    }
    guard let rows = order.inputs.first?.path else { return UnitResult() }
    let dataset = DatasetFiles(path: "\(context.workspace)/\(RelativePath(rows).folder)")
    let export = try ProjectExport.make(
      dataset, id: id, format: format, images: images,
      project: { try ImageProjects.project(id, workspace: context.workspace) },
      custody: { try FileCustody.openForReading(workspace: context.workspace) }, limits: limits
    ) { count in
      if count.isMultiple(of: 16) { try context.checkCancellation() }
      if count.isMultiple(of: 1024) { context.progress(Int64(count), nil) }
    }
    if export.images == .copy {
      try ProjectExport.checkSpace(try export.measure(), in: context.publication)
    }
    let versions = "\(Self.place(id, format))/versions"
    let building = "\(context.publication)/\(versions)/building"
    try FileSystem.makeDirectories(building)
    let contents = try export.write(to: building)
    let manifest = Digest(of: contents.manifest)
    let version = String(manifest.hex.prefix(16))
    try FileSystem.rename(building, to: "\(context.publication)/\(versions)/\(version)")
    let link = "\(Self.place(id, format))/current"
    try FileSystem.makeLink("\(context.publication)/\(link)", to: "versions/\(version)")
    return result(contents, path: "\(versions)/\(version)", link: link, manifest: manifest)
  }

  private func result(
    _ contents: DatasetExport.Contents, path: String, link: String, manifest: Digest
  ) -> UnitResult {
    var known = ["\(path)/\(DatasetFiles.manifestName)": manifest]
    for file in contents.files { known["\(path)/\(file.path)"] = file.digest }
    let accounts = contents.accounts.values
    return UnitResult(
      publications: [.init(path: path, form: .directory), .init(path: link, form: .link)],
      counters: [
        "rows": Int64(accounts.reduce(0) { $0 + $1.exported.values.reduce(0, +) }),
        "left out": Int64(accounts.reduce(0) { $0 + $1.leftOut.values.reduce(0, +) }),
        "files": Int64(contents.files.count), "bytes": contents.bytes,
      ],
      findings: ProjectExport.finding(contents).map { [$0] } ?? [], knownDigests: known)
  }

  private static func meaning(of key: UnitKey) throws -> (project: String, format: ExportFormat) {
    let parts = key.rawValue.split(separator: "/")
    guard parts.count == 2, let format = ExportFormat(rawValue: String(parts[1])) else {
      throw Diagnostic(code: "export-unit", "\(key) names no export: it is PROJECT/FORMAT")
    }
    return (String(parts[0]), format)
  }
}
