import FileSystem
import ImageFiles
import PipelineCore

/// One image of the demo project with what its maker wrote beside it.
struct DemoImage {
  /// Relative to the project's root.
  let path: RelativePath
  let pixels: RGBRaster
  let format: ImageFormat
  let texts: [ImageText]
  /// Whether the file breaks off in its header.
  let isBroken: Bool
  /// Relative to the project's root; the bytes are texts.
  let companions: [DemoLogs.File]

  /// Writes it to a place where nothing is.
  func create(_ target: String) throws {
    if isBroken { return try FileSystem.create(target, Self.brokenHeader(width: pixels.width)) }
    try ImageFiles.create(target, pixels: pixels, format: format, texts: texts)
  }

  /// The first 20 bytes of a PNG (ISO/IEC 15948): signature, length and name of the header, width.
  private static func brokenHeader(width: Int) -> [UInt8] {
    [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8)
      + [0, 0, UInt8(truncatingIfNeeded: width >> 8), UInt8(truncatingIfNeeded: width)]
  }
}

extension DemoGroup {
  /// Paints the group.
  func paint() -> [DemoImage] {
    var random = DemoRandom(seed: seed)
    let sizes = [(320, 400), (384, 320), (360, 360), (336, 424)]
    let (width, height) = sizes[random.pick(0...sizes.count - 1)]
    let scene = DemoScene(width: width, height: height, character: character, random: &random)
    var picture = scene.picture()
    let largerBy = random.pick(130...150)
    var painted: [DemoImage] = []
    for (index, stage) in stages.enumerated() {
      switch stage {
      case .draft, .generated: break
      case .faceSwapped: picture = scene.withOtherFace(picture, random: &random)
      case .upscaled: picture = picture.enlarged(to: (width, height), percent: largerBy)
      // A group may begin with the enhanced image.
      case .enhanced:
        picture = picture.enlarged(to: (width, height), percent: largerBy).contrast(124)
      }
      // A draft is flat in its contrast; the first real stage is not made from it.
      let finished = stage == .draft ? picture.contrast(70) : picture
      let isLast = index == stages.count - 1
      if let image = image(index, finished, isBroken: isLast && fault == .truncated, random: &random) {
        painted.append(image)
        if isLast, fault == .nameConflict {
          painted.append(
            DemoImage(
              path: folder.appending("\(stems[index]).jpg"), pixels: image.pixels, format: .jpeg, texts: [],
              isBroken: false, companions: []))
        }
      }
    }
    return painted
  }

  private func image(
    _ index: Int, _ picture: DemoPicture, isBroken: Bool, random: inout DemoRandom
  ) -> DemoImage? {
    guard let pixels = picture.raster(random: &random) else { return nil }
    let path = images[index]
    let isPNG = path.lowercasedExtension == "png"
    let prompt = DemoPrompt(character: character, stage: stages[index], random: &random)
    var companions: [DemoLogs.File] = []
    func add(_ ending: String, _ text: String) {
      let companion = folder.appending("\(stems[index]).\(ending)").rawValue
      companions.append(DemoLogs.File(path: companion, bytes: Array(text.utf8)))
    }
    if random.happens(92) { add("yaml", prompt.settings(width: pixels.width, height: pixels.height)) }
    if random.happens(85) { add("caption", prompt.caption + "\n") }
    return DemoImage(
      path: path, pixels: pixels, format: isPNG ? .png : .jpeg,
      texts: isPNG ? prompt.texts(width: pixels.width, height: pixels.height) : [],
      isBroken: isBroken, companions: companions)
  }
}

extension DemoPicture {
  /// In `percent` of a size; the picture itself when it has that already.
  fileprivate func enlarged(to size: (width: Int, height: Int), percent: Int) -> DemoPicture {
    let (newWidth, newHeight) = (size.width * percent / 100, size.height * percent / 100)
    return newWidth == width ? self : enlarged(width: newWidth, height: newHeight)
  }
}
