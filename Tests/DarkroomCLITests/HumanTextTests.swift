import Testing

@testable import DarkroomCLI

@Suite struct HumanTextTests {
  @Test(arguments: [
    (0, "0"), (7, "7"), (999, "999"), (1_000, "1,000"), (12_345, "12,345"), (1_234_567, "1,234,567"),
    (-12_345, "-12,345"), (-1, "-1"),
  ])
  func counts(_ number: Int, _ text: String) { #expect(HumanText.count(number) == text) }

  @Test func smallest() { #expect(HumanText.count(Int64.min) == "-9,223,372,036,854,775,808") }

  @Test(arguments: [
    (Int64(-5), "0 ms"), (0, "0 ms"), (12_000, "12 ms"), (999_999, "999 ms"), (1_000_000, "1.0 s"),
    (3_250_000, "3.2 s"), (9_999_999, "9.9 s"), (10_000_000, "10 s"), (59_999_999, "59 s"),
    (72_000_000, "1 m 12 s"), (3_600_000_000, "1 h 0 m"), (7_500_000_000, "2 h 5 m"),
    (90_000_000_000, "1 d 1 h"),
  ])
  func durations(_ microseconds: Int64, _ text: String) { #expect(HumanText.duration(microseconds) == text) }

  @Test(arguments: [
    (Int64(0), "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1_000, "1.0 kB"), (9_999, "9.9 kB"),
    (10_000, "10 kB"), (999_999, "999 kB"), (1_200_000, "1.2 MB"), (34_000_000, "34 MB"),
    (5_600_000_000, "5.6 GB"), (-2_500, "-2.5 kB"),
  ])
  func bytes(_ number: Int64, _ text: String) { #expect(HumanText.bytes(number) == text) }

  @Test func fitting() {
    #expect(HumanText.fitted("abcdef", 6) == "abcdef")
    #expect(HumanText.fitted("abcdefg", 6) == "abcde…")
    #expect(HumanText.fitted("日本語", 5) == "日本…")
    #expect(HumanText.fitted("日本語", 4) == "日…")
    #expect(HumanText.columns("e\u{301}a") == 2)
    #expect(HumanText.printable("a\u{1B}[2J\nb") == "a\u{FFFD}[2J\u{FFFD}b")
  }
}
