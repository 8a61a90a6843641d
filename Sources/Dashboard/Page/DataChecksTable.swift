import PipelineCore

/// The checks of a project's training data: a sentence, and those that did not pass.
struct DataChecksTable {
  let figures: DataCheckFigures
  /// Its place in `dashboard.json`.
  let index: Int
  private static let limit = 12

  var fields: Fields {
    let failing = figures.checks.indices.filter { figures.checks[$0].status != .pass }
    // Failures first, then warnings, then what cannot be read, each in the order of the file.
    let order = failing.sorted { (rank($0), $0) < (rank($1), $1) }
    let (failed, warned) = (figures.count(.fail), figures.count(.warn))
    let total = Format.plural(figures.checks.count, "check", "checks")
    let word =
      figures.checks.isEmpty
      ? "No check of the data"
      : failing.isEmpty
        ? "All \(total) of the data passed"
        : "\(total) of the data: "
          + [
            (figures.count(.pass), "passed"), (warned, "with warnings"), (failed, "failed"),
            (failing.count - warned - failed, "not readable"),
          ].filter { $0.0 > 0 }.map { "\(Format.count(Int64($0.0))) \($0.1)" }.joined(separator: ", ")
    let name = figures.project.map { Format.name($0) } ?? FigureMarkup.absent
    return [
      "word": .text(word), "tone": .text(failed > 0 ? "bad" : failing.isEmpty ? "good" : "warn"),
      "caption": .text("Checks of \(name) that did not pass"), "hasFailing": .flag(!failing.isEmpty),
      "failing": .list(order.prefix(Self.limit).map(row)),
      "leftOut": .optional(
        order.count > Self.limit
          ? "\(order.count - Self.limit) more are in data/snapshot/current/\(DataCheckFigures.folder)." : nil),
    ]
  }

  private func rank(_ index: Int) -> Int {
    switch figures.checks[index].status {
    case .fail: 0
    case .warn: 1
    case nil, .pass: 2
    }
  }

  private func row(_ place: Int) -> Fields {
    let check = figures.checks[place]
    let pointer = "/data_checks/\(index)/results/\(place)"
    let (word, tone) =
      switch check.status {
      case .fail: ("failed", "failed")
      case .warn: ("warning", "warn")
      case .pass: ("passed", "good")
      case nil: (FigureMarkup.absent, "warn")
      }
    return [
      "name": .text(check.name.map { Format.name($0, 80) } ?? FigureMarkup.absent),
      "table": .optional(check.table.map { Format.name($0, 40) }), "word": .text(word), "tone": .text(tone),
      "violations": .markup(FigureMarkup.count("\(pointer)/violations", check.violations)),
      "rows": .markup(FigureMarkup.count("\(pointer)/rows", check.rows)),
      "expected": .text(check.expected.map { Format.name($0, 90) } ?? "–"),
      "observed": .text(check.observed.map { Format.name($0, 90) } ?? "–"),
      "example": .optional(check.example.map { Format.name($0, 120) }),
    ]
  }
}
