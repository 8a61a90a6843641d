import PipelineCore

/// A moment in a cell: a day, or an RFC 3339 time; without an offset it is UTC.
struct Instant: Comparable {
  /// Since 1970, UTC.
  let microseconds: Int64

  static func < (a: Self, b: Self) -> Bool { a.microseconds < b.microseconds }
  var day: Day { Day(utcMicroseconds: microseconds) }

  /// `nil` for any other text.
  init?(_ text: String) {
    guard let day = Day(text.prefix(10)) else { return nil }
    var rest = text.utf8.dropFirst(10)
    guard let separator = rest.popFirst() else {
      microseconds = day.utcMicroseconds
      return
    }
    guard "Tt ".utf8.contains(separator), let clock = Self.clock(&rest), let offset = Self.offset(rest) else {
      return nil
    }
    microseconds = day.utcMicroseconds + clock - offset
  }

  private static func number(_ rest: inout Substring.UTF8View, below bound: Int64) -> Int64? {
    var value: Int64 = 0
    for _ in 0..<2 {
      guard let byte = rest.popFirst(), (48...57).contains(byte) else { return nil }
      value = value * 10 + Int64(byte - 48)
    }
    return value < bound ? value : nil
  }

  private static func skip(_ character: Unicode.Scalar, _ rest: inout Substring.UTF8View) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  private static func clock(_ rest: inout Substring.UTF8View) -> Int64? {
    guard let hour = number(&rest, below: 24), skip(":", &rest), let minute = number(&rest, below: 60) else {
      return nil
    }
    var total = (hour * 3600 + minute * 60) * 1_000_000
    guard skip(":", &rest) else { return total }
    // A leap second counts as the first second of the next minute.
    guard let second = number(&rest, below: 61) else { return nil }
    total += second * 1_000_000
    guard skip(".", &rest) else { return total }
    var scale: Int64 = 100_000
    var digits = 0
    while let byte = rest.first, (48...57).contains(byte) {
      total += Int64(byte - 48) * scale
      scale /= 10
      digits += 1
      rest.removeFirst()
    }
    return digits > 0 ? total : nil
  }

  private static func offset(_ text: Substring.UTF8View) -> Int64? {
    var rest = text
    guard let sign = rest.popFirst() else { return 0 }
    if sign == UInt8(ascii: "Z") || sign == UInt8(ascii: "z") { return rest.isEmpty ? 0 : nil }
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), let hour = number(&rest, below: 24) else {
      return nil
    }
    _ = skip(":", &rest)
    guard let minute = number(&rest, below: 60), rest.isEmpty else { return nil }
    let offset = (hour * 3600 + minute * 60) * 1_000_000
    return sign == UInt8(ascii: "-") ? -offset : offset
  }
}
