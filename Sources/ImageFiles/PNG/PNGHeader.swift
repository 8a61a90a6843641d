import PipelineCore

/// The IHDR chunk of a PNG, checked.
struct PNGHeader: Equatable {
  /// How samples make a colour; the raw values are the format's.
  enum Colour: UInt8 {
    case grey = 0
    case rgb = 2
    case palette = 3
    case greyAlpha = 4
    case rgbAlpha = 6

    var samples: Int {
      switch self {
      case .grey, .palette: 1
      case .rgb: 3
      case .greyAlpha: 2
      case .rgbAlpha: 4
      }
    }

    fileprivate func allows(_ depth: UInt8) -> Bool {
      switch self {
      case .grey: [1, 2, 4, 8, 16].contains(depth)
      case .palette: [1, 2, 4, 8].contains(depth)
      case .rgb, .greyAlpha, .rgbAlpha: [8, 16].contains(depth)
      }
    }
  }

  static let payloadLength = 13

  var width: Int
  var height: Int
  let bitDepth: Int
  let colour: Colour
  var isInterlaced: Bool

  /// A header for pixels of our own.
  init(width: Int, height: Int, bitDepth: Int, colour: Colour) {
    self.width = width
    self.height = height
    self.bitDepth = bitDepth
    self.colour = colour
    isInterlaced = false
  }

  /// Reads the 13 bytes of an IHDR chunk.
  init(_ payload: ByteReader, path: String) throws(Diagnostic) {
    guard payload.count == Self.payloadLength, let width = payload.number(0, bytes: 4),
      let height = payload.number(4, bytes: 4), let depth = payload.byte(8), let type = payload.byte(9),
      let compression = payload.byte(10), let filter = payload.byte(11), let interlace = payload.byte(12)
    else { throw ImageProblem.corrupt.error(path, "has a header (IHDR) of \(payload.count) bytes, not 13") }
    guard width > 0, height > 0, width <= Int32.max, height <= Int32.max else {
      throw ImageProblem.corrupt.error(path, "claims \(width) × \(height) pixels, which no PNG can have")
    }
    guard let colour = Colour(rawValue: type), colour.allows(depth) else {
      throw ImageProblem.corrupt.error(
        path, "claims colour type \(type) with \(depth) bits per sample, which no PNG can have")
    }
    guard compression == 0, filter == 0, interlace <= 1 else {
      throw ImageProblem.corrupt.error(
        path, "names a compression, filter or interlace method that PNG does not have")
    }
    self.width = Int(width)
    self.height = Int(height)
    bitDepth = Int(depth)
    self.colour = colour
    isInterlaced = interlace == 1
  }

  /// The 13 bytes of its chunk.
  var payload: [UInt8] {
    func big(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
    return big(width) + big(height) + [UInt8(bitDepth), colour.rawValue, 0, 0, isInterlaced ? 1 : 0]
  }

  var bitsPerPixel: Int { bitDepth * colour.samples }
  /// The distance between a byte and the one of the pixel to the left, for the filters.
  var pixelBytes: Int { max(1, bitsPerPixel / 8) }
  /// The bytes of a row of all pixels.
  var rowBytes: Int { rowBytes(of: width) }
  /// The bytes of a row of some pixels.
  func rowBytes(of pixels: Int) -> Int { (pixels * bitsPerPixel + 7) / 8 }

  /// The sizes of the seven passes of an interlaced image (Adam7), or of the only one of another; empty ones are left out.
  var passes: [PNGPass] {
    let all = isInterlaced ? PNGPass.adam7 : [PNGPass(left: 0, top: 0, across: 1, down: 1)]
    return all.filter { $0.width(of: width) > 0 && $0.height(of: height) > 0 }
  }

  /// How many bytes the rows are, each with its filter byte, when the data are inflated.
  var inflatedCount: Int {
    passes.reduce(0) { $0 + $1.height(of: height) * (1 + rowBytes(of: $1.width(of: width))) }
  }
}

/// Which pixels a pass of an interlaced PNG holds: every `across`-th from `left` in every `down`-th row from `top`.
struct PNGPass: Equatable {
  let left: Int
  let top: Int
  let across: Int
  let down: Int

  /// W3C PNG specification, section 8.
  static let adam7 = [
    PNGPass(left: 0, top: 0, across: 8, down: 8), PNGPass(left: 4, top: 0, across: 8, down: 8),
    PNGPass(left: 0, top: 4, across: 4, down: 8), PNGPass(left: 2, top: 0, across: 4, down: 4),
    PNGPass(left: 0, top: 2, across: 2, down: 4), PNGPass(left: 1, top: 0, across: 2, down: 2),
    PNGPass(left: 0, top: 1, across: 1, down: 2),
  ]

  func width(of image: Int) -> Int { image > left ? (image - left + across - 1) / across : 0 }
  func height(of image: Int) -> Int { image > top ? (image - top + down - 1) / down : 0 }
}
