import PipelineCore

/// Looks at a PNG's header and at the names of its chunks, nothing else.
struct PNGProbe {
  let facts: ImageFacts

  init(_ source: some ByteSource) throws {
    let header = try PNGHeader(source)
    var names: Set<PNGChunkName> = []
    var orientation: Orientation = .upright
    try PNGChunkWalk.each(source) { name, payload in
      if PNGChunkName.animation.contains(name) {
        throw ImageProblem.animated.error(source.path, "is an animated PNG (chunk \(name))")
      }
      if name == .exif, !names.contains(.exif) {
        let block = try source.bytes(at: payload.lowerBound, payload.count)
        orientation = block.withUnsafeBytes { ExifOrientation($0)?.orientation } ?? .upright
      }
      names.insert(name)
    }
    facts = header.facts(chunks: names, orientation: orientation)
  }
}

/// Goes from chunk to chunk without reading what is in them.
enum PNGChunkWalk {
  /// Calls `body` for each chunk up to the end, checksums unchecked.
  static func each(
    _ source: some ByteSource, _ body: (_ name: PNGChunkName, _ payload: Range<Int>) throws -> Void
  ) throws {
    var offset = PNGStructure.signature.count
    while true {
      let length = try source.number(at: offset, bytes: 4)
      let name = PNGChunkName(code: UInt32(try source.number(at: offset + 4, bytes: 4)))
      guard name.isValid, length <= Int32.max else {
        throw ImageProblem.corrupt.error(
          source.path, "has no chunk where one should begin, at byte \(offset)")
      }
      if name == .end { return }
      // Also when the rest is cut off: the checksum must be there.
      guard offset + 12 + length <= source.count else {
        throw ImageProblem.truncated.error(
          source.path, "ends after \(source.count) bytes, inside the chunk \(name) at byte \(offset)")
      }
      try body(name, offset + 8..<offset + 8 + length)
      offset += 12 + length
    }
  }
}

extension PNGHeader {
  /// Reads the header at the beginning of a file, its checksum unchecked.
  fileprivate init(_ source: some ByteSource) throws {
    let start = PNGStructure.signature.count
    let name = PNGChunkName(code: UInt32(try source.number(at: start + 4, bytes: 4)))
    guard name == .header, try source.number(at: start, bytes: 4) == Self.payloadLength else {
      throw ImageProblem.corrupt.error(source.path, "begins with a chunk \(name), not with its header (IHDR)")
    }
    let payload = try source.bytes(at: start + 8, Self.payloadLength)
    let path = source.path
    self = try payload.withUnsafeBytes { try PNGHeader(ByteReader($0), path: path) }
  }
}
