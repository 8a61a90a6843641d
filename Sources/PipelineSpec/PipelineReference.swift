public import PipelineCore

/// The reference page of pipeline files in Markdown, made from the rules that the reader follows.
public enum PipelineReference {
  /// The tables of the grammar's objects and a section for each stage kind, sorted by name. The headings start at the
  /// second level. The same kinds give the same text.
  public static func markdown(kinds: [StageDescription]) -> String {
    var text = ""
    for (title, rule) in [
      ("The file", Grammar.top), ("A parameter", Grammar.parameter), ("A stage", Grammar.stage),
      ("`retry`", Grammar.retry), ("`foreach`", Grammar.forEach),
    ] {
      text += "## \(title)\n\n\(rule.summary)\n\n" + table(of: rule) + "\n"
    }
    text += "## Stage kinds\n\n"
    for kind in kinds.sorted(by: { $0.kind < $1.kind }) { text += section(kind) + "\n" }
    return String(text.dropLast())
  }

  /// The section of one stage kind, as `darkroom stages` shows it, too.
  public static func section(_ kind: StageDescription) -> String {
    var text = "### `\(kind.kind)`\n\n\(kind.summary)\n\n"
    if !kind.discussion.isEmpty { text += kind.discussion + "\n\n" }
    text += "- Unit: \(kind.unit)\n- Version: \(kind.version)\n"
    text +=
      "- `inputs`, `outputs`, `foreach`: \(kind.acceptsDeclaredFiles ? "declared in the pipeline" : "not used")\n"
    guard !kind.settings.isEmpty else { return text + "- Settings: none\n" }
    let rows = kind.settings.map { setting in
      [
        "`\(setting.name)`", ValueRule(setting.type).phrase,
        setting.isRequired ? "required" : shown(setting.defaultValue), setting.summary,
      ]
    }
    text += "\n" + table(["Setting", "Type", "Default", "Meaning"], rows)
    for setting in kind.settings { text += variants(setting) }
    return text
  }

  /// The kinds of the objects in a setting, each with its members.
  private static func variants(_ setting: Setting) -> String {
    var type = setting.type
    while case .array(let item, _) = type { type = item }
    guard case .object(let object) = type else { return "" }
    var text = "\nThe kinds of `\(setting.name)`, named by `\(object.kindMember)`:\n"
    for rule in VariantRule(object).kinds {
      let members = ObjectRule("", interpolates: true, "", Array(rule.rule.keys.dropFirst()))
      text += "\n#### `\(rule.kindName)`\n\n\(rule.rule.summary)\n\n" + table(of: members)
    }
    return text
  }

  private static func table(of rule: ObjectRule) -> String {
    table(
      ["Key", "Type", "Default", "Meaning"],
      rule.keys.map { key in
        [
          "`\(key.name)`", key.rule.phrase, key.isRequired ? "required" : shown(key.defaultValue),
          key.summary,
        ]
      })
  }

  private static func shown(_ value: JSONValue?) -> String { value.map { "`\($0.canonical)`" } ?? "–" }

  private static func table(_ header: [String], _ rows: [[String]]) -> String {
    let lines = [header, header.map { _ in "---" }] + rows
    return lines.map { "| " + $0.map(cell).joined(separator: " | ") + " |\n" }.joined()
  }

  /// A cell's text on one line; a bar would end the cell.
  private static func cell(_ text: String) -> String {
    text.replacing("\n", with: " ").replacing("|", with: "\\|")
  }
}
