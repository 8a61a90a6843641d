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
  /// The model that was promoted last, when a person has put another one, or none, in its place and no fit has seen
  /// that yet.
  let putBack: Digest?

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
    putBack = isRepeated ? nil : Self.putBack(current, before.history)
  }

  /// Whether the present model is the candidate that this basis gave, promoted by a fit that may not have come to its
  /// end. One that a person put there again after another was promoted is not: it has to be compared with.
  private static func isOwn(_ current: PresentModel, _ basis: ModelBasis, _ history: JudgementHistory) -> Bool
  {
    guard case .usable(let model, let digest, _) = current, model.isPromoted, model.basis == basis else {
      return false
    }
    guard let last = history.entries.last(where: { $0.candidate == digest }) else { return true }
    return last == history.entries.last && last.isPromoted
  }

  private static func putBack(_ current: PresentModel, _ history: JudgementHistory) -> Digest? {
    guard let standing = history.standing, standing != current.digest else { return nil }
    switch current {
    case .unreadable: return nil
    // A fit that died promoted it and could not write so: its candidate was compared with the model that stands.
    case .usable(let model, let digest, _)
    where model.isPromoted && !history.knows(digest) && model.predecessor == standing: return nil
    case .none, .usable, .otherFeatures: return standing
    }
  }

  /// Which groups have judged before this candidate. What a person puts in the place of a promoted model is a judgement,
  /// too, with all that there was to look at: no group that is held back now judges anything against it later.
  /// - Parameter rows: what there is to learn from and to judge on.
  func judgements(_ rows: FitRows, basis: ModelBasis) -> PastJudgements {
    guard let putBack else { return before }
    return before.appending(
      JudgementHistory.Entry(
        basis: basis.digest, candidate: putBack, comparison: comparison, isPromoted: false,
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
    if let putBack { findings.append(notice(of: putBack)) }
    return findings
  }

  private func notice(of putBack: Digest) -> Diagnostic {
    let path = RecommendationModel.currentPath
    let help = "to have it back, copy \(RecommendationModel.path(putBack)) to \(path)"
    guard let digest = current.digest else {
      return Diagnostic(
        .warning, code: "model-missing",
        "\(path) is gone, in which the promoted model \(putBack.hex) was: from now on there is none, and the next one is compared with the rules, on groups that are decided after this",
        help: help)
    }
    return Diagnostic(
      .note, code: "model-put-back",
      "\(path) is now the model \(digest.hex), which a person put in the place of the promoted \(putBack.hex): new models are compared with it, on groups that are decided after this",
      help: help)
  }
}
