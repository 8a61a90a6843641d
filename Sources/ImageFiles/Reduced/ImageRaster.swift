import CImageCodecs
import PipelineCore

/// Pixels in memory, 8 bits per channel, without gaps: red, green and blue, or these multiplied by alpha, and alpha.
struct ImageRaster {
  let memory: ImageMemory
  let width: Int
  let height: Int
  /// 3 or 4.
  let channels: Int

  /// Takes over what a codec made.
  init?(adopting raster: ci_raster) {
    guard let base = raster.pixels else { return nil }
    width = raster.width
    height = raster.height
    channels = raster.channels
    memory = ImageMemory(adopting: base, count: raster.width * raster.height * raster.channels)
  }

  private init(memory: ImageMemory, width: Int, height: Int, channels: Int) {
    self.memory = memory
    self.width = width
    self.height = height
    self.channels = channels
  }

  /// The raster as it is displayed.
  func turned(_ orientation: Orientation, path: String) throws(Diagnostic) -> ImageRaster {
    if orientation == .upright { return self }
    let turned = try ImageMemory(count: memory.count, for: path)
    ci_turn(memory.base, width * channels, width, height, channels, orientation.turning, turned.base)
    let swaps = orientation.swapsSides
    return ImageRaster(
      memory: turned, width: swaps ? height : width, height: swaps ? width : height, channels: channels)
  }
}

/// A small version of an image, for people to look at and for figures.
struct ReducedImage {
  /// As displayed; no side is longer than asked for.
  let raster: ImageRaster
  /// What the full image is.
  let facts: ImageFacts
  /// The digest of the bytes that were decoded.
  let sourceDigest: Digest
  /// The ICC profile of the pixels, unpacked; `nil` without one.
  let profile: [UInt8]?

  /// Larger profiles than any real one are left out.
  static let maximumProfile = 4 << 20

  /// Decodes a file whole and shrinks it; images that are small already stay as they are.
  init(_ path: String, longestSide: Int, limits: ImageLimits) throws {
    precondition(longestSide > 0, "a thumbnail has at least one pixel")
    let source = try SourceImage(path, limits: limits)
    sourceDigest = source.digest
    switch source.format {
    case .png: (raster, facts, profile) = try Self.reducePNG(source, longestSide, limits)
    case .jpeg: (raster, facts, profile) = try Self.reduceJPEG(source, longestSide, limits)
    case .webp, .tiff:
      let header = try ImageHeader(LoadedImage(memory: source.memory, path: path), limits: limits)
      facts = header.facts
      raster = try VipsLibrary.reduce(source, orientation: header.orientation, longestSide: longestSide)
      // The colours were converted to sRGB.
      profile = nil
    }
  }

  private static func reducePNG(
    _ source: SourceImage, _ longestSide: Int, _ limits: ImageLimits
  ) throws -> (ImageRaster, ImageFacts, [UInt8]?) {
    let structure = try PNGStructure(source.memory.readable, path: source.path, limits: limits)
    let pixels = try PNGPixels(structure, in: source.memory)
    source.memory.discard()
    let raster = try pixels.reduced(structure, longestSide: longestSide)
    return (
      try raster.turned(structure.orientation, path: source.path), structure.facts, structure.profile
    )
  }

  private static func reduceJPEG(
    _ source: SourceImage, _ longestSide: Int, _ limits: ImageLimits
  ) throws -> (ImageRaster, ImageFacts, [UInt8]?) {
    let header = try JPEGHeader(LoadedImage(memory: source.memory, path: source.path))
    try SourceImage.check(width: header.width, height: header.height, source.path, limits)
    var raster = ci_raster()
    var trailing = 0
    var failure = ci_failure()
    ci_jpeg_reduce(source.memory.base, source.memory.count, longestSide, &raster, &trailing, &failure)
    try JPEGFailure.check(failure, source.path)
    guard let made = ImageRaster(adopting: raster) else {
      throw ImageProblem.corrupt.error(source.path, "gave no pixels")
    }
    // The colours of inks were converted without their profile.
    let profile = header.components.count == 4 ? nil : header.profile
    return (try made.turned(header.orientation, path: source.path), header.facts, profile)
  }
}

extension PNGPixels {
  /// The pixels as 8-bit colours, shrunk.
  fileprivate func reduced(
    _ structure: PNGStructure, longestSide: Int
  ) throws(Diagnostic) -> ImageRaster {
    try unfilter(upTo: PixelRectangle(left: 0, top: 0, width: header.width, height: header.height))
    let transparency = structure.payload(.transparency).map(Array.init) ?? []
    var layout = ci_png_layout()
    layout.depth = UInt32(header.bitDepth)
    layout.samples = UInt32(header.colour.samples)
    layout.has_alpha = structure.facts.hasAlpha
    func key(_ index: Int) -> UInt16 {
      UInt16(transparency[2 * index]) << 8 | UInt16(transparency[2 * index + 1])
    }
    if header.colour == .grey, transparency.count == 2 {
      layout.has_key = true
      layout.key.0 = key(0)
    } else if header.colour == .rgb, transparency.count == 6 {
      layout.has_key = true
      layout.key = (key(0), key(1), key(2))
    }
    let colours = header.colour == .palette ? structure.colours(transparency) : nil
    var raster = ci_raster()
    let status = (colours ?? []).withUnsafeBufferPointer { table in
      if colours != nil { layout.colours = table.baseAddress }
      return ci_png_reduce(
        memory.base, stride, header.width, header.height, &layout, longestSide, &raster)
    }
    guard status == CI_OK, let made = ImageRaster(adopting: raster) else {
      throw ImageProblem.tooLarge.error(path, "needs more memory than the system gives")
    }
    return made
  }
}

extension PNGStructure {
  /// 256 colours of four bytes each; indices without a colour are black.
  fileprivate func colours(_ transparency: [UInt8]) -> [UInt8] {
    let palette = payload(.palette).map(Array.init) ?? []
    var colours = [UInt8](repeating: 0, count: 256 * 4)
    for index in 0..<256 {
      for channel in 0..<3 where 3 * index + channel < palette.count {
        colours[4 * index + channel] = palette[3 * index + channel]
      }
      colours[4 * index + 3] = index < transparency.count ? transparency[index] : 255
    }
    return colours
  }

  /// The ICC profile, unpacked; `nil` without one, and for one that cannot be unpacked, for the pixels are sound.
  fileprivate var profile: [UInt8]? {
    guard let payload = payload(.profile), let end = payload.firstIndex(of: 0) else { return nil }
    // A name, a zero, the method, the stream.
    return payload[end...].dropFirst(2).withUnsafeBytes {
      ZlibText.inflate($0, limit: ReducedImage.maximumProfile)
    }
  }
}

extension JPEGHeader {
  /// The ICC profile from its segments (ICC.1, annex B.4); `nil` without a complete one.
  fileprivate var profile: [UInt8]? {
    var parts: [Int: ArraySlice<UInt8>] = [:]
    var count = 0
    for segment in segments where segment.isProfile && segment.bytes.count > 18 {
      parts[Int(segment.bytes[16])] = segment.bytes[18...]
      count = Int(segment.bytes[17])
    }
    guard count > 0, parts.count == count, (1...count).allSatisfy({ parts[$0] != nil }) else { return nil }
    return (1...count).flatMap { parts[$0] ?? [] }
  }
}
