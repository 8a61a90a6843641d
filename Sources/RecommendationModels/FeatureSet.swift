import Learning
public import PipelineCore

/// What a model looks at: how figures of images become the numbers of a row. One function for the fit and for the
/// recommender, so that a model never sees anything else in use than it was fitted on.
///
/// Within a group only differences between its images tell them apart, and a linear ranker sees nothing else: a figure
/// and its difference to the group's mean give it the same. So figures stand as differences to the group's mean, which
/// also standardises them by how images of one group differ, not by how groups do. Beside them stand what is not linear
/// in a figure: its rank within the group, and whether the image is of the group's highest stage.
public enum FeatureSet {
  /// The name. Raise its number when the same figures give other numbers, and when `MeasuredImage.method` rises, for
  /// then other figures come from the same image.
  public static let name = "group-figures-1"

  /// The digest of the name and of all columns: of two models with the same one, the features mean the same.
  public static let digest = Digest(
    of: ([name] + columns + ["crop"] + cropColumns).joined(separator: "\n"))

  /// The columns of a candidate's row.
  public static let columns: [String] =
    figures.map { "\($0.name) above mean" } + ranked.map { "\($0.name) rank" }
    + ["position", "is highest stage"]

  /// The columns of a row from which a crop is proposed.
  public static let cropColumns: [String] = figures.map(\.name) + ["attention x", "attention y"]

  private struct Figure: Sendable {
    let name: String
    let value: @Sendable (ImageFigures) -> Double

    init(_ name: String, _ value: @escaping @Sendable (ImageFigures) -> Double) {
      self.name = name
      self.value = value
    }
  }

  private static let sharpness = Figure("log sharpness") { PortableMath.log(1 + max(0, $0.sharpness)) }
  private static let contrast = Figure("contrast", \.contrast)
  private static let colourfulness = Figure("colourfulness", \.colourfulness)
  private static let pixels = Figure("log pixels") {
    PortableMath.log(Double(max(1, $0.width)) * Double(max(1, $0.height)))
  }

  private static let figures = [
    sharpness, Figure("exposure", \.exposure),
    Figure("distance from middle exposure") { abs($0.exposure - 0.5) },
    contrast, Figure("entropy", \.entropy), colourfulness, Figure("clipped shadows", \.clippedShadows),
    Figure("clipped highlights", \.clippedHighlights), pixels,
    Figure("log aspect") { PortableMath.log(Double(max(1, $0.width)) / Double(max(1, $0.height))) },
    Figure("stage", \.stage),
  ]
  private static let ranked = [sharpness, contrast, colourfulness, pixels]

  /// One row of ``columns`` for each image of a group, in the group's order.
  /// - Parameter images: all images of the group.
  public static func rows(of images: [ImageFigures]) -> [[Double]] {
    let values = figures.map { figure in images.map(figure.value) }
    let means = values.map { $0.reduce(0, +) / Double(max(1, images.count)) }
    let ranks = ranked.map { figure in Self.ranks(images.map(figure.value)) }
    let highest = images.map(\.stage).max() ?? 0
    let last = Double(max(1, images.count - 1))
    return images.indices.map { image in
      var row = zip(values, means).map { value, mean in value[image] - mean }
      row += ranks.map { $0[image] }
      row.append(Double(image) / last)
      row.append(images[image].stage == highest ? 1 : 0)
      return row
    }
  }

  /// The row of ``cropColumns`` of an image.
  public static func cropRow(of image: ImageFigures) -> [Double] {
    figures.map { $0.value(image) } + [image.attentionX, image.attentionY]
  }

  /// What share of the others each value is above, 0 to 1; equals count half.
  private static func ranks(_ values: [Double]) -> [Double] {
    let others = Double(max(1, values.count - 1))
    return values.map { value in
      let below = values.count { $0 < value }
      let equal = values.count { $0 == value } - 1
      return (Double(below) + Double(equal) / 2) / others
    }
  }

  /// The image that the rule recommends: the first of the highest stage.
  /// - Parameter images: at least one.
  public static func ruleChoice(_ images: [ImageFigures]) -> Int {
    images.indices.reduce(0) { images[$1].stage > images[$0].stage ? $1 : $0 }
  }
}
