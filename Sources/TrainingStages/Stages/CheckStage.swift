import DataQuality
import FileSystem
import ImageCatalog
public import PipelineCore
import TrainingData

/// `training.check`: says which rows of a dataset, or of any other table, break what is expected of them.
public struct CheckStage: Stage {
  public static let description = StageDescription(
    kind: "training.check", version: 2,
    summary: "Checks the rows of datasets or other tables against what is expected of them",
    discussion: """
      Without `tables`, a unit is a project with a published dataset, and its tables are `selections`, `crops` and \
      `images`. With `tables`, the whole stage is one unit. Files that end in `.csv` are CSV with a header, all others \
      JSON lines. Rows are read one by one; millions of them need little memory.

      Writes `training_checks_v1/PROJECT.json` (or `stage=STAGE.json`): for each expectation the rows looked at, how \
      many break it, what was seen, and the first examples with file and line. A broken expectation is a finding of \
      the run: a warning for severity `warn`; for `fail` the unit fails, and nothing is published (`onFailure: "fail"`), or \
      the results are published and a stage of kind `training.gate` behind this one fails (`"keep"`).

      No clock is asked: the same rows give the same results.
      """,
    settings: [
      Setting("checks", .oneOf(["training"]), "`training`: the expectations that every dataset has to hold."),
      Setting("expectations", .array(.object(ExpectationType.object), atLeast: 1), "Further expectations."),
      Setting(
        "tables", .map(.string),
        "Other tables than datasets, by name: a path or glob pattern in the workspace, or `STAGE:PATTERN` for the artifacts of a stage in `needs`."
      ),
      Setting(
        "onFailure", .oneOf(["fail", "keep"]), default: "fail",
        "What a broken expectation of severity `fail` does: the unit fails, or its results are kept for a `training.gate`."
      ),
      Setting(
        "minCropPixels", .integer(1...100_000), default: 64,
        "The least side of a crop, in pixels, for `checks`."),
      Setting("project", .string, "The id of the one project to check; without it, all that have a dataset."),
    ],
    unit: "a project, or the whole stage with `tables`", observesItsExpansion: true)

  private let id: StageID
  private let project: String?
  private let keepsFailures: Bool
  private let looksForLeaks: Bool
  /// `nil` for datasets.
  private let tables: CheckedTables?
  private let expectations: [Expectation]

  public init(_ definition: StageDefinition) throws {
    id = definition.id
    let settings = definition.settings
    project = settings["project"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    keepsFailures = settings["onFailure"]?.stringValue == "keep"
    tables = try settings["tables"]?.objectValue.map { try CheckedTables($0, needs: definition.needs) }
    let own = settings["expectations"]?.arrayValue ?? []
    let isShipped = settings["checks"] != nil
    looksForLeaks = isShipped
    try Self.check(isShipped: isShipped, hasOwn: !own.isEmpty, isOfDatasets: tables == nil)
    let reader = ExpectationReader(tables: tables?.names ?? TrainingExpectations.tables)
    let shipped =
      isShipped
      ? TrainingExpectations.all(minCropPixels: Int(settings["minCropPixels"]?.integerValue ?? 64)) : []
    expectations = try shipped + reader.expectations(own)
  }

  private static func check(isShipped: Bool, hasOwn: Bool, isOfDatasets: Bool) throws {
    if !isShipped, !hasOwn {
      throw Diagnostics([
        Diagnostic(
          code: "no-expectations", "there is nothing to check",
          help: "give `expectations`, or \"checks\": \"training\" for datasets")
      ])
    }
    if isShipped, !isOfDatasets {
      throw Diagnostics([
        Diagnostic(
          code: "bad-table", "`checks` are of datasets, and `tables` names others",
          help: "leave `tables` out, or use a stage for each")
      ])
    }
  }

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    if let tables { return [UnitDefinition(inputs: try tables.inputs(context))] }
    return try projects(context).compactMap { project in
      let link = "\(DatasetFiles.folder(project: project))/current"
      context.observe(.path(link))
      guard let dataset = try DatasetFiles.current(workspace: context.workspace, project: project) else {
        return nil
      }
      let folder = dataset.path.dropFirst(context.workspace.utf8.count + 1)
      return UnitDefinition(
        key: UnitKey(project),
        inputs: Self.files.map { InputReference(path: "\(folder)/\($0)") })
    }
  }

