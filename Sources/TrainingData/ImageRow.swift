/// One image of one decided group: what a model may look at when it judges the group.
public struct ImageRow: TrainingRow {
  /// What was measured from the pixels of the image, reduced to 512 on the longest side as displayed.
  public struct Measurement: Sendable, Equatable {
    public var width: Int
    public var height: Int
    public var sharpness: Double
    public var exposure: Double
    public var contrast: Double
    public var entropy: Double
    public var colourfulness: Double
    public var clippedShadows: Double
    public var clippedHighlights: Double
    public var attentionX: Double
    public var attentionY: Double
    /// The first bit is the highest: near-copies differ in few bits.
    public var perceptualHash: UInt64

    public init(
      width: Int, height: Int, sharpness: Double, exposure: Double, contrast: Double, entropy: Double,
      colourfulness: Double, clippedShadows: Double, clippedHighlights: Double, attentionX: Double,
      attentionY: Double, perceptualHash: UInt64
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
      self.perceptualHash = perceptualHash
    }

    /// The hash as rows have it: 16 hexadecimal digits.
    var hashDigits: String {
      let digits = String(perceptualHash, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
  }

  public var project: String
  public var group: String
  public var lineage: String
  public var split: Split
  /// Its place in the group, from 0.
  public var index: Int
  public var image: String
  public var digest: String?
  /// The rank of its production stage: 1, 1.5, 2, 3; 0 for unknown.
  public var stage: Double
  public var isPicked: Bool
  public var isRecommended: Bool?
  /// The prompt in the text of the file, as it was measured; `nil` without one.
  public var prompt: String?
  /// `nil` for an image that was gone before it was measured.
  public var measurement: Measurement?

  public static let table = "images"
  public static let columns = [
    Column("attention_x", .number, optional: true, "where the eye goes, from the left, 0 to 1"),
    Column("attention_y", .number, optional: true, "the same from the top, 0 to 1"),
    Column("clipped_highlights", .number, optional: true, "share of pixels that are nearly white, 0 to 1"),
    Column("clipped_shadows", .number, optional: true, "share of pixels that are nearly black, 0 to 1"),
    Column("colourfulness", .number, optional: true, "0 for grey, above 100 for garish"),
    Column("contrast", .number, optional: true, "standard deviation of luma, 0 to 0.5"),
    Column("entropy", .number, optional: true, "of the histogram of luma, 0 to 8 bits"),
    Column("exposure", .number, optional: true, "mean of luma, 0 (black) to 1 (white)"),
    Column("group_id", .text, "the group"),
    Column("image", .text, "the file's name when it was shown"),
    Column("image_digest", .text, optional: true, "SHA-256 of the file; null for older decisions"),
    Column("image_height", .integer, optional: true, "as displayed, pixels"),
    Column("image_width", .integer, optional: true, "as displayed, pixels"),
    Column("index", .integer, "its place among the group's images, from 0"),
    Column("lineage_id", .text, "what never crosses splits: the group, or its cluster of near-duplicates"),
    Column("perceptual_hash", .text, optional: true, "16 hexadecimal digits; near-copies differ in few bits"),
    Column("picked", .truth, "whether the person picked it"),
    Column("project_id", .text, "the project"),
    Column("prompt", .text, optional: true, "the generator's prompt, from the file's text"),
    Column(
      "recommended", .truth, optional: true,
      "whether the recommender picked it; null without a recommendation"),
    Column("sharpness", .number, optional: true, "variance of the Laplacian of luma, 0 or more"),
    Column("split", .text, "`train`, `validation` or `test`"),
    Column("stage", .number, "the rank of its production stage: 1, 1.5, 2, 3; 0 for unknown"),
  ]

  public var cells: [Cell] {
    let found = measurement
    return [
      (found?.attentionX).cell, (found?.attentionY).cell, (found?.clippedHighlights).cell,
      (found?.clippedShadows).cell, (found?.colourfulness).cell, (found?.contrast).cell,
      (found?.entropy).cell, (found?.exposure).cell, .text(group), .text(image), digest.cell,
      (found?.height).cell, (found?.width).cell, .integer(index), .text(lineage),
      (found?.hashDigits).cell, .truth(isPicked), .text(project), prompt.cell, isRecommended.cell,
      (found?.sharpness).cell, .text(split.rawValue), .number(stage),
    ]
  }

  public init(
    project: String, group: String, lineage: String, index: Int, image: String, digest: String?,
    stage: Double, isPicked: Bool, isRecommended: Bool?, prompt: String?, measurement: Measurement?
  ) {
    self.project = project
    self.group = group
    self.lineage = lineage
    split = Split(lineage: lineage)
    self.index = index
    self.image = image
    self.digest = digest
    self.stage = stage
    self.isPicked = isPicked
    self.isRecommended = isRecommended
    self.prompt = prompt
    self.measurement = measurement
  }

  public init(_ cells: RowCells) throws {
    project = try cells.text("project_id")
    group = try cells.text("group_id")
    lineage = try cells.text("lineage_id")
    split = try cells.word("split")
    index = try cells.integer("index")
    image = try cells.text("image")
    digest = try cells.optionalText("image_digest")
    stage = try cells.optionalNumber("stage") ?? 0
    isPicked = try cells.truth("picked")
    isRecommended = try cells.optionalTruth("recommended")
    prompt = try cells.optionalText("prompt")
    if let hash = try cells.optionalHash("perceptual_hash") {
      measurement = Measurement(
        width: try cells.integer("image_width"), height: try cells.integer("image_height"),
        sharpness: try cells.number("sharpness"), exposure: try cells.number("exposure"),
        contrast: try cells.number("contrast"), entropy: try cells.number("entropy"),
        colourfulness: try cells.number("colourfulness"),
        clippedShadows: try cells.number("clipped_shadows"),
        clippedHighlights: try cells.number("clipped_highlights"),
        attentionX: try cells.number("attention_x"), attentionY: try cells.number("attention_y"),
        perceptualHash: hash)
    }
  }
}
