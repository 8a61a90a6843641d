import PipelineCore

// The members stand in the order of the bytes of their names, as canonical JSON has them: that of the rows' columns.

extension PartJoin {
  func appendSelection(_ group: JoinedGroup, _ row: DecidedRow) {
    let out = selections
    out.append("{\"action\":\"")
    out.append(row.action)
    out.append("\",\"ai_confidence\":")
    out.append(row.confidence)
    out.append(",\"ai_crop_accepted\":")
    out.append(row.cropAccepted)
    out.append(",\"ai_crop_coords\":")
    out.append(group.recommendedCrop)
    out.append(",\"ai_selected_index\":")
    out.append(row.recommendedIndex)
    out.append(",\"decided_at\":")
    out.appendQuoted(row.decidedAt)
    out.append(",\"decision_id\":")
    out.appendQuoted(row.decision)
    out.append(",\"directory\":")
    out.appendQuoted(row.directory)
    out.append(",\"exposure\":\"")
    out.append(group.exposure.rawValue)
    out.append("\",\"group_id\":")
    out.appendQuoted(row.group)
    out.append(",\"image_digests\":")
    if digests.count == 0 { out.append("null") } else { out.append(digests.json) }
    out.append(",\"image_height\":")
    out.append(row.imageHeight)
    out.append(",\"image_width\":")
    out.append(row.imageWidth)
    out.append(",\"images\":")
    out.append(names.json)
    out.append(",\"latency_seconds\":")
    out.append(group.latency)
    out.append(",\"lineage_id\":")
    out.appendQuoted(group.lineage)
    out.append(",\"model_digest\":")
    out.appendQuoted(row.modelDigest)
    out.append(",\"picked_image\":")
    if let index = row.pickedIndex { out.append(names.quoted[index]) } else { out.append("null") }
    out.append(",\"project_id\":")
    out.appendQuoted(facts.project)
    out.append(",\"recommender\":")
    out.appendQuoted(row.recommender)
    out.append(",\"recommender_version\":")
    out.appendQuoted(row.recommenderVersion)
    out.append(",\"schema_version\":")
    out.append(row.schemaVersion)
    out.append(",\"selection_match\":")
    out.append(group.selectionMatch(row))
    out.append(",\"shown_at\":")
    out.appendQuoted(row.shownAt)
    out.append(",\"split\":\"")
    out.append(group.split.rawValue)
    out.append("\",\"user_selected_index\":")
    out.append(row.pickedIndex)
    out.append("}\n")
  }

  func appendImages(_ group: JoinedGroup, _ row: DecidedRow) {
    for index in names.texts.indices {
      appendMeasurement(digests.count == 0 ? nil : group.measurements[index]?.figures, index, row)
      let out = images
      out.append(",\"index\":")
      out.append(index)
      out.append(",\"lineage_id\":")
      out.appendQuoted(group.lineage)
      out.append(",\"perceptual_hash\":")
      let measured = digests.count == 0 ? nil : group.measurements[index]
      if let hash = measured?.figures.perceptualHash {
        out.appendHexadecimal(hash)
      } else {
        out.append("null")
      }
      out.append(",\"picked\":")
      out.append(index == row.pickedIndex)
      out.append(",\"project_id\":")
      out.appendQuoted(facts.project)
      out.append(",\"prompt\":")
      if let prompt = measured?.prompt { out.appendQuoted(prompt) } else { out.append("null") }
      out.append(",\"recommended\":")
      out.append(row.recommendedIndex.map { $0 == index })
      out.append(",\"sharpness\":")
      out.append(measured?.figures.sharpness)
      out.append(",\"split\":\"")
      out.append(group.split.rawValue)
      out.append("\",\"stage\":")
      out.append(facts.rank(ofName: names.texts[index]))
      out.append("}\n")
    }
  }

