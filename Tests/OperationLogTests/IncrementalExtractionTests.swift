import DarkroomTesting
import Foundation
import PipelineCore
import Testing

@testable import OperationLog

/// An extraction that goes on from an earlier one gives the same bytes as one that reads everything.
@Suite struct IncrementalExtractionTests {
  private func piece(_ random: inout SeededRandom) -> String {
    switch random.next(below: 12) {
    case 0: return "\n"
    case 1: return "{\"broken\": \n"
    case 2: return "   \n"
    case 3: return "{\"type\":\"nothing\"}\n"
    default:
      return sampleLine(
        random.next(below: 40), day: "2025-10-1\(random.next(below: 4))", second: random.next(below: 20))
    }
  }

  @Test(arguments: 0..<25)
  func sameAsFromScratch(_ seed: Int) throws {
    let workspace = try LogWorkspace()
    var random = SeededRandom(seed: UInt64(seed))
    var log: [UInt8] = []
    var previous: PreviousResult?
    let options = LogExtraction.Options(maxLineBytes: 1 << 20, memoryLimit: seed % 3 == 0 ? 0 : 1 << 20)
    for _ in 0..<8 {
      change(&log, &random)
      try workspace.write(log, to: "data/logs/a.log")
      let whole = try workspace.extract("data/logs/a.log", options: options)
      let increment = try workspace.extract("data/logs/a.log", options: options, previous: previous)
      #expect(increment.files == whole.files)
      #expect(increment.accounting == whole.accounting)
      #expect(increment.accounting.total.isBalanced)
      let lists = [whole, increment].map { extraction in
        extraction.result.artifacts.map { "\($0.name) \(String(describing: $0.rows))" }.sorted()
      }
      #expect(lists[0] == lists[1])
      previous = increment.previous
    }
  }

  /// Appends whole lines or parts of them; sometimes edits, cuts, replaces or keeps the log.
  private func change(_ log: inout [UInt8], _ random: inout SeededRandom) {
    switch random.next(below: 12) {
    case 0: if !log.isEmpty { log[random.next(below: log.count)] = 0x20 }
    case 1: log.removeLast(random.next(below: log.count + 1))
    case 2: log = []
    case 3: break
    default:
      for _ in 0..<random.next(below: 12) { log += Array(piece(&random).utf8) }
      // A line that is being written: cut anywhere, also right before its newline.
      if random.next(below: 2) == 0 {
        let part = Array(piece(&random).utf8)
        log += part[..<(random.next(below: 2) == 0 ? part.count - 1 : random.next(below: part.count))]
      }
    }
  }

  @Test func untouchedDaysAreLinked() throws {
    let workspace = try LogWorkspace()
    try workspace.write(sampleLine(1, day: "2025-10-10") + "{bad\n", to: "data/logs/a.log")
    let first = try workspace.extract("data/logs/a.log")
    try workspace.write(
      sampleLine(1, day: "2025-10-10") + "{bad\n" + sampleLine(2, day: "2025-10-11"), to: "data/logs/a.log")
    let second = try workspace.extract("data/logs/a.log", previous: first.previous)
    let linked = second.result.artifacts.filter { $0.linkedFrom != nil }.map(\.name).sorted()
    #expect(
      linked == [
        "internal/day=2025-10-10/events.jsonl", "internal/day=2025-10-10/rows",
        "quarantine_v1/data@logs@a.log.jsonl",
      ])
    for name in linked {
      let numbers = try [first.artifact, second.artifact].map { artifact in
        try FileManager.default.attributesOfItem(atPath: "\(workspace.root)/\(artifact)/\(name)")[
          .systemFileNumber]
          as? Int
      }
      #expect(numbers[0] == numbers[1])
    }
  }

  @Test func otherSettingsReadAnew() throws {
    let workspace = try LogWorkspace()
    try workspace.write(
      sampleLine(1) + sampleLine(2, extra: ",\"x\":\"\(String(repeating: "y", count: 900))\""),
      to: "data/logs/a.log")
    let first = try workspace.extract("data/logs/a.log", options: .init(maxLineBytes: 1024))
    #expect(first.accounting.total.accepted == 1)
    let second = try workspace.extract("data/logs/a.log", previous: first.previous)
    #expect(second.accounting.total.accepted == 2)
    let third = try workspace.extract(
      "data/logs/a.log", options: .init(writesEvents: false), previous: second.previous)
    #expect(!third.files.keys.contains { $0.hasSuffix("events.jsonl") })
  }

  /// The committed artifact is never written to.
  @Test func previousArtifactStaysAsItIs() throws {
    let workspace = try LogWorkspace()
    try workspace.write(sampleLine(1), to: "data/logs/a.log")
    let first = try workspace.extract("data/logs/a.log")
    try workspace.write(sampleLine(1) + sampleLine(2), to: "data/logs/a.log")
    _ = try workspace.extract("data/logs/a.log", previous: first.previous)
    #expect(try workspace.contents(first.artifact) == first.files)
  }
}
