import PipelineCore

/// Bytes of JSON lines on their way to a file: what the rows' own `append(to:)` would write, without making a text of
/// each value first. One thread uses it at a time.
final class LineBuffer {
  private var base: UnsafeMutableRawPointer
  private var capacity: Int
  private(set) var count = 0

  init(capacity: Int = 1 << 16) {
    self.capacity = capacity
    base = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit { base.deallocate() }

  /// What was appended, until more is or the buffer goes.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  func removeAll() { count = 0 }

  @inline(__always) private func reserve(_ more: Int) {
    if count + more > capacity { grow(more) }
  }

  @inline(never) private func grow(_ more: Int) {
    capacity = max(capacity * 2, count + more)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    larger.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = larger
  }

  @inline(__always) func append(_ byte: UInt8) {
    reserve(1)
    base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  @inline(__always) func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  @inline(__always) func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    reserve(bytes.count)
    (base + count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }

  func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  /// A JSON string of a text in UTF-8; what is none is repaired as Swift does.
  func appendQuoted(_ text: UnsafeRawBufferPointer) {
    guard text.allSatisfy(PlainText.holds) else {
      var quoted = ""
      JSONValue.quote(String(decoding: text, as: UTF8.self), into: &quoted)
      return append(quoted)
    }
    append(UInt8(ascii: "\""))
    append(text)
    append(UInt8(ascii: "\""))
  }

  func appendQuoted(_ text: UnsafeRawBufferPointer?) {
    if let text { appendQuoted(text) } else { append("null") }
  }

  func appendQuoted(_ text: String) {
    var text = text
    text.withUTF8 { appendQuoted(UnsafeRawBufferPointer($0)) }
  }

  func append(_ number: Int?) {
    guard let number else { return append("null") }
    if number < 0 { append(UInt8(ascii: "-")) }
    var rest = number.magnitude
    // 2⁶⁴ has 20 digits.
    withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
      var first = 20
      repeat {
        first -= 1
        digits[first] = UInt8(truncatingIfNeeded: rest % 10) + UInt8(ascii: "0")
        rest /= 10
      } while rest > 0
      append(UnsafeRawBufferPointer(rebasing: digits[first...]))
    }
  }

  /// The shortest decimals that read back the same; null for what is no number.
  func append(_ number: Double?) {
    guard let number, number.isFinite else { return append("null") }
    append(number.description)
  }

  func append(_ truth: Bool?) {
    switch truth {
    case nil: append("null")
    case true?: append("true")
    case false?: append("false")
    }
  }

  /// An array of numbers.
  func append(_ rectangle: Rectangle?) {
    guard let rectangle else { return append("null") }
    append(UInt8(ascii: "["))
    append(rectangle.x1)
    append(UInt8(ascii: ","))
    append(rectangle.y1)
    append(UInt8(ascii: ","))
    append(rectangle.x2)
    append(UInt8(ascii: ","))
    append(rectangle.y2)
    append(UInt8(ascii: "]"))
  }

  /// A string of 16 hexadecimal digits.
  func appendHexadecimal(_ number: UInt64) {
    append(UInt8(ascii: "\""))
    for shift in stride(from: 60, through: 0, by: -4) {
      let digit = UInt8(truncatingIfNeeded: number >> UInt64(shift) & 15)
      append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
    }
    append(UInt8(ascii: "\""))
  }
}

/// Bytes that stand for themselves in a JSON string, whatever surrounds them.
enum PlainText {
  /// Printable ASCII but for the quote and the backslash.
  @inline(__always) static func holds(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }
}
