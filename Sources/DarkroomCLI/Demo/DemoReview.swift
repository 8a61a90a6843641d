import FileSystem
import ImageCatalog
import PipelineCore

/// The decisions of an invented person on the demo project: one session on the last day.
struct DemoReview {
  let calendar: DemoCalendar
  let groups: [DemoGroup]
  /// Of all images, by path relative to the project's root.
  let digests: [RelativePath: Digest]

  /// The lines of the inbox, in the order of time.
  func decisions() throws -> [Decision] {
    var found: [RelativePath: ImageGroup] = [:]
    for folder in Set(groups.map(\.folder)) {
      let images = digests.keys.filter { $0.folder == folder }
      for group in Grouping.groups(of: images, project: DemoProject.id, folder: folder) {
        for path in group.paths { found[path] = group }
      }
    }
    var random = DemoRandom(seed: 0xDEC1_DE)
    // From 07:05:00 UTC.
    var at = calendar.day(DemoCalendar.days - 1).utcMicroseconds + Int64(7 * 3_600 + 5 * 60) * 1_000_000
    var decisions: [Decision] = []
    for planned in groups {
      guard let choice = planned.choice else { continue }
      let shown = at
      at += Int64(random.pick(2_400...14_000)) * 1_000
      guard let first = planned.images.first, let group = found[first] else {
        throw Diagnostic(code: "demo-review", "the demo's group at \(planned.folder) was not found")
      }
      decisions.append(try decision(choice, group, shown: shown, decided: at))
      at += Int64(random.pick(300...1_500)) * 1_000
    }
    return decisions
  }

  private func decision(_ choice: DemoGroup.Choice, _ group: ImageGroup, shown: Int64, decided: Int64) throws
    -> Decision
  {
    let recommended = try recommendation(choice, group)
    let picked = recommended.image
    let (action, image, crop): (Decision.Action, String?, CropRectangle?) =
      switch choice {
      case .approve: (.approve, picked, nil)
      case .override(let index): (.override, group.images[index], nil)
      case .crop(let edges): (.crop, picked, try Self.rectangle(edges))
      case .acceptCrop: (.acceptCrop, picked, recommended.crop)
      case .reject: (.reject, nil, nil)
      case .skip: (.skip, nil, nil)
      }
    return try Decision(
      project: DemoProject.id, group: group.id, action: action, image: image, crop: crop, actor: .human,
      recommendation: recommended, images: group.images,
      shownAt: UTCTime(microseconds: shown).description,
      decidedAt: UTCTime(microseconds: decided).description)
  }

  /// The image of the highest stage, which is the last.
  private func recommendation(_ choice: DemoGroup.Choice, _ group: ImageGroup) throws -> Recommendation {
    var crop: CropRectangle?
    if case .acceptCrop(let edges) = choice { crop = try Self.rectangle(edges) }
    return try Recommendation(
      recommender: crop == nil ? "rule" : "demo-cropper", version: "1", index: group.images.count - 1,
      crop: crop, group: group.id, images: group.images,
      digests: group.paths.compactMap { digests[$0] })
  }

  private static func rectangle(_ hundredths: [Int]) throws -> CropRectangle {
    try CropRectangle(hundredths.map { Double($0) / 100 })
  }
}
