import PipelineCore

/// The last lines of a terminal, one for each running stage, redrawn in place.
///
/// The cursor is never hidden and always waits on the line below the region: whatever ends the program leaves a
/// usable terminal.
struct LiveRegion {
  private let style: Style
  private let nameWidth: Int
  private let stageCount: Int
  private var drawnLines = 0
  private var beat = 0

  init(style: Style, stages: [StageID]) {
    self.style = style
    stageCount = stages.count
    nameWidth = min(32, stages.map { HumanText.columns($0.rawValue) }.max() ?? 0)
  }

  var isDrawn: Bool { drawnLines > 0 }

  /// Takes the region off the screen, so that lasting lines can follow.
  mutating func erase() -> String {
    guard drawnLines > 0 else { return "" }
    defer { drawnLines = 0 }
    return "\u{1B}[\(drawnLines)A\r\u{1B}[J"
  }

  /// Draws the region anew, in place of the old one; `lasting` are whole lines that come above it and stay.
  mutating func draw(_ progress: RunProgress, lasting: String, now: Int64, width: Int, height: Int) -> String
  {
    var lines: [String] = []
    let active = progress.active(now: now)
    let room = max(1, min(12, height - 4))
    beat += 1
    for stage in active.prefix(active.count > room ? room - 1 : room) {
      lines.append(line(stage, now: now, width: width - 1))
    }
    if active.count > room {
      lines.append("  and \(HumanText.count(active.count - room + 1)) more stages")
    }
    if stageCount > RunReport.mostStagesShown, !lines.isEmpty {
      lines.append(
        "  \(HumanText.count(progress.endedStages)) of \(HumanText.count(stageCount)) stages ended")
    }
    var text = drawnLines > 0 ? "\u{1B}[\(drawnLines)A\r" : ""
    if !lasting.isEmpty, drawnLines > 0 { text += "\u{1B}[J" }
    text += lasting
    for index in lines.indices.dropFirst(min(active.count, active.count > room ? room - 1 : room)) {
      lines[index] = HumanText.fitted(lines[index], width - 1, ellipsis: style.ellipsis)
    }
    for line in lines { text += line + "\u{1B}[K\n" }
    if lines.count < drawnLines, lasting.isEmpty { text += "\u{1B}[J" }
    drawnLines = lines.count
    return text
  }

  private static let unicodeBeats = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
  private static let asciiBeats = ["|", "/", "-", "\\"]

  private func line(_ stage: RunProgress.Stage, now: Int64, width: Int) -> String {
    let beats = style.isUnicode ? Self.unicodeBeats : Self.asciiBeats
    let mark = beats[beat % beats.count]
    let nameWidth = min(nameWidth, width / 2)
    let name = HumanText.fitted(stage.id.rawValue, nameWidth, ellipsis: style.ellipsis)
    let head = "\(mark) \(HumanText.padded(name, nameWidth))  "
    let body = HumanText.fitted(
      Self.facts(stage, now: now).joined(separator: style.dot), max(0, width - HumanText.columns(head)),
      ellipsis: style.ellipsis)
    return style.paint(mark, .cyan) + head.dropFirst(mark.count) + body
  }

  /// How far a stage is, in pieces, the most important first.
  static func facts(_ stage: RunProgress.Stage, now: Int64) -> [String] {
    let elapsed = max(0, now - stage.begin)
    var facts: [String] = []
    if stage.toRun > 1 || stage.upToDate > 0 {
      let more = stage.mayHaveMore ? "+" : ""
      facts.append("\(HumanText.count(stage.ended))/\(HumanText.count(stage.toRun))\(more) units")
      if stage.ended > 0, elapsed > 1_000_000 { facts.append(rate(stage.ended, elapsed)) }
    } else if let share = stage.share {
      facts.append("\(Int(share * 100)) %")
    }
    if elapsed >= 1_000_000 { facts.append(wholeSeconds(elapsed)) }
    if let share = stage.share, elapsed > 2_000_000, share > 0.01 {
      facts.append("about \(wholeSeconds(Int64(Double(elapsed) * (1 - share) / share))) left")
    }
    if stage.failed > 0 { facts.append("\(HumanText.count(stage.failed)) failed") }
    if let (key, part) = stage.running.min(by: { $0.key < $1.key }), key != .whole {
      var unit = HumanText.printable(key.rawValue)
      if let total = part.total, total > 0 { unit += " \(min(100, part.done * 100 / total)) %" }
      facts.append(unit)
    }
    return facts
  }

  /// A length that changes on the screen: tenths of a second would only flicker.
  private static func wholeSeconds(_ microseconds: Int64) -> String {
    microseconds < 10_000_000
      ? "\(microseconds / 1_000_000) s" : HumanText.duration(microseconds)
  }

  private static func rate(_ count: Int, _ microseconds: Int64) -> String {
    let perSecond = Double(count) * 1_000_000 / Double(microseconds)
    if perSecond >= 10 { return "\(HumanText.count(Int(perSecond)))/s" }
    if perSecond >= 0.1 { return "\(Int(perSecond)).\(Int(perSecond * 10) % 10)/s" }
    return "\(HumanText.count(Int(perSecond * 3_600)))/h"
  }
}
