import Learning
import PipelineCore
import RecommendationModels

/// How a candidate does on groups that had no part in it, beside the rules and the present model on the same groups.
struct Judgement {
  let promotion: Promotion
  /// Counts and scores, for people.
  let account: JSONValue

  init(
    _ choice: ChoiceModel, _ groups: [FitRows.Group], present: PresentModel, _ settings: FitSettings
  ) throws {
    let choices = try ModelFit.choices(groups)
    let outcomes = try choice.outcomes(on: choices)
    let own = outcomes.map(\.isRight)
    let rules = groups.map { $0.rule == $0.chosen }
    let lineages = groups.map(\.lineage)
    func compare(_ other: [Bool]) throws -> PairedDifference {
      try PairedBootstrap.compare(
        own.map { $0 ? 1 : 0 }, other.map { $0 ? 1 : 0 }, clusters: lineages, level: settings.level,
        seed: settings.seed)
    }
    var account: [String: JSONValue] = [
      "lineages": .integer(Int64(Set(lineages).count)), "model": Self.accuracy(own),
      "rules": Self.accuracy(rules),
      "expected_calibration_error": .number(
        ReliabilityCurve(of: outcomes).expectedCalibrationError.rounded(toDigits: 6)),
    ]
    let answered = outcomes.filter { choice.abstention.answers($0.confidence) }
    account["answered"] = Self.accuracy(answered.map(\.isRight))
    var againstPresent: PairedDifference?
    if case .usable(let model, _, _) = present {
      let right = try model.choice.outcomes(on: choices).map(\.isRight)
      account["present"] = Self.accuracy(right)
      againstPresent = try compare(right)
    }
    var promotion = Promotion.decide(
      againstRules: try compare(rules), againstPresent: againstPresent,
      minimumClusters: settings.minimumGroups)
    for objection in Self.objections(choice, present) {
      if promotion.isPromoted { promotion.reasons = [] }
      promotion.isPromoted = false
      promotion.reasons.append(objection)
    }
    self.promotion = promotion
    self.account = .object(account)
  }

  /// What speaks against a model whatever its accuracy.
  private static func objections(_ choice: ChoiceModel, _ present: PresentModel) -> [String] {
    var objections: [String] = []
    if choice.abstention.threshold == nil {
      objections.append(
        "no threshold is shown to keep the error bound of \(choice.abstention.errorBound), so it would never answer"
      )
    }
    if case .unreadable = present {
      objections.append("\(RecommendationModel.currentPath) cannot be read, and is not replaced unread")
    }
    return objections
  }

  static func accuracy(_ right: [Bool]) -> JSONValue {
    let count = right.count { $0 }
    return [
      "groups": .integer(Int64(right.count)), "right": .integer(Int64(count)),
      "accuracy": right.isEmpty
        ? .null : .number((Double(count) / Double(right.count)).rounded(toDigits: 6)),
    ]
  }
}

extension PairedDifference {
  var json: JSONValue {
    [
      "difference": .number(difference.rounded(toDigits: 6)), "low": .number(low.rounded(toDigits: 6)),
      "high": .number(high.rounded(toDigits: 6)), "level": .number(level), "groups": .integer(Int64(groups)),
      "lineages": .integer(Int64(clusters)),
    ]
  }
}

extension Promotion {
  var json: JSONValue {
    [
      "promoted": .bool(isPromoted), "reasons": .array(reasons.map(JSONValue.string)),
      "against_rules": againstRules.json, "against_present": againstPresent?.json ?? .null,
    ]
  }
}
