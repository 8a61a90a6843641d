import PipelineCore

@testable import TrainingData

/// The join in the plainest way: rows as values, looked up in dictionaries, written by the rows themselves.
struct PlainJoin {
  var measured: [String: MeasuredFacts] = [:]
  /// The first digests of a place.
  var firstDigests: [String: Set<String>] = [:]
  var receipts: [String: String] = [:]
  /// The lineage of groups that share one.
  var lineages: [String: String] = [:]

  var selections: [SelectionRow] = []
  var crops: [CropRow] = []
  var images: [ImageRow] = []
  var leftOut: [LeftOut: Int] = [:]
  var cropsLeftOut: [LeftOut: Int] = [:]

  static func rank(_ name: String) -> Double {
    let name = name.lowercased()
    let stages = [
      ("stage1_generated", 1.0), ("stage1.5_face_swapped", 1.5), ("stage2_upscaled", 2),
      ("stage3_enhanced", 3),
    ]
    return stages.first { name.contains($0.0) }?.1 ?? 0
  }

  static func seconds(_ time: String) -> Double {
    // All times of the tests are within one minute.
    Double(time.dropFirst(17).dropLast()) ?? .nan
  }

  mutating func add(_ decision: RandomDecision) {
    let finished = decision.recorded.count + (decision.finalCrop == nil ? 0 : 1)
    if let reason = reason(decision) {
      leftOut[reason, default: 0] += 1
      if finished > 0 { cropsLeftOut[reason, default: 0] += finished }
      return
    }
    guard let action = SelectionRow.Action(rawValue: decision.action) else { return }
    let lineage = "p/" + (lineages[decision.group] ?? decision.group)
    let exposure: Exposure =
      decision.recommendedIndex == nil
      ? .none
      : decision.blind == true
        ? .blind : decision.blind == false && decision.shownAt != nil ? .shown : .unknown
    var row = SelectionRow(
      project: "p", group: decision.group, lineage: lineage, decision: decision.decision,
      schemaVersion: decision.schemaVersion, images: decision.images, action: action, exposure: exposure,
      decidedAt: decision.decidedAt)
    row.directory = decision.directory
    row.digests = decision.digests
    row.pickedIndex = decision.pickedIndex
    row.pickedImage = decision.pickedIndex.map { decision.images[$0] }
    row.recommendedIndex = decision.recommendedIndex
    row.confidence = decision.confidence
    row.recommendedCrop = decision.recommendedCrop
    row.cropAccepted = decision.cropAccepted
    row.recommender = decision.recommender
    row.recommenderVersion = decision.recommender.map { _ in "1" }
    row.modelDigest = decision.modelDigest
    row.selectionMatch = decision.recommendedIndex.map { $0 == decision.pickedIndex }
    row.shownAt = decision.shownAt
    if let shown = decision.shownAt {
      let micro = (Self.seconds(decision.decidedAt) - Self.seconds(shown)) * 1_000_000
      if micro > 0 { row.latency = micro.rounded() / 1_000_000 }
    }
    row.imageWidth = decision.imageWidth
    row.imageHeight = decision.imageHeight
    selections.append(row)
    addImages(decision, row)
    addCrops(decision, row)
  }

  private func reason(_ decision: RandomDecision) -> LeftOut? {
    if decision.actor == "machine" { return .machine }
    if decision.action == "skip" { return .skip }
    for (image, digest) in zip(decision.images, decision.digests ?? []) {
      let folder = decision.directory ?? ""
      let known = firstDigests[folder.isEmpty ? image : "\(folder)/\(image)"]
      if let known, !known.contains(digest) { return .digestsChanged }
    }
    return nil
  }

  private mutating func addImages(_ decision: RandomDecision, _ row: SelectionRow) {
    for (index, image) in decision.images.enumerated() {
      let digest = decision.digests?[index]
      images.append(
        ImageRow(
          project: "p", group: row.group, lineage: row.lineage, index: index, image: image, digest: digest,
          stage: Self.rank(image), isPicked: index == row.pickedIndex,
          isRecommended: row.recommendedIndex.map { $0 == index },
          prompt: digest.flatMap { measured[$0]?.prompt },
          measurement: digest.flatMap { measured[$0]?.figures }))
    }
  }

