import PipelineCore

/// A bar chart, drawn as SVG that stretches with the page; its labels are HTML, so that they keep their size.
struct BarChart {
  /// One bar.
  struct Bar {
    /// What the bar stands for, in full: `Sat 11 Oct 2025`.
    let name: String
    /// The parts from the bottom up; the index is that of the series.
    let parts: [Double]
    /// What the bar says, one fact per line.
    let facts: [String]
    /// Whether a day of it is not recorded, so that the bar may be too short.
    let isIncomplete: Bool
  }
  /// A label below the bars.
  struct Label {
    let bar: Int
    let text: String
    /// Whether a narrow page leaves it out.
    let isMinor: Bool
  }

  /// A word that is unique on the page.
  let id: String
  let title: String
  let summary: String
  let bars: [Bar]
  let labels: [Label]
  /// The style class of a part, by its index.
  let classes: [String]
  let scale: ValueScale

  /// Width of a bar's slot and height of the plot, in units of the drawing.
  private static let slot = 10.0
  private static let height = 100.0
  /// Fewer bars than this get bars no wider than with this many.
  private static let fewBars = 14

  /// The whole chart: values at the left, bars, names below.
  var markup: String {
    let ticks = scale.ticks.map { tick in
      "<span style=\"bottom:\(Self.number(tick / scale.top * 100))%\">\(EscapedText.html(scale.label(tick)))</span>"
    }
    let names = labels.map { label in
      let left = Self.number((Double(label.bar) + 0.5) / Double(max(bars.count, 1)) * 100)
      let edge = label.bar == 0 && bars.count > 20 ? " first" : ""
      let style = (label.isMinor ? "minor" : "major") + edge
      return "<span class=\"\(style)\" style=\"left:\(left)%\">\(EscapedText.html(label.text))</span>"
    }
    return """
      <div class="plot"><div class="values" aria-hidden="true">\(ticks.joined())</div>\
      <div class="canvas">\(svg)</div>\
      <div class="names" aria-hidden="true">\(names.joined())</div></div>
      """
  }

  private var svg: String {
    let width = Double(max(bars.count, 1)) * Self.slot
    var svg = """
      <svg viewBox="0 0 \(Self.number(width)) \(Self.number(Self.height))" preserveAspectRatio="none" role="img" \
      aria-labelledby="\(id)-title \(id)-summary"><title id="\(id)-title">\(EscapedText.html(title))</title>\
      <desc id="\(id)-summary">\(EscapedText.html(summary))</desc><path class="grid" d="
      """
    for tick in scale.ticks where tick > 0 {
      svg += "M0 \(Self.number(Self.height - tick / scale.top * Self.height))H\(Self.number(width))"
    }
    svg += "\"/>"
    for (index, bar) in bars.enumerated() { svg += drawing(of: bar, at: index) }
    return svg + "<path class=\"base\" d=\"M0 100H\(Self.number(width))\"/></svg>"
  }

  private func drawing(of bar: Bar, at index: Int) -> String {
    let fill = min(1, Double(bars.count) / Double(Self.fewBars)) * 0.78
    let left = Double(index) * Self.slot
    let facts = ([bar.name] + bar.facts).map { EscapedText.html($0) }.joined(separator: "\n")
    var svg = "<g><title>\(facts)</title>"
    svg += "<rect class=\"slot\" x=\"\(Self.number(left))\" y=\"0\" width=\"10\" height=\"100\"/>"
    let place =
      "x=\"\(Self.number(left + Self.slot * (1 - fill) / 2))\" width=\"\(Self.number(Self.slot * fill))\""
    if bar.isIncomplete { svg += "<rect class=\"lacking\" \(place) y=\"0\" height=\"100\"/>" }
    var bottom = Self.height
    for (part, value) in bar.parts.enumerated() where value > 0 {
      let height = value / scale.top * Self.height
      bottom -= height
      // A hair of background between the parts: they stay apart for eyes that do not tell the colours apart.
      let visible = height > 1.6 && bar.parts.count > 1 ? height - 0.5 : height
      svg += "<rect class=\"\(classes[part])\" \(place) y=\"\(Self.number(bottom + height - visible))\" "
      svg += "height=\"\(Self.number(visible))\"/>"
    }
    return svg + "</g>"
  }

  /// A coordinate with at most two decimals.
  static func number(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let whole = hundredths / 100
    let rest = hundredths % 100
    if rest == 0 { return String(whole) }
    return rest % 10 == 0 ? "\(whole).\(rest / 10)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }
}

/// The axis of a chart's values: from 0 to a round number above the highest bar.
struct ValueScale {
  let top: Double
  let step: Double
  let label: @Sendable (Double) -> String

  /// A scale of counts.
  static func counts(upTo highest: Double) -> ValueScale {
    let step = max(1, roundStep(highest / 5))
    return ValueScale(top: top(highest, step), step: step) { Format.count($0) }
  }

  /// A scale of hours, for values in seconds.
  static func hours(upTo highest: Double) -> ValueScale {
    let hours = highest / 3600
    let step = hours <= 1 ? 0.25 : hours <= 2 ? 0.5 : max(1, roundStep(hours / 5))
    let isWhole = step >= 1
    return ValueScale(top: top(hours, step) * 3600, step: step * 3600) { seconds in
      isWhole || seconds == 0
        ? "\(Format.count(seconds / 3600)) h" : "\(Format.count(seconds / 60)) min"
    }
  }

  var ticks: [Double] { Array(stride(from: 0, through: top + step / 2, by: step)) }

  private static func top(_ highest: Double, _ step: Double) -> Double {
    max(step, (highest / step).rounded(.up) * step)
  }

  /// The smallest of 1, 2, 5 times a power of ten that is not below `rough`.
  private static func roundStep(_ rough: Double) -> Double {
    guard rough > 0, rough.isFinite else { return 1 }
    var power = 1.0
    while power * 10 <= rough { power *= 10 }
    while power > rough, power > 0.001 { power /= 10 }
    return [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? power * 10
  }
}
