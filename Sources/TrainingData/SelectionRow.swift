/// One decided group: what was recommended, whether it was seen, and what the person chose.
public struct SelectionRow: TrainingRow {
  public enum Action: String, Sendable, CaseIterable { case approve, crop, reject }

  public var project: String
  public var group: String
  public var lineage: String
  public var split: Split
  public var decision: String?
  public var schemaVersion: Int
  public var directory: String?
  public var images: [String]
  public var digests: [String]?
  public var action: Action
  public var pickedIndex: Int?
  public var pickedImage: String?
  public var recommendedIndex: Int?
  public var confidence: Double?
  public var recommendedCrop: [Double]?
  public var cropAccepted: Bool?
  public var recommender: String?
  public var recommenderVersion: String?
  public var modelDigest: String?
  public var exposure: Exposure
  public var selectionMatch: Bool?
  public var shownAt: String?
  public var decidedAt: String
  public var latency: Double?
  public var imageWidth: Int?
  public var imageHeight: Int?

  public static let table = "selections"
  public static let columns = [
    Column("action", .text, "`approve`, `crop` or `reject`"),
    Column("ai_confidence", .number, optional: true, "the recommender's confidence as it was shown, 0 to 1"),
    Column(
      "ai_crop_accepted", .truth, optional: true,
      "whether the recommended crop was taken; null without one and for reject"),
    Column(
      "ai_crop_coords", .numbers, optional: true,
      "the recommended crop [x1, y1, x2, y2], fractions of the displayed image"),
    Column("ai_selected_index", .integer, optional: true, "the recommended image in `images`, from 0"),
    Column("decided_at", .text, "when it was decided, RFC 3339 in UTC"),
    Column("decision_id", .text, optional: true, "the id of the inbox's line; null for older decisions"),
    Column("directory", .text, optional: true, "the group's folder then, relative to the project's root"),
    Column(
      "exposure", .text,
      "whether the person saw the recommendation: `shown` (there is a `shown_at`), `blind`, `none` or `unknown`"
    ),
    Column("group_id", .text, "the group"),
    Column("image_digests", .texts, optional: true, "SHA-256 of each image's file, in the order of `images`"),
    Column("image_height", .integer, optional: true, "of the picked image as displayed, pixels"),
    Column("image_width", .integer, optional: true, "of the picked image as displayed, pixels"),
    Column("images", .texts, "the file names of the group's images, in the order they were shown"),
    Column(
      "latency_seconds", .number, optional: true,
      "from `shown_at` to `decided_at`, above 0; null where `shown_at` is null or not earlier"),
    Column("lineage_id", .text, "what never crosses splits: the group, or its cluster of near-duplicates"),
    Column("model_digest", .text, optional: true, "the digest of the recommender's model file"),
    Column("picked_image", .text, optional: true, "the picked image's name; null for reject"),
    Column("project_id", .text, "the project"),
    Column("recommender", .text, optional: true, "who recommended; null without a recommendation"),
    Column("recommender_version", .text, optional: true, "its version"),
    Column("schema_version", .integer, "4 for a decision made here, 3 for one of the older system"),
    Column(
      "selection_match", .truth, optional: true,
      "whether recommender and person picked the same image; null without a recommendation"),
    Column("shown_at", .text, optional: true, "when the group came on the screen, RFC 3339 in UTC"),
    Column("split", .text, "`train`, `validation` or `test`"),
    Column("user_selected_index", .integer, optional: true, "the picked image in `images`; null for reject"),
  ]

  public var cells: [Cell] {
    [
      .text(action.rawValue), confidence.cell, cropAccepted.cell, recommendedCrop.cell, recommendedIndex.cell,
      .text(decidedAt), decision.cell, directory.cell, .text(exposure.rawValue), .text(group), digests.cell,
      imageHeight.cell, imageWidth.cell, .texts(images), latency.cell, .text(lineage), modelDigest.cell,
      pickedImage.cell, .text(project), recommender.cell, recommenderVersion.cell, .integer(schemaVersion),
      selectionMatch.cell, shownAt.cell, .text(split.rawValue), pickedIndex.cell,
    ]
  }

  public init(
    project: String, group: String, lineage: String, decision: String?, schemaVersion: Int, images: [String],
    action: Action, exposure: Exposure, decidedAt: String
  ) {
    self.project = project
    self.group = group
    self.lineage = lineage
    split = Split(lineage: lineage)
    self.decision = decision
    self.schemaVersion = schemaVersion
    self.images = images
    self.action = action
    self.exposure = exposure
    self.decidedAt = decidedAt
  }

  public init(_ cells: RowCells) throws {
    project = try cells.text("project_id")
    group = try cells.text("group_id")
    lineage = try cells.text("lineage_id")
    split = try cells.word("split")
    decision = try cells.optionalText("decision_id")
    schemaVersion = try cells.integer("schema_version")
    directory = try cells.optionalText("directory")
    images = try cells.texts("images")
    digests = try cells.optionalTexts("image_digests")
    action = try cells.word("action")
    pickedIndex = try cells.optionalInteger("user_selected_index")
    pickedImage = try cells.optionalText("picked_image")
    recommendedIndex = try cells.optionalInteger("ai_selected_index")
    confidence = try cells.optionalNumber("ai_confidence")
    recommendedCrop = try cells.optionalNumbers("ai_crop_coords")
    cropAccepted = try cells.optionalTruth("ai_crop_accepted")
    recommender = try cells.optionalText("recommender")
    recommenderVersion = try cells.optionalText("recommender_version")
    modelDigest = try cells.optionalText("model_digest")
    exposure = try cells.word("exposure")
    selectionMatch = try cells.optionalTruth("selection_match")
    shownAt = try cells.optionalText("shown_at")
    decidedAt = try cells.text("decided_at")
    latency = try cells.optionalNumber("latency_seconds")
    imageWidth = try cells.optionalInteger("image_width")
    imageHeight = try cells.optionalInteger("image_height")
  }
}
