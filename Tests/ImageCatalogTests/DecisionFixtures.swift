import DarkroomTesting
import FileSystem
import ImageCatalog
import PipelineCore

/// Decisions for tests, of a group of three images.
enum Fixture {
  static let images = ["a \u{e9}.png", "b.png", "c.png"]
  static let group = GroupID(project: "mojo3", folder: "x", stems: images)
  static let digests = images.map { Digest(of: $0) }

  static func rectangle(_ x1: Double = 0.1) throws -> CropRectangle {
    try CropRectangle(x1: x1, y1: 0.2, x2: 0.9, y2: 0.8)
  }

  static func recommendation(index: Int = 1, crop: CropRectangle? = nil, group: GroupID = group) throws
    -> Recommendation
  {
    try Recommendation(
      recommender: "model", version: "1.2", modelDigest: Digest(of: "model").hex, index: index,
      confidence: 0.75,
      crop: crop, group: group, images: images, digests: digests)
  }

  static func time(_ second: Int) -> String { UTCTime(microseconds: Int64(second) * 1_000_000).description }

  static func decision(
    _ action: Decision.Action, image: String? = nil, crop: CropRectangle? = nil, at second: Int = 0,
    recommendation: Recommendation? = nil, group: GroupID = group, actor: Decision.Actor = .human,
    undoes: String? = nil
  ) throws -> Decision {
    try Decision(
      project: "mojo3", group: group, action: action, image: image, crop: crop, actor: actor,
      recommendation: recommendation, images: images, shownAt: time(second), decidedAt: time(second + 1),
      undoes: undoes)
  }

  /// One of every action.
  static func all() throws -> [Decision] {
    let shown = try recommendation(crop: rectangle())
    return [
      try decision(.approve, image: "b.png", recommendation: shown),
      try decision(.override, image: images[0], recommendation: shown),
      try decision(.override, image: "c.png"),
      try decision(.crop, image: "b.png"), try decision(.crop, image: "b.png", crop: rectangle(0)),
      try decision(.acceptCrop, image: "b.png", recommendation: shown),
      try decision(.acceptCrop, image: "b.png", crop: rectangle(), recommendation: shown),
      try decision(.reject, recommendation: shown), try decision(.skip),
      try decision(.undo, undoes: String(repeating: "0a", count: 16)),
    ]
  }
}
