import PipelineCore
import TrainingData

/// How often the person picked the image that was recommended.
public struct SelectionAgreement: Sendable, Equatable {
  /// Of all decisions with a recommendation; a reject agrees with none.
  public internal(set) var all = Proportion()
  /// Of those whose recommendation was on the screen.
  public internal(set) var shown = Proportion()
  /// Of those whose recommendation was hidden on purpose: what the recommender is worth by itself.
  public internal(set) var blind = Proportion()
  /// Of those for which nobody recorded whether it was seen.
  public internal(set) var unknown = Proportion()
  /// Of those that had two images or more: where there was a choice.
  public internal(set) var choices = Proportion()
  /// The sum over all decisions of what a pick at random would have scored.
  private var luck = 0.0

  /// The share that a pick at random would have scored on the same decisions, 0 to 1; `nil` without decisions.
  public var chance: Double? { all.total > 0 ? luck / Double(all.total) : nil }

  /// How much more often people agree with what they see: shown less blind.
  public var shownLessBlind: ShareDifference { ShareDifference(shown, less: blind) }

  mutating func add(_ row: SelectionRow, agrees: Bool) {
    all.add(agrees)
    switch row.exposure {
    case .shown: shown.add(agrees)
    case .blind: blind.add(agrees)
    case .unknown, .none: unknown.add(agrees)
    }
    if row.images.count > 1 { choices.add(agrees) }
    if row.pickedIndex != nil, !row.images.isEmpty { luck += 1 / Double(row.images.count) }
  }

  var json: JSONValue {
    [
      "all": all.json, "shown": shown.json, "blind": blind.json, "unknown": unknown.json,
      "choices": choices.json, "chance": .optional(chance), "shown_less_blind": shownLessBlind.json,
    ]
  }
}
