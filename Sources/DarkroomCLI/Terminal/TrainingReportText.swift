import PipelineCore
import TrainingData
import TrainingReports

/// What `darkroom train report` says to people about one project.
struct TrainingReportText {
  let report: TrainingReport
  let style: Style

  /// So many weeks are shown, the latest ones.
  private static let weekLimit = 8

  var text: String {
    let decisions = report.decisions
    var text = style.paint(HumanText.printable(report.project), .bold)
    guard let days = decisions.days else { return text + ": nothing was decided yet\n" }
    text += ": \(HumanText.count(decisions.total, "decision")), \(Self.span(days))"
    text += ", dataset \(HumanText.printable(report.dataset))\n"
    var table = TextTable(style: style)
    let exposures = [
      ("shown", decisions.byExposure[.shown]), ("hidden", decisions.byExposure[.blind]),
      ("not known whether seen", decisions.byExposure[.unknown]), ("none", decisions.byExposure[.none]),
    ]
    table.add(("recommendations", .dim), (Self.list(exposures), nil))
    table.add(
      ("crops", .dim),
      (
        "\(HumanText.count(decisions.crops)), "
          + "\(HumanText.count(decisions.cropsWithRecommendation)) of them with a recommended crop", nil
      ))
    text += table.text(indent: "  ")
    if report.recommenders.isEmpty { return text + "  nothing was recommended yet\n" }
    for (index, recommender) in report.recommenders.enumerated() {
      text += "\n" + self.text(of: recommender)
      // Those of earlier recommenders are in --json.
      if index == 0 { text += weeks(recommender) + confidence(recommender) }
    }
    return text
  }

  private func text(of report: RecommenderReport) -> String {
    var text = "  " + style.paint(Self.name(report.recommender), .bold)
    text += report.days.map { ", \(Self.span($0))\n" } ?? "\n"
    var table = TextTable(style: style)
    table.addHeader("", "      OF", "  SHARE", "95 % INTERVAL")
    let selection = report.selection
    table.add("same image picked", selection.all)
    table.add("  where there was a choice", selection.choices)
    table.add("  recommendation shown", selection.shown)
    table.add("  recommendation hidden", selection.blind)
    if selection.unknown.total > 0 { table.add("  not known whether seen", selection.unknown) }
    if let chance = selection.chance {
      table.add(("  by a pick at random", .dim), ("", nil), (Self.percent(chance), .dim))
    }
    add(selection.shownLessBlind, to: &table)
    table.add("decided without a recommendation", report.abstention)
    let crops = report.crops
    if crops.count + crops.matches.total > 0 {
      table.add("crop within 0.05", crops.matches)
      table.add("crop taken as recommended", crops.accepted)
      table.add("overlap (IoU) of 0.5 or more", crops.half)
      table.add("overlap (IoU) of 0.9 or more", crops.ninety)
    }
    text += table.text(indent: "    ")
    for line in lines(of: report) { text += "    \(line)\n" }
    return text
  }

  private func add(_ difference: ShareDifference, to table: inout TextTable) {
    let label = "  shown less hidden, in points"
    guard let points = difference.difference, let interval = difference.interval else {
      return table.add(
        (label, nil), ("", nil), ("too few", .dim),
        ("\(ShareDifference.minimum) of each are needed", .dim))
    }
    table.add(
      (label, nil), ("", nil), (Self.points(points, width: 7), nil),
      ("\(Self.points(interval.lowerBound)) to \(Self.points(interval.upperBound))", nil))
  }

