import PipelineCore
import PipelineEngine

/// The end of a run's report: the outcome in one line, then what failed, why, where its log is and what to do next.
extension RunReport {
  func summary(_ state: RunRecord.State, _ now: Int64) -> String {
    let took = HumanText.duration(now - begin)
    let name = "run \(run?.description ?? "?") of \(setting.pipeline)"
    var text = setting.isQuiet ? "" : leftOutLine
    switch state {
    case .succeeded:
      if setting.isQuiet { return failureLists }
      let idle = ended[.succeeded, default: 0] == 0 && ended[.failed, default: 0] == 0
      if idle {
        let all = ended[.upToDate, default: 0]
        let who = all == 1 ? "the one stage is" : "all \(HumanText.count(all)) stages are"
        let why = isLong ? "inputs, settings and code unchanged; " : ""
        text += "\(style.paint("nothing to do", .green)): \(who) up to date (\(why)\(took))\n"
      } else {
        text += failureLists
        text += "\(name) \(style.paint("done", .green)) in \(took): \(stageCounts)\n"
      }
      return text
    case .failed:
      text += failureLists
      text += "\(name) \(style.paint("failed", .red)) after \(took): \(stageCounts)\n"
      if !setting.isPast {
        text += "next: mend the cause, then `darkroom run \(setting.pipeline) --failed`\n"
      }
    case .running:
      text += failureLists + "\(name) is still \(style.paint("running", .cyan)): \(stageCounts)\n"
    case .interrupted:
      text += failureLists + "\(name) was \(style.paint("interrupted", .yellow)): \(stageCounts)\n"
    case .stopped:
      text += failureLists
      text += "\(name) \(style.paint("stopped", .yellow)) after \(took): \(stageCounts)\n"
      if !setting.isPast {
        text += "next: `darkroom run \(setting.pipeline)` goes on where this run stopped\n"
      }
    }
    return text
  }

  private var leftOutLine: String {
    if leftOut.isEmpty { return "" }
    return style.paint("left out by the selection: \(HumanText.list(leftOut.map(\.rawValue)))", .dim) + "\n"
  }

  /// `1 stage failed, 3 blocked, 2 done`.
  private var stageCounts: String {
    let order: [(StageRecord.State, String)] = [
      (.failed, "failed"), (.blocked, "blocked"), (.stopped, "stopped"), (.succeeded, "done"),
      (.upToDate, "up to date"), (.running, "running"), (.waiting, "waiting"), (.skipped, "left out"),
    ]
    var parts: [String] = []
    for (state, word) in order {
      guard let count = ended[state], count > 0 else { continue }
      parts.append(
        parts.isEmpty ? "\(HumanText.count(count, "stage")) \(word)" : "\(HumanText.count(count)) \(word)")
    }
    return parts.isEmpty ? "no stage" : parts.joined(separator: ", ")
  }

  private var failureLists: String {
    var text = ""
    for record in bad where record.state == .failed { text += failure(record) }
    let blocked = bad.filter { $0.state == .blocked }.map(\.id.rawValue)
    if !blocked.isEmpty {
      text += "\n\(style.paint("blocked", .yellow)): \(HumanText.list(blocked, limit: 12))\n"
    }
    return text.isEmpty ? "" : text + "\n"
  }

  private func failure(_ record: StageRecord) -> String {
    let units = StageWords.units(record)
    var text = "\n\(style.paint("\(record.id) failed", .red))\(units.isEmpty ? "" : ": \(units)")\n"
    let attempts = failures[record.id] ?? []
    for attempt in attempts {
      let isWhole = attempt.unit.key == .whole
      if !isWhole { text += "  \(HumanText.printable("\(attempt.unit)"))\n" }
      let indent = isWhole ? "  " : "    "
      if attempt.attempt > 1 { text += "\(indent)\(attempt.attempt) attempts\n" }
      for finding in attempt.findings.prefix(Self.mostFindingsShown) {
        text += Self.indented(self.text(of: finding), indent)
      }
      if let log = attempt.logFile { text += "\(indent)log: \(HumanText.printable(log))\n" }
    }
    // Units that could not be found at all have no attempt; the record has their errors.
    if attempts.isEmpty { for error in record.errors { text += Self.indented(error + "\n", "  ") } }
    let more = record.unitsFailed - attempts.count
    if !attempts.isEmpty, more > 0 {
      text += "  and \(HumanText.count(more, "more unit")): `darkroom show \(run?.description ?? "last")`\n"
    }
    return text
  }

  static func indented(_ text: String, _ indent: String) -> String {
    text.split(separator: "\n").map { "\(indent)\($0)\n" }.joined()
  }
}
