import CImageCodecs
import PipelineCore

/// libvips, opened when the first image needs it: a program that meets none does not wait for its hundred libraries.
enum VipsLibrary {
  /// The names to try, as linkers of the platforms know version 8.
  static let names = [
    "libvips.so.42", "libvips.42.dylib", "/opt/homebrew/lib/libvips.42.dylib",
    "/usr/local/lib/libvips.42.dylib",
  ]

  /// Why none of the names can be opened; `nil` when one is open.
  private static let reason: String? = open(names)

  /// Opens the first of some libraries that is there; returns why none could be.
  static func open(_ names: [String]) -> String? {
    var reasons: [String] = []
    for name in names {
      var failure = ci_failure()
      if Int(ci_vips_load(name, &failure)) == CI_OK { return nil }
      reasons.append(VipsFailure.words(failure))
    }
    return reasons.first ?? "no name to try"
  }

  /// Throws when libvips is not installed.
  /// - Parameter path: of the image that needs it.
  static func require(for format: ImageFormat, _ path: String) throws(Diagnostic) {
    guard let reason else { return }
    throw missing(reason, format, path)
  }

  /// The finding for an image whose library cannot be opened.
  static func missing(_ reason: String, _ format: ImageFormat, _ path: String) -> Diagnostic {
    ImageProblem.libraryMissing.error(
      path, "is a \(format.title), which takes libvips, and that cannot be opened (\(reason))",
      help: "install libvips 8 (Debian and Ubuntu: apt-get install libvips42; macOS: brew install vips)")
  }

  /// Decodes an image whole.
  static func check(_ source: SourceImage) throws(Diagnostic) {
    try require(for: source.format, source.path)
    var failure = ci_failure()
    ci_vips_check(source.memory.base, source.memory.count, &failure)
    try VipsFailure.check(failure, source.path)
  }

  /// Decodes an image whole and encodes a rectangle of it, displayed.
  static func crop(
    _ source: SourceImage, _ rectangle: PixelRectangle, orientation: Orientation, _ output: ci_vips_output
  ) throws(Diagnostic) -> (image: ImageMemory, warnings: [Diagnostic]) {
    try require(for: source.format, source.path)
    let area = ci_rectangle(
      left: UInt32(rectangle.left), top: UInt32(rectangle.top), width: UInt32(rectangle.width),
      height: UInt32(rectangle.height))
    var output = output
    var base: UnsafeMutablePointer<UInt8>?
    var made = 0
    var hidden: Int32 = 0
    var failure = ci_failure()
    ci_vips_crop(
      source.memory.base, source.memory.count, Int32(orientation.rawValue), area, &output, &base, &made,
      &hidden,
      &failure)
    try VipsFailure.check(failure, source.path)
    guard let base else { throw ImageProblem.corrupt.error(source.path, "gave no pixels") }
    let lost = ImageProblem.metadataDropped.warning(
      source.path, "has colours under fully transparent pixels, which this libvips does not keep")
    return (ImageMemory(adopting: base, count: made), hidden == 1 ? [lost] : [])
  }

  /// Decodes an image whole and shrinks it, displayed.
  static func reduce(
    _ source: SourceImage, orientation: Orientation, longestSide: Int
  ) throws(Diagnostic) -> ImageRaster {
    try require(for: source.format, source.path)
    var raster = ci_raster()
    var failure = ci_failure()
    ci_vips_reduce(
      source.memory.base, source.memory.count, Int32(orientation.rawValue), longestSide, &raster, &failure)
    try VipsFailure.check(failure, source.path)
    guard let made = ImageRaster(adopting: raster) else {
      throw ImageProblem.corrupt.error(source.path, "gave no pixels")
    }
    return made
  }

  /// Encodes RGB pixels.
  static func encode(
    _ pixels: RGBRaster, _ format: ImageFormat, _ output: ci_vips_output, target: String
  ) throws(Diagnostic) -> ImageMemory {
    try require(for: format, target)
    var output = output
    var base: UnsafeMutablePointer<UInt8>?
    var made = 0
    var failure = ci_failure()
    pixels.bytes.withUnsafeBufferPointer { bytes in
      _ = ci_vips_encode(
        bytes.baseAddress, UInt32(pixels.width), UInt32(pixels.height), &output, &base, &made, &failure)
    }
    try VipsFailure.check(failure, target)
    guard let base else { throw ImageProblem.corrupt.error(target, "gave no pixels") }
    return ImageMemory(adopting: base, count: made)
  }
}

/// What libvips says of an image, as a finding. Its words are shared by all threads: when two images fail at the same
/// moment, those of one may appear in the other's finding; the path is always right.
enum VipsFailure {
  static func words(_ failure: ci_failure) -> String {
    withUnsafeBytes(of: failure.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  /// Throws when a call failed.
  static func check(_ failure: ci_failure, _ path: String) throws(Diagnostic) {
    guard failure.code != CI_OK else { return }
    switch Int(failure.code) {
    case CI_UNSUPPORTED:
      throw ImageProblem.unsupported.error(path, "cannot be written without loss (\(words(failure)))")
    case CI_MEMORY: throw ImageProblem.tooLarge.error(path, "needs more memory than the system gives")
    default: throw ImageProblem.corrupt.error(path, "is damaged or cut off (\(words(failure)))")
    }
  }
}
