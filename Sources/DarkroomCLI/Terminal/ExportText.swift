import TrainingData
import TrainingExport
import TrainingStages

/// What `darkroom train export` says to people.
struct ExportText {
  let contents: DatasetExport.Contents
  let path: String
  let isDryRun: Bool
  /// Bytes on the disk that it goes to.
  let free: Int64
  let style: Style

  var text: String {
    var table = TextTable(style: style)
    table.addHeader("ROWS", "SEEN", "EXPORTED", "BY SPLIT", "LEFT OUT")
    for (name, account) in contents.accounts.sorted(by: { $0.key < $1.key }) {
      let splits = Split.allCases.map { HumanText.count(account.exported[$0] ?? 0) }
      let reasons = account.leftOut.sorted { $0.key.rawValue < $1.key.rawValue }
        .map { "\(HumanText.count($0.value)) \($0.key.rawValue)" }
      table.add(
        (name, nil), (HumanText.count(account.seen), nil),
        (HumanText.count(account.exported.values.reduce(0, +)), nil), (splits.joined(separator: " / "), nil),
        (reasons.isEmpty ? "-" : reasons.joined(separator: ", "), reasons.isEmpty ? nil : .yellow))
    }
    return table.text() + end
  }

  private var end: String {
    let files = HumanText.count(contents.files.count + 1, "file")
    let place = HumanText.printable(path)
    let size = HumanText.bytes(ProjectExport.spaceNeeded(contents))
    if isDryRun {
      return "would write \(files), \(size), to \(place); \(HumanText.bytes(free)) are free there\n"
    }
    let links = contents.images == .link ? "; its images are hard links: do not edit them in place" : ""
    return "wrote \(files), \(size), to \(place)\(links)\n"
  }
}