  /// The members from `attention_x` to `image_width`.
  private func appendMeasurement(_ measured: ImageRow.Measurement?, _ index: Int, _ row: DecidedRow) {
    let out = images
    out.append("{\"attention_x\":")
    out.append(measured?.attentionX)
    out.append(",\"attention_y\":")
    out.append(measured?.attentionY)
    out.append(",\"clipped_highlights\":")
    out.append(measured?.clippedHighlights)
    out.append(",\"clipped_shadows\":")
    out.append(measured?.clippedShadows)
    out.append(",\"colourfulness\":")
    out.append(measured?.colourfulness)
    out.append(",\"contrast\":")
    out.append(measured?.contrast)
    out.append(",\"entropy\":")
    out.append(measured?.entropy)
    out.append(",\"exposure\":")
    out.append(measured?.exposure)
    out.append(",\"group_id\":")
    out.appendQuoted(row.group)
    out.append(",\"image\":")
    out.append(names.quoted[index])
    out.append(",\"image_digest\":")
    if digests.count == 0 { out.append("null") } else { out.append(digests.quoted[index]) }
    out.append(",\"image_height\":")
    out.append(measured?.height)
    out.append(",\"image_width\":")
    out.append(measured?.width)
  }

  // MARK: Crops

  /// The crops of the older system's records; without them, that of the row.
  func appendCrops(
    _ group: JoinedGroup, _ row: DecidedRow, _ recorded: ArraySlice<RecordedCrop>, _ made: Digest?
  ) throws {
    for record in recorded { try appendRecorded(record, group, row) }
    guard let text = row.finalCrop else { return }
    guard let rectangle = Rectangle(json: text) else { throw Self.damaged("final_crop_coords", row) }
    if !recorded.isEmpty {
      let isRecorded = recorded.contains { holds($0, rectangle, group, row) }
      return leaveCropOut(isRecorded ? .recorded : .unlikeRecords, row)
    }
    guard let index = row.pickedIndex else { return leaveCropOut(.withoutPick, row) }
    let crop = JoinedCrop(rectangle: rectangle, index: index, width: row.imageWidth, height: row.imageHeight)
    guard agrees(crop, group) else { return leaveCropOut(.sizeDisagrees, row) }
    if row.hasUnreadableCropTime { report(.cropTimeUnreadable, row) }
    appendBeginning(crop, group, row, made: made) { out in
      out.appendQuoted(facts.project + "/" + String(decoding: row.group, as: UTF8.self))
    }
    crops.append(",\"cropped_at\":")
    crops.appendQuoted(row.croppedAt)
    appendMiddle(crop, group, row) { $0.append(names.quoted[index]) }
    appendEnd(group, row, occurrence: 0, session: nil)
    countCrop(group, hasReceipt: made != nil)
  }

  private func appendRecorded(_ record: RecordedCrop, _ group: JoinedGroup, _ row: DecidedRow) throws {
    guard let rectangle = Rectangle(record.rectangle) else { throw Self.damaged("crop_coords", row) }
    let index = names.texts.firstIndex { $0.elementsEqual(record.image.utf8) }
    let crop = JoinedCrop(
      rectangle: rectangle, index: index, width: record.imageWidth, height: record.imageHeight)
    guard agrees(crop, group) else { return leaveCropOut(.sizeDisagrees, row) }
    appendBeginning(crop, group, row, made: nil) { $0.appendQuoted(record.id) }
    crops.append(",\"cropped_at\":")
    crops.appendQuoted(record.at)
    appendMiddle(crop, group, row) { $0.appendQuoted(record.image) }
    appendEnd(group, row, occurrence: record.occurrence, session: record.session)
    countCrop(group, hasReceipt: false)
  }

  /// Whether a record is the row's crop: of the picked image, no edge more than half a pixel away. The logs have pixels or
  /// rounded fractions of what the row has. Without any size, fractions of a millionth may differ.
  private func holds(
    _ record: RecordedCrop, _ rectangle: Rectangle, _ group: JoinedGroup, _ row: DecidedRow
  ) -> Bool {
    guard let other = Rectangle(record.rectangle) else { return false }
    if let index = row.pickedIndex, !names.texts[index].elementsEqual(record.image.utf8) { return false }
    let index = row.pickedIndex ?? names.texts.firstIndex { $0.elementsEqual(record.image.utf8) }
    let measured = index.flatMap {
      group.measurements.indices.contains($0) ? group.measurements[$0]?.figures : nil
    }
    let width = record.imageWidth ?? row.imageWidth ?? measured?.width
    let height = record.imageHeight ?? row.imageHeight ?? measured?.height
    return rectangle.isNear(
      other, x: width.map { 0.5 / Double($0) } ?? 1e-6, y: height.map { 0.5 / Double($0) } ?? 1e-6)
  }

