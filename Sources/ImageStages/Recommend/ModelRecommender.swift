import FileSystem
import ImageCatalog
import ImageFiles
import ImageMeasurement
import PipelineCore
import RecommendationModels
import Synchronization

/// Asks the model that `training.fit` promoted. It judges by measurements alone: no image is opened.
struct ModelRecommender: Recommender {
  private let measurements: MeasurementAccess
  /// Who is asked without a model that can be used, and about groups that no model can judge.
  private let fallback: (any Recommender)?
  private let loaded = LoadedModel()

  /// The recommender's name in what it recommends, and the version of how it applies a model.
  static let name = "model"
  static let version = "1"

  init(_ measurements: MeasurementAccess, otherwise fallback: (any Recommender)?) {
    self.measurements = measurements
    self.fallback = fallback
  }

  /// The promoted model with the digest of its file; `nil` when none was promoted yet.
  /// - Throws: `Diagnostic` `model-unreadable` or `model-other-features`; `FileError`.
  static func present(workspace: String) throws -> (model: RecommendationModel, digest: Digest)? {
    let path = RecommendationModel.currentPath
    guard try FileStatus(following: "\(workspace)/\(path)") != nil else { return nil }
    let bytes = try FileSystem.read("\(workspace)/\(path)")
    return (try RecommendationModel(bytes, path: path), bytes.withUnsafeBytes { Digest(of: $0) })
  }

  func recommend(
    _ record: GroupRecord, project: ImageProject, model digest: Digest?, context: UnitContext
  ) async throws -> Recommendation? {
    let digests = record.digests.compactMap { $0 }
    guard digests.count == record.group.images.count, !digests.isEmpty else { return nil }
    guard let digest else {
      if fallback == nil {
        context.log("no model is promoted yet (\(RecommendationModel.currentPath)): nothing is recommended")
      }
      return try await fallback?.recommend(record, project: project, model: nil, context: context)
    }
    let model: RecommendationModel
    switch try loaded.model(digest, workspace: context.workspace) {
    case .usable(let usable): model = usable
    case .unusable(let problem):
      guard let fallback else { throw problem }
      return try await fallback.recommend(record, project: project, model: nil, context: context)
    }
    guard digests.count > 1, let images = try figures(record, digests, project, context),
      let answer = try model.answer(images)
    else { return try await fallback?.recommend(record, project: project, model: nil, context: context) }
    guard answer.isSure else {
      context.log("confidence \(answer.confidence) is below the model's threshold: nothing is recommended")
      return nil
    }
    return try Recommendation(
      recommender: Self.name, version: Self.version, modelDigest: digest.hex, index: answer.index,
      confidence: answer.confidence, crop: answer.crop.map { try CropRectangle($0) },
      group: record.group.id, images: record.group.images, digests: digests)
  }

  /// One warning, for the first who asks, that there is a model which could not be used, and who recommended in its place.
  func takeWarning() -> Diagnostic? {
    guard fallback != nil, let problem = loaded.takeProblem() else { return nil }
    return Self.warning(problem)
  }

  /// - Parameter problem: what is wrong with the model.
  static func warning(_ problem: Diagnostic) -> Diagnostic {
    var warning = problem
    warning.severity = .warning
    warning.notes.append(.init("until it is put right, the rule recommends: the image of the highest stage"))
    return warning
  }

  /// What was measured of the group's images, in the present way; `nil` unless it is all of them.
  private func figures(
    _ record: GroupRecord, _ digests: [Digest], _ project: ImageProject, _ context: UnitContext
  ) throws -> [ImageFigures]? {
    guard let database = try measurements.database(workspace: context.workspace, project: project.id) else {
      return nil
    }
    let measured = try database.images(digests)
    let figures = zip(record.group.images, digests).compactMap { name, digest in
      measured[digest].flatMap { image in
        image.method < MeasuredImage.method
          ? nil
          : ImageFigures(
            image, stage: Double(project.stages.rank(ofName: name).thousandths) / 1_000)
      }
    }
    return figures.count == digests.count ? figures : nil
  }
}

extension ImageFigures {
  /// - Parameter stage: the rank of the image's production stage.
  init(_ image: MeasuredImage, stage: Double) {
    let features = image.features
    self.init(
      width: features.width, height: features.height, sharpness: features.sharpness,
      exposure: features.exposure, contrast: features.contrast, entropy: features.entropy,
      colourfulness: features.colourfulness, clippedShadows: features.clippedShadows,
      clippedHighlights: features.clippedHighlights, attentionX: features.attention.x,
      attentionY: features.attention.y, stage: stage)
  }
}

/// The model of a run, read once for all groups.
private final class LoadedModel: Sendable {
  enum State {
    case usable(RecommendationModel)
    /// It cannot be read, or was fitted on other features.
    case unusable(Diagnostic)
  }
  private struct Kept {
    var state: State
    var digest: Digest
    var isTold = false
  }
  private let kept = Mutex<Kept?>(nil)

  /// - Parameter digest: of the file as the unit's order saw it; another file is an error.
  func model(_ digest: Digest, workspace: String) throws -> State {
    try kept.withLock { kept in
      if let kept, kept.digest == digest { return kept.state }
      let path = RecommendationModel.currentPath
      let bytes = try FileSystem.read("\(workspace)/\(path)")
      guard bytes.withUnsafeBytes({ Digest(of: $0) }) == digest else {
        throw Diagnostic(
          code: "model-changed", "\(path) changed while groups were judged by it",
          help: "run the pipeline again")
      }
      var state: State
      do {
        state = .usable(try RecommendationModel(bytes, path: path))
      } catch let problem as Diagnostic {
        state = .unusable(problem)
      }
      kept = Kept(state: state, digest: digest)
      return state
    }
  }

  /// What is wrong with the model; `nil` when nothing is, and from the second call on.
  func takeProblem() -> Diagnostic? {
    kept.withLock { kept in
      guard case .unusable(let problem)? = kept?.state, kept?.isTold == false else { return nil }
      kept?.isTold = true
      return problem
    }
  }
}
