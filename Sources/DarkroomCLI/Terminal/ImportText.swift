import FileSystem
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
    let article = file.kind == "decision sidecars" ? "" : "a "
    var text = "\(HumanText.printable(file.file)), \(article)\(file.kind)\n"
    var table = TextTable(style: style)
    func line(_ name: String, _ count: Int, _ note: String = "") {
      table.add((name, nil), (HumanText.count(count), nil), (note, .dim))
    }
    let aside =
      file.quarantined.isEmpty ? "" : HumanText.printable(account.quarantinePath(of: file))
    line("records", file.records)
    line("= accepted", file.accepted)
    line("+ repaired", file.repaired, file.repaired == 0 ? "" : Self.repair(file))
    line("+ duplicates", file.duplicates, file.duplicates == 0 ? "" : "the same decision again")
    if file.undecided > 0 { line("+ undecided", file.undecided, "nobody decided: nothing to take over") }
    if file.blank > 0 { line("+ blank", file.blank, "empty lines") }
    line("+ put aside", file.quarantined.count, aside)
    text += table.text(indent: "  ")
    if file.repeats > 0 {
      let verb = file.repeats == 1 ? "crops" : "crop"
      text +=
        "  \(HumanText.count(file.repeats)) of these \(verb) an image that was cropped or decided before: "
      text += "the crop is kept, the first decision stands\n"
    }
    for item in file.quarantined.prefix(Self.shown) {
      text += "  \(place(of: item, in: file)): \(HumanText.printable(item.reason))\n"
    }
    let more = file.quarantined.count - Self.shown
    if more > 0 { text += "  and \(HumanText.count(more)) more\n" }
    return text + "\n"
  }

  private static func repair(_ file: ImportReconciliation) -> String {
    file.kind == "decision database"
      ? "a value was set right: pixels, or what follows from others" : "pixels became fractions of the image"
  }

  private func place(of item: ImportReconciliation.Quarantined, in file: ImportReconciliation) -> String {
    let name = HumanText.printable(file.file)
    switch item.place {
    case .line(let line): return "\(name):\(line)"
    case .row(let row): return "\(name) row \(HumanText.count(row))"
    case .path(let path): return "\(name)/\(HumanText.printable(path.rawValue))"
    }
  }

  private var end: String {
    let records = account.records
    var parts: [String] = []
    if !records.rows.isEmpty { parts.append(HumanText.count(records.rows.count, "decision")) }
    if !records.completed.isEmpty {
      parts.append("the crops of \(HumanText.count(records.completed.count, "decision"))")
    }
    if !records.crops.isEmpty { parts.append(HumanText.count(records.crops.count, "crop")) }
    let present = account.files.reduce(0) { $0 + $1.present }
    let known = present == 0 ? "" : "; \(HumanText.count(present)) of the records were there before"
    if parts.isEmpty { return "nothing is new\(known)\n" }
    let what = parts.joined(separator: parts.count == 2 ? " and " : ", ")
    if isApplied { return "wrote \(what)\(known)\n" }
    let older =
      isOlder
      ? "the database is of version 3: --apply takes it over first, and its rows were not compared\n" : ""
    return older + "would write \(what)\(known)\nnothing was changed: give --apply to do it\n"
  }
}
