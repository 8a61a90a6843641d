public import PipelineCore

/// How good one recommender was in one project, by the decisions of people.
public struct RecommenderReport: Sendable, Equatable {
  /// The decisions of one week.
  public struct Week: Sendable, Equatable {
    public let week: CalendarWeek
    public let agreement: Proportion
  }

  public let recommender: RecommenderID
  /// The UTC days of the first and the last decision on one of its recommendations; `nil` when only crops are known.
  public let days: ClosedRange<Day>?
  public let selection: SelectionAgreement
  public let crops: CropAgreement
  /// Agreement by the ISO week of the decision in UTC, oldest first; weeks without a decision are left out.
  public let weeks: [Week]
  public let calibration: ConfidenceCurve
  /// Decisions without a recommendation among those made while this recommender was in use; see ``UsePeriods``.
  public let abstention: Proportion
  /// Seconds from showing the group to the decision, of decisions whose recommendation was shown.
  public let shownLatency: Median
  /// The same, of those whose recommendation was hidden.
  public let blindLatency: Median

  /// How many decisions had one of its recommendations.
  public var decisions: Int { selection.all.total }

  var json: JSONValue {
    [
      "recommender": .optional(recommender.name), "version": .optional(recommender.version),
      "model_digest": .optional(recommender.model), "decisions": .integer(Int64(decisions)),
      "first_day": .optional(days?.lowerBound.description),
      "last_day": .optional(days?.upperBound.description),
      "selection": selection.json, "crops": crops.json,
      "weeks": .array(
        weeks.map { week in
          [
            "week": .string(week.week.description), "first_day": .string(week.week.monday.description),
            "agreement": week.agreement.json,
          ]
        }),
      "calibration": calibration.json, "abstention": abstention.json,
      "latency": ["shown": shownLatency.secondsJSON, "blind": blindLatency.secondsJSON],
    ]
  }
}
