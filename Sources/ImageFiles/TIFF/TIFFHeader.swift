import PipelineCore

/// The first directory of a TIFF (Adobe TIFF 6.0, and BigTIFF).
struct TIFFHeader {
  /// Tags that are needed here.
  enum Tag: Int {
    case width = 256
    case height = 257
    case bits = 258
    case compression = 259
    case photometric = 262
    case orientation = 274
    case samples = 277
    case predictor = 317
    case tileWidth = 322
    case tileHeight = 323
    case extraSamples = 338
    case profile = 34675
  }

  let isBig: Bool
  private let path: String
  /// The first value of each tag that holds whole numbers.
  private let values: [Int: Int]
  /// All tags of the directory, ascending.
  let tags: [Int]

  private static let sizes = [
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4,
    16: 8, 17: 8, 18: 8,
  ]
  private static let wholeNumbers: Set<Int> = [1, 3, 4, 13, 16]

  init(_ source: some ByteSource) throws {
    path = source.path
    let isBigEndian = try source.bytes(at: 0, 2) == [0x4d, 0x4d]
    func number(_ offset: Int, _ size: Int) throws -> Int {
      try source.number(at: offset, bytes: size, bigEndian: isBigEndian)
    }
    let isBig = try number(2, 2) == 43
    self.isBig = isBig
    let word = isBig ? 8 : 4
    let directory = try number(isBig ? 8 : 4, word)
    let count = try number(directory, isBig ? 8 : 2)
    let entrySize = isBig ? 20 : 12
    guard count <= 65_535 else {
      throw ImageProblem.corrupt.error(source.path, "claims \(count) entries in its directory")
    }
    var values: [Int: Int] = [:]
    var tags: [Int] = []
    for index in 0..<count {
      let entry = directory + (isBig ? 8 : 2) + index * entrySize
      let tag = try number(entry, 2)
      let type = try number(entry + 2, 2)
      let items = try number(entry + 4, word)
      tags.append(tag)
      guard let size = Self.sizes[type], Self.wholeNumbers.contains(type), items > 0 else { continue }
      let (bytes, overflow) = items.multipliedReportingOverflow(by: size)
      let place = overflow || bytes > word ? try number(entry + 4 + word, word) : entry + 4 + word
      values[tag] = try number(place, size)
    }
    let next = try number(directory + (isBig ? 8 : 2) + count * entrySize, word)
    guard next == 0 else { throw ImageProblem.animated.error(source.path, "has several pages") }
    self.values = values
    self.tags = tags
    guard let width = values[Tag.width.rawValue], let height = values[Tag.height.rawValue], width > 0,
      height > 0,
      width <= Int32.max, height <= Int32.max
    else { throw ImageProblem.corrupt.error(source.path, "does not tell its width and height") }
  }

  /// The value of a tag, or the specification's default for one that is not there.
  subscript(tag: Tag) -> Int {
    if let value = values[tag.rawValue] { return value }
    return switch tag {
    case .bits, .compression, .samples, .predictor, .orientation: 1
    default: 0
    }
  }

  func has(_ tag: Tag) -> Bool { tags.contains(tag.rawValue) }

  /// How the pixels are to be turned.
  var orientation: Orientation { Orientation(rawValue: self[.orientation]) ?? .upright }

  var isPalette: Bool { self[.photometric] == 3 }

  var facts: ImageFacts {
    ImageFacts(
      format: .tiff, storedWidth: self[.width], storedHeight: self[.height], orientation: orientation,
      bitDepth: self[.bits], channels: self[.samples],
      hasAlpha: has(.extraSamples) && [1, 2].contains(self[.extraSamples]), isPalette: isPalette,
      hasProfile: has(.profile))
  }
}
