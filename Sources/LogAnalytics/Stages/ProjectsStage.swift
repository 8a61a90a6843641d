public import PipelineCore
import Projects

/// `logs.projects`: images, work time and speed of each project.
public struct ProjectsStage: Stage {
  public static let description = StageDescription(
    kind: "logs.projects", version: 1,
    summary: "Measures each project: images, work time, images per hour",
    discussion: """
      Reads the bins and the image names of `logs.aggregate` and the manifests in `data/projects`, and makes \
      `project_metrics_v1/projects.json`. An image counts once for a project, whatever happened to it: its crop and \
      its move are one image, told by its name without folder and extension. Where a record counts more images than \
      it names, the rest is added as `unnamed_images`.

      `images_per_hour` is the images that people processed, divided by their work hours; it is null without work \
      time, and machine work is in neither. The `baseline` is the trimmed mean of the images per hour of the last \
      five finished or archived projects: of three or more, the smallest and the largest are left out. The last ones \
      are told by `finishedAt`, or by the last day with events.

      The unit is the whole stage. Counts of projects whose days did not change are kept from the last run.
      """,
    observesItsExpansion: true)

  private static let metricsFile = "project_metrics_v1/projects.json"

  public init(_ definition: StageDefinition) {}

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    let kind = AggregateStage.description.kind
    let bins = try CommittedDays(
      context, kind: kind, file: BinTable.internalName, neededBy: Self.description.kind)
    let images = try CommittedDays(
      context, kind: kind, file: ImageSetFile.internalName, neededBy: Self.description.kind)
    context.observe(.path(ProjectCatalog.folder))
    let manifests = try ProjectCatalog.manifestPaths(workspace: context.workspace).map {
      InputReference(path: $0)
    }
    return [UnitDefinition(inputs: bins.inputs + images.inputs + manifests, values: ["days": bins.list])]
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    let manifestPaths = order.inputs.map(\.path).filter { $0.hasPrefix(ProjectCatalog.folder + "/") }
    let catalog = ProjectCatalog.read(manifestPaths, workspace: context.workspace)
    let files = order.inputs.dropLast(manifestPaths.count)
    let days = try CommittedDays.pairs(order, inputs: Array(files.prefix(files.count / 2)))
    var activities: [String: ProjectActivity] = [:]
    for (index, (day, input)) in days.enumerated() {
      try context.checkCancellation()
      let table = try BinTable(try StageFile.read("\(context.workspace)/\(input.path)"), path: input.path)
      var tallies = [Tally](repeating: Tally(), count: table.names.count)
      for bin in table.bins { tallies[Int(bin.project)] += bin.tally }
      for (name, tally) in zip(table.names, tallies) where tally != Tally() {
        activities[name, default: ProjectActivity()].add(tally, day: day)
      }
      context.progress(Int64(index + 1), Int64(days.count))
    }
    let unions = try countImages(
      files.dropFirst(days.count).map { "\(context.workspace)/\($0.path)" }, order, context, &activities)
    let metrics = ProjectMetrics(manifests: catalog.projects, activities: activities)
    return UnitResult(
      artifacts: [
        try StageFile.create(
          Self.metricsFile, below: context.artifact, Array((metrics.json.canonical + "\n").utf8)),
        try StageFile.create(ImageUnions.fileName, below: context.artifact, unions.bytes),
      ],
      counters: [
        "projects": Int64(catalog.projects.count), "images": activities.values.reduce(0) { $0 + $1.images },
        "projects reused": Int64(unions.reused),
      ],
      findings: catalog.warnings)
  }

  private func countImages(
    _ paths: [String], _ order: UnitOrder, _ context: UnitContext,
    _ activities: inout [String: ProjectActivity]
  ) throws -> ImageUnions {
    var known: [String: ImageUnions.Count] = [:]
    if let file = order.previous?.outputs.first(where: { $0.name == ImageUnions.fileName }) {
      let path = "\(context.workspace)/\(file.path)"
      // A file of an earlier form of this stage cannot be used: then every project is counted anew.
      known = (try? ImageUnions.counts(try StageFile.read(path), path: file.path)) ?? [:]
    }
    let unions = try ImageUnions(paths, known: known) { try context.checkCancellation() }
    for (project, sections) in unions.sections {
      var activity = activities[project] ?? ProjectActivity()
      activity.namedByPeople = unions.counts[project]?.namedByPeople ?? 0
      activity.named = unions.counts[project]?.named ?? 0
      activity.unnamedByPeople = sections.reduce(0) { $0 + $1.unnamedByPeople }
      activity.unnamedByMachines = sections.reduce(0) { $0 + $1.unnamedByMachines }
      activities[project] = activity
    }
    return unions
  }
}
