import FileSystem
import PipelineCore
import RecommendationModels

/// A model's file as it lies in the workspace: the present model's, or that of the one before it.
enum PresentModel {
  case none
  case usable(RecommendationModel, digest: Digest, bytes: [UInt8])
  /// Sound, but fitted on other features: nothing here can be judged by it.
  case otherFeatures(Diagnostic, digest: Digest, bytes: [UInt8])
  /// Nobody can tell what it is: nothing is judged, and it is never replaced. The state tells it from other such files.
  case unreadable(Diagnostic, state: String)

  /// Reads `current.json`. What cannot be read is a case, not an error.
  init(workspace: String) throws {
    self = try Self.read(RecommendationModel.currentPath, workspace: workspace)
  }

  /// Reads the file of the model that the present one was compared with, by the name that the present one gives. There
  /// was such a model: without its file, nobody can tell how the comparison would end.
  init(predecessor digest: Digest, workspace: String) throws {
    let path = RecommendationModel.path(digest)
    let found = try Self.read(path, workspace: workspace)
    switch found {
    case .none:
      self = .unreadable(Self.lost(path, "is not there"), state: "missing \(digest.hex)")
    case .usable, .otherFeatures:
      self =
        found.digest == digest
        ? found : .unreadable(Self.lost(path, "has another content than its name says"), state: "altered")
    case .unreadable(let problem, let state):
      self = .unreadable(Self.lost(path, "cannot be read (\(problem.message))"), state: state)
    }
  }

  private static func read(_ path: String, workspace: String) throws -> PresentModel {
    // Not followed: a link that leads nowhere is a file that is lost, not none.
    guard try FileStatus("\(workspace)/\(path)") != nil else { return .none }
    let bytes: [UInt8]
    do {
      bytes = try FileSystem.read("\(workspace)/\(path)")
    } catch let error as FileError {
      return .unreadable(
        Diagnostic(
          code: "model-unreadable", "\(path) cannot be read: \(error.reason)", help: error.diagnostic.help),
        state: error.reason)
    }
    let digest = bytes.withUnsafeBytes { Digest(of: $0) }
    do {
      return .usable(try RecommendationModel(bytes, path: path), digest: digest, bytes: bytes)
    } catch let error as Diagnostic where error.code == "model-other-features" {
      return .otherFeatures(error, digest: digest, bytes: bytes)
    } catch let error as Diagnostic {
      return .unreadable(error, state: digest.hex)
    }
  }

  private static func lost(_ path: String, _ what: String) -> Diagnostic {
    Diagnostic(
      code: "model-missing",
      "\(path) \(what); \(RecommendationModel.currentPath) was compared with it, which cannot be done again: no model is judged, and \(RecommendationModel.currentPath) stays",
      help: "restore it from a backup, or go on: with new decisions, models are compared with the present one"
    )
  }

  /// Of the file; `nil` without one, and for one that cannot be read.
  var digest: Digest? {
    switch self {
    case .none, .unreadable: nil
    case .usable(_, let digest, _), .otherFeatures(_, let digest, _): digest
    }
  }

  /// The bytes that the stage leaves as they are; `nil` when there is no file or nobody may touch it.
  var bytes: [UInt8]? {
    switch self {
    case .none, .unreadable: nil
    case .usable(_, _, let bytes), .otherFeatures(_, _, let bytes): bytes
    }
  }

  /// As what a candidate is compared with, in a unit's fingerprint and in the history of judgements.
  var name: String {
    switch self {
    case .none: "none"
    case .usable(_, let digest, _), .otherFeatures(_, let digest, _): digest.hex
    case .unreadable(_, let state): "unreadable \(state)"
    }
  }
}
