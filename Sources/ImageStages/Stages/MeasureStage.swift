import FileCustody
import FileSystem
import ImageCatalog
import ImageMeasurement
public import PipelineCore

/// `images.measure`: figures of every image, kept for when the image is gone.
public struct MeasureStage: Stage {
  public static let description = StageDescription(
    kind: "images.measure", version: MeasuredImage.method,
    summary: "Measures each image once: size, sharpness, exposure, colours, perceptual hash, prompt",
    discussion: """
      Reads the groups of the `images.catalog` stage in `needs`, decodes each image whose content was not measured yet, \
      and enters its figures in `data/training/image_measurements/PROJECT.db`: one row for each content digest, which \
      stays when the image is trashed. An image that was moved since is measured where it is now.

      An image that cannot be decoded, is gone, or is not what the catalog saw is a warning; the others of its group \
      are measured.

      A unit is a group with an image that was not measured; nothing is decoded twice. After the database was lost, \
      run the stage with `--force`.
      """,
    unit: "a group with an image that was not measured", unitsComeAndGo: true)

  private let access = MeasurementAccess.recording()
  private let custody = CustodyAccess()

  public init(_ definition: StageDefinition) {}

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    context.observe(.other)
    var units: [UnitDefinition] = []
    for unit in try CatalogUnits(context).units {
      let project = unit.key.rawValue
      let database = try MeasurementDatabase.openForReading(workspace: context.workspace, project: project)
      let measured = try database?.measuredDigests() ?? []
      for record in try CatalogUnits.list(of: unit, workspace: context.workspace)
      where record.digests.contains(where: { $0.map { !measured.contains($0) } ?? false }) {
        units.append(
          UnitDefinition(
            key: UnitKey(record.group.id.rawValue), values: ["project": project, "group": record.line]))
      }
    }
    return units.sorted { $0.key < $1.key }
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    let group = try GroupDecision(order.values)
    let workspace = context.workspace
    guard let record = group.record,
      let database = try access.database(workspace: workspace, project: group.project)
    else { return UnitResult() }
    let measurement = GroupMeasurement(
      record: record, project: try ImageProjects.project(group.project, workspace: workspace),
      custody: try custody.custody(context), context: context)
    let outcome = measurement.measure(
      known: try database.measuredDigests(of: record.digests.compactMap { $0 }))
    // What was measured before a cancellation or an error of the disk need not be measured again.
    try database.record(outcome.measured)
    if let error = outcome.error { throw error }
    return UnitResult(
      counters: ["images": Int64(outcome.measured.count), "not measured": Int64(outcome.findings.count)],
      findings: outcome.findings)
  }
}
