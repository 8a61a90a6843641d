import PipelineCore

/// The chunks of a WebP (RFC 9649) without its pixels.
struct WebPHeader {
  /// A chunk of metadata.
  struct Chunk {
    let name: [UInt8]
    var payload: [UInt8]
  }

  let width: Int
  let height: Int
  let isLossless: Bool
  let hasAlpha: Bool
  /// Profile, EXIF and XMP, and chunks that nobody here knows, in file order.
  let metadata: [Chunk]
  /// Bytes after the end.
  let trailing: Int

  static let profileName = Array("ICCP".utf8)
  static let exifName = Array("EXIF".utf8)
  static let xmpName = Array("XMP ".utf8)
  private static let maximumChunks = 10_000

  init(_ source: some ByteSource) throws {
    let end = 8 + (try source.number(at: 4, bytes: 4, bigEndian: false))
    guard end <= source.count else {
      throw ImageProblem.truncated.error(
        source.path, "ends after \(source.count) of the \(end) bytes that it claims")
    }
    var offset = 12
    var count = 0
    var metadata: [Chunk] = []
    var hasAlphaChunk = false
    var pixels: (width: Int, height: Int, isLossless: Bool, hasAlpha: Bool)?
    while offset + 8 <= end {
      let name = try source.bytes(at: offset, 4)
      let size = try source.number(at: offset + 4, bytes: 4, bigEndian: false)
      guard offset + 8 + size <= end else {
        throw ImageProblem.truncated.error(source.path, "ends inside a chunk that begins at byte \(offset)")
      }
      count += 1
      guard count <= Self.maximumChunks else {
        throw ImageProblem.tooLarge.error(source.path, "has more than \(Self.maximumChunks) chunks")
      }
      switch String(decoding: name, as: UTF8.self) {
      case "ANIM", "ANMF": throw ImageProblem.animated.error(source.path, "is an animated WebP")
      case "VP8X": break
      case "ALPH": hasAlphaChunk = true
      case "VP8 ": pixels = try Self.lossy(source, at: offset + 8, size)
      case "VP8L": pixels = try Self.lossless(source, at: offset + 8, size)
      default: metadata.append(Chunk(name: name, payload: try source.bytes(at: offset + 8, size)))
      }
      offset += 8 + size + size % 2
    }
    guard let pixels else { throw ImageProblem.corrupt.error(source.path, "has no pixels (VP8 or VP8L)") }
    (width, height, isLossless) = (pixels.width, pixels.height, pixels.isLossless)
    hasAlpha = pixels.hasAlpha || hasAlphaChunk
    self.metadata = metadata
    trailing = source.count - end
  }

  /// RFC 6386, section 9.1.
  private static func lossy(
    _ source: some ByteSource, at offset: Int, _ size: Int
  ) throws -> (Int, Int, Bool, Bool) {
    guard size >= 10, try source.bytes(at: offset + 3, 3) == [0x9d, 0x01, 0x2a] else {
      throw ImageProblem.corrupt.error(source.path, "has no key frame in its pixels (VP8)")
    }
    let width = try source.number(at: offset + 6, bytes: 2, bigEndian: false) & 0x3fff
    let height = try source.number(at: offset + 8, bytes: 2, bigEndian: false) & 0x3fff
    guard width > 0, height > 0 else {
      throw ImageProblem.corrupt.error(source.path, "claims \(width) × \(height) pixels")
    }
    return (width, height, false, false)
  }

  /// RFC 9649, section 3.4.
  private static func lossless(
    _ source: some ByteSource, at offset: Int, _ size: Int
  ) throws -> (Int, Int, Bool, Bool) {
    guard size >= 5, try source.number(at: offset, bytes: 1) == 0x2f else {
      throw ImageProblem.corrupt.error(source.path, "has no signature in its pixels (VP8L)")
    }
    let bits = try source.number(at: offset + 1, bytes: 4, bigEndian: false)
    return (bits & 0x3fff + 1, bits >> 14 & 0x3fff + 1, true, bits >> 28 & 1 == 1)
  }

  /// How the pixels are to be turned, as the EXIF chunk says.
  var orientation: Orientation { exif?.found.orientation ?? .upright }

  /// The EXIF chunk that tells an orientation; some programs put the name that JPEG has before it.
  private var exif: (index: Int, start: Int, found: ExifOrientation)? {
    guard let index = metadata.firstIndex(where: { $0.name == Self.exifName }) else { return nil }
    let payload = metadata[index].payload
    let start = payload.starts(with: Array("Exif\0\0".utf8)) ? 6 : 0
    guard let found = payload.dropFirst(start).withUnsafeBytes({ ExifOrientation($0) }) else { return nil }
    return (index, start, found)
  }

  /// The metadata for pixels that were turned for display.
  var turnedMetadata: [Chunk] {
    guard orientation != .upright, let (index, start, found) = exif else { return metadata }
    var turned = metadata
    found.reset(in: &turned[index].payload, blockAt: start)
    return turned
  }

  var facts: ImageFacts {
    ImageFacts(
      format: .webp, storedWidth: width, storedHeight: height, orientation: orientation, bitDepth: 8,
      channels: hasAlpha ? 4 : 3, hasAlpha: hasAlpha,
      hasProfile: metadata.contains { $0.name == Self.profileName })
  }
}
