import PipelineCore

extension String {
  /// The order of the UTF-8 bytes, which every tool can reproduce. (`<` orders by canonical equivalence.)
  func precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}

/// One line of JSON, written member by member: what `JSONValue.canonical` gives, without building the tree.
/// Callers write members in the order of their names' bytes.
struct JSONLine {
  private(set) var bytes: [UInt8] = []
  private var needsComma = false

  mutating func open() {
    separate()
    bytes.append(UInt8(ascii: "{"))
    needsComma = false
  }

  mutating func close() {
    bytes.append(UInt8(ascii: "}"))
    needsComma = true
  }

  /// Ends the line and starts the next one.
  mutating func endLine() {
    bytes.append(UInt8(ascii: "\n"))
    needsComma = false
  }

  /// Forgets the bytes, keeping their memory.
  mutating func clear() { bytes.removeAll(keepingCapacity: true) }

  mutating func key(_ name: StaticString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// A member name that was quoted before; see ``quoted(_:)``.
  mutating func key(quoted name: [UInt8]) {
    separate()
    bytes.append(contentsOf: name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  mutating func value(quoted text: [UInt8]) {
    separate()
    bytes.append(contentsOf: text)
    needsComma = true
  }

  mutating func value(_ number: Int64) {
    separate()
    append(number)
    needsComma = true
  }

  mutating func value(_ text: String) { value(quoted: Self.quoted(text)) }

  /// Microseconds as a number of seconds, like ``JSONValue/seconds(_:)``.
  mutating func value(seconds microseconds: Int64) {
    separate()
    needsComma = true
    let fraction = microseconds % 1_000_000
    // Doubles below 0.0001 print with an exponent, and large ones have no six decimals.
    guard fraction == 0 || (100..<1_000_000_000_000_000).contains(microseconds) else {
      return bytes.append(contentsOf: JSONValue.seconds(microseconds).canonical.utf8)
    }
    append(microseconds / 1_000_000)
    if fraction == 0 { return }
    bytes.append(UInt8(ascii: "."))
    var rest = fraction
    var unit: Int64 = 100_000
    while rest > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(rest / unit))
      rest %= unit
      unit /= 10
    }
  }

  static func quoted(_ text: String) -> [UInt8] {
    var quoted = ""
    JSONValue.quote(text, into: &quoted)
    return Array(quoted.utf8)
  }

  private mutating func append(_ number: Int64) {
    if (0..<10).contains(number) {
      bytes.append(UInt8(ascii: "0") + UInt8(number))
    } else {
      bytes.append(contentsOf: String(number).utf8)
    }
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
  }
}

extension JSONValue {
  /// Microseconds as seconds: an integer when they are whole, otherwise the nearest double, whose shortest
  /// decimal text has at most six decimals.
  static func seconds(_ microseconds: Int64) -> JSONValue {
    microseconds % 1_000_000 == 0
      ? .integer(microseconds / 1_000_000) : .number(Double(microseconds) / 1_000_000)
  }

  /// An instant in the form `2025-10-10T08:52:07.491408Z`; see ``TimestampText``.
  static func instant(_ microseconds: Int64?) -> JSONValue {
    microseconds.map { .string(TimestampText.utc($0)) } ?? .null
  }
}

/// Instants as text. Texts of the same form sort like the instants.
enum TimestampText {
  /// `2025-10-10T08:52:07.491408Z`, always with six decimals.
  static func utc(_ microseconds: Int64) -> String {
    let fraction = microseconds - floorDivide(microseconds, 1_000_000) * 1_000_000
    return seconds(floorDivide(microseconds, 1_000_000)) + "." + padded(Int(fraction), 6) + "Z"
  }

  /// `2025-10-10T08:45:00Z`, for the starts of bins and slices, which are whole seconds.
  static func utcSeconds(_ microseconds: Int64) -> String {
    seconds(floorDivide(microseconds, 1_000_000)) + "Z"
  }

  /// `2025-10-26T02:00:00+02:00`: the wall clock at `microseconds` in a zone `offset` seconds ahead of UTC.
  /// Seconds of an offset, which zones had only before 1972, are left out of its text.
  static func local(_ microseconds: Int64, offset: Int) -> String {
    let clock = seconds(floorDivide(microseconds, 1_000_000) + Int64(offset))
    let minutes = abs(offset) / 60
    return clock + (offset < 0 ? "-" : "+") + padded(minutes / 60, 2) + ":" + padded(minutes % 60, 2)
  }

  private static func seconds(_ since1970: Int64) -> String {
    let day = floorDivide(since1970, 86_400)
    let rest = Int(since1970 - day * 86_400)
    return
      "\(Day(number: Int(day)))T\(padded(rest / 3600, 2)):\(padded(rest / 60 % 60, 2)):\(padded(rest % 60, 2))"
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return text.utf8.count >= width ? text : String(repeating: "0", count: width - text.utf8.count) + text
  }
}

/// Division that rounds towards minus infinity, for times before 1970 too.
func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
  let quotient = value / divisor
  return value % divisor < 0 ? quotient - 1 : quotient
}
