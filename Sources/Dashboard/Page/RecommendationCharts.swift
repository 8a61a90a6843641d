import PipelineCore

/// The charts of one recommender: agreement by week, and whether confidence means what it says.
struct RecommendationCharts {
  let figure: RecommenderFigure
  /// Of the recommender in `dashboard.json`.
  let pointer: String
  /// A word that is unique on the page.
  let id: String
  /// The project and the recommender, for titles.
  let name: String

  /// So many weeks are drawn, the latest ones.
  private static let weekLimit = 26

  /// `nil` without weeks.
  var weeks: Fields? {
    guard let last = figure.weeks.last?.monday, let first = figure.weeks.first?.monday else { return nil }
    let count = min(first.distance(to: last) / 7 + 1, Self.weekLimit)
    let start = last.advanced(by: -7 * (count - 1))
    let known = Dictionary(figure.weeks.map { ($0.monday, $0.agreement) }) { $1 }
    let points = (0..<count).map { index -> IntervalChart.Point in
      let monday = start.advanced(by: 7 * index)
      let (left, width) = (Double(index) / Double(count), 1 / Double(count))
      let share = known[monday]
      return IntervalChart.Point(
        x: left + width / 2, territory: left...left + width, share: share?.share,
        interval: Self.interval(share),
        facts: ["Week of \(Format.plainDay(monday))"] + (share.map(ShareMarkup.facts) ?? ["no decision"]))
    }
    let step = max(1, (count + 5) / 6)
    let labels = stride(from: 0, to: count, by: step).map { index in
      IntervalChart.Label(
        x: (Double(index) + 0.5) / Double(count), text: Format.shortDay(start.advanced(by: 7 * index)),
        isMinor: count > 4 && !(index / step).isMultiple(of: 2))
    }
    let chart = IntervalChart(
      id: "\(id)-weeks", title: "Same image picked, by week, \(name)",
      summary: "Points are shares, lines their 95 % intervals. The table below has every figure.",
      points: points, labels: labels, hasDiagonal: false)
    let shown = figure.weeks.filter { $0.monday >= start }
    return frame(
      chart, heading: "Same image picked, by week", binName: "Week of",
      rows: shown.map { (Format.plainDay($0.monday), "\(pointer)/weeks/\($0.monday)", $0.agreement) },
      note: figure.weeks.count > shown.count ? "The latest \(count) weeks." : nil)
  }

  /// `nil` when no confidence was stored.
  var calibration: Fields? {
    guard !figure.bins.isEmpty else { return nil }
    let places = figure.bins.map(\.meanConfidence)
    let borders = [0] + zip(places, places.dropFirst()).map { ($0 + $1) / 2 } + [1]
    let points = figure.bins.enumerated().map { index, bin in
      IntervalChart.Point(
        x: bin.meanConfidence, territory: borders[index]...max(borders[index], borders[index + 1]),
        share: bin.agreement.share, interval: Self.interval(bin.agreement),
        facts: ["Confidence about \(ShareMarkup.percent(bin.meanConfidence))"]
          + ShareMarkup.facts(bin.agreement))
    }
    let chart = IntervalChart(
      id: "\(id)-confidence", title: "Same image picked, by confidence, \(name)",
      summary:
        "Points are shares, lines their 95 % intervals; on the dashed line confidence is exactly right. "
        + "The table below has every figure.",
      points: points,
      labels: [0, 0.25, 0.5, 0.75, 1].map {
        .init(x: $0, text: "\(Format.decimal($0 * 100, 0)) %", isMinor: false)
      }, hasDiagonal: true)
    let error = figure.confidenceError.map {
      "Off by \(Format.decimal($0 * 100, 1)) points on average. On the dashed line, confidence is exactly right."
    }
    return frame(
      chart, heading: "Same image picked, by confidence", binName: "Confidence about",
      rows: figure.bins.enumerated().map { index, bin in
        (
          ShareMarkup.percent(bin.meanConfidence), "\(pointer)/calibration/bins/\(index)/agreement",
          bin.agreement
        )
      }, note: error)
  }

  private static func interval(_ figure: ShareFigure?) -> ClosedRange<Double>? {
    guard let low = figure?.low, let high = figure?.high, low <= high else { return nil }
    return low...high
  }

  private func frame(
    _ chart: IntervalChart, heading: String, binName: String,
    rows: [(name: String, pointer: String, share: ShareFigure)], note: String?
  ) -> Fields {
    [
      "heading": .text(heading), "chart": .markup(chart.markup), "caption": .text(chart.title),
      "binName": .text(binName), "hasKey": .flag(false), "key": .list([]), "note": .optional(note),
      "columns": .list(["Same image", "95 % interval", "Decisions"].map { ["name": .text($0)] }),
      "rows": .list(rows.map { row($0.name, $0.pointer, $0.share) }),
    ]
  }

  private func row(_ name: String, _ pointer: String, _ figure: ShareFigure) -> Fields {
    let interval = Self.interval(figure).map {
      "\(Format.decimal($0.lowerBound * 100, 1)) to \(ShareMarkup.percent($0.upperBound))"
    }
    let share = FigureMarkup.figure(
      "\(pointer)/share", .exact(figure.share), figure.share.map(ShareMarkup.percent))
    return [
      "name": .text(name),
      "cells": .list([
        ["cell": .markup(share)], ["cell": .text(interval ?? FigureMarkup.absent)],
        ["cell": .markup(FigureMarkup.count("\(pointer)/n", figure.total))],
      ]),
    ]
  }
}
