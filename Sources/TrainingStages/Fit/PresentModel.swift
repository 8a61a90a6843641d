import FileSystem
import PipelineCore
import RecommendationModels

/// The promoted model as it lies in the workspace.
enum PresentModel {
  case none
  case usable(RecommendationModel, digest: Digest, bytes: [UInt8])
  /// Sound, but fitted on other features: nothing here can be judged by it.
  case otherFeatures(Diagnostic, digest: Digest, bytes: [UInt8])
  /// Nobody can tell what it is: it is never replaced.
  case unreadable(Diagnostic, digest: Digest)

  /// Reads a model's file.
  /// - Parameter path: relative to the workspace.
  init(workspace: String, path: String = RecommendationModel.currentPath) throws {
    guard try FileStatus(following: "\(workspace)/\(path)") != nil else {
      self = .none
      return
    }
    let bytes = try FileSystem.read("\(workspace)/\(path)")
    let digest = bytes.withUnsafeBytes { Digest(of: $0) }
    do {
      self = .usable(try RecommendationModel(bytes, path: path), digest: digest, bytes: bytes)
    } catch let error as Diagnostic where error.code == "model-other-features" {
      self = .otherFeatures(error, digest: digest, bytes: bytes)
    } catch let error as Diagnostic {
      self = .unreadable(error, digest: digest)
    }
  }

  /// The bytes that the stage leaves as they are; `nil` when there is no file or nobody may touch it.
  var bytes: [UInt8]? {
    switch self {
    case .none, .unreadable: nil
    case .usable(_, _, let bytes), .otherFeatures(_, _, let bytes): bytes
    }
  }

  /// What a candidate with this basis is compared with, as part of a unit's fingerprint. Once the candidate is promoted
  /// it is the present model; it is still the comparison with its predecessor that made it so, and nothing is to be done.
  func comparison(for basis: ModelBasis) -> String {
    switch self {
    case .none: "none"
    case .usable(let model, let digest, _):
      model.basis == basis ? model.predecessor?.hex ?? "none" : digest.hex
    case .otherFeatures(_, let digest, _): digest.hex
    case .unreadable(_, let digest): "unreadable \(digest.hex)"
    }
  }

  /// What a candidate with this basis is compared with: the present model, or its predecessor when the present model is
  /// that same candidate.
  func compared(with basis: ModelBasis, workspace: String) throws -> PresentModel {
    guard case .usable(let model, _, _) = self, model.basis == basis else { return self }
    guard let predecessor = model.predecessor else { return .none }
    return try PresentModel(workspace: workspace, path: RecommendationModel.path(predecessor))
  }
}
