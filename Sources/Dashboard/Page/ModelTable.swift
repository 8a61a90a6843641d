import PipelineCore

/// What the last fit decided: a sentence, its reasons, and the recommenders side by side on the groups that judged.
struct ModelTable {
  let figures: ModelFigures
  private static let pointer = "/model"

  var fields: Fields {
    let (word, tone) = verdict
    let rows = self.rows
    return [
      "word": .text(word), "tone": .text(tone),
      "inUse": .text(figures.current.map { "in use: \($0.prefix(12))" } ?? "in use: the rules"),
      "reasons": .optional(reasons), "hasScores": .flag(!rows.isEmpty), "rows": .list(rows),
      "facts": .optionalMarkup(facts.isEmpty ? nil : facts.joined(separator: " ")),
    ]
  }

  private var verdict: (word: String, tone: String) {
    switch figures.outcome {
    case .promoted: ("The last fit promoted its model", "good")
    case .kept: ("The last fit promoted nothing", "")
    case .waiting:
      (
        figures.missing.map {
          "The last fit’s model waits for \(Format.plural(Int(clamping: $0), "more held-back group", "more held-back groups")) to judge it"
        } ?? "The last fit’s model waits for more held-back groups to judge it", "waiting"
      )
    case .noModel: ("The last fit made no model", "")
    case nil: ("What the last fit decided is \(FigureMarkup.absent)", "warn")
    }
  }

  /// One sentence; `nil` where there is no reason.
  private var reasons: String? {
    if figures.reasons.isEmpty { return nil }
    let text = figures.reasons.prefix(6).map { Format.name($0, 300) }.joined(separator: "; ")
    return text.prefix(1).uppercased() + text.dropFirst() + "."
  }

  private var rows: [Fields] {
    [
      row("The fitted model", figures.candidate, "model", figures.own, nil, nil),
      row("The model until then", nil, "present", figures.present, "against_present", figures.againstPresent),
      row("The rules", nil, "rules", figures.rules, "against_rules", figures.againstRules),
    ].compactMap { $0 }
  }

  private func row(
    _ name: String, _ digest: String?, _ member: String, _ accuracy: AccuracyFigure?, _ against: String?,
    _ advantage: AdvantageFigure?
  ) -> Fields? {
    guard let accuracy else { return nil }
    return [
      "name": .text(name), "digest": .optional(digest.map { String($0.prefix(12)) }),
      "accuracy": .markup(share("\(Self.pointer)/\(member)", accuracy)),
      "advantage": .optionalMarkup(
        against.flatMap { member in advantage.map { difference("\(Self.pointer)/\(member)", $0) } }),
    ]
  }

  private func share(_ pointer: String, _ figure: AccuracyFigure) -> String {
    if figure.groups == 0 { return ShareMarkup.nothing }
    let text = FigureMarkup.figure(
      "\(pointer)/accuracy", .exact(figure.accuracy), figure.accuracy.map(ShareMarkup.percent))
    return
      "\(text) <span class=\"of\">of\u{A0}\(FigureMarkup.count("\(pointer)/groups", figure.groups))</span>"
  }

  private func difference(_ pointer: String, _ figure: AdvantageFigure) -> String {
    let text = FigureMarkup.figure(
      "\(pointer)/difference", .exact(figure.difference),
      figure.difference.map { "\(ShareMarkup.points($0)) points" })
    guard let low = figure.low, let high = figure.high else { return text }
    let interval = "\(ShareMarkup.points(low)) to \(ShareMarkup.points(high))"
    return "\(text) <span class=\"of\">\(EscapedText.html(interval))</span>"
  }

  /// What else is known of the fitted model: sentences of markup.
  private var facts: [String] {
    var facts: [String] = []
    if figures.trained != nil {
      let trained = FigureMarkup.count("\(Self.pointer)/groups/train", figures.trained)
      let validated = FigureMarkup.count("\(Self.pointer)/groups/validation", figures.validated)
      facts.append(
        "Learned from \(trained) groups, calibrated on \(validated)"
          + (figures.judged == nil
            ? "." : ", judged on \(FigureMarkup.count("\(Self.pointer)/lineages", figures.judged)).")
      )
    }
    if let threshold = figures.threshold {
      let from = FigureMarkup.figure(
        "\(Self.pointer)/threshold", .exact(threshold), ShareMarkup.percent(threshold))
      facts.append("Says nothing below a confidence of \(from)\(figures.answered.map(right) ?? "").")
    }
    if let error = figures.confidenceError {
      let points = FigureMarkup.figure(
        "\(Self.pointer)/expected_calibration_error", .exact(error),
        "\(Format.decimal(error * 100, 1)) points")
      facts.append("Confidence is off by \(points).")
    }
    if let crop = figures.crop { facts.append("Crops: \(EscapedText.html(Format.name(crop, 200))).") }
    return facts
  }

  /// How many of its answers were right, as the end of a sentence.
  private func right(_ answered: AccuracyFigure) -> String {
    let pointer = "\(Self.pointer)/answered"
    let share = FigureMarkup.figure(
      "\(pointer)/accuracy", .exact(answered.accuracy), answered.accuracy.map(ShareMarkup.percent))
    let answers = FigureMarkup.count("\(pointer)/groups", answered.groups)
    return answered.groups == 0 ? "; it answered nothing" : "; of \(answers) answers, \(share) were right"
  }
}
