import Mustache
import PipelineCore

/// The page: the fields of all sections, put into the templates.
struct DashboardPage {
  let figures: Figures
  let history: ShownHistory
  let title: String

  /// The HTML, and the names that the templates asked for in vain (none, unless a template is wrong).
  func render() throws -> (html: String, document: JSONValue, undefinedNames: Set<String>) {
    let document = FigureDocument(figures)
    let root = RootFields([
      "title": .text(title), "verdict": .group(VerdictSection(history: history, figures: figures).fields),
      "activity": .group(ActivitySections(figures: figures, document: document).fields),
      "sessions": .group(SessionsSection(figures: figures).fields),
      "projects": .group(ProjectsSection(figures: figures).fields),
      "recommendations": .group(RecommendationsSection(figures: figures).fields),
      "runs": .group(RunsSection(history: history).fields),
      "lines": .group(ReconciliationSection(figures: figures).fields),
      "snapshot": .optional(figures.snapshot?.hex), "snapshotShort": .optional(figures.snapshot?.short),
      "style": .markup(StyleSheet.css), "script": .markup(PageScript.javaScript),
      "scriptDigest": .text(Base64.text(Digest(of: PageScript.javaScript).rawBytes)),
    ])
    let html = try PageTemplates.render(root)
    return (html, document.value, root.undefined)
  }
}

/// Base64 (RFC 4648) of a digest, as a content security policy wants it.
enum Base64 {
  static func text(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits: UInt32 = 0
      for index in 0..<3 { bits = bits << 8 | UInt32(index < group.count ? group[start + index] : 0) }
      for index in 0..<4 {
        text.append(
          index <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
