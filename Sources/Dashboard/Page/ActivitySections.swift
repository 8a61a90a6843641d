import PipelineCore

/// The sections that show what people did: key figures, files, work time.
struct ActivitySections {
  let figures: Figures
  let document: FigureDocument

  /// How many series a chart keeps apart; the rest is one more.
  static let seriesLimit = 7

  /// The fields of all sections.
  var fields: Fields {
    guard let series = figures.days else { return ["hasDays": .flag(false)] }
    let chart = DayCharts(series: series, document: document)
    return [
      "hasDays": .flag(true), "range": .text(range(series)), "binNote": .optional(binNote(series)),
      "quietNote": .optional(quietNote(series)),
      "keyGroups": .list(keyGroups),
      "byScript": .group(
        chart.stacked(
          id: "by-script", by: "script", heading: "Files per day by script", field: "files_by_script",
          totals: series.scripts
        ) { $0.byScript }),
      "byOperation": .group(
        chart.stacked(
          id: "by-operation", by: "operation", heading: "Files per day by operation",
          field: "files_by_operation",
          totals: series.operations
        ) { $0.byOperation }),
      "workTime": .group(chart.workTime),
    ]
  }

  private func range(_ series: DaySeries) -> String {
    let (first, last) = (series.range.lowerBound, series.range.upperBound)
    let days = Format.plural(series.dayCount, "day", "days")
    return first == last
      ? Format.day(first) : "\(Format.plainDay(first)) to \(Format.plainDay(last)), \(days)"
  }

  private func binNote(_ series: DaySeries) -> String? {
    guard document.unit != .day else { return nil }
    return "\(Format.count(Int64(series.dayCount))) days are too many for one bar each: every bar is a "
      + "\(document.unit.rawValue). Each day’s figures are in data/dashboard/dashboard.json."
  }

  private func quietNote(_ series: DaySeries) -> String? {
    let quiet = series.dayCount - series.recorded.count
    let unreadable = series.recorded.count { !$0.isReadable }
    let notes = [
      quiet > 0 ? "\(Format.plural(quiet, "day", "days")) without any event count as zero." : nil,
      unreadable > 0
        ? "\(Format.plural(unreadable, "day", "days")) cannot be read: a dashed frame, and counted in no sum."
        : nil,
    ].compactMap { $0 }
    return notes.isEmpty ? nil : notes.joined(separator: " ")
  }

  // MARK: Key figures

  private var keyGroups: [Fields] {
    var groups: [Fields] = []
    if let latest = document.latest {
      let before = document.weekBefore
      groups.append([
        "title": .text("Latest day"), "subtitle": .text(Format.day(latest.day)),
        "items": .list(items("/latest_day", latest.activity, comparedWith: before?.activity)),
        "note": .text(
          before.map { "Compared with \(Format.day($0.day))." } ?? "No data for the same day a week before."),
      ])
    }
    guard let week = document.trailing else { return groups }
    let span = "\(Format.shortDay(week.days.lowerBound)) to \(Format.plainDay(week.days.upperBound))"
    let previous = document.previous.flatMap { $0.coveredDays == 7 ? $0 : nil }
    groups.append([
      "title": .text("Last 7 days"), "subtitle": .text(span),
      "items": .list(items("/trailing_7_days", week.activity, comparedWith: previous?.activity)),
      "note": .text(comparison(week, document.previous)),
    ])
    return groups
  }

  private func comparison(_ week: Week, _ previous: Week?) -> String {
    if week.coveredDays < 7 {
      return "Data begins \(Format.plainDay(week.days.upperBound.advanced(by: 1 - week.coveredDays))): "
        + "these are \(Format.plural(week.coveredDays, "day", "days"))."
    }
    guard let previous, previous.coveredDays > 0 else { return "No data for the 7 days before." }
    let span = "\(Format.shortDay(previous.days.lowerBound)) to \(Format.shortDay(previous.days.upperBound))"
    return previous.coveredDays == 7
      ? "Compared with the 7 days before, \(span)."
      : "Not compared: data covers only \(previous.coveredDays) of the 7 days before."
  }

  private func items(_ pointer: String, _ activity: Activity, comparedWith previous: Activity?) -> [Fields] {
    func item(
      _ label: String, _ field: String, _ sum: PartialSum, _ before: PartialSum?, _ text: (Double) -> String
    ) -> Fields {
      let change = before.map { Self.change(from: $0, to: sum, text) }
      return [
        "label": .text(label),
        "figure": .markup(FigureMarkup.figure("\(pointer)/\(field)", sum.json, sum.value.map(text))),
        "missing": .optional(
          sum.missing > 0 && sum.value != nil
            ? "without \(Format.plural(sum.missing, "day", "days")) not recorded" : nil),
        "change": .optional(change?.change), "before": .optional(change?.before), "machine": .flag(false),
      ]
    }
    var files = item("files", "files", activity.files, previous?.files) { Format.count($0) }
    if let machine = activity.machineFiles.value, machine > 0 {
      files["machine"] = .text("\(Format.count(machine)) of them by machines")
    }
    return [
      files,
      item("work time", "work_seconds", activity.workSeconds, previous?.workSeconds, Format.workTime),
      item("sessions", "sessions", activity.sessions, previous?.sessions) { Format.count($0) },
    ]
  }

  private static func change(
    from before: PartialSum, to now: PartialSum, _ text: (Double) -> String
  ) -> (change: String, before: String?) {
    guard let old = before.value, let new = now.value, before.missing == 0, now.missing == 0 else {
      return ("not comparable", nil)
    }
    guard old > 0 else { return (new > 0 ? "up from none" : "none before either", nil) }
    let percent = ((new - old) / old * 100).rounded()
    let sign = percent > 0 ? "+" : percent < 0 ? "−" : "±"
    return ("\(sign)\(Format.decimal(percent.magnitude, 0)) %", "was \(text(old))")
  }
}