  /// Whether a crop's image has the size that was measured, as far as both are known.
  private func agrees(_ crop: JoinedCrop, _ group: JoinedGroup) -> Bool {
    guard let index = crop.index, group.measurements.indices.contains(index),
      let measured = group.measurements[index]?.figures
    else { return true }
    return (crop.width ?? measured.width) == measured.width
      && (crop.height ?? measured.height) == measured.height
  }

  /// The members from `ai_crop_accepted` to `crop_match`.
  private func appendBeginning(
    _ crop: JoinedCrop, _ group: JoinedGroup, _ row: DecidedRow, made: Digest?, id: (LineBuffer) -> Void
  ) {
    let out = crops
    let recommended = group.recommendedCrop
    out.append("{\"ai_crop_accepted\":")
    out.append(row.cropAccepted)
    out.append(",\"ai_crop_coords\":")
    out.append(recommended)
    out.append(",\"area_difference\":")
    out.append(recommended.map { $0.area - crop.rectangle.area })
    out.append(",\"centre_distance\":")
    out.append(recommended.map { $0.centreDistance(crop.rectangle) })
    out.append(",\"crop_digest\":")
    if let made { out.appendQuoted(made.hex) } else { out.append("null") }
    out.append(",\"crop_id\":")
    id(out)
    out.append(",\"crop_match\":")
    out.append(
      recommended.map {
        row.recommendedIndex != nil && row.recommendedIndex == crop.index && $0.matches(crop.rectangle)
      })
  }

  /// The members from `decided_at` to `iou`.
  private func appendMiddle(
    _ crop: JoinedCrop, _ group: JoinedGroup, _ row: DecidedRow, image: (LineBuffer) -> Void
  ) {
    let out = crops
    out.append(",\"decided_at\":")
    out.appendQuoted(row.decidedAt)
    out.append(",\"exposure\":\"")
    out.append((group.recommendedCrop == nil ? Exposure.none : group.exposure).rawValue)
    out.append("\",\"final_crop_coords\":")
    out.append(crop.rectangle)
    out.append(",\"final_crop_pixels\":")
    if let width = crop.width, let height = crop.height {
      let pixels = crop.rectangle.pixels(width: width, height: height)
      out.append("[")
      out.append(pixels.left)
      out.append(",")
      out.append(pixels.top)
      out.append(",")
      out.append(pixels.right)
      out.append(",")
      out.append(pixels.bottom)
      out.append("]")
    } else {
      out.append("null")
    }
    out.append(",\"group_id\":")
    out.appendQuoted(row.group)
    out.append(",\"image\":")
    image(out)
    out.append(",\"image_digest\":")
    if let index = crop.index, index < digests.count {
      out.append(digests.quoted[index])
    } else {
      out.append("null")
    }
    out.append(",\"image_height\":")
    out.append(crop.height)
    out.append(",\"image_width\":")
    out.append(crop.width)
    out.append(",\"iou\":")
    out.append(group.recommendedCrop.map { $0.intersectionOverUnion(crop.rectangle) })
  }

  /// The members from `lineage_id` on.
  private func appendEnd(_ group: JoinedGroup, _ row: DecidedRow, occurrence: Int, session: String?) {
    let out = crops
    out.append(",\"lineage_id\":")
    out.appendQuoted(group.lineage)
    out.append(",\"model_digest\":")
    out.appendQuoted(row.modelDigest)
    out.append(",\"occurrence\":")
    out.append(occurrence)
    out.append(",\"project_id\":")
    out.appendQuoted(facts.project)
    out.append(",\"recommender\":")
    out.appendQuoted(row.recommender)
    out.append(",\"recommender_version\":")
    out.appendQuoted(row.recommenderVersion)
    out.append(",\"schema_version\":")
    out.append(row.schemaVersion)
    out.append(",\"session\":")
    if let session { out.appendQuoted(session) } else { out.append("null") }
    out.append(",\"split\":\"")
    out.append(group.split.rawValue)
    out.append("\"}\n")
  }
}
