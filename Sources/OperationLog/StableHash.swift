/// A 64-bit hash that is the same on every machine and in every process, for file names and text tables.
///
/// Words of eight bytes, little-endian, the last one filled with zeros; each step multiplies
/// `(state ^ word)` by 0x9E3779B97F4A7C15 to 128 bits and adds the two halves by exclusive or. The state starts
/// as the byte count times 0xA0761D6478BD642F plus 0xE7037ED1A0B428DB, and ends with one more step with the word 0.
/// It is not made to resist somebody who looks for collisions.
enum StableHash {
  @inline(__always) static func hash(_ data: UnsafePointer<UInt8>, count: Int) -> UInt64 {
    var state = UInt64(truncatingIfNeeded: count) &* 0xA076_1D64_78BD_642F &+ 0xE703_7ED1_A0B4_28DB
    let raw = UnsafeRawPointer(data)
    var offset = 0
    while offset &+ 8 <= count {
      state = mixed(state, UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
      offset &+= 8
    }
    if offset < count {
      var word: UInt64 = 0
      var shift: UInt64 = 0
      while offset < count {
        word |= UInt64(data[offset]) &<< shift
        shift &+= 8
        offset &+= 1
      }
      state = mixed(state, word)
    }
    return mixed(state, 0)
  }

  @inline(__always) private static func mixed(_ state: UInt64, _ word: UInt64) -> UInt64 {
    let product = (state ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return product.high ^ product.low
  }
}

/// Which files are images, and the hash of an image's base name.
enum ImageName {
  /// The hash of the base name without folder and extension, in ASCII as it is written; `nil` for a file that is
  /// not an image (`.png`, `.jpg`, `.jpeg`, `.webp`, in any case).
  @inline(__always) static func hash(of path: ByteSlice) -> UInt64? {
    guard let data = path.data else { return nil }
    var dot = path.count &- 1
    while dot >= 0, data[dot] != UInt8(ascii: ".") {
      if data[dot] == UInt8(ascii: "/") || path.count &- dot > 5 { return nil }
      dot &-= 1
    }
    guard dot > 0 else { return nil }
    var fileExtension: UInt64 = 0
    for index in (dot &+ 1)..<path.count { fileExtension = fileExtension << 8 | UInt64(data[index] | 0x20) }
    switch fileExtension {
    case 0x706E67, 0x6A7067, 0x6A_7065_67, 0x7765_6270: break  // png, jpg, jpeg, webp
    default: return nil
    }
    var start = dot
    while start > 0, data[start &- 1] != UInt8(ascii: "/") { start &-= 1 }
    guard start < dot else { return nil }
    return StableHash.hash(data + start, count: dot &- start)
  }
}