  private mutating func addCrops(_ decision: RandomDecision, _ row: SelectionRow) {
    for record in decision.recorded {
      addCrop(
        decision, row, id: record.id, occurrence: record.occurrence, image: record.image,
        rectangle: record.rectangle, size: (record.imageWidth, record.imageHeight), at: record.at,
        session: record.session, made: nil)
    }
    guard let rectangle = decision.finalCrop else { return }
    guard decision.recorded.isEmpty else {
      let isRecorded = decision.recorded.contains { isSame($0, rectangle, decision) }
      return cropsLeftOut[isRecorded ? .recorded : .unlikeRecords, default: 0] += 1
    }
    guard let index = decision.pickedIndex else { return cropsLeftOut[.withoutPick, default: 0] += 1 }
    addCrop(
      decision, row, id: "p/\(row.group)", occurrence: 0, image: decision.images[index], rectangle: rectangle,
      size: (decision.imageWidth, decision.imageHeight), at: decision.croppedAt, session: nil,
      made: receipts[row.group])
  }

  private func isSame(_ record: RecordedCrop, _ rectangle: [Double], _ decision: RandomDecision) -> Bool {
    let picked = decision.pickedIndex.map { decision.images[$0] } ?? record.image
    guard picked == record.image else { return false }
    let facts = decision.images.firstIndex(of: picked).flatMap { decision.digests?[$0] }.flatMap {
      measured[$0]?.figures
    }
    let sides = [
      record.imageWidth ?? decision.imageWidth ?? facts?.width,
      record.imageHeight ?? decision.imageHeight ?? facts?.height,
    ]
    return (0..<4).allSatisfy { edge in
      abs(record.rectangle[edge] - rectangle[edge])
        <= (sides[edge % 2].map { 0.5 / Double($0) } ?? 1e-6) + 1e-9
    }
  }

  private mutating func addCrop(
    _ decision: RandomDecision, _ row: SelectionRow, id: String, occurrence: Int, image: String,
    rectangle: [Double], size: (Int?, Int?), at: String?, session: String?, made: String?
  ) {
    let index = decision.images.firstIndex(of: image)
    let digest = index.flatMap { decision.digests?[$0] }
    if let facts = digest.flatMap({ measured[$0]?.figures }),
      (size.0 ?? facts.width, size.1 ?? facts.height) != (facts.width, facts.height)
    {
      return cropsLeftOut[.sizeDisagrees, default: 0] += 1
    }
    var crop = CropRow(
      project: "p", group: row.group, lineage: row.lineage, crop: id, occurrence: occurrence,
      schemaVersion: row.schemaVersion, image: image, rectangle: rectangle, decidedAt: row.decidedAt,
      exposure: decision.recommendedCrop == nil ? .none : row.exposure)
    crop.imageDigest = digest
    (crop.imageWidth, crop.imageHeight) = size
    if let width = size.0, let height = size.1 {
      // Fractions of a thousand and of whole images: no product is as near a whole pixel as to be rounded to it unless
      // it is one.
      func pixel(_ value: Double, _ rule: FloatingPointRoundingRule) -> Int {
        abs(value - value.rounded()) < 1e-6 ? Int(value.rounded()) : Int(value.rounded(rule))
      }
      crop.pixels = [
        pixel(rectangle[0] * Double(width), .down), pixel(rectangle[1] * Double(height), .down),
        pixel(rectangle[2] * Double(width), .up), pixel(rectangle[3] * Double(height), .up),
      ]
    }
    crop.croppedAt = at
    crop.cropDigest = made
    crop.cropAccepted = row.cropAccepted
    (crop.recommender, crop.recommenderVersion) = (row.recommender, row.recommenderVersion)
    crop.modelDigest = row.modelDigest
    crop.session = session
    if let shown = row.recommendedCrop {
      crop.recommendedCrop = shown
      crop.cropMatch =
        index == row.recommendedIndex && index != nil
        && zip(shown, rectangle).allSatisfy { abs($0 - $1) < 0.05 + 1e-9 }
      compare(shown, rectangle, &crop)
    }
    crops.append(crop)
  }

  private func compare(_ a: [Double], _ b: [Double], _ crop: inout CropRow) {
    func area(_ r: [Double]) -> Double { (r[2] - r[0]) * (r[3] - r[1]) }
    crop.areaDifference = area(a) - area(b)
    let (across, down) = (((a[0] + a[2]) - (b[0] + b[2])) / 2, ((a[1] + a[3]) - (b[1] + b[3])) / 2)
    crop.centreDistance = (across * across + down * down).squareRoot()
    let (width, height) = (min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1]))
    let shared = width > 0 && height > 0 ? width * height : 0
    crop.intersectionOverUnion = a == b ? 1 : shared == 0 ? 0 : min(1, shared / (area(a) + area(b) - shared))
  }
}
