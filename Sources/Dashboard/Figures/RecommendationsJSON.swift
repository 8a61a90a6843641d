import PipelineCore

extension JSONValue {
  /// A number with all its digits, or null.
  static func exact(_ number: Double?) -> JSONValue {
    number.map { number in Int64(exactly: number).map { .integer($0) } ?? .number(number) } ?? .null
  }
}

extension ShareFigure {
  var json: JSONValue {
    [
      "count": count.map { .integer($0) } ?? .null, "n": total.map { .integer($0) } ?? .null,
      "share": .exact(share), "low": .exact(low), "high": .exact(high),
    ]
  }
}

extension RecommenderFigure {
  var json: JSONValue {
    [
      "recommender": name.map { .string($0) } ?? .null, "version": version.map { .string($0) } ?? .null,
      "model_digest": model.map { .string($0) } ?? .null,
      "decisions": decisions.map { .integer($0) } ?? .null,
      "all": all.json, "shown": shown.json, "blind": blind.json, "chance": .exact(chance),
      "shown_less_blind": .exact(shownLessBlind), "abstention": abstention.json,
      "iou": [
        "n": overlapCount.map { .integer($0) } ?? .null, "median": .exact(overlapMedian),
        "mean": .exact(overlapMean),
      ],
      "crop_match": cropMatch.json,
      "weeks": .object(Dictionary(weeks.map { ($0.monday.description, $0.agreement.json) }) { $1 }),
      "calibration": [
        "n": confidenceCount.map { .integer($0) } ?? .null, "expected_error": .exact(confidenceError),
        "bins": .array(
          bins.map { ["mean_confidence": .exact($0.meanConfidence), "agreement": $0.agreement.json] }),
      ],
    ]
  }
}

extension RecommendationFigures {
  var json: JSONValue {
    [
      "project": project.map { .string($0) } ?? .null,
      "decisions": decisions.map { .integer($0) } ?? .null,
      "recommenders": .array(recommenders.map(\.json)),
    ]
  }
}

extension DataCheckFigures {
  var json: JSONValue {
    [
      "project": project.map { .string($0) } ?? .null,
      "pass": .integer(Int64(count(.pass))), "warn": .integer(Int64(count(.warn))),
      "fail": .integer(Int64(count(.fail))),
      "results": .array(
        checks.map { check in
          [
            "name": check.name.map { .string($0) } ?? .null,
            "rows": check.rows.map { .integer($0) } ?? .null,
            "violations": check.violations.map { .integer($0) } ?? .null,
          ]
        }),
    ]
  }
}
