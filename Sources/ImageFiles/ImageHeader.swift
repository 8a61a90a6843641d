import CImageCodecs
import PipelineCore

/// What is known of a file before its pixels are decoded, for the format that it is in.
enum ImageHeader {
  case png(ImageFacts)
  case jpeg(JPEGHeader)
  case webp(WebPHeader)
  case tiff(TIFFHeader)

  /// Reads the header and checks the size it claims.
  init(_ source: some ByteSource, limits: ImageLimits) throws {
    let start = try source.bytes(at: 0, min(source.count, ImageFormat.signatureLength))
    switch start.withUnsafeBytes({ ImageFormat(signature: $0) }) {
    case .png: self = .png(try PNGProbe(source).facts)
    case .jpeg: self = .jpeg(try JPEGHeader(source))
    case .webp: self = .webp(try WebPHeader(source))
    case .tiff: self = .tiff(try TIFFHeader(source))
    case nil: throw SourceImage.unknown(source.path)
    }
    try SourceImage.check(width: facts.width, height: facts.height, source.path, limits)
  }

  var facts: ImageFacts {
    switch self {
    case .png(let facts): facts
    case .jpeg(let header): header.facts
    case .webp(let header): header.facts
    case .tiff(let header): header.facts
    }
  }

  var orientation: Orientation { Orientation(rawValue: facts.orientation) ?? .upright }
}
