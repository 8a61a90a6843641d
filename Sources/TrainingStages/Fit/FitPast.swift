import PipelineCore
import RecommendationModels
import TrainingData

/// What earlier nights and people left, of which the fit of a candidate depends: the model that it is compared with, and
/// the groups that have judged. A fit that was done before, and is done again because its checkpoint was lost, finds what
/// it found then.
struct FitPast {
  /// What lies in `current.json`.
  let current: PresentModel
  /// What a candidate is compared with: ``current``, or its predecessor when ``current`` is the very candidate that
  /// these decisions give.
  let compared: PresentModel
  /// What it is compared with, as the history names it.
  let comparison: String
  /// The judgements before this one; see ``judgements(_:basis:)``.
  private let before: PastJudgements
  /// The judgements as the file has them.
  let file: PastJudgements
  /// What became of `current.json` since the fit before, when that was not a fit's doing, or none that could say so.
  let change: Change?

  /// `current.json` is not what the history says.
  enum Change {
    /// A person put another model, or none, in the place of this one.
    case putBack(Digest)
    /// This model is where none was, or where its predecessor was: a person put it there, or a fit promoted it and was
    /// killed before it could write so. Which groups have judged it nobody knows.
    case found(Digest)
  }

  /// - Parameter basis: of the candidate.
  init(workspace: String, basis: ModelBasis) throws {
    current = try PresentModel(workspace: workspace)
    file = try PastJudgements(workspace: workspace)
    let history = file.history
    let isRepeated = Self.isOwn(current, basis, history)
    if isRepeated, case .usable(let model, _, _) = current {
      comparison = model.predecessor?.hex ?? "none"
      compared =
        try model.predecessor.map { try PresentModel(predecessor: $0, workspace: workspace) } ?? .none
    } else {
      compared = current
      comparison = current.name
    }
    before = file.before(basis: basis.digest, comparison: comparison, present: current.digest)
    change = isRepeated ? nil : Self.change(current, before)
  }

  /// Whether the present model is the candidate that this basis gave, promoted by a fit that may not have come to its
  /// end. One that a person put there is not: it has to be compared with.
  private static func isOwn(_ current: PresentModel, _ basis: ModelBasis, _ history: JudgementHistory) -> Bool
  {
    guard case .usable(let model, let digest, _) = current, model.isPromoted, model.basis == basis else {
      return false
    }
    guard let last = history.entries.last(where: { $0.candidate == digest }) else {
      return isOfKilledFit(model, digest, history)
    }
    return last == history.entries.last && last.isPromoted && !last.isFound
  }

  /// Whether a model may have been promoted by a fit that was killed before it could write so: then it was compared with
  /// the model that stands. One from another workspace was compared with another one.
  private static func isOfKilledFit(
    _ model: RecommendationModel, _ digest: Digest, _ history: JudgementHistory
  ) -> Bool {
    model.isPromoted && !history.knows(digest) && model.predecessor == history.standing
  }

  private static func change(_ current: PresentModel, _ past: PastJudgements) -> Change? {
    guard case .readable(let history) = past, history.standing != current.digest else { return nil }
    switch current {
    case .unreadable: return nil
    case .usable(let model, let digest, _) where isOfKilledFit(model, digest, history): return .found(digest)
    case .none, .usable, .otherFeatures:
      return history.standing.map(Change.putBack) ?? current.digest.map(Change.found)
    }
  }

  /// Which groups have judged before this candidate. What a person puts into `current.json` is a judgement, too, with all
  /// that there was to look at, and of a fit that was killed nobody knows which groups have judged: so no group that is
  /// held back now judges anything against that model later.
  /// - Parameter rows: what there is to learn from and to judge on.
  func judgements(_ rows: FitRows, basis: ModelBasis) -> PastJudgements {
    let (candidate, isPromoted): (Digest, Bool)
    switch change {
    case nil: return before
    case .putBack(let digest): (candidate, isPromoted) = (digest, false)
    case .found(let digest): (candidate, isPromoted) = (digest, true)
    }
    return before.appending(
      JudgementHistory.Entry(
        basis: basis.digest, candidate: candidate, comparison: comparison, isPromoted: isPromoted,
        groups: Set(rows.groups(.test).map { JudgementHistory.mark($0.name) }),
        crops: Set(rows.crops(.test).map { JudgementHistory.mark($0.name) })))
  }

  /// The file of the model that is compared with in place of the present one, relative to the workspace.
  var predecessorPath: String? {
    guard comparison != current.name else { return nil }
    return Digest(hex: comparison).map(RecommendationModel.path)
  }

  /// The names of all ``values`` that there may be.
  static let valueNames = ["present", "judged", "unreadable"]

  /// All that the fit depends on here, as values of a unit.
  var values: [String: String] {
    var values = ["present": comparison, "judged": before.state]
    if case .unreadable(_, let state) = compared { values["unreadable"] = state }
    return values
  }

  /// What a person should know of it.
  var findings: [Diagnostic] {
    var findings: [Diagnostic] = []
    switch compared {
    case .none, .usable: break
    case .otherFeatures(var finding, _, _):
      finding.severity = .warning
      finding.notes.append(.init("the new model was compared with the rules only"))
      findings.append(finding)
    case .unreadable(var finding, _):
      finding.severity = .warning
      finding.notes.append(.init("no model was judged"))
      findings.append(finding)
    }
    if case .unreadable(var finding, _) = file {
      finding.severity = .warning
      findings.append(finding)
    }
    switch change {
    case nil: break
    case .putBack(let digest): findings.append(notice(of: digest))
    case .found(let digest):
      findings.append(
        Diagnostic(
          .note, code: "model-found",
          "\(RecommendationModel.currentPath) is the model \(digest.hex), and \(JudgementHistory.path) does not say how it came there: a person put it there, or a run was killed before it could say so; new models are compared with it, on groups that are decided after this",
          help: "nothing has to be done; to go back to the rules, move the file away"))
    }
    return findings
  }

  private func notice(of putBack: Digest) -> Diagnostic {
    let path = RecommendationModel.currentPath
    let help = "to have it back, copy \(RecommendationModel.path(putBack)) to \(path)"
    guard let digest = current.digest else {
      return Diagnostic(
        .warning, code: "model-missing",
        "\(path) is gone, in which the model \(putBack.hex) was: from now on there is none, and the next one is compared with the rules, on groups that are decided after this",
        help: help)
    }
    return Diagnostic(
      .note, code: "model-put-back",
      "\(path) is now the model \(digest.hex), which a person put in the place of \(putBack.hex): new models are compared with it, on groups that are decided after this",
      help: help)
  }
}
