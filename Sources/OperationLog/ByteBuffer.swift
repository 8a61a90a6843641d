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
    for shift in stride(from: 60, through: 0, by: -4) {
      let digit = UInt8(truncatingIfNeeded: word >> UInt64(shift) & 15)
      put(digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
    }
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
    for index in 0..<count where data[index] != text.utf8Start[index] { return false }
    return true
  }

  /// The text as a Swift string, for messages.
  var string: String { String(decoding: UnsafeBufferPointer(start: data, count: count), as: UTF8.self) }
}
