/// Reads numbers from bytes that somebody else wrote: beyond the end there is nothing.
struct ByteReader {
  let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var count: Int { bytes.count }

  /// The byte at an offset; `nil` outside.
  func byte(_ offset: Int) -> UInt8? {
    offset >= 0 && offset < bytes.count ? bytes[offset] : nil
  }

  /// A number of 1 to 8 bytes at an offset; `nil` when it does not lie inside.
  func number(_ offset: Int, bytes size: Int, bigEndian: Bool = true) -> UInt64? {
    guard offset >= 0, size <= bytes.count, offset <= bytes.count - size else { return nil }
    var value: UInt64 = 0
    for index in 0..<size {
      value = value << 8 | UInt64(bytes[offset + (bigEndian ? index : size - 1 - index)])
    }
    return value
  }

  /// A part; `nil` when it does not lie inside.
  func part(_ offset: Int, _ size: Int) -> UnsafeRawBufferPointer? {
    guard offset >= 0, size >= 0, size <= bytes.count, offset <= bytes.count - size else { return nil }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + size])
  }

  /// Whether these bytes are at an offset.
  func has(_ text: StaticString, at offset: Int) -> Bool {
    guard let part = part(offset, text.utf8CodeUnitCount) else { return false }
    return part.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
