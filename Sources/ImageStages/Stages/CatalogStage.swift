import FileCustody
import FileSystem
import ImageCatalog
public import PipelineCore
import PipelineEngine
import Projects

/// `images.catalog`: which images a project has, and which of them are variants of one picture.
public struct CatalogStage: Stage {
  public static let description = StageDescription(
    kind: "images.catalog", version: 1,
    summary: "Finds each project's images and groups the variants of one picture",
    discussion: """
      Lists the content folders of each active project (everything below its root but production folders and hidden \
      names), digests files that are new or changed, enters them in custody's registry of every file ever seen, and \
      makes `groups_v1/PROJECT.jsonl`: one line per group with its id, folder, images, digests and flags. A file that \
      custody has moved keeps its place in its group. A group of which a decision was carried out stays what it was: \
      an image that comes later and would belong to it is a group of its own. Every image is in exactly one group. The \
      stages of production are those of the project's manifest (`stages`), or the usual four.

      Nothing is moved or written in the project. A project whose root is not there is an error, and none of its \
      files counts as deleted.

      A unit is a project.
      """,
    settings: [
      ProjectSetting.setting,
      Setting(
        "maxGapMinutes", .integer(0...1_440), default: 15,
        "How many minutes after the previous member of its group an image may follow."),
      Setting(
        "maxGroupSize", .integer(1...100), default: 4,
        "Groups with more images than this are flagged for a person."),
    ],
    unit: "a project")

  private let project: String?
  private let rules: GroupingRules
  private let access = CustodyAccess()

  public init(_ definition: StageDefinition) {
    project = ProjectSetting.value(definition.settings)
    rules = GroupingRules(
      maxGap: (definition.settings["maxGapMinutes"]?.integerValue ?? 15) * 60,
      maxGroupSize: Int(definition.settings["maxGroupSize"]?.integerValue ?? 4))
  }

  /// The name of a project's groups in the artifact.
  public static func groupsFile(project: String) -> String { "groups_v1/\(project).jsonl" }

  /// Where a project's groups are published for people's tools, relative to the workspace: the same lines.
  public static func publishedFile(project: String) -> String { "data/review/groups/\(project).jsonl" }

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    context.observe(.other)
    let projects = try ImageProjects(workspace: context.workspace, only: project, observe: context.observe)
    let custody = try FileCustody.openForReading(workspace: context.workspace)
    return try projects.projects.filter { try $0.hasImages(custody) }.map { project in
      let tree: String
      do {
        tree = try look(project, custody).comparison.value
      } catch let error as Diagnostic where error.code.hasPrefix("project-root-") {
        // Where the root is not there, the unit runs and says so.
        tree = error.code
      }
      return UnitDefinition(
        key: UnitKey(project.id), outputs: [Self.publishedFile(project: project.id)],
        values: project.stageValues.merging(["files": tree]) { $1 })
    }
  }

  private func look(_ project: ImageProject, _ custody: FileCustody?) throws -> (
    listing: ProjectListing, comparison: CatalogComparison
  ) {
    // The walk waits for the file system, the registry's rows take the processor: 100,000 files are as long as the
    // longer of both.
    let (listing, known) = try BothAtOnce.run(
      { try ProjectListing.scan(root: project.root, production: project.production, folders: .content) },
      { try custody?.files(project: project.id) ?? [] })
    let comparison = try CatalogComparison(
      listing: listing, known: known, production: project.production,
      hasProduction: try project.production.all.contains {
        try FileStatus(following: "\(project.root)/\($0)") != nil
      })
    return (listing, comparison)
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    let project = try ImageProjects.project(order.unit.key.rawValue, workspace: context.workspace)
    let custody = try access.custody(context)
    let (listing, comparison) = try look(project, custody)
    let outcome = try await CatalogDigests(project: project, custody: custody, context: context).digest(
      comparison)
    try custody.markMissing(comparison.missing.map(\.origin), project: project.id)
    var rules = rules
    rules.stages = project.stages
    let contents = CatalogContents(
      comparison, digests: outcome.digests, reviews: try custody.carriedOutReviews(project: project.id),
      project: project.id, rules: rules)
    let bytes = contents.groups.map { $0.line + "\n" }.joined()
    let name = Self.groupsFile(project: project.id)
    try FileSystem.makeDirectories("\(context.artifact)/groups_v1")
    try FileSystem.create("\(context.artifact)/\(name)", bytes.utf8)
    let published = Self.publishedFile(project: project.id)
    try FileSystem.makeDirectories("\(context.publication)/data/review/groups")
    try FileSystem.create("\(context.publication)/\(published)", bytes.utf8)
    return UnitResult(
      artifacts: [
        UnitResult.Artifact(name: name, digest: Digest(of: bytes), rows: Int64(contents.groups.count))
      ],
      publications: [UnitResult.Publication(path: published)],
      counters: [
        "images": Int64(contents.images), "groups": Int64(contents.groups.count),
        "files": Int64(comparison.present.count), "read": Int64(outcome.digests.count),
        "bytes": outcome.bytes,
        "missing": Int64(comparison.missing.count),
      ],
      findings: warnings(
        listing.problems + contents.findings + outcome.findings + missing(comparison, project)))
  }

  /// What the catalog finds never stops it: the rest of the project is worked on, and `audit.safety` judges.
  private func warnings(_ findings: [Diagnostic]) -> [Diagnostic] {
    findings.map { finding in
      var finding = finding
      finding.severity = min(finding.severity, .warning)
      return finding
    }
  }

  private func missing(_ comparison: CatalogComparison, _ project: ImageProject) -> [Diagnostic] {
    comparison.missing.map { file in
      Diagnostic(
        .warning, code: "file-missing",
        "\(project.id): \(file.origin) was there before and is not any more, and Darkroom did not move it",
        notes: [.init("its content had the digest \(file.digest.short)…")],
        help: "if it was moved by hand, nothing is lost: it is found again where it is now")
    }
  }
}
