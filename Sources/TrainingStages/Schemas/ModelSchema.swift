import PipelineCore
import RecommendationModels

/// The JSON Schemas of model files and of what `training.fit` says of its candidate.
enum ModelSchema {
  /// A line of `data/training/models/DIGEST.json` and `current.json`.
  static let model = SchemaPart.object([
    "schema": .constant(RecommendationModel.schema),
    "feature_set": .text.described("The name of the features that it judges by."),
    "basis": .object([
      "datasets": .list(.object(["project": .text, "manifest_sha256": .digest])), "feature_set": .digest,
      "settings": .object([:], isOpen: true), "method": .integer(atLeast: 1),
    ]).described("All that it was fitted on: equal bases give equal bytes."),
    "predecessor": .digest.orNull.described("The model that it was compared with."),
    "promoted": .truth,
    "account": account,
    "ranker": .object([
      "features": .list(.text), "standardisation": .reference("standardisation"),
      "weights": .reference("numbers"), "careless_share": .share,
    ]),
    "calibration": .object([
      "inverse_temperature": .number(0, nil),
      "platt": .object(["slope": .number(nil, nil), "intercept": .number(nil, nil)]).orNull,
      "isotonic": .object(["knots": .reference("numbers"), "values": .reference("numbers")]).orNull,
    ]),
    "abstention": .object([
      "threshold": .share.orNull.described("Below this confidence it says nothing; null: always."),
      "error_bound": .share, "level": .share, "groups": .count, "answered": .count, "errors": .count,
    ]),
    "crop": .object([
      "features": .list(.text), "outputs": .list(.text), "standardisation": .reference("standardisation"),
      "weights": .list(.reference("numbers")), "intercepts": .reference("numbers"),
      "lambda": .number(0, nil),
    ]).orNull.described("The proposer of crops; null when none was kept."),
  ]).described("A recommender: ranker, calibration, threshold, crop proposer. Documents/training-models.md.")

  /// `training_models_v1/models.json`.
  static let decision = SchemaPart.object(
    [
      "schema": .constant(FitStage.artifact),
      "outcome": .oneOf(["promoted", "kept", "waiting", "no-model"]).described(
        "waiting: until enough held-back groups have judged no model yet."),
      "candidate": .digest.orNull.described("The digest of its file; null when none was fitted."),
      "current": .digest.orNull.described("The model in use after the stage; null without one."),
    ],
    optional: [
      "reason": .text.described("Why there is no candidate."),
      "put_back": .digest.described(
        "The model in whose place a person has put another one, or none, since the fit before."),
      "basis": .digest, "threshold": .share.orNull, "proposes_crops": .truth, "figures": account,
    ], isOpen: true
  ).described("What training.fit made of the datasets, and whether it was promoted.")

  static let definitions: [String: SchemaPart] = [
    "numbers": .list(.number(nil, nil)),
    "standardisation": .object([
      "means": .reference("numbers"), "scales": .reference("numbers"), "constant": .list(.truth),
    ]),
  ].merging(accountDefinitions) { $1 }

  static let accountDefinitions: [String: SchemaPart] = [
    "accuracy": .object(["groups": .count, "right": .count, "accuracy": .share.orNull]),
    "difference": .object([
      "difference": .number(-1, 1), "low": .number(-1, 1), "high": .number(-1, 1), "level": .share,
      "groups": .count, "lineages": .count,
    ]),
  ]

  /// Counts, scores and reasons, for people: a newer program may say more.
  private static let account = SchemaPart.object(
    [
      "decisions": .count, "left_out": .map(.count), "crops": .count, "crops_left_out": .map(.count),
      "groups": .map(.count), "exposure": .map(.text.orNull), "validation": comparison(),
      "test": comparison(["answered": .reference("accuracy"), "expected_calibration_error": .share])
        .orNull.described("On groups that had judged no model; null unless it was judged."),
      "crop": .object(["kept": .truth, "reason": .text], isOpen: true),
      "promotion": .object(
        [
          "outcome": .text, "promoted": .truth, "reasons": .list(.text),
          "lineages_needed": .integer(atLeast: 0).orNull, "lineages_missing": .count,
          "against_rules": .reference("difference").orNull,
          "against_present": .reference("difference").orNull,
        ], isOpen: true),
    ], isOpen: true)

  /// A candidate beside the rules and the present model on the same groups.
  private static func comparison(_ more: [String: SchemaPart] = [:]) -> SchemaPart {
    .object(
      [
        "model": .reference("accuracy"), "rules": .reference("accuracy"), "lineages": .count,
      ].merging(more) { $1 }, optional: ["present": .reference("accuracy")], isOpen: true)
  }

  /// `data/training/models/judgements.json`.
  static let judgements = SchemaPart.object([
    "schema": .constant(JudgementHistory.schema),
    "judgements": .list(
      .object([
        "basis": .digest, "candidate": .digest,
        "comparison": .text.described(
          "What it was compared with besides the rules; what a person put in its place; itself where it was found as the present model and no fit said that it promoted it."
        ),
        "promoted": .truth.described(
          "Whether it is the present model from then on. False of a model that was: a person put another one, or none, in its place."
        ),
        "groups": .list(mark), "crops": .list(mark),
      ])
    ).described("Oldest first."),
  ]).described("Which held-back groups judged which candidates: no group judges twice.")

  /// What stands for a group.
  private static let mark = SchemaPart.text(matching: "^[0-9a-f]{16}$")
}
