import ImageCatalog
import Learning
import PipelineCore
import RecommendationModels
import TrainingData

/// Fits the crop proposer and says whether it is any better than always proposing the mean of all crops.
struct CropFit {
  /// `nil` when it is not better, or when there is too little to tell.
  let proposer: CropProposer?
  /// Counts and scores, for people.
  let account: JSONValue

  /// Fewer held-back crops than this show nothing.
  static let minimumHeldBack = 20

  init(_ rows: FitRows, _ settings: FitSettings) throws {
    let (training, validation, test) = (rows.crops(.train), rows.crops(.validation), rows.crops(.test))
    var account: [String: JSONValue] = [
      "train": .integer(Int64(training.count)), "validation": .integer(Int64(validation.count)),
      "test": .integer(Int64(test.count)),
    ]
    guard training.count >= RidgeRegression.minimumRows, validation.count >= Self.minimumHeldBack else {
      account["reason"] = .string(
        "\(training.count) crops to learn from and \(validation.count) to choose on, and \(RidgeRegression.minimumRows) and \(Self.minimumHeldBack) are needed"
      )
      account["kept"] = false
      (proposer, self.account) = (nil, .object(account))
      return
    }
    let fitted = try CropProposer(
      RidgeRegression.fit(try Self.regressionRows(training), validation: Self.regressionRows(validation)))
    let mean = (0..<4).map { edge in
      training.reduce(0) { $0 + $1.rectangle[edge] } / Double(training.count)
    }
    func overlaps(_ crops: [FitRows.Crop]) throws -> (proposed: [Double], mean: [Double]) {
      (
        try crops.map { try Self.overlap(fitted.rectangle(features: $0.features), $0.rectangle) },
        try crops.map { try Self.overlap(mean, $0.rectangle) }
      )
    }
    let chosen = try overlaps(validation)
    let difference = try PairedBootstrap.compare(
      chosen.proposed, chosen.mean, clusters: validation.map(\.lineage), level: settings.level,
      seed: settings.seed)
    let isBetter = difference.low > 0
    account["kept"] = .bool(isBetter)
    account["reason"] = .string(
      isBetter
        ? "it overlaps more with people's crops than the mean crop does"
        : "it is not shown to overlap more with people's crops than the mean crop does")
    account["against_mean"] = difference.json
    account["validation_iou"] = Self.mean(chosen.proposed)
    account["validation_iou_of_mean"] = Self.mean(chosen.mean)
    if !test.isEmpty {
      let judged = try overlaps(test)
      account["test_iou"] = Self.mean(judged.proposed)
      account["test_iou_of_mean"] = Self.mean(judged.mean)
    }
    proposer = isBetter ? fitted : nil
    self.account = .object(account)
  }

  private static func regressionRows(_ crops: [FitRows.Crop]) throws -> RegressionRows {
    var rows = try RegressionRows(features: FeatureSet.cropColumns, outputs: CropProposer.outputs)
    for crop in crops {
      try rows.append(crop.features, outputs: CropProposer.targets(crop.rectangle), label: crop.lineage)
    }
    return rows
  }

  private static func overlap(_ proposed: [Double]?, _ drawn: [Double]) throws -> Double {
    guard let proposed else { return 0 }
    return try CropRectangle(proposed).intersectionOverUnion(CropRectangle(drawn))
  }

  private static func mean(_ values: [Double]) -> JSONValue {
    .number((values.reduce(0, +) / Double(max(1, values.count))).rounded(toDigits: 6))
  }
}
