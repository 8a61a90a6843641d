import PipelineCore

/// The segments of a JPEG (ITU-T T.81) before its first scan.
struct JPEGHeader {
  /// An application's data or a comment, whole: marker, length and payload.
  struct Segment {
    let marker: UInt8
    var bytes: [UInt8]

    /// What says whose data an application segment holds, with its final zero.
    func begins(with name: StaticString) -> Bool {
      bytes.withUnsafeBytes { ByteReader($0).has(name, at: 4) }
    }

    /// Whether it holds a part of an ICC profile.
    var isProfile: Bool { marker == 0xe2 && begins(with: "ICC_PROFILE\0") }
  }

  /// What frame markers say of a component.
  struct Component {
    let across: Int
    let down: Int
    let table: Int
  }

  let width: Int
  let height: Int
  let precision: Int
  let components: [Component]
  /// Application data and comments in file order.
  let segments: [Segment]
  /// Quantisation tables by number, in zigzag order.
  let tables: [Int: [Int]]

  private static let exifName: StaticString = "Exif\0\0"
  private static let exifStart = 10
  /// More segments than any program writes.
  private static let maximumSegments = 10_000

  init(_ source: some ByteSource) throws {
    var segments: [Segment] = []
    var tables: [Int: [Int]] = [:]
    var frame: (width: Int, height: Int, precision: Int, components: [Component])?
    var offset = 2
    var count = 0
    scanning: while true {
      let marker = try Self.marker(at: &offset, source)
      switch marker {
      case 0xd8, 0x01, 0xd0...0xd7: continue
      case 0xd9: throw ImageProblem.corrupt.error(source.path, "ends before its first scan")
      default: break
      }
      let length = try source.number(at: offset, bytes: 2)
      guard length >= 2 else {
        throw ImageProblem.corrupt.error(source.path, "has a segment of \(length) bytes at byte \(offset)")
      }
      count += 1
      guard count <= Self.maximumSegments else {
        throw ImageProblem.tooLarge.error(source.path, "has more than \(Self.maximumSegments) segments")
      }
      switch marker {
      case 0xda: break scanning
      case 0xe0...0xef, 0xfe:
        segments.append(
          Segment(marker: marker, bytes: [0xff, marker] + (try source.bytes(at: offset, length))))
      case 0xdb:
        try Self.readTables(try source.bytes(at: offset + 2, length - 2), into: &tables, source.path)
      case 0xc0...0xcf where ![0xc4, 0xc8, 0xcc].contains(marker):
        frame = try Self.frame(marker, try source.bytes(at: offset + 2, length - 2), source.path)
      default: break
      }
      offset += length
    }
    guard let frame else {
      throw ImageProblem.corrupt.error(source.path, "has no frame before its first scan")
    }
    (width, height, precision, components) = frame
    self.segments = segments
    self.tables = tables
  }

  /// Steps over a marker; any number of fill bytes (0xff) may come before it.
  private static func marker(at offset: inout Int, _ source: some ByteSource) throws -> UInt8 {
    guard try source.number(at: offset, bytes: 1) == 0xff else {
      throw ImageProblem.corrupt.error(source.path, "has no marker where one should be, at byte \(offset)")
    }
    while true {
      offset += 1
      let byte = try source.number(at: offset, bytes: 1)
      if byte != 0xff {
        offset += 1
        return UInt8(byte)
      }
    }
  }

  private static func frame(
    _ marker: UInt8, _ payload: [UInt8], _ path: String
  ) throws(Diagnostic) -> (Int, Int, Int, [Component]) {
    // Baseline, extended and progressive Huffman; extended and progressive arithmetic.
    guard [0xc0, 0xc1, 0xc2, 0xc9, 0xca].contains(marker) else {
      throw ImageProblem.unsupported.error(path, "is a lossless or hierarchical JPEG")
    }
    guard payload.count >= 6, payload.count >= 6 + 3 * Int(payload[5]), payload[5] > 0 else {
      throw ImageProblem.corrupt.error(path, "has a frame header of \(payload.count) bytes")
    }
    let height = Int(payload[1]) << 8 | Int(payload[2])
    let width = Int(payload[3]) << 8 | Int(payload[4])
    guard width > 0 else { throw ImageProblem.corrupt.error(path, "claims to be 0 pixels wide") }
    guard height > 0 else {
      throw ImageProblem.unsupported.error(path, "is a JPEG that tells its height at the end only")
    }
    let components = (0..<Int(payload[5])).map { index in
      let factors = payload[7 + 3 * index]
      return Component(
        across: Int(factors >> 4), down: Int(factors & 15), table: Int(payload[8 + 3 * index]))
    }
    return (width, height, Int(payload[0]), components)
  }

  private static func readTables(
    _ payload: [UInt8], into tables: inout [Int: [Int]], _ path: String
  ) throws(Diagnostic) {
    var offset = 0
    while offset < payload.count {
      let size = payload[offset] >> 4 == 0 ? 1 : 2
      let number = Int(payload[offset] & 15)
      offset += 1
      guard offset + 64 * size <= payload.count else {
        throw ImageProblem.corrupt.error(path, "has a quantisation table that is cut off")
      }
      tables[number] = (0..<64).map { index in
        size == 1
          ? Int(payload[offset + index])
          : Int(payload[offset + 2 * index]) << 8 | Int(payload[offset + 2 * index + 1])
      }
      offset += 64 * size
    }
  }

  /// How the pixels are to be turned, as the EXIF segment says.
  var orientation: Orientation { exif?.found.orientation ?? .upright }

  /// The EXIF segment that tells an orientation.
  private var exif: (index: Int, found: ExifOrientation)? {
    guard let index = segments.firstIndex(where: { $0.marker == 0xe1 && $0.begins(with: Self.exifName) }),
      let found = segments[index].bytes.dropFirst(Self.exifStart).withUnsafeBytes({ ExifOrientation($0) })
    else { return nil }
    return (index, found)
  }

  var facts: ImageFacts {
    ImageFacts(
      format: .jpeg, storedWidth: width, storedHeight: height, orientation: orientation, bitDepth: precision,
      channels: components.count,
      hasProfile: segments.contains(where: \.isProfile))
  }

  /// The segments for a crop, and what had to be left out.
  func keptSegments(_ path: String) -> (bytes: [UInt8], warnings: [Diagnostic]) {
    var warnings: [Diagnostic] = []
    var kept = segments
    if orientation != .upright, let (index, found) = exif {
      found.reset(in: &kept[index].bytes, blockAt: Self.exifStart)
    }
    if orientation.swapsSides { for index in kept.indices { kept[index].swapDensities() } }
    kept.removeAll { segment in
      guard segment.marker == 0xe2, segment.begins(with: "MPF\0") else { return false }
      warnings.append(
        ImageProblem.metadataDropped.warning(
          path, "carries an index of further pictures (MPF), which a crop cannot keep"))
      return true
    }
    return (kept.flatMap(\.bytes), warnings)
  }
}

extension JPEGHeader.Segment {
  /// Makes the densities of a JFIF segment those of an image whose sides are swapped.
  fileprivate mutating func swapDensities() {
    guard marker == 0xe0, begins(with: "JFIF\0"), bytes.count >= 16 else { return }
    bytes[12..<16] = bytes[14..<16] + bytes[12..<14]
  }
}
