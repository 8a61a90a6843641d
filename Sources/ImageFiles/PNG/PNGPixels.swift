import CImageCodecs
import PipelineCore

/// The inflated rows of a PNG: each one a filter byte and its pixels, in one block of memory.
struct PNGPixels {
  let header: PNGHeader
  /// All rows; those of an interlaced image already in order, unfiltered.
  let memory: ImageMemory
  let path: String

  var stride: Int { header.rowBytes + 1 }

  /// Inflates all pixels of a file. The compressed pieces are moved together within `file`, which holds other
  /// bytes there afterwards.
  init(_ structure: PNGStructure, in file: ImageMemory) throws(Diagnostic) {
    header = structure.header
    path = structure.path
    let compressed = Self.join(structure.data, in: file)
    let count = header.inflatedCount
    // Deflate packs 1032 bytes into one at the best: what claims more cannot be there.
    guard count / 1032 <= compressed.count else {
      throw ImageProblem.truncated.error(
        path, "has \(compressed.count) bytes for pixels that need at least \(count / 1032)")
    }
    let inflated = try ImageMemory(count: count, for: path)
    var used = 0
    switch Int(ci_zlib_inflate(compressed.baseAddress, compressed.count, inflated.base, count, &used)) {
    case CI_OK: break
    case CI_SHORT: throw ImageProblem.truncated.error(path, "has fewer pixels than its header claims")
    case CI_LONG: throw ImageProblem.corrupt.error(path, "has more pixels than its header claims")
    case CI_MEMORY: throw ImageProblem.tooLarge.error(path, "needs more memory than the system gives")
    default: throw ImageProblem.corrupt.error(path, "has pixels that cannot be inflated, or a wrong checksum")
    }
    memory =
      header.isInterlaced ? try Self.deinterlace(inflated, header, path) : inflated
    if !header.isInterlaced { try checkFilters() }
  }

  private static func join(_ pieces: [Range<Int>], in file: ImageMemory) -> UnsafeRawBufferPointer {
    guard let first = pieces.first, let base = file.bytes.baseAddress else {
      return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    var end = first.upperBound
    for piece in pieces.dropFirst() {
      (base + end).copyMemory(from: file[piece].baseAddress ?? UnsafeRawPointer(base), byteCount: piece.count)
      end += piece.count
    }
    return file[first.lowerBound..<end]
  }

  /// Damage below a crop must be noticed, too: the rows there are not unfiltered.
  private func checkFilters() throws(Diagnostic) {
    let bad = ci_png_check_filters(memory.base, header.height, header.rowBytes)
    if bad >= 0 { throw Self.badFilter(path, row: bad) }
  }

  private static func badFilter(_ path: String, row: Int64) -> Diagnostic {
    ImageProblem.corrupt.error(path, "names a filter that PNG does not have, in row \(row)")
  }

  private static func deinterlace(
    _ inflated: ImageMemory, _ header: PNGHeader, _ path: String
  ) throws(Diagnostic) -> ImageMemory {
    let stride = header.rowBytes + 1
    let rows = try ImageMemory(count: header.height * stride, for: path)
    rows.bytes.initializeMemory(as: UInt8.self, repeating: 0)
    let zeros = try Self.zeros(stride, path)
    var offset = 0
    for pass in header.passes {
      let (width, height) = (pass.width(of: header.width), pass.height(of: header.height))
      let rowBytes = header.rowBytes(of: width)
      let start = inflated.base.map { $0 + offset }
      let bad = ci_png_unfilter(start, height, rowBytes, rowBytes, header.pixelBytes, zeros.base)
      if bad >= 0 { throw badFilter(path, row: bad) }
      ci_png_scatter(
        start, width, height, rowBytes, UInt32(header.bitsPerPixel),
        rows.base, stride, ci_png_pass(left: pass.left, top: pass.top, across: pass.across, down: pass.down))
      offset += height * (rowBytes + 1)
    }
    return rows
  }

  private static func zeros(_ count: Int, _ path: String) throws(Diagnostic) -> ImageMemory {
    let zeros = try ImageMemory(count: count, for: path)
    zeros.bytes.initializeMemory(as: UInt8.self, repeating: 0)
    return zeros
  }

  /// Undoes the filters as far as a rectangle needs it: not below it, and not to its right.
  func unfilter(upTo rectangle: PixelRectangle) throws(Diagnostic) {
    let zeros = try Self.zeros(stride, path)
    let bad = ci_png_unfilter(
      memory.base, rectangle.bottom, header.rowBytes, header.rowBytes(of: rectangle.right), header.pixelBytes,
      zeros.base)
    if bad >= 0 { throw Self.badFilter(path, row: bad) }
  }
}
