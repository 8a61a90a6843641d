import PipelineCore

/// A moment of a row, to take differences of.
enum JoinedMoment {
  /// Microseconds since 1970 of `YYYY-MM-DDTHH:MM:SS[.fraction]Z`; `nil` for anything else.
  static func microseconds(_ text: UnsafeRawBufferPointer) -> Int64? {
    guard text.count >= 20, text[10] == UInt8(ascii: "T"), text[text.count - 1] == UInt8(ascii: "Z"),
      text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"), text[13] == UInt8(ascii: ":"),
      text[16] == UInt8(ascii: ":"),
      let year = number(text, 0, 4), let month = number(text, 5, 2), let day = number(text, 8, 2),
      let hour = number(text, 11, 2), let minute = number(text, 14, 2), let second = number(text, 17, 2),
      hour < 24, minute < 60, second < 60, let date = Day(year: year, month: month, day: day)
    else { return nil }
    var fraction = 0
    if text.count > 20 {
      let digits = text.count - 21
      guard text[19] == UInt8(ascii: "."), (1...9).contains(digits), number(text, 20, digits) != nil else {
        return nil
      }
      for index in 0..<6 {
        fraction = fraction * 10 + (index < digits ? Int(text[20 + index] - UInt8(ascii: "0")) : 0)
      }
    }
    return date.utcMicroseconds + Int64(hour * 3_600 + minute * 60 + second) * 1_000_000 + Int64(fraction)
  }

  private static func number(_ text: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Int? {
    var value = 0
    for index in start..<start + count {
      let digit = text[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    return value
  }
}
