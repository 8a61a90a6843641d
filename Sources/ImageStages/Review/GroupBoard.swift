import FileSystem
public import ImageCatalog
public import PipelineCore
import PipelineSpec

/// The groups of a project with what was recommended and decided: what a person or a review page sees.
public struct GroupBoard: Sendable {
  /// How far a group is.
  public enum State: String, Sendable, CaseIterable {
    /// Nobody has decided it.
    case pending
    /// Somebody looked and put it off; it may be decided any time.
    case skipped
    /// It is decided; the next run carries it out, or has done so.
    case decided
  }

  /// One group.
  public struct Entry: Sendable {
    public let project: String
    public let record: GroupRecord
    /// What the recommender thinks of it; `nil` without an opinion. Show nothing of it while ``isBlind``.
    public let recommendation: Recommendation?
    /// The decision that stands.
    public let decision: Decision?
    public let state: State

    /// Whether the group waits for a decision that must not know the recommendation.
    public var isBlind: Bool { state != .decided && recommendation?.blind == true }
  }

  /// In the order of the catalog.
  public let entries: [Entry]
  /// What is wrong with the inbox.
  public let findings: [Diagnostic]

  /// Reads what the last run of `images.catalog` and `images.recommend` published, and the inbox.
  /// - Throws: `no-groups` when the catalog stage has not run for the project yet.
  public init(workspace: String, project: String) throws {
    let path = CatalogStage.publishedFile(project: project)
    guard try FileStatus("\(workspace)/\(path)") != nil else {
      throw Diagnostic(
        code: "no-groups", "the groups of project \(project) are not known yet: \(path) is not there",
        help: "run the pipeline with its images.catalog stage first: `darkroom run nightly`")
    }
    let content = try DecisionInbox.read(workspace: workspace, project: project)
    let folded = DecisionInbox.fold(content)
    findings = content.findings + folded.sorted { $0.key < $1.key }.flatMap(\.value.findings)
    entries = try GroupRecord.read(workspace: workspace, path: path).map { record in
      let decisions = folded[record.group.id]
      return Entry(
        project: project, record: record,
        recommendation: try Self.recommendation(record, project: project, workspace: workspace),
        decision: decisions?.standing,
        state: decisions?.standing != nil ? .decided : decisions?.isSkipped ?? false ? .skipped : .pending)
    }
  }

  /// The published recommendation, unless it is about other images than the group has now.
  private static func recommendation(
    _ record: GroupRecord, project: String, workspace: String
  ) throws -> Recommendation? {
    let path = RecommendStage.path(project: project, group: record.group.id)
    guard try FileStatus("\(workspace)/\(path)") != nil else { return nil }
    let bytes = try FileSystem.read("\(workspace)/\(path)")
    if JSONDocument.parse(bytes, path: path).0?.value == .null { return nil }
    let read = try Recommendation(bytes, path: path)
    return zip(read.digests, record.digests).allSatisfy { $0 == $1 } ? read : nil
  }
}
