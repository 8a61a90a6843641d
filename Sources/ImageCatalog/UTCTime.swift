import PipelineCore

/// A moment as decisions and rows write it: RFC 3339 in UTC, `2025-10-08T18:47:32.429632Z`.
public struct UTCTime: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Microseconds since 1970-01-01T00:00:00Z.
  public let microseconds: Int64

  public init(microseconds: Int64) { self.microseconds = microseconds }

  /// Reads `YYYY-MM-DDTHH:MM:SS[.fraction]Z` with a fraction of 1 to 9 digits, those after the sixth dropped; `nil`
  /// for anything else, other offsets included.
  public init?(_ text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard bytes.last == UInt8(ascii: "Z"), let moment = UTCTime(fields: bytes.dropLast(), separator: "T")
    else { return nil }
    self = moment
  }

  /// Reads what older tools wrote: `T` or a space between date and time, and `Z`, `±HH:MM`, `±HHMM` or nothing (then
  /// UTC) at the end.
  public init?(legacy text: some StringProtocol) {
    var bytes = Array(text.utf8)[...]
    var offset: Int64 = 0
    if bytes.last == UInt8(ascii: "Z") || bytes.last == UInt8(ascii: "z") {
      bytes = bytes.dropLast()
    } else if let sign = bytes.lastIndex(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }),
      sign >= 19
    {
      let digits = bytes[(sign + 1)...].filter { $0 != UInt8(ascii: ":") }
      guard digits.count == 4, let number = Self.number(digits[...]), number / 100 < 24, number % 100 < 60
      else { return nil }
      offset = Int64(number / 100 * 3_600 + number % 100 * 60) * (bytes[sign] == UInt8(ascii: "-") ? -1 : 1)
      bytes = bytes[..<sign]
    }
    guard bytes.count > 10,
      let moment = UTCTime(fields: bytes, separator: bytes[10] == UInt8(ascii: " ") ? " " : "T")
    else { return nil }
    self.init(microseconds: moment.microseconds - offset * 1_000_000)
  }

  private init?(fields bytes: ArraySlice<UInt8>, separator: Unicode.Scalar) {
    guard bytes.count >= 19, bytes[10] == UInt8(ascii: separator), bytes[13] == UInt8(ascii: ":"),
      bytes[16] == UInt8(ascii: ":"), let day = Day(String(decoding: bytes[..<10], as: UTF8.self)),
      let hour = Self.number(bytes[11..<13]), let minute = Self.number(bytes[14..<16]),
      let second = Self.number(bytes[17..<19]), hour < 24, minute < 60, second < 60
    else { return nil }
    var fraction: Int64 = 0
    if bytes.count > 19 {
      let digits = bytes[20...]
      guard bytes[19] == UInt8(ascii: "."), (1...9).contains(digits.count), Self.number(digits) != nil,
        let number = Self.number((digits.prefix(6) + Array(repeating: UInt8(ascii: "0"), count: 6)).prefix(6))
      else { return nil }
      fraction = Int64(number)
    }
    microseconds = day.utcMicroseconds + Int64(hour * 3_600 + minute * 60 + second) * 1_000_000 + fraction
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    var value = 0
    for byte in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return digits.isEmpty ? nil : value
  }

  /// `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
  public var description: String {
    let day = Day(utcMicroseconds: microseconds)
    let rest = Int(microseconds - day.utcMicroseconds)
    func padded(_ value: Int, _ width: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    let second = rest / 1_000_000
    return "\(day)T\(padded(second / 3_600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
      + ".\(padded(rest % 1_000_000, 6))Z"
  }
  public static func < (a: Self, b: Self) -> Bool { a.microseconds < b.microseconds }
}
