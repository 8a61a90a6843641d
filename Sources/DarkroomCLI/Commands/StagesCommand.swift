import ArgumentParser
import PipelineCore
import PipelineSpec

struct StagesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stages", abstract: "List the stage kinds, or describe one with its settings.")

  @Argument(
    help: "A stage kind, such as logs.extract.", completion: .list(StageCatalog.kinds.map(\.description.kind))
  )
  var kind: String?
  @Flag(
    name: .long, help: "Print Markdown: with KIND its section, else the whole reference of pipeline files.")
  var markdown = false

  func run() throws {
    let all = StageCatalog.kinds.map(\.description)
    guard let kind else {
      return _ = StandardOutput.write(markdown ? PipelineReference.markdown(kinds: all) : Self.list(all))
    }
    guard let description = all.first(where: { $0.kind == kind }) else {
      throw CommandFailure(
        .notFound,
        Diagnostic(
          code: "unknown-stage-kind", "there is no stage kind \"\(kind)\"",
          help: Suggestion.help(for: kind, among: all.map(\.kind), what: "the kinds are")))
    }
    let style = Terminal().style
    StandardOutput.write(
      markdown
        ? PipelineReference.section(description) : Self.text(description, style, width: Terminal().width))
  }

  private static func list(_ kinds: [StageDescription]) -> String {
    var table = TextTable(style: Terminal().style)
    for kind in kinds.sorted(by: { $0.kind < $1.kind }) { table.add((kind.kind, .bold), (kind.summary, nil)) }
    return table.text() + "one of them with its settings: `darkroom stages KIND`\n"
  }

  static func text(_ kind: StageDescription, _ style: Style, width: Int) -> String {
    var text = style.paint(kind.kind, .bold) + "  " + kind.summary + "\n\n"
    if !kind.discussion.isEmpty {
      for paragraph in kind.discussion.split(separator: "\n\n") {
        text += wrapped(String(paragraph), min(100, width - 1)) + "\n"
      }
    }
    text += "unit: \(kind.unit); version: \(kind.version)"
    text += kind.acceptsDeclaredFiles ? "; takes inputs, outputs and foreach\n" : "\n"
    if kind.settings.isEmpty { return text + "it has no settings\n" }
    text += "\nsettings (in \"with\"):\n"
    for setting in kind.settings {
      let standard = setting.isRequired ? "required" : setting.defaultValue.map { "default \($0.canonical)" }
      text += "  \(style.paint(setting.name, .bold)): \(setting.type.phrase)"
      text += (standard.map { "; \($0)" } ?? "; optional") + "\n"
      text += wrapped(setting.summary, min(100, width - 1), indent: "      ")
    }
    return text
  }

  /// The text in lines of at most `width` columns, broken at spaces.
  private static func wrapped(_ text: String, _ width: Int, indent: String = "") -> String {
    var result = ""
    var line = indent
    for word in text.split(whereSeparator: \.isWhitespace) {
      if line.count > indent.count, line.count + word.count + 1 > width {
        result += line + "\n"
        line = indent
      }
      line += (line.count > indent.count ? " " : "") + word
    }
    return result + line + "\n"
  }
}
