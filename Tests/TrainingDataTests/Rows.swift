import PipelineCore
import PipelineSpec

@testable import TrainingData

/// Rows with every kind of value.
enum Rows {
  static func selection(full: Bool) -> SelectionRow {
    var row = SelectionRow(
      project: "mojo", group: "g_1", lineage: "mojo/g_1", decision: full ? "d_1" : nil,
      schemaVersion: full ? 4 : 3, images: ["a \"b\".png", "c\nd.png"], action: full ? .crop : .reject,
      exposure: full ? .shown : .none, decidedAt: "2026-01-02T03:04:05.000000Z")
    guard full else { return row }
    row.directory = "raw/ü"
    row.digests = [String(repeating: "a", count: 64), String(repeating: "b", count: 64)]
    row.pickedIndex = 1
    row.pickedImage = "c\nd.png"
    row.recommendedIndex = 0
    row.confidence = 0.1
    row.recommendedCrop = [0, 0.25, 0.5, 1]
    row.cropAccepted = false
    row.recommender = "rule"
    row.recommenderVersion = "1"
    row.modelDigest = "cc"
    row.selectionMatch = false
    row.shownAt = "2026-01-02T03:04:00.000000Z"
    row.latency = 5
    row.imageWidth = 832
    row.imageHeight = 1216
    return row
  }

  static var crop: CropRow {
    var row = CropRow(
      project: "mojo", group: "g_1", lineage: "mojo/g_1", crop: "c_1", occurrence: 1, schemaVersion: 3,
      image: "a.png", rectangle: [0, 0.1, 0.9, 1], decidedAt: "2026-01-02T03:04:05.000000Z",
      exposure: .unknown)
    row.pixels = [0, 10, 90, 100]
    row.intersectionOverUnion = 0.5
    row.cropMatch = true
    return row
  }

  static func image(measured: Bool) -> ImageRow {
    ImageRow(
      project: "mojo", group: "g_1", lineage: "mojo/g_1", index: 0, image: "a.png", digest: nil, stage: 1.5,
      isPicked: true, isRecommended: nil, prompt: measured ? "a cat" : nil,
      measurement: measured
        ? ImageRow.Measurement(
          width: 10, height: 20, sharpness: 1, exposure: 0.5, contrast: 0.1, entropy: 7, colourfulness: 20,
          clippedShadows: 0, clippedHighlights: 0.01, attentionX: 0.5, attentionY: 0.25,
          perceptualHash: 0x0123_4567_89ab_cdef) : nil)
  }

  static func json(_ text: String) -> JSONValue? {
    let (value, problems) = JSONDocument.parse(Array(text.utf8), path: "row")
    return problems.isEmpty ? value?.value : nil
  }
}
