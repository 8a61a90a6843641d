import Foundation

/// The package's sources as text.
struct SourceTree {
  struct File {
    /// Relative to the package, such as `Sources/PipelineCore/Day.swift`.
    var path: String
    /// The lines, without those that only comment.
    var lines: [String]
    var target: String { String(path.split(separator: "/")[1]) }

    /// The lines of code with their numbers: neither comments nor the inside of texts over several lines.
    var code: [Line] {
      var isText = false
      var code: [Line] = []
      for (index, line) in lines.enumerated() {
        let hasQuotes = line.range(of: "\"\"\"", options: .literal) != nil
        let quotes = hasQuotes ? line.components(separatedBy: "\"\"\"").count - 1 : 0
        let wasText = isText
        if quotes % 2 == 1 { isText.toggle() }
        let trimmed = line.drop { $0 == " " }
        if wasText || trimmed.hasPrefix("//") { continue }
        code.append(Line(number: index + 1, text: line))
      }
      return code
    }
  }

  struct Line {
    var number: Int
    var text: String
    func has(_ part: String) -> Bool { text.range(of: part, options: .literal) != nil }
  }

  let root: URL
  let files: [File]

  /// Reads the Swift files below `Sources`.
  init() throws {
    root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let sources = root.appendingPathComponent("Sources")
    let names = FileManager.default.enumerator(atPath: sources.path)?.compactMap { $0 as? String } ?? []
    files = try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
      let text = try String(contentsOf: sources.appendingPathComponent(name), encoding: .utf8)
      return File(path: "Sources/\(name)", lines: text.components(separatedBy: "\n"))
    }
  }

  func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }
}
