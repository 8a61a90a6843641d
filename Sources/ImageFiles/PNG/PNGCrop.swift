import CImageCodecs
import PipelineCore

/// Cuts a rectangle out of a PNG without touching a sample: palette indices stay indices, depths stay depths.
struct PNGCrop {
  let structure: PNGStructure
  let pixels: PNGPixels
  /// In displayed pixels.
  let rectangle: PixelRectangle

  private var header: PNGHeader { structure.header }
  private var path: String { structure.path }
  private var orientation: Orientation { structure.orientation }

  /// The header of the crop.
  var newHeader: PNGHeader {
    PNGHeader(
      width: rectangle.width, height: rectangle.height, bitDepth: header.bitDepth, colour: header.colour)
  }

  /// The crop's rows, filtered: what is to be deflated. Lies at the beginning of ``pixels``' memory or in a new one.
  func filteredRows() throws(Diagnostic) -> (memory: ImageMemory, count: Int) {
    let stored = orientation.stored(rectangle, width: header.width, height: header.height)
    try pixels.unfilter(upTo: stored)
    let rowBytes = newHeader.rowBytes
    let count = rectangle.height * (rowBytes + 1)
    var region = ci_png_region()
    region.rows = rectangle.height
    region.row_bytes = rowBytes
    region.pixel_bytes = header.pixelBytes
    region.last_mask = lastMask
    let first = 1 + stored.left * header.bitsPerPixel / 8
    let turned = orientation == .upright ? nil : try turnedPixels(stored)
    if let turned {
      region.pixels = UnsafePointer(turned.base)
      region.stride = rowBytes
    } else {
      region.pixels = pixels.memory.base.map { UnsafePointer($0 + stored.top * pixels.stride + first) }
      region.stride = pixels.stride
      region.bit_shift = UInt32(stored.left * header.bitsPerPixel % 8)
    }
    // Filters rarely help indices and few levels: they break the runs that deflate finds.
    let isAdaptive = header.colour != .palette && header.bitDepth >= 8
    // Turned rows may need more bytes than the stored ones: each has a filter byte.
    let filtered = turned == nil ? pixels.memory : try ImageMemory(count: count, for: path)
    guard ci_png_filter(&region, isAdaptive ? 1 : 0, filtered.base) == 0 else {
      throw ImageProblem.tooLarge.error(path, "needs more memory than the system gives")
    }
    return (filtered, count)
  }

  /// The bits of a row's last byte that belong to pixels.
  private var lastMask: UInt8 {
    let bits = rectangle.width * header.bitsPerPixel % 8
    return bits == 0 ? 0xff : ~(0xff >> UInt8(bits))
  }

  private func turnedPixels(_ stored: PixelRectangle) throws(Diagnostic) -> ImageMemory {
    let bits = UInt32(header.bitsPerPixel)
    let rows = pixels.memory.base.map { $0 + stored.top * pixels.stride + 1 }
    let pixelBytes = header.pixelBytes
    let turned = try ImageMemory(count: stored.width * stored.height * pixelBytes, for: path)
    if bits >= 8 {
      ci_turn(
        rows.map { $0 + stored.left * pixelBytes }, pixels.stride, stored.width, stored.height, pixelBytes,
        orientation.turning, turned.base)
      return turned
    }
    let spread = try ImageMemory(count: turned.count, for: path)
    ci_png_spread(rows, pixels.stride, stored.left, stored.width, stored.height, bits, spread.base)
    ci_turn(
      spread.base, stored.width, stored.width, stored.height, 1, orientation.turning, turned.base)
    ci_png_pack(turned.base, rectangle.width, rectangle.height, bits, spread.base)
    return spread
  }

  /// The chunks that the crop carries, and what had to be left out.
  func chunks() -> (before: [PNGStructure.Chunk], after: [PNGStructure.Chunk], warnings: [Diagnostic]) {
    var warnings: [Diagnostic] = []
    func kept(_ chunks: [PNGStructure.Chunk]) -> [PNGStructure.Chunk] {
      chunks.compactMap { chunk in
        if let what = PNGChunkName.boundToAllPixels[chunk.name] {
          warnings.append(
            ImageProblem.metadataDropped.warning(path, "carries \(what), which a crop cannot keep"))
          return nil
        }
        guard orientation != .upright else { return chunk }
        var chunk = chunk
        chunk.turn(orientation)
        return chunk
      }
    }
    let before = kept(structure.before)
    return (before, kept(structure.after), warnings)
  }
}

extension Orientation {
  /// The same for the pixel kernels.
  var turning: ci_turning {
    ci_turning(
      swaps: swapsSides,
      flips_across: [.mirrored, .turnedHalf, .turnedRight, .transversed].contains(self),
      flips_down: [.turnedHalf, .flipped, .transversed, .turnedLeft].contains(self))
  }
}

extension PNGStructure.Chunk {
  /// Makes what a chunk says of directions true of pixels that were turned for display.
  fileprivate mutating func turn(_ orientation: Orientation) {
    switch name {
    case .exif:
      let start = payload.lowerBound
      let found = bytes[payload].withUnsafeBytes { ExifOrientation($0) }
      found?.reset(in: &bytes, blockAt: start)
    case .physicalSize where orientation.swapsSides && payload.count == 9:
      let start = payload.lowerBound
      bytes[start..<start + 8] = bytes[start + 4..<start + 8] + bytes[start..<start + 4]
    default: return
    }
    updateChecksum()
  }

  private mutating func updateChecksum() {
    let end = bytes.count - 4
    let checksum = bytes.withUnsafeBytes { ci_crc32($0.baseAddress.map { $0 + 4 }, end - 4) }
    for index in 0..<4 {
      bytes[end + index] = UInt8(truncatingIfNeeded: checksum >> (24 - 8 * UInt32(index)))
    }
  }

  /// A chunk of our own.
  init(_ name: PNGChunkName, _ payload: [UInt8]) {
    let count = UInt32(payload.count)
    self.name = name
    bytes = (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * UInt32($0))) } + name.bytes + payload
    bytes += [0, 0, 0, 0]
    updateChecksum()
  }
}
