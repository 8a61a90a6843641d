/// What a model may know of one image: what was measured of its pixels, and the stage that its name tells.
///
/// The same value is made of a dataset's row to learn from and of a measurement to recommend by.
public struct ImageFigures: Hashable, Sendable {
  /// Pixels as displayed, at least 1.
  public var width: Int
  public var height: Int
  /// Variance of the Laplacian of luma (0 to 255), 0 or more.
  public var sharpness: Double
  /// Mean of luma, 0 to 1.
  public var exposure: Double
  /// Standard deviation of luma, 0 to 0.5.
  public var contrast: Double
  /// Of the histogram of luma, 0 to 8 bits.
  public var entropy: Double
  /// 0 for grey, above 100 for garish.
  public var colourfulness: Double
  /// Share of pixels that are nearly black, 0 to 1.
  public var clippedShadows: Double
  /// Share of pixels that are nearly white, 0 to 1.
  public var clippedHighlights: Double
  /// Where the eye goes, from the left and from the top, 0 to 1.
  public var attentionX: Double
  public var attentionY: Double
  /// The rank of its production stage, 0 for unknown.
  public var stage: Double

  public init(
    width: Int, height: Int, sharpness: Double, exposure: Double, contrast: Double, entropy: Double,
    colourfulness: Double, clippedShadows: Double, clippedHighlights: Double, attentionX: Double,
    attentionY: Double, stage: Double
  ) {
    self.width = width
    self.height = height
    self.sharpness = sharpness
    self.exposure = exposure
    self.contrast = contrast
    self.entropy = entropy
    self.colourfulness = colourfulness
    self.clippedShadows = clippedShadows
    self.clippedHighlights = clippedHighlights
    self.attentionX = attentionX
    self.attentionY = attentionY
    self.stage = stage
  }
}
