import DarkroomTesting
import Foundation
import PipelineCore
import Testing

@testable import OperationLog

@Suite struct EventIdentityTests {
  /// The ids of the accepted lines, in line order of each day.
  private func identities(_ log: [UInt8]) throws -> [String] {
    let workspace = try LogWorkspace()
    try workspace.write(log, to: "data/logs/a.log")
    return try workspace.extract("data/logs/a.log").events.compactMap { $0["event_id"] }
  }

  @Test func doesNotDependOnNotation() throws {
    let lines = [
      #"{"type":"file_operation","script":"s","session_id":"x","timestamp":"2025-10-10T08:52:07Z","operation":"move","file_count":1,"files":["é.png"],"b":{"y":1,"x":2.50}}"#,
      #"{ "b" : {"x":2.5, "y":1}, "files":["\u00e9.png"], "file_count":1, "operation":"move", "timestamp":"2025-10-10T10:52:07.000000000+02:00", "session_id":"x", "script":"s", "type":"file_operation" }"#,
      #"{"type":"file_operation","script":"s","session_id":"x","batch_id":null,"notes":null,"timestamp":"2025-10-10 08:52:07","operation":"move","file_count":1,"files":["é.png"],"actor":"human","b":{"y":1,"x":25e-1}}"#,
    ]
    #expect(try identities(Array(lines.joined(separator: "\n").utf8)).count == 1)
  }

