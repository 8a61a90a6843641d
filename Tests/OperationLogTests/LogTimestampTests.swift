import DarkroomTesting
import PipelineCore
import Testing

@testable import OperationLog

@Suite struct LogTimestampTests {
  private func parse(_ text: String) -> LogTimestamp? {
    var text = text
    return text.withUTF8 { LogTimestamp(ByteSlice(data: $0.baseAddress, count: $0.count)) }
  }

  /// The instants were computed with Python's datetime.
  @Test(arguments: [
    ("2025-10-10T08:52:07.491408+00:00", 1_760_086_327_491_408, true),
    ("2025-10-10T08:52:07Z", 1_760_086_327_000_000, true),
    ("2025-10-10t08:52:07z", 1_760_086_327_000_000, true),
    ("2025-10-10 08:52:07", 1_760_086_327_000_000, false),
    ("2025-10-10T08:52:07.5", 1_760_086_327_500_000, false),
    ("2025-10-10T08:52:07.123456789Z", 1_760_086_327_123_456, true),
    ("2025-10-10T08:52:07.999999999Z", 1_760_086_327_999_999, true),
    ("2025-10-10T08:52:07.000001Z", 1_760_086_327_000_001, true),
    ("2025-10-10T14:37:07+05:45", 1_760_086_327_000_000, true),
    ("2025-10-10T14:22:07+0530", 1_760_086_327_000_000, true),
    ("2025-10-10T08:22:07-00:30", 1_760_086_327_000_000, true),
    ("2025-10-10T10:52:07+02", 1_760_086_327_000_000, true),
    ("2025-10-10T22:52:07+14:00", 1_760_086_327_000_000, true),
    ("2016-12-31T23:59:60Z", 1_483_228_800_000_000, true),
    ("2016-12-31T23:59:60.25Z", 1_483_228_800_250_000, true),
    ("1970-01-01T00:00:00Z", 0, true),
    ("1969-12-31T23:59:59.999999Z", -1, true),
    ("0001-01-01T00:00:00Z", -62_135_596_800_000_000, true),
    ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999, true),
    ("2024-02-29T00:00:00Z", 1_709_164_800_000_000, true),
  ])
  func instants(_ text: String, _ microseconds: Int64, _ hasOffset: Bool) {
    let parsed = parse(text)
    #expect(parsed?.microseconds == microseconds)
    #expect(parsed?.hasOffset == hasOffset)
  }

  @Test(arguments: [
    "", "2025-10-10", "2025-10-10T08:52", "2025-10-10T08:52:0", "2025-13-10T08:52:07Z",
    "2025-00-10T08:52:07Z",
    "2025-02-29T08:52:07Z", "2025-04-31T08:52:07Z", "2025-10-10T24:00:00Z", "2025-10-10T08:60:07Z",
    "2025-10-10T08:52:61Z", "2025-10-10T08:52:07.Z", "2025-10-10T08:52:07.1234567890Z",
    "2025-10-10T08:52:07,5Z",
    "2025-10-10T08:52:07+24:00", "2025-10-10T08:52:07+05:60", "2025-10-10T08:52:07+5",
    "2025-10-10T08:52:07+05:4",
    "2025-10-10T08:52:07ZZ", "2025-10-10T08:52:07 Z", " 2025-10-10T08:52:07Z", "2025-10-10T08:52:07Z ",
    "2025/10/10T08:52:07Z", "2025-10-10X08:52:07Z", "0000-12-31T23:59:59Z", "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z", "10000-01-01T00:00:00Z", "-001-01-01T00:00:00Z",
    "2025-10-10T-8:52:07Z", "2025-10-10T08:52:07+-5:00", "now", "1760086327",
    "\u{0662}\u{0660}25-10-10T08:52:07Z",
  ])
  func rejected(_ text: String) { #expect(parse(text) == nil) }

  /// Every valid instant in a wide random sample comes back from its own text.
  @Test func roundTrip() {
    var random = SeededRandom(seed: 7)
    for _ in 0..<2000 {
      let span = UInt64(LogTimestamp.range.upperBound - LogTimestamp.range.lowerBound)
      let time = LogTimestamp.range.lowerBound + Int64(random.next() % span)
      let day = Day(utcMicroseconds: time)
      let rest = time - day.utcMicroseconds
      func two(_ value: Int64) -> String { (value < 10 ? "0" : "") + String(value) }
      let fraction = String(String(1_000_000 + rest % 1_000_000).dropFirst())
      let clock = "\(two(rest / 3_600_000_000)):\(two(rest / 60_000_000 % 60)):\(two(rest / 1_000_000 % 60))"
      #expect(parse("\(day)T\(clock).\(fraction)Z")?.microseconds == time)
    }
  }
}
