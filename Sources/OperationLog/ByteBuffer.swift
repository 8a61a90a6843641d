#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Raw bytes that grow at the end: text and records are formatted straight into it, without Swift strings.
struct ByteBuffer: ~Copyable {
  private(set) var base: UnsafeMutablePointer<UInt8>
  private(set) var capacity: Int
  private(set) var count = 0

  init(capacity: Int = 4096) {
    self.capacity = max(64, capacity)
    base = .allocate(capacity: self.capacity)
  }

  deinit { base.deallocate() }

  /// The bytes so far; valid until the next change.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Where the next byte goes. Call ``reserve(_:)`` first, then ``commit(upTo:)``.
  var end: UnsafeMutablePointer<UInt8> { base + count }

  /// Makes room for `extra` more bytes.
  @inline(__always) mutating func reserve(_ extra: Int) {
    if capacity - count < extra { grow(extra) }
  }

  /// Takes over what was written at ``end``, up to `position`.
  @inline(__always) mutating func commit(upTo position: UnsafeMutablePointer<UInt8>) {
    count = position - base
  }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    reserve(bytes.count)
    UnsafeMutableRawPointer(end).copyMemory(from: start, byteCount: bytes.count)
    count += bytes.count
  }

  mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  /// Appends a whole number in little-endian order.
  mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
    reserve(MemoryLayout<Number>.size)
    UnsafeMutableRawPointer(end).storeBytes(of: number.littleEndian, as: Number.self)
    count += MemoryLayout<Number>.size
  }

  mutating func removeAll() { count = 0 }

  private mutating func grow(_ extra: Int) {
    let larger = max(capacity * 2, count + extra)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    moved.update(from: base, count: count)
    base.deallocate()
    base = moved
    capacity = larger
  }
}

/// Writing forward through memory that is known to be large enough.
struct ByteCursor {
  var position: UnsafeMutablePointer<UInt8>

  @inline(__always) mutating func put(_ byte: UInt8) {
    position.pointee = byte
    position += 1
  }
  @inline(__always) mutating func put(_ text: StaticString) {
    position.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
    position += text.utf8CodeUnitCount
  }
  @inline(__always) mutating func put(_ bytes: ByteSlice) {
    guard let start = bytes.data else { return }
    position.update(from: start, count: bytes.count)
    position += bytes.count
  }
  /// Copies in steps of 16 bytes: up to 15 bytes behind the text are read, and as many behind its copy are written.
  /// The slices of a record are followed by that much.
  @inline(__always) mutating func put(padded bytes: ByteSlice) {
    guard let start = bytes.data else { return }
    let from = UnsafeRawPointer(start)
    let to = UnsafeMutableRawPointer(position)
    var index = 0
    while index < bytes.count {
      to.storeBytes(
        of: from.loadUnaligned(fromByteOffset: index, as: SIMD2<UInt64>.self), toByteOffset: index,
        as: SIMD2<UInt64>.self)
      index &+= 16
    }
    position += bytes.count
  }
  @inline(__always) mutating func put<Number: FixedWidthInteger>(littleEndian number: Number) {
    UnsafeMutableRawPointer(position).storeBytes(of: number.littleEndian, as: Number.self)
    position += MemoryLayout<Number>.size
  }
  /// A decimal number without leading zeros.
  @inline(__always) mutating func put(decimal number: UInt64) {
    var width = 1
    var rest = number
    while rest >= 10 {
      rest /= 10
      width += 1
    }
    put(decimal: number, width: width)
  }
  /// Exactly `width` digits, filled with zeros in front.
  @inline(__always) mutating func put(decimal number: UInt64, width: Int) {
    var rest = number
    var index = width
    while index > 0 {
      index -= 1
      position[index] = UInt8(truncatingIfNeeded: rest % 10) + UInt8(ascii: "0")
      rest /= 10
    }
    position += width
  }
  /// 16 lower-case hexadecimal digits.
  @inline(__always) mutating func put(hex word: UInt64) {
    put(hex: UInt32(truncatingIfNeeded: word >> 32))
    put(hex: UInt32(truncatingIfNeeded: word))
  }
  /// 8 lower-case hexadecimal digits, made side by side in the bytes of one word.
  @inline(__always) private mutating func put(hex word: UInt32) {
    var nibbles = UInt64(word)
    nibbles = (nibbles | nibbles << 16) & 0x0000_FFFF_0000_FFFF
    nibbles = (nibbles | nibbles << 8) & 0x00FF_00FF_00FF_00FF
    nibbles = (nibbles | nibbles << 4) & 0x0F0F_0F0F_0F0F_0F0F
    // 1 in each byte whose digit is a letter: 6 more carries a digit above 9 into bit 4.
    let letters = (nibbles &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    let digits = nibbles &+ 0x3030_3030_3030_3030 &+ letters &* 0x27
    put(littleEndian: digits.byteSwapped)
  }
}

/// A piece of text inside a larger buffer; `nil` data means that the text is absent, which is not the empty text.
struct ByteSlice {
  var data: UnsafePointer<UInt8>?
  var count: Int

  init(data: UnsafePointer<UInt8>?, count: Int) {
    self.data = data
    self.count = count
  }

  /// The bytes of `text`, which has no zero bytes.
  @inline(__always) init(_ text: StaticString) {
    data = text.utf8Start
    count = text.utf8CodeUnitCount
  }

  var isAbsent: Bool { data == nil }

  @inline(__always) func equals(_ text: StaticString) -> Bool {
    guard let data, count == text.utf8CodeUnitCount else { return false }
    return memcmp(data, text.utf8Start, count) == 0
  }

  /// The text as a Swift string, for messages.
  var string: String { String(decoding: UnsafeBufferPointer(start: data, count: count), as: UTF8.self) }
}
