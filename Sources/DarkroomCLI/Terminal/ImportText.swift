import ImageCatalog
import ImageStages

/// What `darkroom import` says to people: the account of each file, then what was done.
struct ImportText {
  let account: DecisionImport
  let isApplied: Bool
  /// Whether the database is of version 3, and was not looked into.
  let isOlder: Bool
  let migration: DecisionDatabase.Migration?
  let style: Style

  /// So many records that were put aside are shown of each file.
  private static let shown = 5

  var text: String {
    var text = ""
    if let migration {
      text += "the database was taken over from version 3: "
      text += "\(HumanText.count(migration.rows, "row")) = \(HumanText.count(migration.kept)) kept "
      text += "(\(HumanText.count(migration.repaired)) repaired) + "
      text += "\(HumanText.count(migration.quarantined)) put aside\n"
    }
    for file in account.files { text += self.text(of: file) }
    return text + end
  }

  private func text(of file: ImportReconciliation) -> String {
    var text = "\(HumanText.printable(file.file)), a \(file.kind)\n"
    var table = TextTable(style: style)
    table.add(("records", nil), (HumanText.count(file.records), nil), ("", nil))
    table.add(("= accepted", nil), (HumanText.count(file.accepted), nil), ("", nil))
    table.add(
      ("+ repaired", nil), (HumanText.count(file.repaired), nil),
      ("pixels became fractions of the image", .dim))
    table.add(
      ("+ duplicates", nil), (HumanText.count(file.duplicates), nil), ("the same decision again", .dim))
    table.add(("+ blank", nil), (HumanText.count(file.blank), nil), ("", nil))
    table.add(
      ("+ put aside", nil), (HumanText.count(file.quarantined.count), nil),
      (file.quarantined.isEmpty ? "" : "\(DecisionImport.folder)/\(file.file).quarantine.jsonl", .dim))
    text += table.text(indent: "  ")
    for item in file.quarantined.prefix(Self.shown) {
      text += "  \(HumanText.printable(file.file)):\(item.line): \(HumanText.printable(item.reason))\n"
    }
    let more = file.quarantined.count - Self.shown
    if more > 0 { text += "  and \(HumanText.count(more)) more\n" }
    return text
  }

  private var end: String {
    let new = account.files.reduce(0) { $0 + $1.new }
    let present = account.files.reduce(0) { $0 + $1.present }
    let rows = "\(HumanText.count(new, "new row")), \(HumanText.count(present)) there already"
    if isApplied { return "wrote \(rows)\n" }
    let older =
      isOlder
      ? "the database is of version 3: --apply takes it over first, and its rows were not compared\n" : ""
    return older + "would write \(rows); nothing was changed: --apply does it\n"
  }
}
