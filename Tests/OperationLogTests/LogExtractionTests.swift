import DarkroomTesting
import Foundation
import PipelineCore
import Testing

@testable import OperationLog

@Suite struct LogExtractionTests {
  @Test func accountsForEveryLine() throws {
    let workspace = try LogWorkspace()
    let first = sampleLine(1, second: 5)
    var log = Array((first + "\n  \t\r\n" + sampleLine(2, second: 3) + first + "{broken\n").utf8)
    log += [0xFF, 0x0A] + Array("{\"x\":\"".utf8) + [0] + Array("\"}\n".utf8)
    log += Array(sampleLine(3, day: "9999-12-31").utf8) + Array("{\"type\": \"file_oper".utf8)
    try workspace.write(log, to: "data/logs/a.log")
    let extraction = try workspace.extract("data/logs/a.log")
    let total = extraction.accounting.total
    #expect(total.lines == 10)
    #expect(total.accepted == 3)
    #expect(total.duplicates == 1)
    #expect(total.blank == 2)
    #expect(
      total.quarantined == ["malformed-json": 1, "bad-utf8": 1, "nul-byte": 1, "unterminated": 1])
    #expect(total.isBalanced)
    #expect(
      extraction.accounting.days.map { "\($0.key) \($0.value)" }.sorted() == ["2025-10-10 2", "9999-12-31 1"])
    #expect(extraction.accounting.bytes == Int64(log.count))
    let quarantine = extraction.quarantine
    #expect(quarantine.compactMap { $0.number("line") } == [6, 7, 8, 10])
    #expect(
      quarantine.compactMap { $0["reason"] } == ["malformed-json", "bad-utf8", "nul-byte", "unterminated"])
    #expect(
      quarantine.compactMap { $0["excerpt"] } == [
        "{broken", "\\xff", "{\"x\":\"\\x00\"}", "{\"type\": \"file_oper",
      ])
    #expect(quarantine.allSatisfy { $0["file"] == "data/logs/a.log" })
    for entry in quarantine {
      let offset = try #require(entry.number("offset"))
      let length = try #require(entry.number("length"))
      #expect(offset == 0 || log[offset - 1] == 0x0A)
      #expect(offset + length == log.count || log[offset + length] == 0x0A)
    }
    #expect(extraction.result.findings.count == 4)
    #expect(extraction.result.findings.allSatisfy { $0.severity == .warning && $0.location != nil })
  }

  @Test func writesTheNormalisedRecord() throws {
    let workspace = try LogWorkspace()
    let names = (0..<60).map { "\"f\($0).png\"" }.joined(separator: ",")
    try workspace.write(
      """
      {"type":"batch_end","timestamp":"2025-10-10T01:00:00+02:00","summary":{"b":1,"a":"é"},"batch_id":null,"x":"\\u0001\\""}
      {"type":"file_operation","script":"s\\n","session_id":"i","timestamp":"2025-10-10 01:02:03.5","operation":"crop",\
      "source_dir":"a","dest_dir":"b","file_count":2,"notes":"n","files":[\(names)],"actor":"machine"}

      """, to: "data/logs/a.log")
    let extraction = try workspace.extract("data/logs/a.log")
    let earlier = String(
      decoding: extraction.files["internal/day=2025-10-09/events.jsonl"] ?? [], as: UTF8.self)
    #expect(
      earlier.dropFirst(50) == """
        ,"script_id":null,"session_id":null,"ts_utc":"2025-10-09T23:00:00.000000Z","tz_source":"offset",\
        "event_type":"batch_end","operation":null,"source_dir":null,"dest_dir":null,"file_count":null,"notes":null,\
        "files_sample":null,"day":"2025-10-09","extra":{"summary":{"a":"é","b":1},"x":"\\u0001\\""},"actor":"human",\
        "origin":{"file":"data/logs/a.log","line":1}}

        """)
    let later = String(
      decoding: extraction.files["internal/day=2025-10-10/events.jsonl"] ?? [], as: UTF8.self)
    let sample = (0..<50).map { "\"f\($0).png\"" }.joined(separator: ",")
    #expect(
      later.dropFirst(50) == """
        ,"script_id":"s\\n","session_id":"i","ts_utc":"2025-10-10T01:02:03.500000Z","tz_source":"local_guess",\
        "event_type":"file_operation","operation":"crop","source_dir":"a","dest_dir":"b","file_count":2,"notes":"n",\
        "files_sample":[\(sample)],"day":"2025-10-10","extra":{},"actor":"machine",\
        "origin":{"file":"data/logs/a.log","line":2}}

        """)
    #expect(later.hasPrefix("{\"event_id\":\"evt:"))
    let day = try DayEvents.read(workspace.root + "/" + extraction.artifact + "/internal/day=2025-10-10/rows")
    #expect(day.day.description == "2025-10-10")
    #expect(day.strings == ["", "s\n", "crop", "a", "b"])
    #expect(day.rows.count == 1)
    #expect(day.rows[0].isMachine)
    #expect(day.rows[0].fileCount == 2)
    #expect(day.rows[0].imageCount == 60)
    #expect(Set(day.imageNames).count == 60)
  }

  @Test func eventsCanBeLeftOut() throws {
    let workspace = try LogWorkspace()
    try workspace.write(sampleLine(1), to: "data/logs/a.log")
    let extraction = try workspace.extract("data/logs/a.log", options: .init(writesEvents: false))
    #expect(extraction.files.keys.sorted() == ["internal/accounting.json", "internal/day=2025-10-10/rows"])
  }

  @Test func emptyLog() throws {
    let workspace = try LogWorkspace()
    try workspace.write("", to: "data/logs/a.log")
    let extraction = try workspace.extract("data/logs/a.log")
    #expect(extraction.accounting.total == LineAccounting())
    #expect(extraction.files.keys.sorted() == ["internal/accounting.json"])
  }

  @Test func byteOrderMarkAndCarriageReturns() throws {
    let workspace = try LogWorkspace()
    let lines = sampleLine(1).replacing("\n", with: "\r\n") + sampleLine(2).replacing("\n", with: "\r\n")
    try workspace.write([0xEF, 0xBB, 0xBF] + Array(lines.utf8), to: "data/logs/a.log")
    #expect(try workspace.extract("data/logs/a.log").accounting.total.accepted == 2)
  }

  @Test func overlongLines() throws {
    let workspace = try LogWorkspace()
    func line(_ length: Int) -> String {
      let rest = sampleLine(length).dropLast(2) + ",\"x\":\""
      return rest + String(repeating: "x", count: length - rest.utf8.count - 2) + "\"}\n"
    }
    let limit = 5000
    try workspace.write(
      line(limit) + line(limit + 1) + sampleLine(1) + line(3_000_000) + sampleLine(2)
        + line(2_500_000).dropLast(),
      to: "data/logs/a.log")
    let extraction = try workspace.extract("data/logs/a.log", options: .init(maxLineBytes: limit))
    #expect(extraction.accounting.total.lines == 6)
    #expect(extraction.accounting.total.accepted == 3)
    #expect(extraction.accounting.total.quarantined == ["over-long-line": 2, "unterminated": 1])
    #expect(extraction.quarantine.compactMap { $0.number("length") } == [limit + 1, 3_000_000, 2_500_000])
    #expect(extraction.quarantine.allSatisfy { $0["excerpt"]?.utf8.count == 256 })
    let whole = try workspace.extract("data/logs/a.log")
    #expect(whole.accounting.total.accepted == 6)
  }

  @Test func changeWhileReadingFailsTheUnit() throws {
    let workspace = try LogWorkspace()
    try workspace.write(sampleLine(1), to: "data/logs/a.log")
    let error = #expect(throws: Diagnostic.self) {
      try workspace.extract("data/logs/a.log", digest: Digest(of: sampleLine(2)))
    }
    #expect(error?.code == "input-changed")
  }

  @Test func linksAndFoldersAreNamed() throws {
    let workspace = try LogWorkspace()
    try workspace.write(sampleLine(1), to: "data/logs/a.log")
    try FileManager.default.createSymbolicLink(
      atPath: workspace.root + "/data/logs/b.log", withDestinationPath: "a.log")
    let error = #expect(throws: Diagnostic.self) { try workspace.extract("data/logs/b.log") }
    #expect(error?.code == "symbolic-link")
    #expect(error?.message.contains("data/logs/b.log") == true)
  }

  /// The memory bound changes nothing about what is made, in whatever order the days come.
  @Test(arguments: [0, 20_000, 200_000])
  func memoryBoundDoesNotShow(_ limit: Int) throws {
    let workspace = try LogWorkspace()
    var random = SeededRandom(seed: UInt64(limit) + 3)
    var text = ""
    for index in 0..<3000 {
      let day = 10 + random.next(below: 9)
      text += sampleLine(random.next(below: 700), day: "2025-10-\(day)", second: random.next(below: 100))
      if index % 500 == 0 { text += sampleLine(index, extra: ",\"n\":\(index)") }
    }
    try workspace.write(text, to: "data/logs/a.log")
    let free = try workspace.extract("data/logs/a.log")
    #expect(free.accounting.total.duplicates > 0)
    let bound = try workspace.extract("data/logs/a.log", options: .init(memoryLimit: limit))
    #expect(bound.files == free.files)
    #expect(bound.accounting == free.accounting)
  }
}
