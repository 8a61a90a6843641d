/// Figures of an image, from its pixels reduced to 512 on the longest side as displayed. The same file gives the same
/// figures on every machine; all are rounded to six decimals.
///
/// Luma is 0.2126 R + 0.7152 G + 0.0722 B of the stored values (ITU-R BT.709). Transparent pixels count as black.
public struct ImageFeatures: Codable, Sendable, Equatable {
  /// A point of the displayed image: 0, 0 is its top left, 1, 1 its bottom right.
  public struct Point: Codable, Sendable, Equatable {
    /// From the left, 0 to 1.
    public var x: Double
    /// From the top, 0 to 1.
    public var y: Double

    public init(x: Double, y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// The variance of the Laplacian of luma (0 to 255; kernel 0 1 0, 1 −4 1, 0 1 0), from 0 on: large for sharp
  /// edges. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy" (ICPR 2000).
  public var sharpness: Double
  /// The mean of luma, 0 (black) to 1 (white).
  public var exposure: Double
  /// The standard deviation of luma, 0 to 0.5. Peli, "Contrast in complex images" (JOSA A, 1990).
  public var contrast: Double
  /// The Shannon entropy of the histogram of luma in 256 steps, 0 to 8 bits.
  public var entropy: Double
  /// √(σ²(rg) + σ²(yb)) + 0.3 √(μ²(rg) + μ²(yb)) with rg = R − G, yb = (R + G) / 2 − B of 0 to 255: 0 for grey, above
  /// 100 for garish. Hasler and Süsstrunk, "Measuring colourfulness in natural images" (SPIE 2003).
  public var colourfulness: Double
  /// The share of pixels with a luma of 2 of 255 or less, 0 to 1.
  public var clippedShadows: Double
  /// The share of pixels with a luma of 253 of 255 or more, 0 to 1.
  public var clippedHighlights: Double
  /// The centre of the square of a quarter of the shorter side whose pixels differ most from the image's mean colour:
  /// the saliency of Achanta et al., "Frequency-tuned salient region detection" (CVPR 2009), on luma and the two
  /// colour differences above. The first such square from the top left when several do.
  public var attention: Point
  /// dHash: luma averaged to 9 × 8 areas; bit by bit, from the top left, whether an area is darker than the one to its
  /// right; 16 hexadecimal digits. Krawetz, "Kind of like that" (2013). Similar images differ in few bits.
  public var perceptualHash: String
  /// Pixels across of the full image as displayed.
  public var width: Int
  /// Pixels down of the full image as displayed.
  public var height: Int

  /// Figures that were computed earlier, from where they are kept.
  public init(
    sharpness: Double, exposure: Double, contrast: Double, entropy: Double, colourfulness: Double,
    clippedShadows: Double, clippedHighlights: Double, attention: Point, perceptualHash: String, width: Int,
    height: Int
  ) {
    self.sharpness = sharpness
    self.exposure = exposure
    self.contrast = contrast
    self.entropy = entropy
    self.colourfulness = colourfulness
    self.clippedShadows = clippedShadows
    self.clippedHighlights = clippedHighlights
    self.attention = attention
    self.perceptualHash = perceptualHash
    self.width = width
    self.height = height
  }
}
