import DarkroomTesting
import FileSystem
import ImageCatalog
import PipelineCore
import Testing

@testable import ImageStages

/// A project of random images, and people who decide at random.
final class ImageBench: StageBench {
  /// Every file that was ever made for the project, by path below its root.
  private(set) var made: [RelativePath: Digest] = [:]
  private(set) var standing: [GroupID: Decision] = [:]
  private(set) var rectangles: [GroupID: Decision] = [:]

  /// Makes a project of random groups of 1 to 4 stages, some with companions.
  init(images: Int, random: inout SeededRandom) throws {
    try super.init()
    let stages = ["stage1_generated", "stage1.5_face_swapped", "stage2_upscaled", "stage3_enhanced"]
    var group = 0
    while made.keys.count(where: { $0.rawValue.hasSuffix(".png") }) < images {
      let folder = group % 3 == 0 ? "batch é" : "batch \(group % 3)"
      let time = "202507\(Self.padded(1 + group / 24 % 28))_\(Self.padded(group % 24))0000_\(group)"
      for stage in stages.prefix(1 + random.next(below: 4)) {
        try makeSet("\(folder)/\(time)_\(stage)", random: &random)
      }
      group += 1
    }
  }

  private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  private func makeSet(_ stem: String, random: inout SeededRandom) throws {
    try write("\(stem).yaml", "seed: \(random.next())")
    var names = ["\(stem).yaml"]
    if random.chance(0.3) {
      try write("\(stem).caption", "caption \(random.next())")
      names.append("\(stem).caption")
    }
    try image("\(stem).png")
    for name in names + ["\(stem).png"] {
      made[RelativePath(name)] = try FileSystem.digest("\(root)/\(name)").digest
    }
  }

  // MARK: Decisions

  private func rectangle(_ random: inout SeededRandom) throws -> CropRectangle {
    let edge = Double(random.next(below: 5)) / 100
    return try CropRectangle(x1: edge, y1: 0.01, x2: 0.9 + edge, y2: 0.99)
  }

  /// Decides on a group in a random way.
  func decide(_ record: GroupRecord, _ random: inout SeededRandom) throws {
    let index = random.next(below: record.group.images.count)
    let image = record.group.images[index]
    let rectangle = try rectangle(&random)
    let shown = try shown(record, image, crop: rectangle)
    switch random.next(below: 9) {
    case 0: standing[record.group.id] = try append(record, .approve, image: image, recommendation: shown)
    case 1: standing[record.group.id] = try append(record, .override, image: image)
    case 2: standing[record.group.id] = try append(record, .crop, image: image, crop: rectangle)
    case 3, 7, 8: standing[record.group.id] = try append(record, .crop, image: image)
    case 4:
      standing[record.group.id] = try append(
        record, .acceptCrop, image: image, crop: rectangle, recommendation: shown)
    case 5: standing[record.group.id] = try append(record, .reject)
    default: _ = try append(record, .skip)
    }
  }

  /// Changes one's mind about a decided group: takes it back, draws or takes back a rectangle, or contradicts.
  func reconsider(_ record: GroupRecord, _ random: inout SeededRandom) throws {
    let group = record.group.id
    guard let decision = standing[group] else { return }
    if let drawn = rectangles[group], random.chance(0.7) {
      _ = try append(record, .undo, undoes: drawn.id)
      rectangles[group] = nil
      if random.chance(0.5) { try draw(record, decision, &random) }
    } else if random.chance(0.3) {
      try undo(record)
    } else if decision.action == .crop, decision.crop == nil, rectangles[group] == nil {
      try draw(record, decision, &random)
    } else if decision.action != .override {
      _ = try append(record, .override, image: record.group.images[0])
    }
  }

  /// Sends an image to be cropped, with the rectangle to be drawn later.
  func sendToCrop(_ record: GroupRecord) throws {
    standing[record.group.id] = try append(record, .crop, image: record.group.images[0])
  }

  /// Takes the rectangle back, not the decision.
  func undraw(_ record: GroupRecord) throws {
    guard let drawn = rectangles.removeValue(forKey: record.group.id) else { return }
    _ = try append(record, .undo, undoes: drawn.id)
  }

  /// Draws the rectangle of a group that waits for it.
  func draw(_ record: GroupRecord, _ decision: Decision, _ random: inout SeededRandom) throws {
    rectangles[record.group.id] = try append(
      record, .crop, image: decision.image, crop: try rectangle(&random))
  }

  /// Takes what stands back.
  func undo(_ record: GroupRecord) throws {
    guard let decision = standing.removeValue(forKey: record.group.id) else { return }
    rectangles[record.group.id] = nil
    _ = try append(record, .undo, undoes: decision.id)
  }
}
