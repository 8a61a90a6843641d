import FileSystem
import PipelineCore
import RecommendationModels

/// The history of judgements as it lies in the workspace.
enum PastJudgements {
  case readable(JudgementHistory)
  /// Nobody can tell which groups have judged: none does, and the file is never replaced.
  case unreadable(Diagnostic, digest: Digest)

  init(workspace: String) throws {
    let path = JudgementHistory.path
    guard try FileStatus(following: "\(workspace)/\(path)") != nil else {
      self = .readable(JudgementHistory())
      return
    }
    let bytes = try FileSystem.read("\(workspace)/\(path)")
    do {
      self = .readable(try JudgementHistory(bytes, path: path))
    } catch let error as Diagnostic {
      self = .unreadable(error, digest: bytes.withUnsafeBytes { Digest(of: $0) })
    }
  }

  /// See ``JudgementHistory/before(basis:comparison:present:)``.
  func before(basis: Digest, comparison: String, present: Digest?) -> PastJudgements {
    switch self {
    case .readable(let history):
      .readable(history.before(basis: basis, comparison: comparison, present: present))
    case .unreadable: self
    }
  }

  /// As part of a unit's fingerprint.
  var state: String {
    switch self {
    case .readable(let history): Digest(of: history.text).hex
    case .unreadable(_, let digest): "unreadable \(digest.hex)"
    }
  }

  /// The judgements that are known.
  var history: JudgementHistory {
    switch self {
    case .readable(let history): history
    case .unreadable: JudgementHistory()
    }
  }

  /// With one more judgement. What cannot be read gets none.
  func appending(_ entry: JudgementHistory.Entry) -> PastJudgements {
    guard case .readable(var history) = self else { return self }
    history.append(entry)
    return .readable(history)
  }
}
