import CImageCodecs
import PipelineCore

/// The text chunks of a PNG (W3C PNG specification, section 11.3.3).
enum PNGTexts {
  /// More than any program writes into one text; a small stream can claim any size.
  private static let maximumText = 64 << 20

  /// All texts of a file in order; other chunks are not read.
  static func read(_ source: some ByteSource) throws -> [ImageText] {
    var texts: [ImageText] = []
    var count = 0
    try PNGChunkWalk.each(source) { name, payload in
      guard [PNGChunkName.text, .compressedText, .internationalText].contains(name) else { return }
      count += payload.count
      guard count <= maximumText, texts.count < 10_000 else {
        throw ImageProblem.tooLarge.error(source.path, "has more text than any program writes")
      }
      let chunk = try source.bytes(at: payload.lowerBound - 4, payload.count + 8)
      let checksum = chunk.dropLast(4).withUnsafeBytes { ci_crc32($0.baseAddress, $0.count) }
      let stored = chunk.suffix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      guard checksum == stored else {
        throw ImageProblem.corrupt.error(
          source.path, "has a text at byte \(payload.lowerBound) whose checksum does not fit")
      }
      texts.append(try text(name, chunk[4..<chunk.count - 4], source.path))
    }
    return texts
  }

  private static func text(
    _ name: PNGChunkName, _ payload: ArraySlice<UInt8>, _ path: String
  ) throws(Diagnostic) -> ImageText {
    var rest = payload
    func field() throws(Diagnostic) -> ArraySlice<UInt8> {
      guard let end = rest.firstIndex(of: 0) else {
        throw ImageProblem.corrupt.error(path, "has a text chunk \(name) without its parts")
      }
      defer { rest = rest[(end + 1)...] }
      return rest[..<end]
    }
    func unpacked() throws(Diagnostic) -> [UInt8] {
      guard let text = rest.withUnsafeBytes({ ZlibText.inflate($0, limit: maximumText) }) else {
        throw ImageProblem.corrupt.error(path, "has a text chunk \(name) that cannot be unpacked")
      }
      return text
    }
    let keyword = latin(try field())
    switch name {
    case .text: return ImageText(keyword: keyword, text: latin(rest))
    case .compressedText:
      rest = rest.dropFirst()
      return ImageText(keyword: keyword, text: latin(try unpacked()))
    default:
      let isPacked = rest.first == 1
      rest = rest.dropFirst(2)
      // The language and the translated keyword.
      _ = try field()
      _ = try field()
      return ImageText(
        keyword: keyword, text: String(decoding: isPacked ? try unpacked() : Array(rest), as: UTF8.self))
    }
  }

  private static func latin(_ bytes: some Sequence<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(Unicode.Scalar(byte)) }
    return String(text)
  }

  /// A text as a chunk: Latin-1 where that is enough, else UTF-8.
  static func chunk(_ text: ImageText, target: String) throws(Diagnostic) -> PNGStructure.Chunk {
    func latin(_ text: String) -> [UInt8]? {
      var bytes: [UInt8] = []
      for scalar in text.unicodeScalars {
        guard scalar.value > 0, let byte = UInt8(exactly: scalar.value) else { return nil }
        bytes.append(byte)
      }
      return bytes
    }
    guard let keyword = latin(text.keyword), 1...79 ~= keyword.count else {
      throw Diagnostic(
        code: ImageProblem.unsupported.rawValue,
        "the keyword “\(text.keyword)” of a text is not 1 to 79 characters of Latin-1; \(target) was not made"
      )
    }
    if let bytes = latin(text.text) { return PNGStructure.Chunk(.text, keyword + [0] + bytes) }
    return PNGStructure.Chunk(.internationalText, keyword + [0, 0, 0, 0, 0] + Array(text.text.utf8))
  }
}
