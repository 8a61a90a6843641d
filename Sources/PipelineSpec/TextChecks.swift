import PipelineCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Lengths of time as pipeline files write them: a whole number and one of `ms`, `s`, `m`, `h`, `d`.
public enum DurationText {
  /// What the text must look like, as a regular expression of JSON Schema.
  static let pattern = "^[0-9]{1,9}(ms|s|m|h|d)$"

  private static let units: [(name: String, milliseconds: Int64)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
  ]

  /// Reads `250ms`, `2s`, `5m`, `1h` or `7d`; `nil` for anything else. At most nine digits.
  public static func duration(_ text: String) -> Duration? {
    let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard (1...9).contains(digits.count), let count = Int64(String(Substring(digits))) else { return nil }
    let name = String(Substring(text.utf8.dropFirst(digits.count)))
    guard let unit = units.first(where: { $0.name == name }) else { return nil }
    return .milliseconds(count * unit.milliseconds)
  }

  /// The length in the largest unit that gives a whole number; parts of a millisecond are dropped.
  public static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    let unit = milliseconds == 0 ? units[3] : units.first { milliseconds % $0.milliseconds == 0 } ?? units[4]
    return "\(milliseconds / unit.milliseconds)\(unit.name)"
  }
}

/// Checks of names and paths. Each returns what is wrong, as the end of "…, because …"; `nil` when all is well.
enum TextChecks {
  /// The longest name, in characters.
  static let longestName = 64
  static let namePattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
  static let environmentPattern = "^[A-Za-z_][A-Za-z0-9_]*$"
  /// Relative, without empty parts, `.` and `..`.
  static let pathPattern = "^(?!/)(?!(?:[^/]*/)*\\.{0,2}(?:/|$))[^\\u0000-\\u001f\\u007f]+$"
  /// The same, and one `/` at the end: a directory of outputs.
  static let outputPattern = "^(?!/)(?!(?:[^/]*/)*(?:\\.{1,2}(?:/|$)|/))[^\\u0000-\\u001f\\u007f]+$"
  static let timeZonePattern = "^[A-Za-z_]+(?:[/+-][A-Za-z0-9_]+)*$"
  static let dayPattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
  static let dayRangePattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}\\.\\.[0-9]{4}-[0-9]{2}-[0-9]{2}$"

  /// Names of stages, pools, parameters and pipelines.
  static func name(_ text: String) -> String? {
    var text = text
    return text.withUTF8 { bytes in
      guard let first = bytes.first else { return "it is empty" }
      if first == UInt8(ascii: "_") || first == UInt8(ascii: "-") {
        return "it does not start with a letter or a digit"
      }
      for byte in bytes where !isNameByte(byte) {
        return "it holds other characters than letters, digits, `-` and `_`"
      }
      return bytes.count > longestName ? "it is longer than \(longestName) characters" : nil
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  static func environmentName(_ text: String) -> String? {
    let isGood = text.utf8.enumerated().allSatisfy { index, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
        true
      case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
      default: false
      }
    }
    return isGood && !text.isEmpty ? nil : "it is not made of letters, digits and `_`, or starts with a digit"
  }

  /// The path of a directory that is written with a `/` at its end.
  static func withoutFinalSlash(_ path: String) -> String {
    path.utf8.last == UInt8(ascii: "/") ? String(path.dropLast()) : path
  }

  /// Paths below the workspace: nothing in them leads outside, and one file has one spelling.
  static func path(_ text: String) -> String? {
    var text = text
    return text.withUTF8 { path($0) }
  }

  private static func path(_ text: UnsafeBufferPointer<UInt8>) -> String? {
    if text.isEmpty { return "it is empty" }
    if text[0] == UInt8(ascii: "/") { return "it is absolute; paths start at the workspace" }
    var partLength = 0
    var dots = 0
    for byte in text {
      if byte == UInt8(ascii: "/") {
        if let wrong = part(partLength, dots) { return wrong }
        (partLength, dots) = (0, 0)
      } else if byte < 0x20 || byte == 0x7F {
        return "it holds a control character"
      } else {
        partLength += 1
        if byte == UInt8(ascii: ".") { dots += 1 }
      }
    }
    if partLength == 0 { return "it ends with `/`" }
    return part(partLength, dots)
  }

  private static func part(_ length: Int, _ dots: Int) -> String? {
    if length == 0 { return "it holds `//`" }
    guard length == dots, length <= 2 else { return nil }
    return length == 1 ? "it has `.` as a part" : "it has `..` as a part"
  }

  /// Whether there is such a time zone: by its form, and by the system's database where that is installed.
  static func timeZone(_ text: String) -> String? {
    let isGood = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"),
        UInt8(ascii: "/"):
        true
      default: false
      }
    }
    guard isGood, path(text) == nil else { return "it is not the name of a time zone" }
    let database = "/usr/share/zoneinfo"
    guard access(database + "/UTC", F_OK) == 0 else { return nil }
    // `Europe` is a folder of zones, and no zone.
    let isZone = access(database + "/" + text, F_OK) == 0 && access(database + "/" + text + "/.", F_OK) != 0
    return isZone ? nil : "the system's time zone database does not have it"
  }
}
