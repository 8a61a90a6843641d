#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the program's output is connected to.
struct Terminal: Sendable {
  let isTerminal: Bool
  /// Whether lines can be redrawn: a terminal that is not `TERM=dumb`.
  let canRedraw: Bool
  let style: Style
  private let descriptor: Int32

  /// Looks at a standard stream and the environment (`NO_COLOR`, `TERM`, the locale).
  init(descriptor: Int32 = 1) {
    self.descriptor = descriptor
    isTerminal = isatty(descriptor) == 1
    let kind = Self.variable("TERM") ?? ""
    canRedraw = isTerminal && kind != "dumb" && !kind.isEmpty
    let noColour = Self.variable("NO_COLOR").map { !$0.isEmpty } ?? false
    style = Style(
      isColoured: canRedraw && !noColour, isUnicode: !isTerminal || Self.isUnicodeLocale,
      hasSymbols: isTerminal)
  }

  /// The width in columns: `COLUMNS` when it is set, else what the terminal says, else 80.
  var width: Int {
    if let columns = Self.variable("COLUMNS").flatMap({ Int($0) }), columns >= 20 { return columns }
    let columns = Int(size.ws_col)
    return columns >= 20 ? columns : 80
  }

  /// The height in lines.
  var height: Int { size.ws_row >= 4 ? Int(size.ws_row) : 24 }

  private var size: winsize {
    var size = winsize()
    guard isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 else { return winsize() }
    return size
  }

  private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  private static var isUnicodeLocale: Bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { variable($0) }.first { !$0.isEmpty }
    guard let locale = locale?.lowercased() else { return false }
    return locale.contains("utf-8") || locale.contains("utf8")
  }
}
