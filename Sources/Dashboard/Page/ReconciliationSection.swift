import PipelineCore

/// Input lines: every line of every file is accepted, a duplicate, in quarantine or blank.
struct ReconciliationSection {
  let figures: Figures
  private static let limit = 30

  var fields: Fields {
    guard let reconciliation = figures.reconciliation else { return ["hasLines": .flag(false)] }
    let files = reconciliation.files
    let shown = files.map { Self.order($0).prefix(Self.limit) }
    let total = reconciliation.total
    let reasons = total.quarantined ?? []
    return [
      "hasLines": .flag(true), "hasFiles": .flag(!(files ?? []).isEmpty),
      "filesAbsent": .flag(files == nil),
      "identity": .group(identity(total)),
      "total": .group(row(total, "/reconciliation/total")),
      "fileCount": .text(Format.plural(files?.count ?? 0, "file", "files")),
      "files": .list((shown ?? []).map { row((files ?? [])[$0], "/reconciliation/files/\($0)") }),
      "leftOut": .optional(leftOut(files, shown.map(Array.init) ?? [])),
      "mismatch": .flag(reconciliation.totalMatchesFiles == false),
      "hasReasons": .flag(!reasons.isEmpty),
      "reasons": .list(
        reasons.sorted { ($1.lines, $0.reason) < ($0.lines, $1.reason) }.prefix(20).map {
          [
            "reason": .text(Format.name($0.reason, 80)),
            "lines": .markup(
              FigureMarkup.count("/reconciliation/total/quarantined/\(Self.pointer($0.reason))", $0.lines)),
          ]
        }),
    ]
  }

  /// A name as part of a JSON pointer (RFC 6901).
  private static func pointer(_ name: String) -> String {
    name.replacing("~", with: "~0").replacing("/", with: "~1")
  }

  /// Files that do not add up, then those with quarantined lines, then the rest, the latest names first.
  private static func order(_ files: [LineAccount]) -> [Int] {
    func rank(_ account: LineAccount) -> Int {
      if account.isBalanced != true || account.damage != nil { return 0 }
      return (account.quarantinedLines ?? 0) > 0 ? 1 : 2
    }
    return files.indices.sorted { a, b in
      let (left, right) = (rank(files[a]), rank(files[b]))
      if left != right { return left < right }
      let (name, other) = (files[a].file ?? "", files[b].file ?? "")
      return name == other ? a < b : name > other
    }
  }

  private func leftOut(_ files: [LineAccount]?, _ shown: [Int]) -> String? {
    guard let files, files.count > shown.count else { return nil }
    let listed = Set(shown)
    let rest = files.indices.filter { !listed.contains($0) }
    let noisy = rest.count { files[$0].isBalanced != true || (files[$0].quarantinedLines ?? 0) > 0 }
    let quality = noisy == 0 ? ", none of them with quarantined lines," : ""
    return
      "\(Format.plural(rest.count, "more file", "more files"))\(quality) \(rest.count == 1 ? "is" : "are") in "
      + "data/snapshot/current/\(Reconciliation.filesPath)."
  }

  private func identity(_ total: LineAccount) -> Fields {
    let (word, tone) =
      switch total.isBalanced {
      case true: ("Every line is accounted for", "good")
      case false: ("The lines do not add up", "bad")
      case nil: ("Not every count is recorded", "warn")
      }
    return [
      "word": .text(word), "tone": .text(tone), "isKnown": .flag(total.isBalanced != nil),
      "sign": .text(total.isBalanced == false ? "≠" : "="),
    ]
  }

  private func row(_ account: LineAccount, _ pointer: String) -> Fields {
    let reasons = account.quarantined.map { reasons in
      reasons.filter { $0.lines > 0 }.prefix(4).map {
        "\(Format.name($0.reason, 40)) \(Format.count($0.lines))"
      }
      .joined(separator: ", ")
    }
    return [
      "file": .text(account.file.map { Format.name($0, 160) } ?? FigureMarkup.absent),
      "lines": .markup(FigureMarkup.count("\(pointer)/lines", account.lines)),
      "accepted": .markup(FigureMarkup.count("\(pointer)/accepted", account.accepted)),
      "duplicates": .markup(FigureMarkup.count("\(pointer)/duplicates", account.duplicates)),
      "quarantined": .markup(FigureMarkup.count("\(pointer)/quarantined_lines", account.quarantinedLines)),
      "reasons": .optional(reasons.flatMap { $0.isEmpty ? nil : $0 }),
      "damage": .optional(account.damage.map { "damaged: " + EscapedText.shortened($0, 200) }),
      "blank": .markup(FigureMarkup.count("\(pointer)/blank", account.blank)),
      "check": .text(account.isBalanced.map { $0 ? "✓ adds up" : "✗ does not add up" } ?? "not recorded"),
      "isOff": .flag(account.isBalanced == false),
    ]
  }
}
