#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Numbers, times and names as people read them.
enum HumanText {
  /// `12,345`.
  static func count(_ number: some BinaryInteger) -> String {
    let digits = Array(String(number.magnitude).utf8)
    guard digits.count > 3 else { return String(number) }
    var text: [UInt8] = number < 0 ? [UInt8(ascii: "-")] : []
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(UInt8(ascii: ",")) }
      text.append(digit)
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// `1 unit`, `12,345 units`.
  static func count(_ number: some BinaryInteger, _ noun: String) -> String {
    "\(count(number)) \(noun)\(number == 1 ? "" : "s")"
  }

  /// `0 ms`, `12 ms`, `3.2 s`, `45 s`, `1 m 12 s`, `2 h 5 m`, `3 d 4 h`.
  static func duration(_ microseconds: Int64) -> String {
    let milliseconds = max(0, microseconds) / 1_000
    if milliseconds < 1_000 { return "\(milliseconds) ms" }
    if milliseconds < 10_000 { return "\(milliseconds / 1_000).\(milliseconds / 100 % 10) s" }
    let seconds = milliseconds / 1_000
    if seconds < 60 { return "\(seconds) s" }
    if seconds < 3_600 { return "\(seconds / 60) m \(seconds % 60) s" }
    if seconds < 86_400 { return "\(seconds / 3_600) h \(seconds / 60 % 60) m" }
    return "\(seconds / 86_400) d \(seconds / 3_600 % 24) h"
  }

  /// `512 bytes`, `1.2 kB`, `34 MB`: powers of 1,000.
  static func bytes(_ number: Int64) -> String {
    var tenths = number.magnitude
    guard tenths >= 1_000 else { return count(number, "byte") }
    tenths /= 100
    var units = ["kB", "MB", "GB", "TB", "PB"][...]
    while tenths >= 10_000, units.count > 1 {
      tenths /= 1_000
      units.removeFirst()
    }
    let sign = number < 0 ? "-" : ""
    let figure = tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : count(tenths / 10)
    return "\(sign)\(figure) \(units.first ?? "kB")"
  }

  /// `2026-03-01 07:12:44`, in the machine's time zone.
  static func localTime(_ microseconds: Int64) -> String {
    var seconds = time_t(microseconds / 1_000_000)
    var fields = tm()
    guard localtime_r(&seconds, &fields) != nil else { return "?" }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
      guard let base = buffer.baseAddress, strftime(base, buffer.count, "%Y-%m-%d %H:%M:%S", &fields) > 0
      else {
        return "?"
      }
      return String(cString: base)
    }
  }

  /// The first `limit` names, and how many more there are.
  static func list(_ names: [String], limit: Int = 8) -> String {
    let shown = names.prefix(limit).joined(separator: ", ")
    return names.count > limit ? "\(shown) and \(count(names.count - limit)) more" : shown
  }

  // MARK: Columns

  /// Text that takes one line and moves no cursor, whatever a file name holds.
  static func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      result.unicodeScalars.append(isControl(scalar) ? "\u{FFFD}" : scalar)
    }
    return result
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
  }

  /// How many terminal columns a character takes: 2 for East Asian wide and emoji, 0 for combining marks, else 1.
  static func columns(of scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x300...0x36F, 0x200B...0x200D, 0xFE00...0xFE0F: 0
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      2
    default: 1
    }
  }

  static func columns(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + columns(of: $1) } }

  /// The text, cut to fit into `width` columns, its cut end marked.
  static func fitted(_ text: String, _ width: Int, ellipsis: String = "…") -> String {
    if columns(text) <= width { return text }
    let room = max(0, width - columns(ellipsis))
    var used = 0
    var result = ""
    for scalar in text.unicodeScalars {
      used += columns(of: scalar)
      if used > room { break }
      result.unicodeScalars.append(scalar)
    }
    return result + ellipsis
  }

  /// The text, filled up with spaces to `width` columns.
  static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - columns(text)))
  }
}
