import OperationLog
public import PipelineCore
import Projects

/// `logs.aggregate`: the daily figures and the 15-minute bins of each UTC day.
public struct AggregateStage: Stage {
  public static let description = StageDescription(
    kind: "logs.aggregate", version: 1,
    summary: "Adds up the operation log by UTC day and by quarter hour",
    discussion: """
      Reads a day's rows from `logs.merge` and makes `daily_aggregate_v1/day=YYYY-MM-DD/aggregate.json` (totals, by \
      script, operation and project, with the parts that people and machines did) and \
      `time_bins_v1/day=YYYY-MM-DD/bins.jsonl` (one line for each quarter hour, project, script, operation and \
      destination that has an event or work time).

      Work time is people's only and has one definition: the gap between two neighbouring file operations of a \
      script counts up to 60 seconds, not at all from 5 minutes on, and is the time right before the later one. \
      It belongs to the project, operation and destination of that later operation, and to the bins it lies in, \
      so that a bin never holds more than 900 seconds of a script. For the seconds around midnight a unit also \
      reads the rows of the day before and the day after, where there are any. The bins of all days add up to the \
      active seconds of `logs.sessions` exactly.

      An event belongs to the project whose manifest in `data/projects` has the longest prefix, in whole path \
      components, of its source folder, or else of its destination; to `unassigned` without one. A manifest that \
      is wrong is reported with its place and left out. The innermost destination folder that has a meaning \
      decides the destination: `crop`, `selected`, `cropped`, `delete`, `trash` or `other`.

      A unit is a UTC day that has rows.
      """,
    settings: [
      Setting(
        "destinationFolders", .map(.oneOf(DestinationCategory.allCases.map(\.name))), default: .object([:]),
        "Meanings of destination folder names, besides the usual ones and those of project manifests.")
    ],
    unit: "a UTC day",
    observesItsExpansion: true)

  private let folders: DestinationFolders
  private let read: DayEventsReader

  public init(_ definition: StageDefinition) { self.init(definition, read: DayRows.read) }

  /// - Parameter read: reads a day's rows; tests give their own.
  public init(_ definition: StageDefinition, read: @escaping DayEventsReader) {
    let named = definition.settings["destinationFolders"]?.objectValue ?? [:]
    folders = DestinationFolders().overridden(
      by: named.compactMapValues { $0.stringValue.flatMap { DestinationCategory(name: $0) } })
    self.read = read
  }

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    let days = try CommittedDays(
      context, kind: DayRows.stageKind, file: DayRows.fileName, neededBy: Self.description.kind
    ).days
    context.observe(.path(ProjectCatalog.folder))
    let manifests = try ProjectCatalog.manifestPaths(workspace: context.workspace).map {
      InputReference(path: $0)
    }
    return days.indices.lazy.map { index in
      let day = days[index].day
      var inputs = [InputReference(path: days[index].file.path, digest: days[index].file.digest)]
      var neighbours: [String] = []
      for (name, neighbour, date) in [
        ("previous", index - 1, day.advanced(by: -1)), ("next", index + 1, day.advanced(by: 1)),
      ] where days.indices.contains(neighbour) && days[neighbour].day == date {
        inputs.append(InputReference(path: days[neighbour].file.path, digest: days[neighbour].file.digest))
        neighbours.append(name)
      }
      return UnitDefinition(
        key: UnitKey(day.description), inputs: inputs + manifests,
        values: ["neighbours": neighbours.joined(separator: ",")])
    }
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    guard let day = Day(order.unit.key.rawValue), let rows = order.inputs.first else {
      throw Diagnostic(
        code: "order-mismatch", "\(order.unit) is not a day with rows; nothing was made",
        help: "give the same command again; if it stays, report it as a defect")
    }
    let edges = try edges(order, day: day, context)
    try context.checkCancellation()
    let catalog = ProjectCatalog.read(
      order.inputs.map(\.path).filter { $0.hasPrefix(ProjectCatalog.folder + "/") },
      workspace: context.workspace)
    let events = try read("\(context.workspace)/\(rows.path)", day)
    try context.checkCancellation()

    var placer = EventPlacer(catalog: catalog, folders: folders)
    let places = placer.places(of: events)
    let images = DayImages(events, places: places, projects: placer.projects)
    let bins = BinTable(events, edges: edges, places: places, placer: &placer)
    let aggregate = DailyAggregate(events, bins: bins).json.canonical + "\n"
    let root = context.artifact
    return UnitResult(
      artifacts: [
        try StageFile.create(
          "daily_aggregate_v1/day=\(day)/aggregate.json", below: root, Array(aggregate.utf8)),
        try StageFile.create(
          "time_bins_v1/day=\(day)/bins.jsonl", below: root, bins.lines, rows: bins.bins.count),
        try StageFile.create(BinTable.internalName, below: root, bins.bytes),
        try StageFile.create(ImageSetFile.internalName, below: root, ImageSetFile.bytes(images)),
      ],
      counters: ["rows": Int64(events.rows.count), "bins": Int64(bins.bins.count)],
      findings: catalog.warnings)
  }

  /// What the neighbouring days have near midnight. Only one neighbour's rows are in memory at a time.
  private func edges(_ order: UnitOrder, day: Day, _ context: UnitContext) throws -> MidnightEdges {
    var edges = MidnightEdges()
    let neighbours = (order.values["neighbours"] ?? "").split(separator: ",")
    for (name, input) in zip(neighbours, order.inputs.dropFirst()) {
      let path = "\(context.workspace)/\(input.path)"
      if name == "previous" {
        edges.setPrevious(try read(path, day.advanced(by: -1)))
      } else {
        edges.setNext(try read(path, day.advanced(by: 1)))
      }
    }
    return edges
  }
}
