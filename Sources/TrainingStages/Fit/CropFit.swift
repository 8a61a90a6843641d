import ImageCatalog
import Learning
import PipelineCore
import RecommendationModels
import TrainingData

/// Fits a proposer of crops on those that people drew, and says whether it is any better than no crop, which leaves the
/// whole image, and than always proposing the mean of all crops.
struct CropFit {
  /// `nil` when it is not better, or when there is too little to tell.
  let proposer: CropProposer?
  /// Counts and scores, for people.
  let account: [String: JSONValue]

  /// Fewer held-back lineages than this show nothing.
  static let minimumHeldBack = 20

  init(_ rows: FitRows, _ settings: FitSettings) throws {
    let (training, validation) = (rows.crops(.train), rows.crops(.validation))
    var account: [String: JSONValue] = [
      "train": .integer(Int64(training.count)), "validation": .integer(Int64(validation.count)),
      "test": .integer(Int64(rows.crops(.test).count)),
    ]
    let held = Set(validation.map(\.lineage)).count
    guard training.count >= RidgeRegression.minimumRows, held >= Self.minimumHeldBack else {
      account["reason"] = .string(
        "\(training.count) crops to learn from and \(held) lineages to choose on, and \(RidgeRegression.minimumRows) and \(Self.minimumHeldBack) are needed"
      )
      (proposer, self.account) = (nil, account)
      return
    }
    let fitted = try CropProposer(
      RidgeRegression.fit(try Self.regressionRows(training), validation: Self.regressionRows(validation)))
    let mean = (0..<4).map { edge in
      training.reduce(0) { $0 + $1.rectangle[edge] } / Double(training.count)
    }
    let own = try CropOverlaps(validation) { fitted.rectangle(features: $0.features) }
    let ofMean = try CropOverlaps(validation) { _ in mean }
    let ofNone = try CropOverlaps(validation) { _ in CropOverlaps.wholeImage }
    let againstMean = try own.compared(with: ofMean, settings)
    let againstNone = try own.compared(with: ofNone, settings)
    let isBetter = againstMean.low > 0 && againstNone.low > 0
    account["reason"] = .string(
      isBetter
        ? "on the validation groups it overlaps more with people's crops than the mean crop and than the whole image"
        : "on the validation groups it is not shown to overlap more with people's crops than the mean crop and than the whole image"
    )
    account["against_mean"] = againstMean.json
    account["against_no_crop"] = againstNone.json
    account["validation_iou"] = own.mean
    account["validation_iou_of_mean"] = ofMean.mean
    account["validation_iou_of_no_crop"] = ofNone.mean
    proposer = isBetter ? fitted : nil
    self.account = account
  }

  private static func regressionRows(_ crops: [FitRows.Crop]) throws -> RegressionRows {
    var rows = try RegressionRows(features: FeatureSet.cropColumns, outputs: CropProposer.outputs)
    for crop in crops {
      try rows.append(crop.features, outputs: CropProposer.targets(crop.rectangle), label: crop.lineage)
    }
    return rows
  }
}

/// How much proposed rectangles overlap with those that people drew.
struct CropOverlaps {
  /// What remains without a crop.
  static let wholeImage: [Double] = [0, 0, 1, 1]

  private let values: [Double]
  private let lineages: [String]

  /// - Parameter propose: `nil` overlaps with nothing.
  init(_ crops: [FitRows.Crop], propose: (FitRows.Crop) throws -> [Double]?) throws {
    values = try crops.map { crop in
      guard let proposed = try propose(crop) else { return 0 }
      return try CropRectangle(proposed).intersectionOverUnion(CropRectangle(crop.rectangle))
    }
    lineages = crops.map(\.lineage)
  }

  /// - Parameter other: of the same crops.
  func compared(with other: CropOverlaps, _ settings: FitSettings) throws -> PairedDifference {
    try PairedBootstrap.compare(
      values, other.values, clusters: lineages, level: settings.level, seed: settings.seed)
  }

  /// The mean intersection over union, for people.
  var mean: JSONValue {
    .number((values.reduce(0, +) / Double(max(1, values.count))).rounded(toDigits: 6))
  }
}
