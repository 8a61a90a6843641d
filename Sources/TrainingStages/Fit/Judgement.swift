import Learning
import PipelineCore
import RecommendationModels
import TrainingData

/// Whether a candidate takes the place of the present model, by test groups that have judged no candidate before.
struct Judgement {
  enum Outcome: String {
    case promoted
    /// The present model, or the rules, stay.
    case kept
    /// It is to be judged as soon as there are enough groups that have judged nothing yet.
    case waiting
  }

  let outcome: Outcome
  /// The groups that judged it, and are used up by that; none unless it was judged.
  let used: [FitRows.Group]
  /// Counts and scores on the groups that judged it, for people; null unless it was judged.
  let account: JSONValue
  /// The decision, for people.
  let promotion: JSONValue
  /// Which decisions judged it: those that no recommendation touched where they are enough, else all.
  let exposure: JSONValue
  /// How many more lineages are needed; 0 unless it waits.
  let missing: Int

  /// Judges a candidate, if the plan says so and there is enough to judge it on.
  static func judge(
    _ choice: ChoiceModel, _ rows: FitRows, plan: JudgementPlan, present: PresentModel,
    past: PastJudgements, _ settings: FitSettings
  ) throws -> Judgement {
    guard plan.objections.isEmpty else { return Judgement(.kept, reasons: plan.objections) }
    let test = EvaluatedGroups(fresh(rows, past.history), needed: plan.needed)
    guard test.count >= plan.needed else {
      let missing = plan.needed - test.count
      return Judgement(
        .waiting,
        reasons: [
          "\(test.count) held-back lineages have judged no model yet, and \(plan.needed) are needed to show a difference as large as on the validation groups: \(missing) more"
        ], needed: plan.needed, missing: missing)
    }
    let comparison = try ModelComparison(choice, test.groups, present: present, settings)
    let promotion = Promotion.decide(
      againstRules: comparison.againstRules, againstPresent: comparison.againstPresent,
      minimumClusters: settings.minimumGroups)
    var account = comparison.account
    account["expected_calibration_error"] = .number(
      ReliabilityCurve(of: comparison.outcomes).expectedCalibrationError.rounded(toDigits: 6))
    account["answered"] = ModelComparison.accuracy(
      comparison.outcomes.filter { choice.abstention.answers($0.confidence) }.map(\.isRight))
    return Judgement(
      promotion.isPromoted ? .promoted : .kept, reasons: promotion.reasons, needed: plan.needed,
      comparison: comparison, used: test.groups, account: .object(account), exposure: test.exposure)
  }

  private init(
    _ outcome: Outcome, reasons: [String], needed: Int? = nil, missing: Int = 0,
    comparison: ModelComparison? = nil, used: [FitRows.Group] = [], account: JSONValue = .null,
    exposure: JSONValue = .null
  ) {
    self.outcome = outcome
    self.used = used
    self.account = account
    self.exposure = exposure
    self.missing = missing
    promotion = [
      "outcome": .string(outcome.rawValue), "promoted": .bool(outcome == .promoted),
      "reasons": .array(reasons.map(JSONValue.string)),
      "lineages_needed": needed.map { .integer(Int64($0)) } ?? .null,
      "lineages_missing": .integer(Int64(missing)),
      "against_rules": comparison?.againstRules.json ?? .null,
      "against_present": comparison?.againstPresent?.json ?? .null,
    ]
  }

  /// Whether there was a comparison, and groups were used up.
  var isJudged: Bool { !used.isEmpty }

  /// What the history keeps of it; `nil` unless the candidate was judged.
  /// - Parameters:
  ///   - crops: those that judged its proposer.
  ///   - digest: of the model's file.
  ///   - comparison: see ``FitPast/comparison``.
  func entry(
    of model: RecommendationModel, crops: [FitRows.Crop], digest: Digest, comparison: String
  ) -> JudgementHistory.Entry? {
    guard isJudged else { return nil }
    return JudgementHistory.Entry(
      basis: model.basis.digest, candidate: digest, comparison: comparison,
      isPromoted: outcome == .promoted, groups: Set(used.map { JudgementHistory.mark($0.name) }),
      crops: Set(crops.map { JudgementHistory.mark($0.name) }))
  }

  /// The test groups of lineages of which no group has judged.
  private static func fresh(_ rows: FitRows, _ history: JudgementHistory) -> [FitRows.Group] {
    let marks = history.groups
    if marks.isEmpty { return rows.groups(.test) }
    var used: Set<String> = []
    for group in rows.groups where marks.contains(JudgementHistory.mark(group.name)) {
      used.insert(group.lineage)
    }
    return rows.groups(.test).filter { !used.contains($0.lineage) }
  }
}

/// Groups to evaluate on: those whose decisions no recommendation touched, if they are enough.
struct EvaluatedGroups {
  let groups: [FitRows.Group]
  /// How many lineages they have.
  let count: Int
  private let isClean: Bool

  /// - Parameter needed: how many lineages are enough.
  init(_ all: [FitRows.Group], needed: Int) {
    let clean = all.filter(\.isClean)
    let cleanCount = Set(clean.map(\.lineage)).count
    isClean = cleanCount >= needed
    groups = isClean ? clean : all
    count = isClean ? cleanCount : Set(all.map(\.lineage)).count
  }

  var exposure: JSONValue { isClean ? "blind and none" : "all" }
}
