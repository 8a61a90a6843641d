public import ImageCatalog
public import PipelineCore

/// Says which image of a group is the best, and perhaps how to crop it.
public protocol Recommender: Sendable {
  /// What it thinks of a group; `nil` when it has no opinion. May be called from several threads at once, and blocks.
  /// - Parameters:
  ///   - model: the digest of the model file that the stage names; `nil` without one.
  ///   - context: of the unit that asks: its workspace, log and cancellation.
  /// - Throws: when it cannot answer; the group then has no recommendation.
  func recommend(
    _ record: GroupRecord, project: ImageProject, model: Digest?, context: UnitContext
  ) async throws -> Recommendation?
}

/// The rule that the team had before any model: the highest stage is the best. It recommends no crop and claims no
/// confidence.
public struct RuleRecommender: Recommender {
  public init() {}

  public func recommend(
    _ record: GroupRecord, project: ImageProject, model: Digest?, context: UnitContext
  ) throws -> Recommendation? {
    let digests = record.digests.compactMap { $0 }
    guard digests.count == record.group.images.count, !digests.isEmpty else { return nil }
    let stages = project.stages
    var best = 0
    for index in record.group.images.indices
    where stages.rank(ofName: record.group.images[index]) > stages.rank(ofName: record.group.images[best]) {
      best = index
    }
    return try Recommendation(
      recommender: "rule", version: "1", index: best, group: record.group.id, images: record.group.images,
      digests: digests)
  }
}
