import PipelineCore

/// Numbers, times and days as the page writes them.
enum Format {
  /// `1,234,567`.
  static func count(_ value: Int64) -> String {
    var text = ""
    for (index, digit) in String(value.magnitude).reversed().enumerated() {
      if index > 0, index.isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return (value < 0 ? "−" : "") + String(text.reversed())
  }

  /// A count that came out of a sum; whole, as all counts are.
  static func count(_ value: Double) -> String { count(Int64(exactly: value.rounded()) ?? .max) }

  /// `value` with `digits` decimals, rounded half away from zero.
  static func decimal(_ value: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    guard let scaled = Int64(exactly: (value.magnitude * scale).rounded()) else { return "\(value)" }
    let whole = count(scaled / Int64(scale))
    let rest = String(scaled % Int64(scale))
    let sign = value < 0 && scaled > 0 ? "−" : ""
    return digits == 0
      ? sign + whole : "\(sign)\(whole).\(String(repeating: "0", count: digits - rest.count))\(rest)"
  }

  /// Work time: `42 s`, `12 min`, `6 h 05 min`.
  static func workTime(_ seconds: Double) -> String {
    if seconds < 60 { return seconds == 0 ? "0 min" : "\(count(seconds)) s" }
    let minutes = Int64(exactly: (seconds / 60).rounded()) ?? .max
    return minutes < 60 ? "\(minutes) min" : hoursAndMinutes(minutes)
  }

  private static func hoursAndMinutes(_ minutes: Int64) -> String {
    "\(count(minutes / 60)) h \(padded(minutes % 60)) min"
  }

  /// How long a stage or a run took: `0.8 s`, `42 s`, `3 min 20 s`, `1 h 02 min`.
  static func elapsed(_ microseconds: Int64) -> String {
    let seconds = Double(max(microseconds, 0)) / 1_000_000
    if seconds < 0.0995 { return "\(decimal(seconds * 1000, 0)) ms" }
    if seconds < 9.95 { return "\(decimal(seconds, 1)) s" }
    let whole = Int64(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(padded(whole % 60)) s" }
    return hoursAndMinutes(Int64((seconds / 60).rounded()))
  }

  static func bytes(_ value: Int64) -> String {
    var size = Double(value)
    for unit in ["B", "kB", "MB", "GB", "TB"] {
      if size < 999.5 || unit == "TB" {
        return "\(decimal(size, unit == "B" || size >= 99.5 ? 0 : 1)) \(unit)"
      }
      size /= 1000
    }
    return count(value)
  }

  private static func padded(_ value: Int64) -> String { value < 10 ? "0\(value)" : String(value) }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

  static func month(_ day: Day) -> String { months[day.civil.month - 1] }
  /// `11 Oct`.
  static func shortDay(_ day: Day) -> String { "\(day.civil.day) \(month(day))" }
  /// `11 Oct 2025`.
  static func plainDay(_ day: Day) -> String { "\(shortDay(day)) \(day.civil.year)" }
  /// `Sat 11 Oct 2025`.
  static func day(_ day: Day) -> String { "\(weekdays[day.weekday]) \(plainDay(day))" }

  /// `2025-10-11T03:00:00Z`.
  static func machineTime(_ microseconds: Int64) -> String {
    let (day, seconds) = dayAndSeconds(microseconds)
    return "\(day)T\(padded(seconds / 3600)):\(padded(seconds / 60 % 60)):\(padded(seconds % 60))Z"
  }

  /// `Sat 11 Oct 2025, 03:00 UTC` inside a `time` element.
  static func timeMarkup(_ microseconds: Int64) -> String {
    let (day, seconds) = dayAndSeconds(microseconds)
    let clock = "\(padded(seconds / 3600)):\(padded(seconds / 60 % 60))"
    return "<time datetime=\"\(machineTime(microseconds))\">\(Self.day(day)), \(clock) UTC</time>"
  }

  private static func dayAndSeconds(_ microseconds: Int64) -> (Day, Int64) {
    let day = Day(utcMicroseconds: microseconds)
    return (day, (microseconds - day.utcMicroseconds) / 1_000_000)
  }

  /// The time of day of an ISO 8601 UTC timestamp: `08:52`; `nil` when the text is none.
  static func clock(_ timestamp: String) -> String? {
    let parts = timestamp.split(separator: "T", maxSplits: 1)
    guard parts.count == 2, Day(parts[0]) != nil else { return nil }
    let clock = parts[1].prefix(5)
    let pattern = clock.utf8.map { (48...57).contains($0) ? UInt8(ascii: "0") : $0 }
    return pattern == Array("00:00".utf8) ? String(clock) : nil
  }

  /// A name as people read it: short, and never empty.
  static func name(_ text: String, _ limit: Int = 60) -> String {
    text.isEmpty ? "(no name)" : EscapedText.shortened(text, limit)
  }

  static func plural(_ count: Int, _ one: String, _ many: String) -> String {
    "\(Format.count(Int64(count))) \(count == 1 ? one : many)"
  }
}
