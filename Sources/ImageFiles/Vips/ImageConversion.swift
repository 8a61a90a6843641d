import CImageCodecs
import PipelineCore

/// Cuts a rectangle out of an image and writes it in another format, where nothing but the encoding's own loss is lost.
struct ImageConversion {
  let source: SourceImage
  let facts: ImageFacts
  let orientation: Orientation
  /// In displayed pixels.
  let rectangle: PixelRectangle
  let format: ImageFormat

  private static let quality = 95

  /// Writes the crop to `target`, which must not exist.
  func write(to target: String) throws -> CroppedImage {
    try check()
    var output = ci_vips_output()
    output.quality = Int32(Self.quality)
    output.is_lossless = format == .jpeg ? 0 : 1
    switch format {
    case .png: output.format = Int32(CI_VIPS_PNG)
    case .jpeg: output.format = Int32(CI_VIPS_JPEG)
    case .webp: output.format = Int32(CI_VIPS_WEBP)
    case .tiff:
      output.format = Int32(CI_VIPS_TIFF)
      // Deflate, with differences between neighbours.
      output.compression = 2
      output.predictor = 2
    }
    let (made, warnings) = try VipsLibrary.crop(source, rectangle, orientation: orientation, output)
    let (digest, bytes) = try NewImage.write([.memory(made.readable)], to: target)
    return CroppedImage(
      digest: digest, bytes: bytes, width: rectangle.width, height: rectangle.height,
      sourceDigest: source.digest, method: format == .jpeg ? .reencoded(quality: Self.quality) : .exact,
      warnings: source.warnings + warnings + [
        ImageProblem.metadataDropped.warning(
          source.path,
          "became a \(format.title): its profile and EXIF data were carried over, texts and a palette were not"
        )
      ])
  }

  private func check() throws(Diagnostic) {
    func refuse(_ what: String) -> Diagnostic {
      ImageProblem.unsupported.error(
        source.path, "\(what), which a \(format.title) cannot hold", help: "crop it in its own format")
    }
    if facts.hasAlpha, format == .jpeg { throw refuse("has alpha") }
    if facts.bitDepth > 8, format == .jpeg || format == .webp {
      throw refuse("has \(facts.bitDepth) bits per sample")
    }
    if facts.bitDepth > 16, format == .png { throw refuse("has \(facts.bitDepth) bits per sample") }
    let inks =
      facts.format == .jpeg && facts.channels == 4
      || facts.format == .tiff && facts.channels > 3 && !facts.hasAlpha
    if inks, format != .tiff { throw refuse("has four inks, not three colours") }
  }
}
