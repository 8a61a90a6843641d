/// A path from a log or a manifest as its components, without asking the disk: empty and `.` components are
/// dropped, `..` takes back the component before it.
public struct PathComponents: Sendable, Hashable {
  /// Whether the path starts at the root of the file system.
  public let isAbsolute: Bool
  public let components: [String]

  public init(_ text: some StringProtocol) {
    isAbsolute = text.utf8.first == UInt8(ascii: "/")
    var components: [String] = []
    for part in text.split(separator: "/") where part != "." {
      if part == "..", let last = components.last, last != ".." {
        components.removeLast()
      } else if part == "..", isAbsolute {
        continue  // The root is its own parent.
      } else {
        components.append(String(part))
      }
    }
    self.components = components
  }

  private init(isAbsolute: Bool, components: [String]) {
    self.isAbsolute = isAbsolute
    self.components = components
  }

  /// The first `count` components.
  func prefix(_ count: Int) -> Self {
    Self(isAbsolute: isAbsolute, components: Array(components.prefix(count)))
  }
}
