import PipelineCore
import PipelineEngine

/// The lasting lines of a run's report, made from its events: a line for each stage that ended, the failures as they
/// happen, and what a person needs at the end. Carries no clock time, so that two reports can be compared.
struct RunReport {
  /// What the report is of, and how it is dressed.
  struct Setting: Sendable {
    var pipeline: String
    var stages: [StageID]
    var style = Style.plain
    /// Only failures and warnings, and nothing when there are none.
    var isQuiet = false
    /// A run that ended long ago: all its stages at once, and no advice.
    var isPast = false
    /// How many failed units of a stage the summary names.
    var mostUnitsShown = 5
    /// Which run made what is up to date. Asked at most once, and only when it is shown.
    var makers: @Sendable () -> [StageID: RunID] = { [:] }
  }

  /// Pipelines with more stages have no line for each: only what did not go well, and the numbers.
  static let mostStagesShown = 40
  /// How many findings of a stage are shown when they come; the summary and `darkroom show` have the rest.
  static let mostFindingsShown = 5
  /// In long pipelines, microseconds between two lines that say how far the run is.
  static let heartbeat: Int64 = 10_000_000

  let setting: Setting
  var run: RunID?
  var begin: Int64 = 0
  var ended: [StageRecord.State: Int] = [:]
  var bad: [StageRecord] = []
  var leftOut: [StageID] = []
  var unitsUpToDate = 0
  var unitsDone = 0
  /// The last failing attempt of each unit that has not succeeded since; at most some of each stage.
  var failures: [StageID: [AttemptRecord]] = [:]
  private var shownFindings: [StageID: Int] = [:]
  private var makers: [StageID: RunID]?
  private var lastLine: Int64 = 0
  private let nameWidth: Int

  init(_ setting: Setting) {
    self.setting = setting
    nameWidth = min(32, setting.stages.map { HumanText.columns($0.rawValue) }.max() ?? 0)
  }

  var style: Style { setting.style }
  var isLong: Bool { !setting.isPast && setting.stages.count > Self.mostStagesShown }

  /// The lines that an event adds: whole lines, or nothing.
  mutating func lines(for event: RunEvent, now: Int64) -> String {
    switch event {
    case .runStarted(let run, let pipeline):
      self.run = run
      (begin, lastLine) = (now, now)
      return setting.isQuiet ? "" : "run \(run) of \(pipeline)\n"
    case .unitEnded(let attempt): return attemptEnded(attempt)
    case .unitRetrying(let unit, let attempt, let wait):
      if setting.isQuiet || isLong { return "" }
      var text = "\(unit): attempt \(attempt) follows in \(HumanText.duration(wait.microseconds))"
      if unit.key == .whole, let reason = failures[unit.stage]?.last.flatMap(Self.reason) {
        text += "; \(reason)"
      }
      return line(text)
    case .stageEnded(let record): return stageEnded(record, now)
    case .warning(let finding): return text(of: finding)
    case .stopping: return setting.isQuiet ? "" : stoppingLine
    case .runEnded(_, let state): return summary(state, now)
    case .stageStarted, .unitJudged, .unitStarted, .unitProgress: return ""
    }
  }

  private var stoppingLine: String {
    style.paint("stopping", .yellow)
      + ": nothing new starts; what runs may end or is cancelled soon; a second signal stops it at once\n"
  }

  private func line(_ text: String) -> String { HumanText.printable(text) + "\n" }

  // MARK: Units

  private mutating func attemptEnded(_ attempt: AttemptRecord) -> String {
    let stage = attempt.unit.stage
    failures[stage]?.removeAll { $0.unit == attempt.unit }
    if attempt.state == .done { return warnings(attempt) }
    if attempt.state == .stopped { return "" }
    if failures[stage, default: []].count < setting.mostUnitsShown {
      failures[stage, default: []].append(attempt)
    }
    // Quiet runs tell failures once, in the summary; the line of a whole stage has the reason itself.
    guard !setting.isQuiet, !setting.isPast, attempt.unit.key != .whole, mayShow(stage) else { return "" }
    let word = attempt.state == .timedOut ? "timed out" : attempt.state.rawValue
    let text = HumanText.printable("\(attempt.unit)")
    let message = Self.reason(attempt).map { ": \($0)" } ?? ""
    return "\(style.paint("\(text) \(word)", .red))\(HumanText.printable(message))\n"
  }