  @Test func dependsOnEveryField() throws {
    let base: [String: String] = [
      "type": "\"file_operation\"", "script": "\"s\"", "session_id": "\"x\"",
      "timestamp": "\"2025-10-10T08:52:07Z\"",
      "operation": "\"move\"", "source_dir": "\"a\"", "dest_dir": "\"b\"", "file_count": "1",
      "notes": "\"n\"",
      "files": "[\"a\",\"b\"]", "other": "{\"k\":[1,null]}",
    ]
    let changes: [(String, String)] = [
      ("type", "\"user_action\""), ("script", "\"t\""), ("script", "null"), ("script", "\"\""),
      ("session_id", "\"y\""),
      ("timestamp", "\"2025-10-10T08:52:07.000001Z\""), ("operation", "\"copy\""), ("source_dir", "\"b\""),
      ("source_dir", "\"ab\""), ("dest_dir", "null"), ("file_count", "2"), ("file_count", "0"),
      ("file_count", "null"),
      ("notes", "\"m\""), ("files", "[\"ab\"]"), ("files", "[]"), ("files", "null"),
      ("files", "[\"b\",\"a\"]"),
      ("other", "{\"k\":[1]}"), ("other", "{\"k\":[null,1]}"), ("other", "null"), ("actor", "\"machine\""),
      ("actor", "\"robot\""), ("new", "true"),
    ]
    var lines = [base]
    for (key, value) in changes { lines.append(base.merging([key: value]) { $1 }) }
    let text = lines.map { "{" + $0.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}" }.joined(
      separator: "\n")
    #expect(Set(try identities(Array(text.utf8))).count == lines.count)
  }

  /// Random records with odd texts and numbers, judged by an independent program.
  @Test func judgedByPython() throws {
    var random = SeededRandom(seed: 11)
    var log: [UInt8] = []
    for _ in 0..<600 { log += Array((Self.randomLine(&random) + "\n").utf8) }
    try compare(log)
  }

  @Test func generatedLogJudgedByPython() throws {
    var options = OperationLogGenerator.Options()
    options.linesPerDay = 3000
    options.duplicatesPerThousand = 50
    try compare(OperationLogGenerator(options).lines(of: 0))
  }

  private func compare(_ log: [UInt8]) throws {
    let verdict = try EventJudge.judge(log)
    let workspace = try LogWorkspace()
    try workspace.write(log, to: "data/logs/a.log")
    let extraction = try workspace.extract("data/logs/a.log")
    let counts = extraction.accounting.total
    #expect(
      verdict.counts == [
        counts.lines, counts.accepted, counts.duplicates, counts.blank, counts.quarantinedTotal,
      ])
    #expect(counts.accepted > 50, "the sample must not be all bad lines")
    // Events of a day are in line order, so that days in order of their first line give the judge's order per day.
    let judged = Dictionary(grouping: verdict.events) { line -> Day in
      Day(utcMicroseconds: Int64(line.split(separator: " ")[1]) ?? 0)
    }
    for (day, events) in judged {
      let text = extraction.files["internal/day=\(day)/events.jsonl"] ?? []
      let ids = LogWorkspace.JSONLine.all(text).compactMap { $0["event_id"] }
      #expect(ids == events.map { String($0.prefix(36)) })
      let rows = try DayEvents.read(workspace.root + "/" + extraction.artifact + "/internal/day=\(day)/rows")
        .rows
      let listed = rows.map { "\($0.eventID) \($0.timestamp)" }
      #expect(listed.sorted() == events.sorted())
    }
  }

  static func randomLine(_ random: inout SeededRandom) -> String {
    let texts = [
      "\"a\"", "\"\"", "null", "\"é😀\"", "\"\\u00e9\\ud83d\\ude00\"",
      "\"q\\\"\\\\\\/\\b\\f\\n\\r\\t\\u001f\\u007f\"", "\"x y\"",
    ]
    let numbers = [
      "0", "-0", "-0.0", "1", "1.0", "1e2", "2.5", "1e22", "1E+23", "1e-7", "0.0001", "123456789012345680.0",
      "9223372036854775807", "-9223372036854775808", "18446744073709551615", "5e-324",
      "1.7976931348623157e308",
      "0.1", "100000", "1e5", "1234567.125", "99999999999999999999", "1e999", "-12.30",
    ]
    func text() -> String { texts[random.next(below: texts.count)] }
    func value(_ depth: Int) -> String {
      switch random.next(below: depth > 2 ? 4 : 6) {
      case 0: return text()
      case 1, 2: return numbers[random.next(below: numbers.count)]
      case 3: return ["true", "false", "null"][random.next(below: 3)]
      case 4:
        return "[" + (0..<random.next(below: 3)).map { _ in value(depth + 1) }.joined(separator: ", ") + "]"
      default:
        let keys = ["b", "a", "é", "\\u0041", "aa", ""].prefix(random.next(below: 6))
        return "{" + keys.map { "\"\($0)\":\(value(depth + 1))" }.joined(separator: ",") + "}"
      }
    }
    let types = EventType.allCases.map(\.name) + ["other"]
    let offsets = ["Z", "+00:00", "", "+05:45", "-0330", "+14", "x"]
    var members = [
      "\"type\":\"\(types[random.next(below: types.count)])\"",
      "\"timestamp\":\"2025-10-1\(random.next(below: 3))T0\(random.next(below: 10)):52:07.\(random.next(below: 1000))\(offsets[random.next(below: offsets.count)])\"",
    ]
    for key in ["script", "session_id", "operation", "source_dir", "dest_dir", "notes"]
    where random.next(below: 2) == 0 {
      members.append("\"\(key)\": \(text())")
    }
    if random.next(below: 3) > 0 {
      members.append("\"file_count\":\(["0", "3", "null", "-1", "1.5"][random.next(below: 5)])")
    }
    for key in ["files", "files_sample"] where random.next(below: 3) == 0 {
      members.append(
        "\"\(key)\":" + ["[]", "[\"a.png\",\"é/b.jpg\"]", "null", "[\"\"]"][random.next(below: 4)])
    }
    for key in ["zeta", "alpha", "batch_id"] where random.next(below: 3) == 0 {
      members.append("\"\(key)\":\(value(0))")
    }
    if random.next(below: 4) == 0 {
      members.append("\"actor\":" + ["\"machine\"", "\"human\"", "\"bot\"", "null"][random.next(below: 4)])
    }
    members.shuffle(using: &random)
    return "{" + members.joined(separator: random.next(below: 2) == 0 ? "," : ", ") + "}"
  }
}
