import PipelineCore
import PipelineEngine
import Synchronization
import Testing

@testable import DarkroomCLI

@Suite struct RunReportTests {
  private func text(_ script: ScriptedRuns.Script, _ setting: RunReport.Setting) -> String {
    var report = RunReport(setting)
    return script.map { report.lines(for: $0.event, now: $0.at) }.joined()
  }

  private func setting(_ style: Style = .plain, isQuiet: Bool = false) -> RunReport.Setting {
    RunReport.Setting(
      pipeline: "nightly", stages: ScriptedRuns.names, style: style, isQuiet: isQuiet,
      makers: { ["extract": RunID(3), "merge": RunID(6)] })
  }

  @Test(arguments: ["idle", "work", "failure", "stopped"])
  func plainLines(_ name: String) throws {
    let script = try #require(ScriptedRuns.all.first { $0.name == name }).script
    let text = text(script, setting())
    try expectGolden(text, "plain-\(name).txt")
    #expect(!text.contains("\u{1B}"), "plain text has escapes")
  }

  @Test(arguments: ["work", "failure"])
  func colours(_ name: String) throws {
    let script = try #require(ScriptedRuns.all.first { $0.name == name }).script
    let style = Style(isColoured: true, isUnicode: true, hasSymbols: true)
    try expectGolden(text(script, setting(style)), "colour-\(name).txt")
  }

  /// Colours and symbols are dress: without them the words are the same.
  @Test func coloursOnlyDress() {
    for (name, script) in ScriptedRuns.all {
      var dressed = text(script, setting(Style(isColoured: true, isUnicode: true, hasSymbols: false)))
      for code in ["0", "1", "2", "31", "32", "33", "36"] {
        dressed = dressed.replacing("\u{1B}[\(code)m", with: "")
      }
      #expect(dressed == text(script, setting()), "\(name)")
    }
  }

  @Test func quietRunsTellOnlyFailures() throws {
    #expect(text(ScriptedRuns.idle, setting(isQuiet: true)).isEmpty)
    try expectGolden(text(ScriptedRuns.failure, setting(isQuiet: true)), "quiet-failure.txt")
  }

  @Test func longPipelinesAreSummedUp() {
    let names = (0..<10_000).map { StageID("s\($0)") }
    var script: ScriptedRuns.Script = [(0, .runStarted(RunID(1), pipeline: "big"))]
    for (index, name) in names.enumerated() {
      let isBad = index == 4_711
      script.append(
        (
          Int64(index),
          ScriptedRuns.stage(name, isBad ? .failed : .upToDate, upToDate: 1, failed: isBad ? 1 : 0)
        ))
    }
    script.append((20_000, .runEnded(RunID(1), .failed)))
    let asked = Mutex(0)
    var setting = RunReport.Setting(pipeline: "big", stages: names)
    setting.makers = {
      asked.withLock { $0 += 1 }
      return [:]
    }
    let text = text(script, setting)
    #expect(text.split(separator: "\n").count < 10)
    #expect(text.contains("s4711"))
    #expect(text.contains("9,999 up to date"))
    #expect(asked.withLock { $0 } == 0, "who made 10,000 stages was asked and not shown")
  }

  @Test(arguments: ["idle", "work", "failure", "stopped"])
  func events(_ name: String) throws {
    let script = try #require(ScriptedRuns.all.first { $0.name == name }).script
    var events = RunEventJSON()
    let text = script.map { events.line(for: $0.event, now: $0.at) }.joined()
    try expectGolden(text, "events-\(name).jsonl")
  }

  @Test func progressEventsAreThinnedOut() {
    var events = RunEventJSON()
    let unit = UnitID(stage: "a", key: "b")
    var lines = 0
    for at in stride(from: Int64(0), to: 1_000_000, by: 1_000) {
      if !events.line(for: .unitProgress(unit, done: at, total: nil), now: at).isEmpty { lines += 1 }
    }
    #expect(lines == 5)
  }
}

@Suite struct LiveRegionTests {
  @Test func frames() throws {
    var region = LiveRegion(style: Style(isUnicode: true, hasSymbols: true), stages: ScriptedRuns.names)
    var progress = RunProgress()
    var text = ""
    for (at, event) in ScriptedRuns.work {
      progress.handle(event, now: at)
      text += "@\(at)\n" + region.draw(progress, lasting: "", now: at, width: 60, height: 24)
    }
    try expectGolden(text.replacing("\u{1B}", with: "<ESC>"), "live-work.txt")
  }