  /// Why an attempt failed, in one line.
  private static func reason(_ attempt: AttemptRecord) -> String? {
    let finding = attempt.findings.first { $0.severity == .error } ?? attempt.findings.first
    return finding.map { firstLine(withoutUnit($0.message, attempt.unit)) }
  }

  /// A message without the unit's name at its start, where the line begins with that name already.
  static func withoutUnit(_ message: String, _ unit: UnitID) -> String {
    let start = "\(unit): "
    return message.hasPrefix(start) ? String(message.dropFirst(start.count)) : message
  }

  private mutating func warnings(_ attempt: AttemptRecord) -> String {
    var text = ""
    for finding in attempt.findings where finding.severity >= .warning && mayShow(attempt.unit.stage) {
      // A place says more than the unit's name, and often repeats it.
      if finding.location == nil { text += HumanText.printable("\(attempt.unit)") + ": " }
      text += self.text(of: finding)
    }
    return text
  }

  private mutating func mayShow(_ stage: StageID) -> Bool {
    shownFindings[stage, default: 0] += 1
    return shownFindings[stage, default: 0] <= Self.mostFindingsShown
  }

  func text(of finding: Diagnostic) -> String {
    let word = finding.severity.rawValue + ": "
    let colour: Style.Colour = finding.severity == .error ? .red : .yellow
    var text = finding.description
    if style.isColoured, let range = text.firstRange(of: word) {
      text.replaceSubrange(range, with: style.paint(word, colour))
    }
    return text + "\n"
  }

  // MARK: Stages

  private mutating func stageEnded(_ record: StageRecord, _ now: Int64) -> String {
    ended[record.state, default: 0] += 1
    unitsUpToDate += record.unitsUpToDate
    unitsDone += record.unitsDone
    let hidden = max(0, shownFindings[record.id, default: 0] - Self.mostFindingsShown)
    var text = ""
    if hidden > 0, !setting.isQuiet, !setting.isPast {
      text +=
        "\(record.id): \(HumanText.count(hidden, "more finding")), see `darkroom show \(run?.description ?? "last")`\n"
    }
    switch record.state {
    case .failed, .blocked, .stopped: bad.append(record)
    case .skipped:
      leftOut.append(record.id)
      return text
    default: break
    }
    if setting.isQuiet { return "" }
    if !isLong || record.state == .failed { return text + stageLine(record) }
    if now - lastLine >= Self.heartbeat {
      lastLine = now
      let count = ended.values.reduce(0, +)
      text += "\(HumanText.count(count)) of \(HumanText.count(setting.stages.count)) stages ended\n"
    }
    return text
  }

  private mutating func stageLine(_ record: StageRecord) -> String {
    let name = HumanText.padded(record.id.rawValue, nameWidth)
    let colour = StageWords.colour(record.state)
    let marked = style.paint(StageWords.symbol(record.state, style), colour)
    let word = StageWords.word(record.state)
    var line = "\(marked)\(name)  \(style.paint(word, colour))"
    let facts = facts(of: record)
    if !facts.isEmpty { line += String(repeating: " ", count: max(0, 10 - word.count)) + "  " + facts }
    return line + "\n"
  }

  private mutating func facts(of record: StageRecord) -> String {
    var facts: [String] = []
    let units = StageWords.units(record)
    if record.state == .upToDate {
      let why = unitsWhy(record.id)
      return units == "no units" ? units : "\(units)\(style.paint(" (\(why))", .dim))"
    }
    if !units.isEmpty { facts.append(units) }
    if let begin = record.startedAt, let end = record.endedAt, record.state != .blocked {
      facts.append(HumanText.duration(end - begin))
    }
    let counters = StageWords.counters(record.counters)
    if !counters.isEmpty { facts.append(counters) }
    let attempts = failures[record.id] ?? []
    if record.state == .failed, attempts.isEmpty || attempts.contains(where: { $0.unit.key == .whole }) {
      let reason = attempts.first.flatMap(Self.reason) ?? record.errors.first
      if let reason { facts.append(HumanText.printable(Self.firstLine(reason))) }
    } else if record.state == .blocked, let reason = record.errors.last {
      facts.append(HumanText.printable(Self.firstLine(reason)))
    }
    return facts.joined(separator: style.dot)
  }

  static func firstLine(_ text: String) -> String {
    String(text.prefix { !$0.isNewline })
  }

  private mutating func unitsWhy(_ stage: StageID) -> String {
    let known = makers ?? setting.makers()
    makers = known
    let since = known[stage].map { " since run \($0)" } ?? ""
    return "inputs, settings and code unchanged\(since)"
  }
}
