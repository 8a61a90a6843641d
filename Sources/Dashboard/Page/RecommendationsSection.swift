import PipelineCore

/// Recommendations: how good they were, by project and recommender, and the checks of the data behind them.
struct RecommendationsSection {
  let figures: Figures
  /// So many projects are shown, those decided on last.
  private static let projectLimit = 12
  /// So many of them with charts.
  private static let chartLimit = 3
  private static let recommenderLimit = 5

  var fields: Fields {
    let reports = figures.recommendations
    let checks = figures.dataChecks
    if reports.isEmpty, checks.isEmpty, figures.model == nil { return ["hasRecommendations": .flag(false)] }
    // Projects that were checked and not measured come last.
    let measured = Set(reports.compactMap(\.project))
    let unmeasured = checks.indices.filter { checks[$0].project.map { !measured.contains($0) } ?? true }
    let all =
      reports.indices.map { project($0, reports[$0]) }
      + unmeasured.map { index in
        var fields: Fields = [
          "name": .text(Self.name(checks[index].project)), "hasDecisions": .flag(false),
          "isUnmeasured": .flag(true), "span": .flag(false),
        ]
        fields["checks"] = .group(DataChecksTable(figures: checks[index], index: index).fields)
        return fields
      }
    return [
      "hasRecommendations": .flag(true),
      "model": .optionalGroup(figures.model.map { ModelTable(figures: $0).fields }),
      "projects": .list(Array(all.prefix(Self.projectLimit))),
      "leftOut": .optional(
        all.count > Self.projectLimit
          ? "\(Self.projectLimit) of \(all.count) projects. All are in data/snapshot/current/"
            + "\(RecommendationFigures.folder)."
          : nil),
    ]
  }

  private static func name(_ project: String?) -> String {
    project.map { Format.name($0) } ?? FigureMarkup.absent
  }

  private func project(_ index: Int, _ report: RecommendationFigures) -> Fields {
    let pointer = "/recommendations/\(index)"
    let hasDecisions = (report.decisions ?? 0) > 0
    var fields: Fields = [
      "name": .text(Self.name(report.project)), "hasDecisions": .flag(hasDecisions),
      "isUnmeasured": .flag(false), "span": .optional(Self.span(report)),
      "hasRecommenders": .flag(!report.recommenders.isEmpty), "weeks": .flag(false),
      "confidence": .flag(false), "checks": .flag(false),
      "recommenders": .list(
        report.recommenders.prefix(Self.recommenderLimit).enumerated().map {
          row("\(pointer)/recommenders/\($0)", $1)
        }),
      "moreRecommenders": .optional(
        report.recommenders.count > Self.recommenderLimit
          ? "The \(Self.recommenderLimit) decided on last, of \(report.recommenders.count)." : nil),
    ]
    if index < Self.chartLimit, let latest = report.recommenders.first {
      let charts = RecommendationCharts(
        figure: latest, pointer: "\(pointer)/recommenders/0", id: "recommendations-\(index)",
        name: "\(Self.name(report.project)), \(Self.words(latest))")
      fields["weeks"] = .optionalGroup(charts.weeks)
      fields["confidence"] = .optionalGroup(charts.calibration)
    }
    if let place = figures.dataChecks.firstIndex(where: { $0.project != nil && $0.project == report.project })
    {
      fields["checks"] = .group(DataChecksTable(figures: figures.dataChecks[place], index: place).fields)
    }
    return fields
  }

  private static func span(_ report: RecommendationFigures) -> String? {
    guard let count = report.decisions, count > 0 else { return nil }
    let decisions = Format.plural(Int(clamping: count), "decision", "decisions")
    guard let first = report.firstDay, let last = report.lastDay else { return decisions }
    return first == last
      ? "\(decisions), \(Format.plainDay(first))"
      : "\(decisions), \(Format.plainDay(first)) to \(Format.plainDay(last))"
  }

  /// Name and version of a recommender.
  private static func words(_ figure: RecommenderFigure) -> String {
    guard let name = figure.name else { return "recommender not recorded" }
    return Format.name([name, figure.version].compactMap { $0 }.joined(separator: " "), 60)
  }

  private func row(_ pointer: String, _ figure: RecommenderFigure) -> Fields {
    let error = FigureMarkup.figure(
      "\(pointer)/calibration/expected_error", .exact(figure.confidenceError),
      figure.confidenceError.map { "\(Format.decimal($0 * 100, 1)) points" })
    return [
      "name": .text(Self.words(figure)), "model": .optional(figure.model.map { String($0.prefix(12)) }),
      "last": .text(figure.lastDay.map(Format.plainDay) ?? "–"),
      "all": .markup(ShareMarkup.full("\(pointer)/all", figure.all)),
      "chance": .optionalMarkup(
        figure.chance.map { FigureMarkup.figure("\(pointer)/chance", .exact($0), ShareMarkup.percent($0)) }),
      "shown": .markup(ShareMarkup.full("\(pointer)/shown", figure.shown)),
      "blind": .markup(ShareMarkup.full("\(pointer)/blind", figure.blind)),
      "difference": .markup(difference(pointer, figure)),
      "overlap": .markup(overlap(pointer, figure)),
      "abstention": .markup(ShareMarkup.full("\(pointer)/abstention", figure.abstention)),
      "error": .markup(
        figure.confidenceCount == 0
          ? ShareMarkup.nothing
          : "\(error) <span class=\"of\">of \(FigureMarkup.count("\(pointer)/calibration/n", figure.confidenceCount))</span>"
      ),
    ]
  }

  private func overlap(_ pointer: String, _ figure: RecommenderFigure) -> String {
    guard figure.overlapCount != 0 else { return ShareMarkup.nothing }
    let median = FigureMarkup.figure(
      "\(pointer)/iou/median", .exact(figure.overlapMedian),
      figure.overlapMedian.map { Format.decimal($0, 2) })
    let count = FigureMarkup.count("\(pointer)/iou/n", figure.overlapCount)
    let matches = figure.cropMatch.share.map { share in
      let text = FigureMarkup.figure("\(pointer)/crop_match/share", .exact(share), ShareMarkup.percent(share))
      let total = FigureMarkup.count("\(pointer)/crop_match/n", figure.cropMatch.total)
      return " <span class=\"of\">within 0.05: \(text) of \(total)</span>"
    }
    return "\(median) <span class=\"of\">of \(count)</span>\(matches ?? "")"
  }

  private func difference(_ pointer: String, _ figure: RecommenderFigure) -> String {
    guard let difference = figure.shownLessBlind else {
      let minimum = figure.differenceMinimum.map { "\(Format.count($0)) of each are needed" } ?? ""
      return "<span class=\"quiet\">too few</span> <span class=\"of\">\(EscapedText.html(minimum))</span>"
    }
    let text = FigureMarkup.figure(
      "\(pointer)/shown_less_blind", .exact(difference), "\(ShareMarkup.points(difference)) points")
    guard let low = figure.differenceLow, let high = figure.differenceHigh else { return text }
    let interval = "\(ShareMarkup.points(low)) to \(ShareMarkup.points(high))"
    return "\(text) <span class=\"of\">\(EscapedText.html(interval))</span>"
  }
}
