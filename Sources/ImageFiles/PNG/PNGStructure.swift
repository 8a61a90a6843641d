import CImageCodecs
import PipelineCore

/// The chunks of a PNG file in memory, checked: lengths, order and checksums.
struct PNGStructure {
  /// A chunk other than the header, the pixels and the end, whole: length, name, payload and checksum.
  struct Chunk {
    let name: PNGChunkName
    /// The bytes as they are in the file.
    var bytes: [UInt8]

    var payload: Range<Int> { 8..<bytes.count - 4 }
  }

  static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
  /// More chunks beside the pixels than any program writes; each costs memory.
  private static let maximumChunks = 10_000

  let path: String
  let header: PNGHeader
  /// In file order: those before the pixels, the palette among them.
  private(set) var before: [Chunk] = []
  /// In file order: those after the pixels.
  private(set) var after: [Chunk] = []
  /// Where the pieces of the compressed pixels are in the file.
  private(set) var data: [Range<Int>] = []
  private(set) var warnings: [Diagnostic] = []

  /// Reads all chunks of a file.
  init(_ bytes: UnsafeRawBufferPointer, path: String, limits: ImageLimits) throws(Diagnostic) {
    self.path = path
    let reader = ByteReader(bytes)
    var offset = Self.signature.count
    let first = try Self.chunk(at: offset, reader, path)
    guard first.name == .header, let payload = reader.part(offset + 8, first.length) else {
      throw ImageProblem.corrupt.error(path, "begins with a chunk \(first.name), not with its header (IHDR)")
    }
    header = try PNGHeader(ByteReader(payload), path: path)
    try SourceImage.check(width: header.width, height: header.height, path, limits)
    offset += 12 + first.length
    while true {
      let (name, length) = try Self.chunk(at: offset, reader, path)
      let whole = offset..<offset + 12 + length
      offset = whole.upperBound
      if name == .end { break }
      try add(name, whole, bytes)
    }
    guard !data.isEmpty else { throw ImageProblem.corrupt.error(path, "has no pixels (no IDAT chunk)") }
    try checkPalette()
    if offset < bytes.count {
      warnings.append(
        ImageProblem.trailingData.warning(
          path, "has \(bytes.count - offset) bytes after its end, which are no part of it"))
    }
  }

  private mutating func add(
    _ name: PNGChunkName, _ whole: Range<Int>, _ bytes: UnsafeRawBufferPointer
  ) throws(Diagnostic) {
    if name == .data {
      guard after.isEmpty else {
        throw ImageProblem.corrupt.error(path, "has other chunks between its pixels (IDAT)")
      }
      data.append(whole.lowerBound + 8..<whole.upperBound - 4)
      return
    }
    if PNGChunkName.animation.contains(name) {
      throw ImageProblem.animated.error(path, "is an animated PNG (chunk \(name))")
    }
    guard !name.isCritical || name == .palette && data.isEmpty else {
      throw ImageProblem.corrupt.error(path, "has a chunk \(name) that has no place there")
    }
    guard before.count + after.count < Self.maximumChunks else {
      throw ImageProblem.tooLarge.error(path, "has more than \(Self.maximumChunks) chunks beside its pixels")
    }
    let chunk = Chunk(name: name, bytes: [UInt8](UnsafeRawBufferPointer(rebasing: bytes[whole])))
    if data.isEmpty { before.append(chunk) } else { after.append(chunk) }
  }

  private func checkPalette() throws(Diagnostic) {
    let palettes = before.filter { $0.name == .palette }
    guard let palette = palettes.first else {
      if header.colour == .palette { throw ImageProblem.corrupt.error(path, "has no palette (PLTE)") }
      return
    }
    let count = palette.payload.count
    guard palettes.count == 1, count % 3 == 0, 3...768 ~= count else {
      throw ImageProblem.corrupt.error(path, "has a palette (PLTE) of \(count) bytes, or more than one")
    }
  }

  /// The chunk that begins at an offset: its name, its length, and that its checksum is right.
  private static func chunk(
    at offset: Int, _ reader: ByteReader, _ path: String
  ) throws(Diagnostic) -> (name: PNGChunkName, length: Int) {
    guard let length = reader.number(offset, bytes: 4), let code = reader.number(offset + 4, bytes: 4) else {
      throw ImageProblem.truncated.error(path, "ends after \(reader.count) bytes, without its end (IEND)")
    }
    let name = PNGChunkName(code: UInt32(code))
    guard name.isValid, length <= Int32.max else {
      throw ImageProblem.corrupt.error(path, "has no chunk where one should begin, at byte \(offset)")
    }
    let size = Int(length)
    guard let checked = reader.part(offset + 4, 4 + size),
      let stored = reader.number(offset + 8 + size, bytes: 4)
    else {
      throw ImageProblem.truncated.error(
        path, "ends after \(reader.count) bytes, inside the chunk \(name) that begins at byte \(offset)")
    }
    guard ci_crc32(checked.baseAddress, checked.count) == UInt32(stored) else {
      throw ImageProblem.corrupt.error(
        path, "has a chunk \(name) at byte \(offset) whose checksum does not fit its bytes")
    }
    return (name, size)
  }

  /// The payload of the first chunk of a name; `nil` without one.
  func payload(_ name: PNGChunkName) -> ArraySlice<UInt8>? {
    (before + after).first { $0.name == name }.map { $0.bytes[$0.payload] }
  }

  /// How the pixels are to be turned, as the EXIF chunk says.
  var orientation: Orientation {
    guard let exif = payload(.exif) else { return .upright }
    return exif.withUnsafeBytes { ExifOrientation($0)?.orientation } ?? .upright
  }

  var facts: ImageFacts {
    var names: Set<PNGChunkName> = []
    for chunk in before + after { names.insert(chunk.name) }
    return header.facts(chunks: names, orientation: orientation)
  }
}

extension PNGHeader {
  /// What the header and the presence of chunks say.
  func facts(chunks: Set<PNGChunkName>, orientation: Orientation) -> ImageFacts {
    ImageFacts(
      format: .png, storedWidth: width, storedHeight: height, orientation: orientation, bitDepth: bitDepth,
      channels: colour.samples,
      hasAlpha: colour == .greyAlpha || colour == .rgbAlpha || chunks.contains(.transparency),
      isPalette: colour == .palette, hasProfile: chunks.contains(.profile))
  }
}
