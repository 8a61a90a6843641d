import CImageCodecs
public import PipelineCore

/// Reads, crops and shrinks images. The only code that writes one, always under a new name.
///
/// Every function works on its own and may be called from any number of threads. A source is opened for reading only.
/// All of them throw ``PipelineCore/Diagnostic`` for a bad image, with codes that begin with `image-`, and
/// ``FileSystem/FileError`` for a file that cannot be read or written.
public enum ImageFiles {
  /// What the header of an image says; the pixels are not read.
  public static func probe(_ path: String, limits: ImageLimits = ImageLimits()) throws -> ImageFacts {
    try SourceImage.withImage(path, limits: limits) { descriptor, size in
      let image = OpenImage(descriptor: descriptor, path: path, count: size)
      return try ImageHeader(image, limits: limits).facts
    }
  }

  /// Reads an image to its last byte: what comes back has no damage that its format can show.
  ///
  /// A JPEG has no checksums: bytes in it may have changed without notice. Only a digest shows that.
  public static func verify(_ path: String, limits: ImageLimits = ImageLimits()) throws -> ImageFacts {
    let source = try SourceImage(path, limits: limits)
    switch source.format {
    case .png:
      let structure = try PNGStructure(source.memory.readable, path: path, limits: limits)
      _ = try PNGPixels(structure, in: source.memory)
      return structure.facts
    case .jpeg:
      let header = try ImageHeader(LoadedImage(memory: source.memory, path: path), limits: limits)
      var trailing = 0
      var failure = ci_failure()
      ci_jpeg_check(source.memory.base, source.memory.count, &trailing, &failure)
      try JPEGFailure.check(failure, path)
      return header.facts
    case .webp, .tiff:
      let header = try ImageHeader(LoadedImage(memory: source.memory, path: path), limits: limits)
      try VipsLibrary.check(source)
      return header.facts
    }
  }

  /// Cuts a rectangle out of an image and writes it as a new, durable file: `target` must not exist, and is synced.
  /// The caller gives it its final name and syncs the folder.
  ///
  /// The whole source is decoded and checked, also where the crop is not. Samples of lossless formats stay as they are,
  /// with their depth, palette and alpha, and metadata stay byte for byte; the EXIF orientation is applied to the
  /// pixels and its tag reset.
  /// - Parameters:
  ///   - left: the first column, in pixels of the displayed image: its EXIF orientation is applied.
  ///   - top: the first row, likewise.
  ///   - width: of the crop; at least 1, and inside the image.
  ///   - height: of the crop; at least 1, and inside the image.
  ///   - format: of the new file; `nil` for that of the source.
  public static func crop(
    _ source: String, left: Int, top: Int, width: Int, height: Int, to target: String,
    as format: ImageFormat? = nil, limits: ImageLimits = ImageLimits()
  ) throws -> CroppedImage {
    let rectangle = PixelRectangle(left: left, top: top, width: width, height: height)
    return try ImageCrop(rectangle: rectangle, target: target, format: format, limits: limits)
      .write(of: source)
  }

  /// Writes a small version of an image for people to look at, as a new file: JPEG of quality 85, or PNG when the image
  /// has alpha. It is displayed as the image is: the orientation is applied, the ICC profile is kept. Not synced.
  /// - Parameters:
  ///   - longestSide: the most pixels across and down, at least 1; smaller images are not enlarged.
  ///   - target: must not exist.
  /// - Returns: the size of the thumbnail.
  public static func thumbnail(
    _ source: String, longestSide: Int = 512, to target: String, limits: ImageLimits = ImageLimits()
  ) throws -> (width: Int, height: Int) {
    let image = try ReducedImage(source, longestSide: longestSide, limits: limits)
    try Thumbnail(image: image).write(to: target, source: source)
    return (image.raster.width, image.raster.height)
  }

  /// Figures of an image for rankings and search; each one says how it is computed.
  public static func features(_ source: String, limits: ImageLimits = ImageLimits()) throws -> ImageFeatures {
    try identifiedFeatures(source, limits: limits).features
  }

  /// Figures of an image, as ``features(_:limits:)`` gives them, with the digest of the very bytes that they are of,
  /// whatever happened to the file meanwhile.
  public static func identifiedFeatures(
    _ source: String, limits: ImageLimits = ImageLimits()
  ) throws -> (features: ImageFeatures, sourceDigest: Digest) {
    let image = try ReducedImage(source, longestSide: FeatureMeasurement.longestSide, limits: limits)
    let measurement = try FeatureMeasurement(image.raster, path: source)
    return (measurement.features(image.facts), image.sourceDigest)
  }

  /// The texts that a PNG carries, in file order: `parameters`, `prompt`, `workflow` and others. Other formats have none.
  ///
  /// The pixels are not read. What PNG calls text (`tEXt`, `zTXt`) is Latin-1, `iTXt` is UTF-8.
  public static func texts(_ path: String, limits: ImageLimits = ImageLimits()) throws -> [ImageText] {
    try SourceImage.withImage(path, limits: limits) { descriptor, size in
      let image = OpenImage(descriptor: descriptor, path: path, count: size)
      let start = try image.load(0, min(size, ImageFormat.signatureLength))
      guard let format = start.withUnsafeBytes({ ImageFormat(signature: $0) }) else {
        throw SourceImage.unknown(path)
      }
      return format == .png ? try PNGTexts.read(image) : []
    }
  }

  /// Writes pixels as a new, durable file: for demonstrations and tests.
  /// - Parameters:
  ///   - target: must not exist.
  ///   - texts: for PNG only; keywords are 1 to 79 characters of Latin-1.
  public static func create(
    _ target: String, pixels: RGBRaster, format: ImageFormat = .png, texts: [ImageText] = []
  ) throws {
    guard format == .png || texts.isEmpty else {
      throw Diagnostic(
        code: ImageProblem.unsupported.rawValue, "only a PNG can carry texts; \(target) was not made")
    }
    switch format {
    case .png:
      var chunks: [PNGStructure.Chunk] = []
      for text in texts { chunks.append(try PNGTexts.chunk(text, target: target)) }
      let header = PNGHeader(width: pixels.width, height: pixels.height, bitDepth: 8, colour: .rgb)
      _ = try PNGFile(header: header, before: chunks, after: [])
        .write(pixels: pixels.bytes, to: target, source: target)
    case .jpeg:
      let encoded = try pixels.bytes.withUnsafeBytes { bytes in
        try JPEGEncoder.encode(
          bytes, width: pixels.width, height: pixels.height, quality: Int32(JPEGQuality.least), target)
      }
      _ = try NewImage.write([.memory(encoded.readable)], to: target)
    case .webp, .tiff:
      var output = ci_vips_output()
      output.format = Int32(format == .webp ? CI_VIPS_WEBP : CI_VIPS_TIFF)
      output.is_lossless = 1
      output.quality = Int32(JPEGQuality.least)
      // TIFF: deflate, with differences between neighbours.
      output.compression = 2
      output.predictor = 2
      let encoded = try VipsLibrary.encode(pixels, format, output, target: target)
      _ = try NewImage.write([.memory(encoded.readable)], to: target)
    }
  }
}
