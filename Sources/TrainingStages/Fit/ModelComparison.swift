import Learning
import PipelineCore
import RecommendationModels

/// How a candidate does on groups that had no part in fitting it, beside the rules and the present model on the same
/// groups.
struct ModelComparison {
  /// What the candidate says of each group.
  let outcomes: [AnswerOutcome]
  let againstRules: PairedDifference
  /// `nil` without a present model that can judge these groups.
  let againstPresent: PairedDifference?
  /// Counts and scores, for people.
  let account: [String: JSONValue]

  /// - Parameter groups: at least one.
  init(
    _ choice: ChoiceModel, _ groups: [FitRows.Group], present: PresentModel, _ settings: FitSettings
  ) throws {
    let choices = try ModelFit.choices(groups)
    outcomes = try choice.outcomes(on: choices)
    let own = outcomes.map(\.isRight)
    let lineages = groups.map(\.lineage)
    func compare(_ other: [Bool]) throws -> PairedDifference {
      try PairedBootstrap.compare(
        own.map { $0 ? 1 : 0 }, other.map { $0 ? 1 : 0 }, clusters: lineages, level: settings.level,
        seed: settings.seed)
    }
    let rules = groups.map { $0.rule == $0.chosen }
    againstRules = try compare(rules)
    var account: [String: JSONValue] = [
      "lineages": .integer(Int64(Set(lineages).count)), "model": Self.accuracy(own),
      "rules": Self.accuracy(rules), "against_rules": againstRules.json,
    ]
    if case .usable(let model, _, _) = present {
      let right = try model.choice.outcomes(on: choices).map(\.isRight)
      account["present"] = Self.accuracy(right)
      againstPresent = try compare(right)
    } else {
      againstPresent = nil
    }
    account["against_present"] = againstPresent?.json ?? .null
    self.account = account
  }

  /// Each comparison with the name of what the candidate is compared with.
  var all: [(name: String, difference: PairedDifference)] {
    [("the rules", againstRules)] + (againstPresent.map { [("the present model", $0)] } ?? [])
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
