import CImageCodecs
import PipelineCore

/// Writes a reduced image: JPEG, or PNG when it has alpha.
struct Thumbnail {
  let image: ReducedImage
  private static let quality: Int32 = 85

  /// The format that it is written in.
  static func format(of facts: ImageFacts) -> ImageFormat { facts.hasAlpha ? .png : .jpeg }

  /// Writes the file, which must not exist; it is not synced.
  func write(to target: String, source: String) throws {
    if Self.format(of: image.facts) == .png {
      try writePNG(target, source)
    } else {
      try writeJPEG(target, source)
    }
  }

  private func writeJPEG(_ target: String, _ source: String) throws {
    let raster = image.raster
    let encoded = try JPEGEncoder.encode(
      raster.memory.readable, width: raster.width, height: raster.height, quality: Self.quality, source)
    // After the start and the JFIF segment that the encoder writes first.
    let start = 20
    guard encoded.count > start else { throw ImageProblem.corrupt.error(source, "gave no thumbnail") }
    _ = try NewImage.write(
      [
        .memory(encoded[0..<start]), .bytes(JPEGEncoder.profileSegments(image.profile ?? [])),
        .memory(encoded[start..<encoded.count]),
      ], to: target, isDurable: false)
  }

  private func writePNG(_ target: String, _ source: String) throws {
    let raster = image.raster
    let isOpaque = raster.channels == 3
    let pixels = isOpaque ? Array(raster.memory.readable) : unmultiplied()
    let header = PNGHeader(
      width: raster.width, height: raster.height, bitDepth: 8, colour: isOpaque ? .rgb : .rgbAlpha)
    var chunks: [PNGStructure.Chunk] = []
    if let profile = image.profile, let packed = ZlibText.deflate(profile) {
      chunks.append(PNGStructure.Chunk(.profile, Array("profile".utf8) + [0, 0] + packed))
    }
    let file = PNGFile(header: header, before: chunks, after: [])
    _ = try file.write(pixels: pixels, to: target, source: source, isDurable: false)
  }

  /// The colours as PNG has them: not multiplied by alpha.
  private func unmultiplied() -> [UInt8] {
    var pixels = Array(image.raster.memory.readable)
    for start in stride(from: 0, to: pixels.count, by: 4) {
      let alpha = Int(pixels[start + 3])
      guard alpha > 0 else { continue }
      for index in start..<start + 3 {
        pixels[index] = UInt8(min(255, (Int(pixels[index]) * 255 + alpha / 2) / alpha))
      }
    }
    return pixels
  }
}
