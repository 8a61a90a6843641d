import PipelineCore

/// The charts over the days of the snapshot, each with its key and its table.
struct DayCharts {
  let series: DaySeries
  let document: FigureDocument

  private var bins: [TimeBin] { document.bins }
  private var unit: BinUnit { document.unit }

  /// A chart of files, stacked by the names of `totals`.
  func stacked(
    id: String, by kind: String, heading: String, field: String, totals: [NamedTotal],
    _ shares: (Activity) -> Shares
  ) -> Fields {
    let shown = Array(totals.prefix(ActivitySections.seriesLimit))
    let rest = Array(totals.dropFirst(ActivitySections.seriesLimit))
    let names = shown.map { Format.name($0.name) } + (rest.isEmpty ? [] : [other(rest, kind)])
    let columns = bins.map { bin -> [Double?] in
      let share = shares(bin.activity)
      let others = rest.compactMap { share[$0.name] }
      return shown.map { share[$0.name] } + (rest.isEmpty ? [] : [others.isEmpty ? nil : others.reduce(0, +)])
    }
    let heights = columns.map { $0.reduce(0) { $0 + ($1 ?? 0) } }
    let classes = shown.indices.map { "s\($0)" } + ["rest"]
    let bars = zip(bins, columns).map { bin, parts in
      bar(bin, parts: parts.map { $0 ?? 0 }, facts: facts(bin, names, parts))
    }
    let chart = BarChart(
      id: id, title: "\(perBin(heading)), \(rangeText)", summary: summary(heights, "files"), bars: bars,
      labels: bins.labels(unit), classes: classes, scale: .counts(upTo: heights.max() ?? 0))
    var fields = frame(chart, heading: heading)
    fields["hasKey"] = .flag(!names.isEmpty)
    fields["key"] = .list(
      names.enumerated().map { index, name in
        let total = index < shown.count ? shown[index].files : rest.reduce(0) { $0 + ($1.files ?? 0) }
        let pointer = index < shown.count ? "/\(kind)s/\(index)/files" : "\(kind)s/other"
        return [
          "class": .text(classes[index]), "name": .text(name),
          "total": .markup(FigureMarkup.count(pointer, total)),
        ]
      })
    fields["columns"] = .list((["Files"] + names).map { ["name": .text($0)] })
    fields["rows"] = .list(zip(bins, columns).map { row($0, $1, field: field, pointers: shown.count) })
    return fields
  }

  /// The chart of people's work time.
  var workTime: Fields {
    let seconds = bins.map { $0.activity.workSeconds.value }
    let bars = zip(bins, seconds).map { bin, value in
      bar(
        bin, parts: [value ?? 0],
        facts: [value.map { "\(Format.workTime($0)) of work" } ?? "work time not recorded"])
    }
    let known = seconds.map { $0 ?? 0 }
    let chart = BarChart(
      id: "work-time", title: "\(perBin("Work time per day")), \(rangeText)",
      summary:
        "Highest: \(Format.workTime(known.max() ?? 0)). Total: \(Format.workTime(known.reduce(0, +))).",
      bars: bars, labels: bins.labels(unit), classes: ["work"], scale: .hours(upTo: known.max() ?? 0))
    var fields = frame(chart, heading: "Work time per day")
    fields["hasKey"] = .flag(false)
    fields["key"] = .list([])
    fields["columns"] = .list(["Work time", "Sessions", "Events"].map { ["name": .text($0)] })
    fields["rows"] = .list(
      bins.map { bin in
        let pointer = "/chart/bins/\(bin.start)"
        return [
          "name": .text(bin.name(unit)),
          "cells": .list([
            [
              "cell": .markup(
                FigureMarkup.workTime("\(pointer)/work_seconds", bin.activity.workSeconds.value))
            ],
            ["cell": .markup(FigureMarkup.count("\(pointer)/sessions", bin.activity.sessions.value))],
            ["cell": .markup(FigureMarkup.count("\(pointer)/events", bin.activity.events.value))],
          ]),
        ]
      })
    return fields
  }

  private func frame(_ chart: BarChart, heading: String) -> Fields {
    [
      "id": .text(chart.id), "heading": .text(perBin(heading)), "chart": .markup(chart.markup),
      "caption": .text(chart.title), "binName": .text(unit.rawValue.capitalizedFirst), "note": .flag(false),
    ]
  }

  private func other(_ rest: [NamedTotal], _ kind: String) -> String {
    "\(Format.plural(rest.count, "other \(kind)", "other \(kind)s"))"
  }

  /// `Files per day` as `Files per week` where a bar is a week.
  private func perBin(_ heading: String) -> String {
    heading.replacing("per day", with: "per \(unit.rawValue)")
  }

  private var rangeText: String {
    "\(Format.plainDay(series.range.lowerBound)) to \(Format.plainDay(series.range.upperBound))"
  }

  private func summary(_ heights: [Double], _ what: String) -> String {
    guard let highest = heights.max(), let place = heights.firstIndex(of: highest), highest > 0 else {
      return "No \(what)."
    }
    return "Highest: \(Format.count(highest)) \(what), \(bins[place].name(unit)). "
      + "Total: \(Format.count(heights.reduce(0, +))). The table below has every figure."
  }

  private func bar(_ bin: TimeBin, parts: [Double], facts: [String]) -> BarChart.Bar {
    let lacking =
      bin.unreadableDays > 0 ? ["\(Format.plural(bin.unreadableDays, "day", "days")) not recorded"] : []
    return BarChart.Bar(
      name: bin.name(unit), parts: parts, facts: facts + lacking, isIncomplete: bin.unreadableDays > 0)
  }

  private func facts(_ bin: TimeBin, _ names: [String], _ parts: [Double?]) -> [String] {
    let total = bin.activity.files.value.map { "\(Format.count($0)) files" } ?? "files not recorded"
    return [total]
      + zip(names, parts).compactMap { name, part in
        part.flatMap { $0 > 0 ? "\(name): \(Format.count($0))" : nil }
      }
  }

  private func row(_ bin: TimeBin, _ parts: [Double?], field: String, pointers: Int) -> Fields {
    let pointer = "/chart/bins/\(bin.start)"
    let cells = parts.enumerated().map { index, part -> Fields in
      let name = index < pointers ? "\(pointer)/\(field)/\(index)" : "\(bin.start)/\(field)/other"
      return ["cell": .markup(FigureMarkup.count(name, part))]
    }
    return [
      "name": .text(bin.name(unit)),
      "cells": .list(
        [["cell": .markup(FigureMarkup.count("\(pointer)/files", bin.activity.files.value))]] + cells),
    ]
  }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
