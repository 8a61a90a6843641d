/// The four letters that say what a chunk of a PNG is.
struct PNGChunkName: Hashable, CustomStringConvertible {
  /// The four bytes, big-endian.
  let code: UInt32

  init(code: UInt32) { self.code = code }

  /// - Parameter letters: four ASCII letters.
  init(_ letters: StaticString) {
    let bytes = UnsafeBufferPointer(start: letters.utf8Start, count: letters.utf8CodeUnitCount)
    code = bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }

  var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: code >> (24 - 8 * $0)) } }
  var description: String { String(decoding: bytes, as: UTF8.self) }

  /// Whether all four bytes are letters, as the specification asks.
  var isValid: Bool {
    bytes.allSatisfy { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 & ~0x20 }
  }

  /// Whether an image cannot be shown without understanding it.
  var isCritical: Bool { code & 0x2000_0000 == 0 }

  static let header = Self("IHDR")
  static let palette = Self("PLTE")
  static let data = Self("IDAT")
  static let end = Self("IEND")
  static let transparency = Self("tRNS")
  static let profile = Self("iCCP")
  static let exif = Self("eXIf")
  static let physicalSize = Self("pHYs")
  static let text = Self("tEXt")
  static let compressedText = Self("zTXt")
  static let internationalText = Self("iTXt")
  static let animationControl = Self("acTL")
  static let frameControl = Self("fcTL")
  static let frameData = Self("fdAT")

  static let animation: Set<Self> = [animationControl, frameControl, frameData]

  /// Chunks that are wrong once pixels are cut away, with what each of them was.
  static let boundToAllPixels: [Self: String] = [
    Self("oFFs"): "the offset on a page (oFFs)",
    Self("vpAg"): "the size of a virtual page (vpAg)",
    Self("caNv"): "the size and offset of a canvas (caNv)",
    Self("dSIG"): "a digital signature (dSIG)",
    Self("iDOT"): "an index into the compressed data (iDOT)",
  ]
}