  /// What is no share, in words.
  private func lines(of report: RecommenderReport) -> [String] {
    var lines: [String] = []
    let crops = report.crops
    if let mean = crops.mean, let median = crops.median {
      lines.append(
        "overlap of \(HumanText.count(crops.count, "crop")): mean \(Self.decimal(mean, 2)), "
          + "median \(Self.decimal(median, 2))")
    }
    if let error = report.calibration.expectedError {
      lines.append(
        "confidence of \(HumanText.count(report.calibration.count, "decision")): "
          + "off by \(Self.decimal(error * 100, 1)) points on average")
    } else if report.decisions > 0 {
      lines.append("confidence: none was stored")
    }
    let latencies = [("shown", report.shownLatency), ("hidden", report.blindLatency)].compactMap {
      name, median in
      median.value.map { "\(name) \(Self.decimal($0, 1)) s (\(HumanText.count(median.count)))" }
    }
    if !latencies.isEmpty {
      lines.append("median time to decide: \(latencies.joined(separator: ", "))")
    }
    return lines
  }

  private func weeks(_ report: RecommenderReport) -> String {
    let shown = report.weeks.suffix(Self.weekLimit)
    if shown.isEmpty { return "" }
    var table = TextTable(style: style)
    table.addHeader("SAME IMAGE, BY WEEK", "      OF", "  SHARE", "95 % INTERVAL")
    for week in shown { table.add(week.week.description, week.agreement) }
    let more = report.weeks.count - shown.count
    return "\n" + table.text(indent: "    ")
      + (more > 0 ? "    \(HumanText.count(more, "earlier week")): --json\n" : "")
  }

  private func confidence(_ report: RecommenderReport) -> String {
    if report.calibration.bins.isEmpty { return "" }
    var table = TextTable(style: style)
    table.addHeader("SAME IMAGE, BY CONFIDENCE", "      OF", "  SHARE", "95 % INTERVAL")
    for bin in report.calibration.bins {
      table.add("about \(Self.percent(bin.meanConfidence, width: 0))", bin.agreement)
    }
    return "\n" + table.text(indent: "    ")
  }

  // MARK: Words

  private static func list(_ counts: [(String, Int?)]) -> String {
    let parts = counts.compactMap { name, count -> String? in
      guard let count, count > 0 else { return nil }
      return "\(name) \(HumanText.count(count))"
    }
    return parts.joined(separator: ", ")
  }

  private static func name(_ recommender: RecommenderID) -> String {
    var name = recommender.name.map { HumanText.printable($0) } ?? "recommender not recorded"
    if let version = recommender.version { name += " " + HumanText.printable(version) }
    if let model = recommender.model { name += " (\(HumanText.printable(String(model.prefix(12)))))" }
    return name
  }

  private static func span(_ days: ClosedRange<Day>) -> String {
    days.lowerBound == days.upperBound
      ? "on \(days.lowerBound)" : "\(days.lowerBound) to \(days.upperBound)"
  }

  /// `71.2 %`, filled up with spaces before it.
  static func percent(_ share: Double, width: Int = 7) -> String {
    leading("\(decimal(share * 100, 1)) %", width)
  }

  /// `+5.2`, `-3.1`: hundredths of 1, always with a sign.
  private static func points(_ difference: Double, width: Int = 0) -> String {
    leading((difference < 0 ? "" : "+") + decimal(difference * 100, 1), width)
  }

  static func leading(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  /// With so many digits after the point, rounded half away from zero.
  private static func decimal(_ number: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int((number.magnitude * scale).rounded())
    let rest = String(scaled % Int(scale))
    let sign = number < 0 && scaled > 0 ? "-" : ""
    return "\(sign)\(scaled / Int(scale)).\(String(repeating: "0", count: digits - rest.count))\(rest)"
  }
}

extension TextTable {
  /// A share with its count and interval; a dash where nothing was measured.
  fileprivate mutating func add(_ label: String, _ share: Proportion) {
    let count = TrainingReportText.leading(HumanText.count(share.total), 8)
    guard let value = share.share, let interval = share.interval else {
      return add((label, nil), (count, .dim), (TrainingReportText.leading("-", 7), .dim))
    }
    let low = TrainingReportText.percent(interval.lowerBound, width: 6).dropLast(2)
    add(
      (label, nil), (count, nil), (TrainingReportText.percent(value), nil),
      ("\(low) to \(TrainingReportText.percent(interval.upperBound, width: 0))", .dim))
  }
}
