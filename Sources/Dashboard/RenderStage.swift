public import PipelineCore

/// `dashboard.render`: makes the page that people read in the morning.
public struct RenderStage: Stage {
  public static let description = StageDescription(
    kind: "dashboard.render", version: 3,
    summary: "Renders the published snapshot and the latest runs as one HTML page",
    discussion: """
      Reads `data/snapshot/current` through its manifest, what the last `training.fit` decided, and the run history. Makes `data/dashboard/index.html`, \
      one file that needs neither network nor JavaScript, and `data/dashboard/dashboard.json`, the figures of the page \
      that come from the snapshot and the fit. Files of the snapshot that are read are checked against the manifest's digests, \
      the others against their sizes; what is absent or does not fit is said on the page.

      Belongs into `finally`, so that a failed run is shown, too. Runs that did nothing but render are not shown, and \
      do not make the page out of date.
      """,
    settings: [
      Setting("title", .string, default: "Darkroom", "The name at the top of the page."),
      Setting("runs", .integer(1...100), default: 14, "How many of the latest runs the page shows."),
    ],
    observesItsExpansion: true)

  static let pagePath = "data/dashboard/index.html"
  static let figuresPath = "data/dashboard/dashboard.json"

  private let runLimit: Int

  public init(_ definition: StageDefinition) {
    runLimit = Self.runLimit(definition.settings)
  }

  private static func runLimit(_ settings: [String: JSONValue]) -> Int {
    Int(settings["runs"]?.integerValue ?? 14)
  }

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    let history = try ShownHistory(context.history, limit: runLimit, workspace: context.workspace)
    return [
      UnitDefinition(
        inputs: [Snapshot.manifestPath, ModelFigures.path].map { InputReference(path: $0, isOptional: true) },
        outputs: [Self.figuresPath, Self.pagePath], values: ["history": history.digest.hex])
    ]
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    let history = try ShownHistory(
      context.history, limit: Self.runLimit(order.settings), workspace: context.workspace)
    let figures = try Figures(workspace: context.workspace, isCancelled: context.checkCancellation)
    let title = order.settings["title"]?.stringValue ?? "Darkroom"
    let page = try DashboardPage(figures: figures, history: history, title: title).render()
    try context.checkCancellation()
    let html = Array(page.html.utf8)
    let json = Array(page.document.pretty.utf8)
    try Self.write(json, to: Self.figuresPath, context)
    try Self.write(html, to: Self.pagePath, context)
    return UnitResult(
      publications: [.init(path: Self.figuresPath), .init(path: Self.pagePath)],
      counters: [
        "bytes": Int64(html.count + json.count), "runs": Int64(history.runs.count),
        "days": Int64(figures.days?.dayCount ?? 0), "warnings": Int64(figures.findings.count),
      ], findings: figures.findings)
  }

  private static func write(_ bytes: [UInt8], to path: String, _ context: UnitContext) throws {
    do {
      try FileAccess.write(bytes, to: path, below: context.publication)
    } catch {
      throw Diagnostic(
        code: "dashboard-not-written",
        "\(path) cannot be written (\(error.reason)); the page of the last run stays",
        help:
          "see whether the disk is full and the workspace writable, then run darkroom run nightly --failed")
    }
  }
}
