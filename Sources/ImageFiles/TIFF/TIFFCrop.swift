import CImageCodecs
import PipelineCore

/// Cuts a rectangle out of a TIFF: compression, predictor, tiles and bit depth stay as they are.
struct TIFFCrop {
  let source: SourceImage
  let header: TIFFHeader
  /// In displayed pixels.
  let rectangle: PixelRectangle

  private static let quality = 95

  /// libvips' number for a compression of the format, and whether it loses nothing.
  private static let compressions: [Int: (number: Int32, isLossless: Bool)] = [
    1: (0, true), 7: (1, false), 8: (2, true), 32946: (2, true), 32773: (3, true), 4: (4, true), 5: (5, true),
    50000: (7, true),
  ]

  /// Tags that libvips writes anew or keeps: those of structure, resolution, description and the profile blocks.
  private static let keptTags: Set<Int> = [
    254, 255, 256, 257, 258, 259, 262, 266, 270, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284, 292, 293,
    296,
    317, 320, 322, 323, 324, 325, 338, 339, 340, 341, 347, 530, 531, 532, 700, 33723, 34377, 34675,
  ]

  /// Writes the crop to `target`, which must not exist.
  func write(to target: String) throws -> CroppedImage {
    let output = try output()
    let (made, warnings) = try VipsLibrary.crop(
      source, rectangle, orientation: header.orientation, output)
    let (digest, bytes) = try NewImage.write([.memory(made.readable)], to: target)
    return CroppedImage(
      digest: digest, bytes: bytes, width: rectangle.width, height: rectangle.height,
      sourceDigest: source.digest,
      method: output.is_lossless == 1 ? .exact : .reencoded(quality: Self.quality),
      warnings: source.warnings + warnings + losses)
  }

  private func output() throws(Diagnostic) -> ci_vips_output {
    func refuse(_ what: String) -> Diagnostic { ImageProblem.unsupported.error(source.path, what) }
    guard let (compression, isLossless) = Self.compressions[header[.compression]] else {
      throw refuse("is a TIFF of compression \(header[.compression]), which cannot be written again")
    }
    guard [0, 1, 2, 3, 5].contains(header[.photometric]) || !isLossless && header[.photometric] == 6 else {
      throw refuse("is a TIFF of colour kind \(header[.photometric]), which cannot be written again")
    }
    if header.has(.extraSamples), header[.extraSamples] == 1 {
      throw refuse("is a TIFF whose colours are multiplied by alpha, which cannot be written again")
    }
    var output = ci_vips_output()
    output.format = Int32(CI_VIPS_TIFF)
    output.quality = Int32(Self.quality)
    output.is_lossless = isLossless ? 1 : 0
    output.compression = compression
    output.predictor = Int32(header[.predictor])
    let bits = header[.bits]
    output.bit_depth = bits < 8 && header[.samples] == 1 && !header.isPalette ? Int32(bits) : 0
    output.is_big = header.isBig ? 1 : 0
    // libvips makes tiles of multiples of 16, as the format asks for.
    let (wide, high) = (header[.tileWidth], header[.tileHeight])
    if 16...4096 ~= wide, 16...4096 ~= high, wide % 16 == 0, high % 16 == 0 {
      output.tile_width = Int32(wide)
      output.tile_height = Int32(high)
    }
    return output
  }

  private var losses: [Diagnostic] {
    var losses: [Diagnostic] = []
    let dropped = header.tags.filter { !Self.keptTags.contains($0) }
    if !dropped.isEmpty {
      losses.append(
        ImageProblem.metadataDropped.warning(
          source.path,
          "carries the TIFF tags \(dropped.map(String.init).joined(separator: ", ")), which its crop does not keep"
        ))
    }
    if header.isPalette {
      losses.append(
        ImageProblem.metadataDropped.warning(
          source.path, "has a palette; its crop has the same colours without one"))
    }
    return losses
  }
}
