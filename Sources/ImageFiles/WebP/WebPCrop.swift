import CImageCodecs
import PipelineCore

/// Cuts a rectangle out of a WebP: lossless stays lossless, and all metadata stay byte for byte.
struct WebPCrop {
  let source: SourceImage
  let header: WebPHeader
  /// In displayed pixels.
  let rectangle: PixelRectangle

  private static let quality = 95

  /// Writes the crop to `target`, which must not exist.
  func write(to target: String) throws -> CroppedImage {
    var output = ci_vips_output()
    output.format = Int32(CI_VIPS_WEBP)
    output.quality = Int32(Self.quality)
    output.is_lossless = header.isLossless ? 1 : 0
    output.is_bare = 1
    let (made, warnings) = try VipsLibrary.crop(
      source, rectangle, orientation: header.orientation, output)
    let (digest, bytes) = try NewImage.write([.bytes(try assembled(made))], to: target)
    return CroppedImage(
      digest: digest, bytes: bytes, width: rectangle.width, height: rectangle.height,
      sourceDigest: source.digest,
      method: header.isLossless ? .exact : .reencoded(quality: Self.quality),
      warnings: source.warnings + warnings + JPEGFailure.trailing(header.trailing, source.path))
  }

  /// The new pixels and the source's metadata in one file (RFC 9649, section 2.7): the profile before the pixels,
  /// everything else after them.
  private func assembled(_ made: ImageMemory) throws -> [UInt8] {
    let metadata = header.turnedMetadata
    let bare = LoadedImage(memory: made, path: source.path)
    let pixels = try Self.pixelChunks(bare)
    let new = try WebPHeader(bare)
    var flags: UInt8 = new.hasAlpha ? 0x10 : 0
    if metadata.contains(where: { $0.name == WebPHeader.profileName }) { flags |= 0x20 }
    if metadata.contains(where: { $0.name == WebPHeader.exifName }) { flags |= 0x08 }
    if metadata.contains(where: { $0.name == WebPHeader.xmpName }) { flags |= 0x04 }
    func little(_ value: Int, _ size: Int) -> [UInt8] {
      (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    func chunk(_ name: [UInt8], _ payload: [UInt8]) -> [UInt8] {
      name + little(payload.count, 4) + payload + (payload.count % 2 == 1 ? [0] : [])
    }
    var body = Array("WEBP".utf8)
    if flags != 0 {
      body += chunk(
        Array("VP8X".utf8),
        [flags, 0, 0, 0] + little(rectangle.width - 1, 3) + little(rectangle.height - 1, 3))
    }
    for each in metadata where each.name == WebPHeader.profileName {
      body += chunk(each.name, each.payload)
    }
    body += pixels
    for each in metadata where each.name != WebPHeader.profileName { body += chunk(each.name, each.payload) }
    return Array("RIFF".utf8) + little(body.count, 4) + body
  }

  /// The chunks with alpha and pixels, whole.
  private static func pixelChunks(_ bare: LoadedImage) throws -> [UInt8] {
    var offset = 12
    var chunks: [UInt8] = []
    while offset + 8 <= bare.count {
      let size = try bare.number(at: offset + 4, bytes: 4, bigEndian: false)
      let whole = 8 + size + size % 2
      if ["ALPH", "VP8 ", "VP8L"].contains(String(decoding: try bare.bytes(at: offset, 4), as: UTF8.self)) {
        chunks += try bare.bytes(at: offset, whole)
      }
      offset += whole
    }
    return chunks
  }
}
