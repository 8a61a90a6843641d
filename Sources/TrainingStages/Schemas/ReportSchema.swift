import PipelineCore
import TrainingData
import TrainingReports

/// The JSON Schema of `training_report_v1/PROJECT.json`.
enum ReportSchema {
  static let part = SchemaPart.object([
    "schema": .constant(TrainingReport.schema),
    "project": .text,
    "dataset": .text.described("The version of the dataset that was measured."),
    "decisions": .object([
      "n": .count, "first_day": .day.orNull, "last_day": .day.orNull,
      "by_exposure": .map(.count, names: exposures),
      "by_action": .map(.count, names: SelectionRow.Action.allCases.map(\.rawValue)),
      "crops": .count, "crops_with_recommendation": .count,
      "latency": .map(.reference("median"), names: exposures),
    ]),
    "recommenders": .list(recommender).described("That of the latest decision first."),
  ]).described("What recommendations were worth, by what people decided. Documents/training-reports.md.")

  static let definitions: [String: SchemaPart] = [
    "proportion": .object([
      "count": .count, "n": .count, "share": .share.orNull,
      "low": .share.orNull.described("Wilson's 95 % interval; null where n is 0."), "high": .share.orNull,
    ]),
    "median": .object(["n": .count, "median_seconds": .number(0, nil).orNull]),
  ]

  private static let exposures = Exposure.allCases.map(\.rawValue)
  private static let proportion = SchemaPart.reference("proportion")

  private static let recommender = SchemaPart.object([
    "recommender": .text.orNull.described("Null where the older system did not record it."),
    "version": .text.orNull, "model_digest": .text.orNull, "decisions": .count, "first_day": .day.orNull,
    "last_day": .day.orNull,
    "selection": .object([
      "all": proportion, "shown": proportion, "blind": proportion, "unknown": proportion,
      "choices": proportion.described("Of groups with two images or more."),
      "chance": .share.orNull.described("What a pick at random would have scored."),
      "shown_less_blind": .object([
        "difference": .number(-1, 1).orNull, "low": .number(-1, 1).orNull, "high": .number(-1, 1).orNull,
        "minimum": .count, "too_few": .truth,
      ]),
    ]),
    "crops": .object([
      "iou": .object([
        "n": .count, "mean": .share.orNull, "median": .share.orNull, "at_least_0_5": proportion,
        "at_least_0_9": proportion,
      ]),
      "match": proportion, "accepted": proportion,
    ]),
    "weeks": .list(
      .object([
        "week": .text(matching: "^[0-9]{4}-W[0-9]{2}$"), "first_day": .day, "agreement": proportion,
      ])),
    "calibration": .object([
      "n": .count, "without_confidence": .count, "expected_error": .share.orNull,
      "bins": .list(.object(["mean_confidence": .share, "agreement": proportion])),
    ]),
    "abstention": proportion,
    "latency": .object(["shown": .reference("median"), "blind": .reference("median")]),
  ])
}
