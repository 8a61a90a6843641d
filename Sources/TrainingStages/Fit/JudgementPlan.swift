import Learning
import PipelineCore
import RecommendationModels

/// Whether a candidate is worth judging, and on how many lineages. What judges is used up, so it is spent on candidates
/// that look better on the validation groups, and only when there is enough of it to show a difference of the size that
/// is seen there. The validation groups may decide this: they never judge.
struct JudgementPlan {
  /// What speaks against judging it at all; without any it is judged.
  let objections: [String]
  /// How many lineages that judged nothing yet are needed.
  let needed: Int

  /// A difference is looked for when the interval of the validation groups, shrunk to the number of judging lineages,
  /// would reach to no more than this share of it on each side. At the level 0.95, a difference that is truly of that
  /// size is then found four times of five: 1.96 / (1.96 + 0.84).
  private static let reach = 0.7

  init(
    _ choice: ChoiceModel, validation: ModelComparison, present: PresentModel, history: PastJudgements,
    _ settings: FitSettings
  ) {
    var objections: [String] = []
    var needed = settings.minimumGroups
    if choice.abstention.threshold == nil {
      objections.append(
        "no threshold is shown to keep the error bound of \(choice.abstention.errorBound), so it would never answer"
      )
    }
    if case .unreadable(let problem, _) = present {
      objections.append("the model to compare it with cannot be read: \(problem.message)")
    }
    if case .unreadable = history {
      objections.append(
        "\(JudgementHistory.path) cannot be read, so which groups may judge is not known")
    }
    for (name, difference) in validation.all {
      guard difference.difference > 0 else {
        objections.append(
          "on the validation groups it is no better than \(name): the difference is \(difference.difference.rounded(toDigits: 3))"
        )
        continue
      }
      let half = (difference.high - difference.low) / 2
      let ratio = half / (Self.reach * difference.difference)
      needed = max(needed, Int((Double(difference.clusters) * ratio * ratio).rounded(.up)))
    }
    self.objections = objections
    self.needed = needed
  }
}
