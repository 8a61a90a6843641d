import Learning
import PipelineCore
import RecommendationModels
import TrainingData

/// Fits a model on the training groups, calibrates and chooses on the validation groups, judges it once on the test
/// groups, and decides whether it takes the place of the present one.
struct ModelFit {
  let rows: FitRows
  let settings: FitSettings
  let basis: ModelBasis
  /// What the candidate is compared with.
  let present: PresentModel
  /// Which groups have judged candidates before this one.
  let past: PastJudgements

  /// What came of it.
  enum Outcome {
    case candidate(RecommendationModel, Judgement, CropJudgement)
    /// There is no model, and that is no error: the finding says why, with the counts.
    case nothing(Diagnostic)
  }

  /// Errors that say what the data lack.
  private static let lacks: Set<String> = [
    "learning-too-few", "learning-one-class", "learning-no-difference",
  ]

  func run() throws -> Outcome {
    if let lack { return .nothing(Self.note(lack)) }
    do {
      return try candidate()
    } catch let error as Diagnostic where Self.lacks.contains(error.code) {
      return .nothing(Self.note(error.message))
    }
  }

  private static func note(_ reason: String) -> Diagnostic {
    Diagnostic(
      .note, code: "training-no-model", "no model was fitted: \(reason)",
      help: "nothing is wrong: recommendations go on as before, and more decisions change this")
  }

  /// Lineages: on one half of them the confidence is calibrated, on the other the threshold is chosen.
  private static let validationNeeded = 2 * Calibration.minimumGroups

  /// What is missing before anything can be fitted; `nil` when nothing is.
  private var lack: String? {
    let counts = [
      rows.groups(.train).count, Set(rows.groups(.validation).map(\.lineage)).count,
      rows.groups(.test).count,
    ]
    let needed = [settings.minimumGroups, Self.validationNeeded, 1]
    if zip(counts, needed).allSatisfy({ $0 >= $1 }) { return nil }
    let out = FitRows.LeftOut.allCases.compactMap { reason in
      rows.leftOut[reason].flatMap { $0 > 0 ? "\($0) \(reason.rawValue)" : nil }
    }
    return
      "there are \(counts[0]) groups to train on, \(counts[1]) lineages to validate on and \(counts[2]) groups to judge on, and at least \(needed[0]), \(needed[1]) and \(needed[2]) are needed"
      + " (of \(rows.decisions) decisions" + (out.isEmpty ? "" : "; left out: \(out.joined(separator: ", "))")
      + ")"
  }

  // MARK: The candidate

  private func candidate() throws -> Outcome {
    let validation = EvaluatedGroups(rows.groups(.validation), needed: Self.validationNeeded)
    let halves = Self.halves(validation.groups)
    let choice = try ChoiceModel.fit(
      training: Self.choices(rows.groups(.train)), calibration: Self.choices(halves.calibration),
      threshold: Self.choices(halves.threshold),
      .init(
        ranker: .init(l2: settings.l2, minimumGroups: settings.minimumGroups),
        errorBound: settings.errorBound, level: settings.level))
    let validated = try ModelComparison(choice, validation.groups, present: present, settings)
    let plan = JudgementPlan(choice, validation: validated, present: present, history: past, settings)
    let judgement = try Judgement.judge(
      choice, rows, plan: plan, present: present, past: past, settings)
    let crop = try CropJudgement(
      CropFit(rows, settings), rows, isJudged: judgement.isJudged, present: present, past: past, settings)
    let account: JSONValue = [
      "decisions": .integer(Int64(rows.decisions)), "left_out": Self.json(rows.leftOut),
      "crops": .integer(Int64(rows.croppings)), "crops_left_out": Self.json(rows.cropsLeftOut),
      "groups": .object(
        Dictionary(
          uniqueKeysWithValues: Split.allCases.map {
            ($0.rawValue, .integer(Int64(rows.groups($0).count)))
          })),
      "exposure": ["train": "all", "validation": validation.exposure, "test": judgement.exposure],
      "validation": .object(validated.account), "test": judgement.account, "crop": crop.account,
      "promotion": judgement.promotion,
    ]
    return .candidate(
      RecommendationModel(
        choice: choice, crop: crop.proposer, basis: basis, predecessor: present.digest,
        isPromoted: judgement.outcome == .promoted, account: account), judgement, crop)
  }

  /// Both halves of the validation groups: whole lineages in the order of a hash, by turns. Of those for the threshold one
  /// group of each lineage: the error bound counts independent groups, and near-copies are right or wrong together. It is
  /// the first by its id, which says nothing of how it ended.
  private static func halves(_ groups: [FitRows.Group]) -> (
    calibration: [FitRows.Group], threshold: [FitRows.Group]
  ) {
    let lineages = Set(groups.map(\.lineage)).map { ($0, Digest(of: "darkroom-halves-v1\0" + $0).hex) }
      .sorted { $0.1 < $1.1 }
    var forThreshold: Set<String> = []
    for (number, lineage) in lineages.enumerated() where number % 2 == 1 { forThreshold.insert(lineage.0) }
    let calibration = groups.filter { !forThreshold.contains($0.lineage) }
    return (calibration, groups.filter { forThreshold.remove($0.lineage) != nil })
  }

  static func choices(_ groups: [FitRows.Group]) throws -> ChoiceGroups {
    var choices = try ChoiceGroups(features: FeatureSet.columns)
    for group in groups {
      try choices.append(candidates: group.candidates, chosen: group.chosen, label: group.lineage)
    }
    return choices
  }

  private static func json(_ counts: [FitRows.LeftOut: Int]) -> JSONValue {
    .object(Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, .integer(Int64($0.value))) }))
  }
}
