import PipelineCore
import Testing

@testable import Dashboard

@Suite struct FormatTests {
  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "−1,234,567"),
    (Int64.max, "9,223,372,036,854,775,807"),
  ])
  func counts(value: Int64, text: String) { #expect(Format.count(value) == text) }

  @Test(arguments: [
    (0.0, "0 min"), (3, "3 s"), (59.4, "59 s"), (60, "1 min"), (3599, "1 h 00 min"), (21_900, "6 h 05 min"),
  ])
  func workTimes(seconds: Double, text: String) { #expect(Format.workTime(seconds) == text) }

  @Test(arguments: [
    (800, "1 ms"), (99_000, "99 ms"), (99_600, "0.1 s"), (9_940_000, "9.9 s"), (59_400_000, "59 s"),
    (59_600_000, "1 min 00 s"),
    (200_000_000, "3 min 20 s"), (3_720_000_000, "1 h 02 min"), (-5, "0 ms"),
  ])
  func elapsedTimes(microseconds: Int64, text: String) { #expect(Format.elapsed(microseconds) == text) }

  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (8_412_551, "8.4 MB"), (176_663_571, "177 MB"),
  ])
  func sizes(bytes: Int64, text: String) { #expect(Format.bytes(bytes) == text) }

  @Test func decimalsRoundHalfAwayFromZero() {
    #expect(Format.decimal(1234.25, 1) == "1,234.3")
    #expect(Format.decimal(-0.04, 1) == "0.0")
    #expect(Format.decimal(9.996, 2) == "10.00")
  }

  @Test func times() throws {
    let time = try day("2025-10-11").utcMicroseconds + 11_045_000_000
    #expect(
      Format.timeMarkup(time) == "<time datetime=\"2025-10-11T03:04:05Z\">Sat 11 Oct 2025, 03:04 UTC</time>")
    #expect(Format.clock("2025-10-11T23:59:01.5Z") == "23:59")
    #expect(Format.clock("<script>T12:00") == nil)
    #expect(Format.clock("2025-10-11Tab:cd") == nil)
  }

  @Test func base64OfADigestIsWhatAPolicyNeeds() {
    // printf abc | openssl dgst -sha256 -binary | base64
    #expect(Base64.text(Digest(of: "abc").rawBytes) == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=")
    #expect(Base64.text(Array("ab".utf8)) == "YWI=")
    #expect(Base64.text([]) == "")
  }
}
