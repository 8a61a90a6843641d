import PipelineCore
import PipelineEngine

/// A plan as people read it.
struct PlanText {
  let plan: Plan
  let style: Style
  /// How many units of a stage are named.
  var mostUnits = 5

  var text: String {
    var text = ""
    let isLong = plan.stages.count > RunReport.mostStagesShown
    let width = min(32, plan.stages.map { HumanText.columns($0.id.rawValue) }.max() ?? 0)
    for stage in plan.stages where stage.state != .skipped {
      if isLong, stage.state == .upToDate { continue }
      text += lines(stage, width)
    }
    let left = plan.stages.filter { $0.state == .skipped }.map(\.id.rawValue)
    if !left.isEmpty {
      text += style.paint("left out by the selection: \(HumanText.list(left))", .dim) + "\n"
    }
    return text + summary
  }

  /// What a run would do, in one line.
  var summary: String {
    func count(_ state: Plan.StageState) -> Int { plan.stages.count { $0.state == state } }
    if plan.isEmpty {
      let all = count(.upToDate)
      return
        "nothing to do: \(all == 1 ? "the one stage is" : "all \(HumanText.count(all)) stages are") up to date\n"
    }
    var parts: [String] = []
    if plan.unitsToRun > 0 {
      parts.append(
        "\(HumanText.count(plan.unitsToRun, "unit")) of \(HumanText.count(count(.run), "stage")) would run")
    }
    if count(.deferred) > 0 {
      parts.append("\(HumanText.count(count(.deferred), "stage")) decided on the way")
    }
    if count(.upToDate) > 0 { parts.append("\(HumanText.count(count(.upToDate), "stage")) up to date") }
    if count(.failed) > 0 { parts.append("\(HumanText.count(count(.failed), "stage")) cannot run") }
    return parts.joined(separator: ", ") + "\n"
  }

  private func lines(_ stage: Plan.Stage, _ width: Int) -> String {
    let (word, colour): (String, Style.Colour?) =
      switch stage.state {
      case .run: ("run", .cyan)
      case .upToDate: ("up to date", .dim)
      case .deferred: ("later", nil)
      case .skipped: ("left out", .dim)
      case .failed: ("cannot run", .red)
      }
    var line = "\(HumanText.padded(stage.id.rawValue, width))  "
    line += style.paint(word, colour)
    let facts = facts(stage)
    if !facts.isEmpty {
      line +=
        String(repeating: " ", count: max(0, 10 - word.count)) + "  " + facts.joined(separator: style.dot)
    }
    var text = line + "\n"
    let isWhole = stage.units.count == 1 && stage.units.first?.key == .whole
    if !isWhole {
      for unit in stage.units.prefix(mostUnits) {
        let why = unit.reasons.map(\.description).joined(separator: "; ")
        text += HumanText.printable("    \(unit.key): \(why)") + "\n"
      }
      if stage.units.count > mostUnits {
        text += "    and \(HumanText.count(stage.units.count - mostUnits, "more unit"))\n"
      }
    }
    for error in stage.errors { text += RunReport.indented(error.description, "    ") }
    return text
  }

  private func facts(_ stage: Plan.Stage) -> [String] {
    var facts: [String] = []
    switch stage.state {
    case .run:
      if let unit = stage.units.first, stage.units.count == 1, unit.key == .whole {
        facts.append(HumanText.printable(unit.reasons.map(\.description).joined(separator: "; ")))
      } else {
        facts.append(
          "\(HumanText.count(stage.units.count)) of \(HumanText.count(stage.units.count + stage.upToDate, "unit"))"
        )
      }
    case .upToDate: facts.append(stage.upToDate == 0 ? "no units" : HumanText.count(stage.upToDate, "unit"))
    case .deferred:
      let names = HumanText.list(stage.waitsFor.map(\.rawValue))
      facts.append("known when \(names.isEmpty ? "what it needs" : names) ran")
    case .skipped, .failed: break
    }
    if stage.left > 0 { facts.append("\(HumanText.count(stage.left, "unit")) outside the days") }
    if !stage.retired.isEmpty {
      facts.append("\(HumanText.count(stage.retired.count, "former unit")) would end")
    }
    return facts
  }
}
