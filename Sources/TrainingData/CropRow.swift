import PipelineCore

/// One finished crop: the rectangle that a person drew or accepted, and how far the recommended one was from it.
public struct CropRow: TrainingRow {
  public var project: String
  public var group: String
  public var lineage: String
  public var split: Split
  public var crop: String
  public var occurrence: Int
  public var schemaVersion: Int
  public var image: String
  public var imageDigest: String?
  public var imageWidth: Int?
  public var imageHeight: Int?
  public var rectangle: [Double]
  public var pixels: [Int]?
  public var croppedAt: String?
  public var decidedAt: String
  public var cropDigest: String?
  public var recommendedCrop: [Double]?
  public var cropAccepted: Bool?
  public var cropMatch: Bool?
  public var intersectionOverUnion: Double?
  public var centreDistance: Double?
  public var areaDifference: Double?
  public var recommender: String?
  public var recommenderVersion: String?
  public var modelDigest: String?
  public var exposure: Exposure
  public var session: String?

  public static let table = "crops"
  public static let columns = [
    Column(
      "ai_crop_accepted", .truth, optional: true, "whether the crop is the recommended one, taken as it was"),
    Column("ai_crop_coords", .numbers, optional: true, "the recommended crop [x1, y1, x2, y2]"),
    Column(
      "area_difference", .number, optional: true,
      "the recommended crop's area less the final one's, as shares of the image, −1 to 1"),
    Column(
      "centre_distance", .number, optional: true,
      "the distance of the two centres, each axis as a fraction of the image's side, 0 to √2"),
    Column(
      "crop_digest", .text, optional: true,
      "SHA-256 of the crop's file as custody made it; null for older crops"),
    Column("crop_id", .text, "names the crop: no two rows have the same"),
    Column(
      "crop_match", .truth, optional: true,
      "whether the same image was cropped and no coordinate differs by more than 0.05; null without a recommended crop"
    ),
    Column("cropped_at", .text, optional: true, "when the crop was made, RFC 3339 in UTC"),
    Column("decided_at", .text, "when its decision was made, RFC 3339 in UTC"),
    Column(
      "exposure", .text, "whether the person saw the recommended crop: `shown`, `blind`, `none` or `unknown`"),
    Column("final_crop_coords", .numbers, "the crop [x1, y1, x2, y2], fractions of the displayed image"),
    Column(
      "final_crop_pixels", .integers, optional: true,
      "the same in pixels [left, top, right, bottom]; null without a size"),
    Column("group_id", .text, "the group"),
    Column("image", .text, "the cropped image's file name"),
    Column("image_digest", .text, optional: true, "SHA-256 of the cropped image's file"),
    Column("image_height", .integer, optional: true, "of the image as displayed, pixels"),
    Column("image_width", .integer, optional: true, "of the image as displayed, pixels"),
    Column(
      "iou", .number, optional: true,
      "intersection over union of the two crops, 0 to 1; null without a recommended crop"),
    Column("lineage_id", .text, "what never crosses splits: the group, or its cluster of near-duplicates"),
    Column("model_digest", .text, optional: true, "the digest of the recommender's model file"),
    Column(
      "occurrence", .integer,
      "0 for the first crop of its group, 1 for the one after it, …: the older tools cropped some twice"),
    Column("project_id", .text, "the project"),
    Column("recommender", .text, optional: true, "who recommended; null without a recommendation"),
    Column("recommender_version", .text, optional: true, "its version"),
    Column("schema_version", .integer, "4 for a decision made here, 3 for one of the older system"),
    Column("session", .text, optional: true, "the older tool's session"),
    Column("split", .text, "`train`, `validation` or `test`"),
  ]

  public var cells: [Cell] {
    [
      cropAccepted.cell, recommendedCrop.cell, areaDifference.cell, centreDistance.cell, cropDigest.cell,
      .text(crop), cropMatch.cell, croppedAt.cell, .text(decidedAt), .text(exposure.rawValue),
      .numbers(rectangle), pixels.cell, .text(group), .text(image), imageDigest.cell, imageHeight.cell,
      imageWidth.cell, intersectionOverUnion.cell, .text(lineage), modelDigest.cell, .integer(occurrence),
      .text(project), recommender.cell, recommenderVersion.cell, .integer(schemaVersion), session.cell,
      .text(split.rawValue),
    ]
  }

  public init(
    project: String, group: String, lineage: String, crop: String, occurrence: Int = 0, schemaVersion: Int,
    image: String, rectangle: [Double], decidedAt: String, exposure: Exposure
  ) {
    self.project = project
    self.group = group
    self.lineage = lineage
    split = Split(lineage: lineage)
    self.crop = crop
    self.occurrence = occurrence
    self.schemaVersion = schemaVersion
    self.image = image
    self.rectangle = rectangle
    self.decidedAt = decidedAt
    self.exposure = exposure
  }

  public init(_ cells: RowCells) throws {
    project = try cells.text("project_id")
    group = try cells.text("group_id")
    lineage = try cells.text("lineage_id")
    split = try cells.word("split")
    crop = try cells.text("crop_id")
    occurrence = try cells.integer("occurrence")
    schemaVersion = try cells.integer("schema_version")
    image = try cells.text("image")
    imageDigest = try cells.optionalText("image_digest")
    imageWidth = try cells.optionalInteger("image_width")
    imageHeight = try cells.optionalInteger("image_height")
    rectangle = try cells.optionalNumbers("final_crop_coords") ?? []
    pixels = try cells.optionalIntegers("final_crop_pixels")
    croppedAt = try cells.optionalText("cropped_at")
    decidedAt = try cells.text("decided_at")
    cropDigest = try cells.optionalText("crop_digest")
    recommendedCrop = try cells.optionalNumbers("ai_crop_coords")
    cropAccepted = try cells.optionalTruth("ai_crop_accepted")
    cropMatch = try cells.optionalTruth("crop_match")
    intersectionOverUnion = try cells.optionalNumber("iou")
    centreDistance = try cells.optionalNumber("centre_distance")
    areaDifference = try cells.optionalNumber("area_difference")
    recommender = try cells.optionalText("recommender")
    recommenderVersion = try cells.optionalText("recommender_version")
    modelDigest = try cells.optionalText("model_digest")
    exposure = try cells.word("exposure")
    session = try cells.optionalText("session")
    guard rectangle.count == 4 else {
      throw Diagnostic(
        code: "training-row",
        "final_crop_coords of crop \(crop) has \(rectangle.count) numbers in place of 4",
        help: "run `training.join` again: something else wrote or changed the dataset")
    }
  }
}
