import PipelineCore

/// An instant as the operation log writes it.
///
/// `YYYY-MM-DD`, then `T`, `t` or a space, then `HH:MM:SS` with an optional fraction of 1 to 9 digits, then
/// `Z`, `z`, `+HH:MM`, `+HHMM`, `+HH` (or with `-`), or nothing. Without an offset the time is taken as UTC and
/// ``hasOffset`` is false. Microseconds are kept and further digits dropped. Second 60 (a leap second) is the instant of
/// the following second, which is what POSIX time makes of it. Years 0001 to 9999, also after the conversion
/// to UTC.
struct LogTimestamp: Equatable {
  /// Microseconds since 1970-01-01T00:00:00Z.
  var microseconds: Int64
  /// Whether the text named its offset from UTC.
  var hasOffset: Bool

  /// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z.
  static let range: ClosedRange<Int64> = -62_135_596_800_000_000...253_402_300_799_999_999

  /// Reads a whole text; `nil` for anything else than the forms above.
  init?(_ text: ByteSlice) {
    guard let data = text.data, text.count >= 19 else { return nil }
    guard data[4] == UInt8(ascii: "-"), data[7] == UInt8(ascii: "-"), data[13] == UInt8(ascii: ":"),
      data[16] == UInt8(ascii: ":"), data[10] | 0x20 == UInt8(ascii: "t") || data[10] == UInt8(ascii: " "),
      let century = Self.two(data, 0), let years = Self.two(data, 2), let month = Self.two(data, 5),
      let dayOfMonth = Self.two(data, 8), let hour = Self.two(data, 11), let minute = Self.two(data, 14),
      let second = Self.two(data, 17), hour < 24, minute < 60, second <= 60,
      let day = Day(year: century * 100 + years, month: month, day: dayOfMonth)
    else { return nil }
    var index = 19
    guard let fraction = Self.fraction(data, text.count, &index),
      let offset = Self.offsetSeconds(data, text.count, index)
    else { return nil }
    let seconds = hour * 3600 + minute * 60 + second - offset
    microseconds = day.utcMicroseconds + Int64(seconds) * 1_000_000 + Int64(fraction)
    hasOffset = index < text.count
    guard century + years > 0, Self.range.contains(microseconds) else { return nil }
  }

  private static func digit(_ byte: UInt8) -> Int? {
    let value = byte &- UInt8(ascii: "0")
    return value < 10 ? Int(value) : nil
  }

  private static func two(_ data: UnsafePointer<UInt8>, _ index: Int) -> Int? {
    guard let tens = digit(data[index]), let ones = digit(data[index + 1]) else { return nil }
    return tens * 10 + ones
  }

  /// The fraction in microseconds; moves `index` behind it.
  private static func fraction(_ data: UnsafePointer<UInt8>, _ count: Int, _ index: inout Int) -> Int? {
    guard index < count, data[index] == UInt8(ascii: ".") else { return 0 }
    index += 1
    var digits = 0
    var value = 0
    while index < count, let next = digit(data[index]) {
      if digits < 6 { value = value * 10 + next }
      digits += 1
      index += 1
    }
    guard (1...9).contains(digits) else { return nil }
    for _ in min(digits, 6)..<6 { value *= 10 }
    return value
  }

  /// The offset east of UTC in seconds, 0 when there is none; `nil` for any other rest of the text.
  private static func offsetSeconds(_ data: UnsafePointer<UInt8>, _ count: Int, _ index: Int) -> Int? {
    let rest = count - index
    guard rest > 0 else { return 0 }
    let sign = data[index]
    if rest == 1 { return sign | 0x20 == UInt8(ascii: "z") ? 0 : nil }
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
    guard rest >= 3, let hours = two(data, index + 1), hours < 24 else { return nil }
    var minutes: Int? = 0
    switch rest {
    case 3: break
    case 5: minutes = two(data, index + 3)
    case 6 where data[index + 3] == UInt8(ascii: ":"): minutes = two(data, index + 4)
    default: return nil
    }
    guard let minutes, minutes < 60 else { return nil }
    let seconds = hours * 3600 + minutes * 60
    return sign == UInt8(ascii: "-") ? -seconds : seconds
  }
}
