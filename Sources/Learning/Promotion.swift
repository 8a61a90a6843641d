import PipelineCore

/// Whether a new model takes the place of the present one, and why.
public struct Promotion: Hashable, Codable, Sendable {
  public var isPromoted: Bool
  /// What decided, one sentence each without a full stop; for a promotion what speaks for it.
  public var reasons: [String]
  /// Against the rules that need no model.
  public var againstRules: PairedDifference
  /// Against the present model; `nil` when there is none yet.
  public var againstPresent: PairedDifference?

  /// Promotes a model that is better than the rules and than the present model, each by an interval wholly above 0,
  /// on at least `minimumClusters` independent held-back groups.
  ///
  /// A model that is no better than the rules is promoted by chance in at most (1 − level)/2 of all comparisons,
  /// 2.5 % at the level 0.95, as far as a percentile interval keeps its level; with fewer than a hundred clusters it
  /// does not. A held-back set that is judged night after night gives chance as many nights.
  public static func decide(
    againstRules: PairedDifference, againstPresent: PairedDifference?, minimumClusters: Int = 100
  ) -> Promotion {
    var against: [String] = []
    var reasons: [String] = []
    for (name, result) in [("the rules", againstRules), ("the present model", againstPresent)] {
      guard let result else { continue }
      if result.clusters < minimumClusters {
        against.append(
          "only \(result.clusters) independent held-back groups compare it with \(name), and \(minimumClusters) are needed"
        )
      }
      let figures =
        "\(number(result.difference)) with an interval from \(number(result.low)) to \(number(result.high))"
      if result.low > 0 {
        reasons.append("it is better than \(name) by \(figures)")
      } else {
        against.append("it is not shown to be better than \(name): the difference is \(figures)")
      }
    }
    return Promotion(
      isPromoted: against.isEmpty, reasons: against.isEmpty ? reasons : against,
      againstRules: againstRules, againstPresent: againstPresent)
  }

  private static func number(_ value: Double) -> String { "\(value.rounded(toDigits: 3))" }
}
