public import Learning
public import PipelineCore

/// A model as its file holds it: `data/training/models/DIGEST.json`, and `current.json` for the promoted one. Canonical
/// JSON with no time and no path: the digest of its bytes is its name everywhere.
public struct RecommendationModel: Hashable, Sendable {
  /// The value of `schema`.
  public static let schema = "recommendation_model_v1"
  /// Where models lie, relative to the workspace.
  public static let folder = "data/training/models"
  /// The promoted one; there is none until one was promoted.
  public static let currentPath = "\(folder)/current.json"
  /// A candidate's file.
  public static func path(_ digest: Digest) -> String { "\(folder)/\(digest.hex).json" }

  /// Chooses the image.
  public let choice: ChoiceModel
  /// Proposes the crop; `nil` when none was better than the mean of all crops.
  public let crop: CropProposer?
  public let basis: ModelBasis
  /// The present model when this one was fitted, with which it was compared; `nil` when there was none.
  public let predecessor: Digest?
  /// Whether it was promoted when it was fitted.
  public let isPromoted: Bool
  /// Counts, scores and reasons as the fit recorded them: for people. Nothing is decided by it later.
  public let account: JSONValue

  public init(
    choice: ChoiceModel, crop: CropProposer?, basis: ModelBasis, predecessor: Digest?, isPromoted: Bool,
    account: JSONValue
  ) {
    self.choice = choice
    self.crop = crop
    self.basis = basis
    self.predecessor = predecessor
    self.isPromoted = isPromoted
    self.account = account
  }

  /// What the model says of a group.
  public struct Answer: Hashable, Sendable {
    /// The image it picks, from 0.
    public var index: Int
    /// The probability that a person who picks one of the images picks this one, 0 to 1.
    public var confidence: Double
    /// Whether that is enough to recommend it.
    public var isSure: Bool
    /// The crop it proposes for that image, [x1, y1, x2, y2]; `nil` without a proposer.
    public var crop: [Double]?
  }

  /// What the model says of a group with these images, in their order; `nil` for fewer than two, where there is nothing
  /// to choose.
  /// - Throws: `learning-not-finite` for figures that are no numbers.
  public func answer(_ images: [ImageFigures]) throws -> Answer? {
    try choice.judge(FeatureSet.rows(of: images)).map { judged in
      Answer(
        index: judged.index, confidence: judged.confidence, isSure: judged.isAnswered,
        crop: crop?.rectangle(for: images[judged.index]))
    }
  }

  /// The file's content: one line.
  public var text: String {
    JSONValue.object([
      "schema": .string(Self.schema), "feature_set": .string(FeatureSet.name), "basis": basis.json,
      "predecessor": predecessor.map { .string($0.hex) } ?? .null, "promoted": .bool(isPromoted),
      "account": account, "ranker": choice.ranker.json, "calibration": choice.calibration.json,
      "abstention": choice.abstention.json, "crop": crop?.regression.json ?? .null,
    ]).canonical + "\n"
  }

  /// Reads a model's file.
  /// - Parameter path: relative to the workspace, for messages.
  /// - Throws: `Diagnostic` `model-unreadable` for what is no sound model, `model-other-features` for one that was
  ///   fitted on other features than this program measures.
  public init(_ bytes: [UInt8], path: String) throws {
    do {
      let members = try ModelMembers(file: bytes, path: path, schema: Self.schema, "the model")
      basis = try ModelBasis(members.object("basis"))
      guard basis.featureSet == FeatureSet.digest else {
        throw Self.otherFeatures(path, name: try members.text("feature_set"))
      }
      choice = ChoiceModel(
        ranker: try PairwiseRanker(members.object("ranker")),
        calibration: try Calibration(members.object("calibration")),
        abstention: try Abstention(members.object("abstention")))
      try choice.ranker.check(features: FeatureSet.columns)
      crop = try members.optionalObject("crop").map { try CropProposer(RidgeRegression($0)) }
      try crop?.regression.check(features: FeatureSet.cropColumns)
      predecessor = try members.optionalDigest("predecessor")
      isPromoted = try members.truth("promoted")
      account = try members.object("account").json
    } catch let error as Diagnostic where error.code != Self.otherFeaturesCode {
      throw Diagnostic(
        code: "model-unreadable", "\(path) is no model that can be used: \(error.message)",
        at: error.location,
        help: "put the file of a candidate (\(Self.folder)/DIGEST.json) in its place, or move it away: "
          + "then the next model is compared with the rules only")
    }
  }

  static let otherFeaturesCode = "model-other-features"

  private static func otherFeatures(_ path: String, name: String) -> Diagnostic {
    Diagnostic(
      code: otherFeaturesCode,
      "\(path) was fitted on the features \(name), and this program measures \(FeatureSet.name) (their digests differ); it cannot judge images here",
      help:
        "run `training.fit`, which fits a new one; until one is promoted, use the recommender `rule`, or move the file away"
    )
  }
}
