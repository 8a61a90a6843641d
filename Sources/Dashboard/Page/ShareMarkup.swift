import PipelineCore

/// Shares as the page writes them: never without the count, and with the interval where there is room.
enum ShareMarkup {
  /// `71.2 %`, and small after it `64.9 to 71.7 %, of 719`.
  static func full(_ pointer: String, _ figure: ShareFigure) -> String {
    guard let share = figure.share, let total = figure.total else {
      return figure.total == 0 ? nothing : FigureMarkup.figure("\(pointer)/share", nil, nil)
    }
    let text = FigureMarkup.figure("\(pointer)/share", .exact(share), percent(share))
    return
      "\(text) <span class=\"of\">\(EscapedText.html(interval(figure))) of\u{A0}\(count(pointer, total))</span>"
  }

  static let nothing = "<span class=\"quiet\">none</span>"

  private static func count(_ pointer: String, _ total: Int64) -> String {
    FigureMarkup.count("\(pointer)/n", total)
  }

  static func percent(_ share: Double) -> String { "\(Format.decimal(share * 100, 1)) %" }

  /// `64.9 to 71.7 %,`; empty without an interval.
  private static func interval(_ figure: ShareFigure) -> String {
    guard let low = figure.low, let high = figure.high else { return "" }
    return "\(Format.decimal(low * 100, 1)) to \(percent(high)),"
  }

  /// The same in plain text, for a chart's facts.
  static func facts(_ figure: ShareFigure) -> [String] {
    guard let share = figure.share, let total = figure.total else { return ["no decision"] }
    let interval = interval(figure)
    return ["\(percent(share)) of \(Format.plural(Int(clamping: total), "decision", "decisions"))"]
      + (interval.isEmpty ? [] : ["95 % interval \(interval.dropLast())"])
  }

  /// `+12.1 points`, always with a sign.
  static func points(_ difference: Double) -> String {
    (difference < 0 ? "" : "+") + Format.decimal(difference * 100, 1)
  }
}
