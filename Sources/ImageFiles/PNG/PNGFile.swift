import CImageCodecs
import PipelineCore

/// Puts a PNG together from its header, its filtered rows and other chunks, and writes it.
struct PNGFile {
  let header: PNGHeader
  let before: [PNGStructure.Chunk]
  let after: [PNGStructure.Chunk]

  /// The most compressed bytes in one chunk; the format's limit is a little above.
  private static let maximumPiece = 1 << 30

  /// Deflates the rows and writes the file, which must not exist.
  /// - Parameters:
  ///   - rows: filtered, each with its filter byte.
  ///   - source: whose pixels these are, for errors.
  func write(
    _ rows: UnsafeRawBufferPointer, to target: String, source: String, isDurable: Bool = true
  ) throws -> (digest: Digest, bytes: Int64) {
    let deflated = try deflate(rows, source)
    return try write(deflated: deflated.readable, to: target, isDurable: isDurable)
  }

  /// Filters and writes pixels of 8 bits per sample that lie without gaps.
  func write(
    pixels: [UInt8], to target: String, source: String, isDurable: Bool = true
  ) throws -> (digest: Digest, bytes: Int64) {
    let rowBytes = header.rowBytes
    let filtered = try ImageMemory(count: header.height * (rowBytes + 1), for: source)
    let status = pixels.withUnsafeBufferPointer { buffer in
      var region = ci_png_region()
      region.pixels = buffer.baseAddress
      region.stride = rowBytes
      region.rows = header.height
      region.row_bytes = rowBytes
      region.pixel_bytes = header.pixelBytes
      region.last_mask = 0xff
      return ci_png_filter(&region, 1, filtered.base)
    }
    guard status == 0 else {
      throw ImageProblem.tooLarge.error(source, "needs more memory than the system gives")
    }
    return try write(filtered.readable, to: target, source: source, isDurable: isDurable)
  }

  /// The rows as a zlib stream.
  private func deflate(_ rows: UnsafeRawBufferPointer, _ source: String) throws(Diagnostic) -> ImageMemory {
    var made = 0
    var base: UnsafeMutablePointer<UInt8>?
    let status = ci_zlib_deflate_pixels(
      rows.bindMemory(to: UInt8.self).baseAddress, rows.count, &base, &made)
    guard status == CI_OK, let base else {
      throw ImageProblem.tooLarge.error(source, "needs more memory than the system gives")
    }
    return ImageMemory(adopting: base, count: made)
  }

  private func write(
    deflated: UnsafeRawBufferPointer, to target: String, isDurable: Bool
  ) throws -> (digest: Digest, bytes: Int64) {
    let head =
      PNGStructure.signature + PNGStructure.Chunk(.header, header.payload).bytes + before.flatMap(\.bytes)
    let tail = after.flatMap(\.bytes) + PNGStructure.Chunk(.end, []).bytes
    // The pieces of pixels, each between eight bytes of length and name and four of checksum.
    var frames: [(head: [UInt8], piece: Range<Int>, tail: [UInt8])] = []
    var offset = 0
    while offset < deflated.count {
      let end = min(deflated.count, offset + Self.maximumPiece)
      var empty = PNGStructure.Chunk(.data, []).bytes
      let count = UInt32(end - offset)
      for index in 0..<4 { empty[index] = UInt8(truncatingIfNeeded: count >> (24 - 8 * UInt32(index))) }
      let crc = empty[4..<8].withUnsafeBytes { ci_crc32($0.baseAddress, 4) }
      let checksum = ci_crc32_continued(crc, deflated.baseAddress.map { $0 + offset }, end - offset)
      let bytes = (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (24 - 8 * UInt32($0))) }
      frames.append((Array(empty[..<8]), offset..<end, bytes))
      offset = end
    }
    var pieces: [NewImage.Piece] = [.bytes(head)]
    for frame in frames {
      pieces += [
        .bytes(frame.head), .memory(UnsafeRawBufferPointer(rebasing: deflated[frame.piece])),
        .bytes(frame.tail),
      ]
    }
    return try NewImage.write(pieces + [.bytes(tail)], to: target, isDurable: isDurable)
  }
}
