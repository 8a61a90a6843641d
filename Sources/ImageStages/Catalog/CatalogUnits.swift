import FileSystem
import ImageCatalog
import PipelineCore
import PipelineSpec

/// The catalog of a needed `images.catalog` stage.
struct CatalogUnits {
  /// One per project.
  let units: [CommittedUnit]

  init(_ context: ExpansionContext) throws {
    guard let stage = context.upstream.first(where: { $0.kind == CatalogStage.description.kind }) else {
      throw Diagnostic(
        code: "needs-catalog", "the stage needs the groups of an images.catalog stage",
        help: "name that stage in \"needs\"")
    }
    units = Array(try stage.units())
  }

  /// The groups of a project by id.
  static func records(of unit: CommittedUnit, workspace: String) throws -> [GroupID: GroupRecord] {
    let all = try list(of: unit, workspace: workspace)
    return Dictionary(all.map { ($0.group.id, $0) }) { first, _ in first }
  }

  /// The groups of a project in the order of the catalog.
  static func list(of unit: CommittedUnit, workspace: String) throws -> [GroupRecord] {
    let name = CatalogStage.groupsFile(project: unit.key.rawValue)
    guard let file = unit.outputs.first(where: { $0.name == name }) else { return [] }
    return try GroupRecord.read(workspace: workspace, path: file.path)
  }
}

extension GroupRecord {
  /// Reads a file of groups.
  /// - Parameter path: workspace-relative.
  public static func read(workspace: String, path: String) throws -> [GroupRecord] {
    let text = String(decoding: try FileSystem.read("\(workspace)/\(path)"), as: UTF8.self)
    return try text.split(separator: "\n").map { try GroupRecord(line: String($0), path: path) }
  }

  /// Reads one line of the catalog.
  init(line: String, path: String) throws {
    let (tree, problems) = JSONDocument.parse(Array(line.utf8), path: path)
    guard problems.isEmpty, let value = tree?.value, let id = value["group_id"]?.stringValue,
      let folder = value["folder"]?.stringValue, let images = value["images"]?.arrayValue,
      let digests = value["digests"]?.arrayValue, images.count == digests.count
    else {
      throw Diagnostics(
        problems.isEmpty ? [Diagnostic(code: "catalog-damaged", "\(path): a line is no group")] : problems)
    }
    let flags = (value["flags"]?.arrayValue ?? []).compactMap { $0.stringValue.flatMap(ImageGroup.Flag.init) }
    self.init(
      group: ImageGroup(
        id: GroupID(id), folder: RelativePath(folder), images: images.compactMap(\.stringValue),
        stages: (value["stages"]?.arrayValue ?? []).compactMap(\.stringValue), flags: Set(flags)),
      digests: digests.map { $0.stringValue.flatMap { Digest(hex: $0) } })
  }
}
