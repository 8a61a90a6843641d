import FileSystem
import ImageCatalog
import ImageMeasurement
import PipelineCore
import TrainingData

extension DecidedRow {
  /// A row that a scan is at.
  /// - Parameter text: gives a text a place where it stays as long as the row.
  init(_ row: ScannedRow, keeping text: (String) -> UnsafeRawBufferPointer) throws {
    self.init(
      group: try row.required(.group_id), images: try row.required(.images),
      action: try row.required(.user_action), actor: try row.required(.actor),
      decidedAt: try row.required(.decided_at), schemaVersion: try row.integer(.schema_version) ?? 3)
    directory = try row.text(.directory)
    recommendedIndex = try row.integer(.ai_selected_index)
    recommendedCrop = try row.text(.ai_crop_coords)
    confidence = try row.number(.ai_confidence)
    pickedIndex = try row.integer(.user_selected_index)
    cropAccepted = try row.truth(.ai_crop_accepted)
    finalCrop = try row.text(.final_crop_coords)
    imageWidth = try row.integer(.image_width)
    imageHeight = try row.integer(.image_height)
    digests = try row.text(.image_digests)
    recommender = try row.text(.recommender)
    recommenderVersion = try row.text(.recommender_version)
    modelDigest = try row.text(.model_digest)
    shownAt = try row.text(.shown_at)
    blind = try row.truth(.blind)
    decision = try row.text(.decision_id)
    croppedAt = try row.text(.crop_timestamp)
    // Rows of the older system have times in the forms of its tools; an empty one says nothing.
    if schemaVersion == 3, let time = croppedAt {
      croppedAt = UTCTime(legacy: String(decoding: time, as: UTF8.self)).map { text($0.description) }
      hasUnreadableCropTime = croppedAt == nil && !time.isEmpty
    }
  }
}

extension RecordedCrop {
  init(_ crop: OlderCrop) {
    self.init(
      id: crop.id.hex, group: crop.group.rawValue, image: crop.image, rectangle: crop.rectangle.coordinates,
      at: crop.timestamp, imageWidth: crop.imageWidth, imageHeight: crop.imageHeight, session: crop.session,
      occurrence: crop.occurrence)
  }
}

extension MeasuredFacts {
  init(_ found: MeasurementTable.Figures) {
    self.init(
      ImageRow.Measurement(
        width: Int(found.width), height: Int(found.height), sharpness: found.sharpness,
        exposure: found.exposure, contrast: found.contrast, entropy: found.entropy,
        colourfulness: found.colourfulness, clippedShadows: found.clippedShadows,
        clippedHighlights: found.clippedHighlights, attentionX: found.attentionX,
        attentionY: found.attentionY, perceptualHash: found.perceptualHash), prompt: found.prompt)
  }
}
