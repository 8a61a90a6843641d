/// Shares as points with their intervals as upright lines; drawn like ``BarChart``, as SVG that stretches.
struct IntervalChart {
  /// A share and where it may truly lie.
  struct Point {
    /// From the left, 0 to 1.
    let x: Double
    /// The place of the pointer that tells of this point, from the left, within 0 to 1.
    let territory: ClosedRange<Double>
    /// 0 to 1; `nil` where nothing was looked at: the place stays empty.
    let share: Double?
    let interval: ClosedRange<Double>?
    /// What the point says, one fact per line.
    let facts: [String]
  }
  /// A label below the plot.
  struct Label {
    /// From the left, 0 to 1.
    let x: Double
    let text: String
    let isMinor: Bool
  }

  /// A word that is unique on the page.
  let id: String
  let title: String
  let summary: String
  let points: [Point]
  let labels: [Label]
  /// Whether a line shows where the share is what its place says.
  let hasDiagonal: Bool

  /// Width and height of the plot, in units of the drawing.
  private static let side = 100.0
  private static let ticks = [0.0, 0.25, 0.5, 0.75, 1]

  /// The whole chart: percent at the left, points, names below.
  var markup: String {
    let values = Self.ticks.map { tick in
      "<span style=\"bottom:\(BarChart.number(tick * 100))%\">\(Format.decimal(tick * 100, 0)) %</span>"
    }
    let names = labels.map { label in
      let style = (label.isMinor ? "minor" : "major") + (label.x == 1 ? " last" : "")
      let left = BarChart.number(label.x * 100)
      return "<span class=\"\(style)\" style=\"left:\(left)%\">\(EscapedText.html(label.text))</span>"
    }
    return """
      <div class="plot"><div class="values" aria-hidden="true">\(values.joined())</div>\
      <div class="canvas">\(svg)</div>\
      <div class="names" aria-hidden="true">\(names.joined())</div></div>
      """
  }

  private var svg: String {
    var svg = """
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" \
      aria-labelledby="\(id)-title \(id)-summary"><title id="\(id)-title">\(EscapedText.html(title))</title>\
      <desc id="\(id)-summary">\(EscapedText.html(summary))</desc><path class="grid" d="
      """
    for tick in Self.ticks where tick > 0 { svg += "M0 \(Self.down(tick))H100" }
    svg += "\"/>"
    if hasDiagonal { svg += "<path class=\"exact\" d=\"M0 100L100 0\"/>" }
    for point in points { svg += drawing(of: point) }
    return svg + "<path class=\"base\" d=\"M0 100H100\"/></svg>"
  }

  private func drawing(of point: Point) -> String {
    let facts = point.facts.map { EscapedText.html($0) }.joined(separator: "\n")
    let left = point.territory.lowerBound * Self.side
    let width = (point.territory.upperBound - point.territory.lowerBound) * Self.side
    var svg = "<g><title>\(facts)</title><rect class=\"slot\" x=\"\(BarChart.number(left))\" y=\"0\" "
    svg += "width=\"\(BarChart.number(width))\" height=\"100\"/>"
    let x = BarChart.number(point.x * Self.side)
    if let interval = point.interval {
      svg +=
        "<path class=\"span\" d=\"M\(x) \(Self.down(interval.lowerBound))V\(Self.down(interval.upperBound))\"/>"
    }
    // A line of no length with round ends is a dot that does not stretch with the drawing.
    if let share = point.share { svg += "<path class=\"dot\" d=\"M\(x) \(Self.down(share))h0\"/>" }
    return svg + "</g>"
  }

  /// The place of a share from the top.
  private static func down(_ share: Double) -> String { BarChart.number((1 - share) * side) }
}
