import CImageCodecs
import PipelineCore

/// One crop: reads the source, checks the rectangle, and leaves the rest to the format.
struct ImageCrop {
  let rectangle: PixelRectangle
  let target: String
  /// `nil` for that of the source.
  let format: ImageFormat?
  let limits: ImageLimits

  /// Makes the crop.
  func write(of path: String) throws -> CroppedImage {
    let source = try SourceImage(path, limits: limits)
    if let format, format != source.format { return try convert(source, to: format) }
    if source.format == .png { return try cropPNG(source) }
    switch try ImageHeader(LoadedImage(memory: source.memory, path: path), limits: limits) {
    case .png: throw SourceImage.unknown(path)
    case .jpeg(let header):
      try check(header.facts, path)
      return try JPEGCrop(source: source, header: header, rectangle: rectangle).write(to: target)
    case .webp(let header):
      try check(header.facts, path)
      return try WebPCrop(source: source, header: header, rectangle: rectangle).write(to: target)
    case .tiff(let header):
      try check(header.facts, path)
      return try TIFFCrop(source: source, header: header, rectangle: rectangle).write(to: target)
    }
  }

  private func check(_ facts: ImageFacts, _ path: String) throws(Diagnostic) {
    guard rectangle.lies(inWidth: facts.width, height: facts.height) else {
      throw ImageProblem.rectangle.error(
        path,
        "has \(facts.width) × \(facts.height) pixels, and the crop asks for \(rectangle.width) × "
          + "\(rectangle.height) from column \(rectangle.left), row \(rectangle.top)")
    }
  }

  private func cropPNG(_ source: SourceImage) throws -> CroppedImage {
    let structure = try PNGStructure(source.memory.readable, path: source.path, limits: limits)
    try check(structure.facts, source.path)
    let pixels = try PNGPixels(structure, in: source.memory)
    source.memory.discard()
    let crop = PNGCrop(structure: structure, pixels: pixels, rectangle: rectangle)
    let chunks = crop.chunks()
    let file = PNGFile(header: crop.newHeader, before: chunks.before, after: chunks.after)
    let rows = try crop.filteredRows()
    let (digest, bytes) = try file.write(rows.memory[0..<rows.count], to: target, source: source.path)
    return CroppedImage(
      digest: digest, bytes: bytes, width: rectangle.width, height: rectangle.height,
      sourceDigest: source.digest, method: .exact,
      warnings: source.warnings + structure.warnings + chunks.warnings)
  }

  private func convert(_ source: SourceImage, to format: ImageFormat) throws -> CroppedImage {
    let header = try ImageHeader(LoadedImage(memory: source.memory, path: source.path), limits: limits)
    try check(header.facts, source.path)
    // Chunks and checksums that libvips might let pass.
    if source.format == .png {
      _ = try PNGStructure(source.memory.readable, path: source.path, limits: limits)
    }
    return try ImageConversion(
      source: source, facts: header.facts, orientation: header.orientation, rectangle: rectangle,
      format: format
    ).write(to: target)
  }
}
