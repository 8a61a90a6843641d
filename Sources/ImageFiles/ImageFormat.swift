/// The formats that images are read and written in. The content decides which one a file is, never its name.
public enum ImageFormat: String, Codable, Sendable, CaseIterable {
  case png, jpeg, webp, tiff

  /// The format that a file's name promises; `nil` for other extensions.
  /// - Parameter fileExtension: what follows the last dot, in any case.
  public init?(fileExtension: String) {
    switch fileExtension.lowercased() {
    case "png": self = .png
    case "jpg", "jpeg", "jpe": self = .jpeg
    case "webp": self = .webp
    case "tif", "tiff": self = .tiff
    default: return nil
    }
  }

  /// The extension that files of this format get, without the dot.
  public var fileExtension: String {
    switch self {
    case .png: "png"
    case .jpeg: "jpg"
    case .webp: "webp"
    case .tiff: "tif"
    }
  }

  /// How people write it.
  public var title: String {
    switch self {
    case .png: "PNG"
    case .jpeg: "JPEG"
    case .webp: "WebP"
    case .tiff: "TIFF"
    }
  }

  /// How many bytes ``init(signature:)`` looks at.
  static let signatureLength = 12

  /// The format whose signature the first bytes are; `nil` when they are none's, or too few.
  init?(signature bytes: UnsafeRawBufferPointer) {
    func starts(_ prefix: [UInt8], at offset: Int = 0) -> Bool {
      bytes.count >= offset + prefix.count && bytes[offset..<offset + prefix.count].elementsEqual(prefix)
    }
    if starts(PNGStructure.signature) {
      self = .png
    } else if starts([0xff, 0xd8, 0xff]) {
      self = .jpeg
    } else if starts(Array("RIFF".utf8)), starts(Array("WEBP".utf8), at: 8) {
      self = .webp
    } else if starts([0x49, 0x49, 42, 0]) || starts([0x4d, 0x4d, 0, 42]) || starts([0x49, 0x49, 43, 0])
      || starts([0x4d, 0x4d, 0, 43])
    {
      self = .tiff
    } else {
      return nil
    }
  }
}