  /// No line may be as wide as the terminal: it would wrap, and the region could not be redrawn in place.
  @Test func linesNeverWrap() {
    for width in [20, 21, 33, 80] {
      var region = LiveRegion(style: Style(isUnicode: true), stages: ["a-stage-with-quite-a-long-name", "b"])
      var progress = RunProgress()
      for stage in ["a-stage-with-quite-a-long-name", "b"] as [StageID] {
        progress.handle(.stageStarted(stage), now: 0)
        for number in 0..<30 {
          let unit = UnitID(stage: stage, key: UnitKey("データ/長い名前/\u{1B}[31m\(number)"))
          progress.handle(.unitJudged(unit, .run([.neverRan])), now: 1)
          progress.handle(.unitStarted(unit, attempt: 1), now: 2)
          progress.handle(.unitProgress(unit, done: 3, total: 10), now: 3)
        }
      }
      let frame = region.draw(progress, lasting: "", now: 5_000_000, width: width, height: 10)
      for line in frame.split(separator: "\n") {
        let shown = line.replacing("\u{1B}[K", with: "")
        #expect(HumanText.columns(String(shown)) < width, "\(width): \(shown)")
        #expect(!shown.contains("\u{1B}"), "a file name's escape reached the terminal")
      }
    }
  }

  @Test func redrawsInPlace() {
    var region = LiveRegion(style: .plain, stages: ["a"])
    var progress = RunProgress()
    progress.handle(.stageStarted("a"), now: 0)
    progress.handle(.unitStarted(UnitID(stage: "a", key: .whole), attempt: 1), now: 0)
    #expect(region.erase().isEmpty, "nothing was drawn yet")
    let first = region.draw(progress, lasting: "", now: 0, width: 80, height: 24)
    #expect(first.hasSuffix("\n"), "the cursor waits below the region")
    let second = region.draw(progress, lasting: "x\n", now: 100_000, width: 80, height: 24)
    #expect(second.hasPrefix("\u{1B}[1A\r\u{1B}[Jx\n"))
    #expect(region.erase() == "\u{1B}[1A\r\u{1B}[J")
    #expect(region.erase().isEmpty)
  }

  @Test func pastTheScreenLinesAreCounted() {
    let names = (0..<50).map { StageID("s\($0)") }
    var region = LiveRegion(style: .plain, stages: names)
    var progress = RunProgress()
    for name in names {
      progress.handle(.stageStarted(name), now: 0)
      progress.handle(.unitStarted(UnitID(stage: name, key: .whole), attempt: 1), now: 0)
    }
    let frame = region.draw(progress, lasting: "", now: 0, width: 80, height: 10)
    #expect(frame.split(separator: "\n").count == 7)
    #expect(frame.contains("and 45 more stages"))
    #expect(frame.contains("0 of 50 stages ended"))
  }
}

@Suite struct RunScreenTests {
  private final class HandClock: EngineClock {
    let now = Mutex<Int64>(0)
    var wallMicroseconds: Int64 { now.withLock { $0 } }
    var monotonicMicroseconds: Int64 { now.withLock { $0 } }
    func sleep(for duration: Duration) async throws {}
  }

  private func writes(_ script: ScriptedRuns.Script, _ form: RunScreen.Form) -> [String] {
    let clock = HandClock()
    let collected = Box()
    let screen = RunScreen(form, clock: clock) { text in collected.texts.withLock { $0.append(text) } }
    for (at, event) in script {
      clock.now.withLock { $0 = at }
      screen.handle(event)
    }
    screen.close()
    return collected.texts.withLock { $0 }
  }

  private final class Box: Sendable {
    let texts = Mutex<[String]>([])
  }

  @Test func anIdleRunIsOneWrite() {
    let setting = RunReport.Setting(pipeline: "nightly", stages: ScriptedRuns.names)
    #expect(writes(ScriptedRuns.idle, .text(setting, live: false)).count == 1)
    #expect(writes(ScriptedRuns.idle, .text(setting, live: true)).count == 1)
    #expect(writes(ScriptedRuns.idle, .json).count == 1)
  }

  @Test func nothingIsLostOrShownTwice() {
    let setting = RunReport.Setting(pipeline: "nightly", stages: ScriptedRuns.names)
    for (name, script) in ScriptedRuns.all {
      var report = RunReport(setting)
      let expected = script.map { report.lines(for: $0.event, now: $0.at) }.joined()
      #expect(writes(script, .text(setting, live: false)).joined() == expected, "\(name)")
    }
  }
}