  private static let files = [CropRow.fileName, ImageRow.fileName, SelectionRow.fileName]

  /// The projects with a folder of datasets, in the order of their bytes. Behind a join, only those that it joins: also one
  /// whose join failed, for its last dataset stands and is used.
  private func projects(_ context: ExpansionContext) throws -> [String] {
    context.observe(.path(DatasetFiles.folder))
    let folder = "\(context.workspace)/\(DatasetFiles.folder)"
    guard try FileStatus(folder) != nil else { return [] }
    var projects = try FileSystem.list(folder).filter { !$0.hasPrefix(".") }
    if let project { projects = projects.filter { $0 == project } }
    guard context.upstream.contains(where: { $0.kind == JoinStage.description.kind }) else { return projects }
    context.observe(.path(DecisionDatabase.folder))
    let decided = Set(try DecidedProjects.ids(workspace: context.workspace))
    return projects.filter(decided.contains)
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    let project = tables == nil ? order.unit.key.rawValue : nil
    let read = tables?.tables(order.inputs, workspace: context.workspace) ?? dataset(order, context)
    let total = order.inputs.reduce(Int64?.some(0)) { sum, input in
      input.rows.flatMap { rows in sum.map { $0 + rows } }
    }
    var results = try DataCheck(tables: read, expectations: expectations, scratch: context.artifact)
      .results { rows in
        try context.checkCancellation()
        context.progress(rows, total)
      }
    if looksForLeaks { results.append(try LeakageResult.result(of: read, workspace: context.workspace)) }
    let failed = results.filter { $0.status == .fail }
    let warned = results.filter { $0.status == .warn }
    let findings =
      failed.compactMap { $0.finding(keepsFailures ? .warning : .error) } + warned.compactMap { $0.finding() }
      + read.filter(\.files.isEmpty).map { Self.withoutFiles($0) }
    if !failed.isEmpty, !keepsFailures { throw Diagnostics(findings) }
    for finding in findings { context.log(finding.description) }
    let text =
      CheckFile(
        project: project,
        dataset: project == nil ? nil : order.inputs.first.map { RelativePath($0.path).folder.rawValue },
        results: results
      ).json.canonical + "\n"
    let name = CheckFile.name(project: project, stage: order.unit.stage)
    try FileSystem.makeDirectories("\(context.artifact)/\(CheckFile.schema)")
    try FileSystem.create("\(context.artifact)/\(name)", text.utf8)
    return UnitResult(
      artifacts: [UnitResult.Artifact(name: name, digest: Digest(of: text), rows: Int64(results.count))],
      counters: [
        "checks": Int64(results.count), "failed": Int64(failed.count),
        "warned": Int64(warned.count),
        "rows": Int64(results.filter { $0.kind == "readable" }.reduce(0) { $0 + $1.rows }),
      ], findings: findings)
  }

  /// Selections first, then the images, then the crops of these: of two rows that differ, the later one is told.
  private func dataset(_ order: UnitOrder, _ context: UnitContext) -> [Table] {
    [SelectionRow.table, ImageRow.table, CropRow.table].map { name in
      let input = order.inputs.first { $0.path.hasSuffix("/\(name).jsonl") }
      return Table(
        name: name,
        files: input.map { [Table.File(path: "\(context.workspace)/\($0.path)", place: $0.path)] } ?? [])
    }
  }

  private static func withoutFiles(_ table: Table) -> Diagnostic {
    Diagnostic(
      .warning, code: "empty-table", "the table `\(table.name)` has no files: nothing of it was checked",
      help: "correct its path in `tables`, or expect a number of `rows`")
  }
}
