import FileSystem
import PipelineCore

/// One picture of the demo project with its variants, as it is planned: nothing is painted yet.
struct DemoGroup {
  /// A variant of the picture.
  enum Stage: String, CaseIterable {
    /// Before production: a name that tells no stage.
    case draft
    case generated = "stage1_generated"
    case faceSwapped = "stage1.5_face_swapped"
    case upscaled = "stage2_upscaled"
    case enhanced = "stage3_enhanced"
  }

  /// What is wrong with it, on purpose.
  enum Fault {
    /// The last image breaks off in its header.
    case truncated
    /// There is a JPEG beside the last image with its name.
    case nameConflict
  }

  /// What the invented person decided.
  enum Choice {
    case approve
    /// Another image than the recommended one; counts from 0.
    case override(Int)
    /// A part of the last image, drawn by hand, in hundredths: left, top, right, bottom.
    case crop([Int])
    /// The part of the last image that "demo-cropper" recommended, in hundredths.
    case acceptCrop([Int])
    case reject
    case skip
  }

  let character: Int
  let folder: RelativePath
  /// In microseconds since 1970, as if the names were UTC.
  let start: Int64
  let stages: [Stage]
  /// Whether the last image is a JPEG.
  let isJPEG: Bool
  let fault: Fault?
  let choice: Choice?
  let seed: UInt64

  /// The names of the images without extension.
  var stems: [String] {
    stages.indices.map { index in
      // Two and a half minutes from one variant to the next.
      let at = start + Int64(index) * 150_000_000
      let day = Day(utcMicroseconds: at)
      let second = Int((at - day.utcMicroseconds) / 1_000_000)
      let clock = [second / 3_600, second / 60 % 60, second % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        .joined()
      return "\(day.description.filter { $0 != "-" })_\(clock)_\(stages[index].rawValue)"
    }
  }

  /// The paths of the images relative to the project's root; of a name conflict the PNG.
  var images: [RelativePath] {
    zip(stems, stages.indices).map { stem, index in
      folder.appending("\(stem).\(isJPEG && index == stages.count - 1 ? "jpg" : "png")")
    }
  }

  /// All groups: four folders, one sitting each.
  static func all(_ calendar: DemoCalendar) -> [DemoGroup] {
    var groups: [DemoGroup] = []
    for (character, folder) in folders.enumerated() {
      // From the Wednesday of the second week.
      let day = calendar.day(9 + character)
      for (number, plan) in plans[character].enumerated() {
        groups.append(
          DemoGroup(
            character: character, folder: folder,
            start: day.utcMicroseconds + Int64(9 * 3_600 + 17 * 60 + number * 2_143) * 1_000_000,
            stages: plan.stages, isJPEG: plan.isJPEG, fault: plan.fault, choice: plan.choice,
            seed: 0xA7E1_1E00 &+ UInt64(character * 64 + number) &* 104_729))
      }
    }
    return groups
  }

  private static let folders: [RelativePath] = [
    "character_01", "character_02", "character_03", "character_03/retakes",
  ]

  private struct Plan {
    let stages: [Stage]
    let isJPEG: Bool
    let fault: Fault?
    let choice: Choice?

    init(_ stages: ArraySlice<Stage>, _ choice: Choice? = nil, isJPEG: Bool = false, fault: Fault? = nil) {
      (self.stages, self.choice, self.isJPEG, self.fault) = (Array(stages), choice, isJPEG, fault)
    }
  }

  private static var plans: [[Plan]] {
    let all = Stage.allCases
    // Sizes 5, 4, 3, 2 and 1, with the stages that such groups usually have.
    let (five, four, toUpscaled, fromSwapped, first, last, one) =
      (all[0...], all[1...], all[1...3], all[2...], all[1...2], all[3...], all[1...1])
    return [
      [
        Plan(four, .approve), Plan(toUpscaled, .crop([18, 6, 83, 78])), Plan(four), Plan(last, .approve),
        Plan(four, .override(2)), Plan(one), Plan(toUpscaled, .reject, isJPEG: true),
      ],
      [
        Plan(fromSwapped, .approve), Plan(four, .acceptCrop([20, 10, 80, 85])),
        Plan(toUpscaled, fault: .truncated), Plan(five), Plan(first, .skip),
        Plan(four, .approve, isJPEG: true),
        Plan(one, fault: .nameConflict),
      ],
      [
        Plan(four, .crop([10, 0, 72, 66])), Plan(toUpscaled), Plan(last), Plan(fromSwapped, .override(0)),
        Plan(four), Plan(one, .reject),
      ],
      [Plan(four), Plan(last, isJPEG: true), Plan(toUpscaled, .skip), Plan(one)],
    ]
  }
}
