/// The orientation in an EXIF block, which is a small TIFF: where it is and what it says.
struct ExifOrientation {
  /// What it says; numbers that do not exist count as upright.
  let orientation: Orientation
  /// The two bytes of the value, counted from the block's first byte.
  private let valueOffset: Int
  private let isBigEndian: Bool

  /// Finds tag 0x0112 in the first directory; `nil` when there is none, or the block is no TIFF.
  /// - Parameter block: begins with the TIFF header `II*\0` or `MM\0*`.
  init?(_ block: UnsafeRawBufferPointer) {
    let reader = ByteReader(block)
    let isBigEndian: Bool
    if reader.has("MM", at: 0) {
      isBigEndian = true
    } else if reader.has("II", at: 0) {
      isBigEndian = false
    } else {
      return nil
    }
    func number(_ offset: Int, _ size: Int) -> Int? {
      reader.number(offset, bytes: size, bigEndian: isBigEndian).map(Int.init)
    }
    guard number(2, 2) == 42, let directory = number(4, 4), let count = number(directory, 2) else {
      return nil
    }
    for index in 0..<count {
      let entry = directory + 2 + 12 * index
      guard let tag = number(entry, 2) else { return nil }
      // A SHORT, once.
      guard tag == 0x0112, number(entry + 2, 2) == 3, number(entry + 4, 4) == 1,
        let value = number(entry + 8, 2)
      else { continue }
      orientation = Orientation(rawValue: value) ?? .upright
      valueOffset = entry + 8
      self.isBigEndian = isBigEndian
      return
    }
    return nil
  }

  /// Makes the block say that the pixels are stored as they are displayed.
  /// - Parameters:
  ///   - bytes: a copy of what holds the block.
  ///   - start: where the block begins in it.
  func reset(in bytes: inout [UInt8], blockAt start: Int) {
    let offset = start + valueOffset
    guard offset + 1 < bytes.count else { return }
    bytes[offset] = isBigEndian ? 0 : 1
    bytes[offset + 1] = isBigEndian ? 1 : 0
  }
}
