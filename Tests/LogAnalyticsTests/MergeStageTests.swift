import DarkroomTesting
import Foundation
import LogAnalytics
import OperationLog
import PipelineCore
import Testing

@Suite struct MergeStageTests {
  private func lines(_ text: [UInt8]?) -> [[String: Any]] {
    (text ?? []).split(separator: 0x0A).compactMap {
      // `try?`: a line that is not JSON would be missing from what is counted.
      (try? JSONSerialization.jsonObject(with: Data($0))) as? [String: Any]
    }
  }

  /// Logs with events that several of them have, over three days.
  private func writeLogs(_ workspace: StageWorkspace) throws {
    let a =
      (0..<30).map { sampleLine($0) }.joined() + (0..<5).map { sampleLine($0, day: "2025-10-11") }.joined()
    let b = (20..<40).map { sampleLine($0) }.joined() + sampleLine(1, day: "2025-10-12")
    let c =
      (3..<8).map { sampleLine($0, day: "2025-10-11") }.joined() + sampleLine(25) + "broken\n\n"
      + sampleLine(25)
    try workspace.write(b, to: "data/file_operations_logs/b.log")
    try workspace.write(a, to: "data/file_operations_logs/a.log")
    try workspace.write(c, to: "data/file_operations_logs/c.log")
  }

  @Test func eachEventStaysOnce() async throws {
    let workspace = try StageWorkspace()
    try writeLogs(workspace)
    let runs = try await workspace.runAll()
    let merge = try #require(runs["merge"])
    #expect(merge.results.keys.sorted() == ["2025-10-10", "2025-10-11", "2025-10-12"])
    #expect(merge.results["2025-10-10"]?.counters == ["rows": 40, "duplicates": 11, "files": 3])
    #expect(merge.results["2025-10-11"]?.counters == ["rows": 8, "duplicates": 2, "files": 2])
    #expect(merge.results["2025-10-12"]?.counters == ["rows": 1, "duplicates": 0, "files": 1])
    // What is dropped is dropped from the later log's text; a text without events is not made.
    let folder = "2025-10-10/operation_events_v2/day=2025-10-10/data@file_operations_logs@"
    #expect(lines(merge.files[folder + "a.log.jsonl"]).count == 30)
    #expect(lines(merge.files[folder + "b.log.jsonl"]).count == 10)
    #expect(merge.files[folder + "c.log.jsonl"] == nil)
    let eleventh = "2025-10-11/operation_events_v2/day=2025-10-11/data@file_operations_logs@"
    let kept = lines(merge.files[eleventh + "c.log.jsonl"])
    #expect(
      kept.compactMap { ($0["files_sample"] as? [String])?.first } == [
        "image_5.png", "image_6.png", "image_7.png",
      ])
    let path = try #require(workspace.path("merge", "2025-10-11", "internal/rows"))
    let day = try DayEvents.read(path)
    #expect(day.rows.count == 8)
    #expect(
      zip(day.rows, day.rows.dropFirst()).allSatisfy {
        ($0.timestamp, $0.eventID) < ($1.timestamp, $1.eventID)
      })
    let texts = Set(lines(merge.files[eleventh + "a.log.jsonl"]).compactMap { $0["event_id"] as? String })
      .union(kept.compactMap { $0["event_id"] as? String })
    #expect(Set(day.rows.map(\.eventID.description)) == texts)
  }

  @Test func reconciliationCountsEveryLine() async throws {
    let workspace = try StageWorkspace()
    try writeLogs(workspace)
    let reconcile = try #require(try await workspace.runAll()["reconcile"])
    let files = lines(reconcile.files["/reconciliation_v1/files.jsonl"])
    #expect(files.compactMap { $0["file"] as? String }.map { $0.suffix(5) } == ["a.log", "b.log", "c.log"])
    #expect(files.compactMap { $0["lines"] as? Int } == [35, 21, 9])
    #expect(files.compactMap { $0["accepted"] as? Int } == [35, 11, 3])
    #expect(files.compactMap { $0["duplicates"] as? Int } == [0, 10, 4])
    #expect(files.compactMap { $0["blank"] as? Int } == [0, 0, 1])
    #expect((files[2]["quarantined"] as? [String: Int]) == ["malformed-json": 1])
    let total = try #require(
      lines(
        Array(
          String(decoding: reconcile.files["/reconciliation_v1/total.json"] ?? [], as: UTF8.self).replacing(
            "\n", with: " "
          ).utf8)
      ).first)
    #expect(total["lines"] as? Int == 65)
    #expect(total["accepted"] as? Int == 49)
  }

  @Test func singleLogIsLinked() async throws {
    let workspace = try StageWorkspace()
    try workspace.write(sampleLine(1), to: "data/file_operations_logs/a.log")
    let merge = try #require(try await workspace.runAll()["merge"])
    let linked = merge.results["2025-10-10"]?.artifacts.filter { $0.linkedFrom != nil }.map(\.name)
    #expect(
      linked == ["internal/rows", "operation_events_v2/day=2025-10-10/data@file_operations_logs@a.log.jsonl"])
  }

  /// The order in which units run does not show, and neither does the order in which the logs were written.
  @Test func orderDoesNotShow() async throws {
    var made: [[StageID: [String: [UInt8]]]] = []
    for reversed in [false, true] {
      let workspace = try StageWorkspace()
      try writeLogs(workspace)
      made.append(try await workspace.runAll(reversed: reversed).mapValues(\.files))
    }
    #expect(made[0] == made[1])
  }

  /// The lines of a log may stand in any order: rows, counts and the set of records stay the same.
  @Test func permutationOfFiles() async throws {
    var options = OperationLogGenerator.Options()
    options.linesPerDay = 400
    options.duplicatesPerThousand = 30
    options.compressesEverySecondDay = true
    let workspace = try StageWorkspace()
    let logs = try OperationLogGenerator(options).write(to: workspace.root)
    let first = try #require(try await workspace.runAll()["merge"]?.results)
    // The same contents under each other's names.
    let folder = workspace.root + "/data/file_operations_logs/"
    let names = logs.filter { $0.hasSuffix(".log") }.map {
      $0.split(separator: "/").last.map(String.init) ?? ""
    }
    try FileManager.default.moveItem(atPath: folder + names[0], toPath: folder + "x")
    try FileManager.default.moveItem(atPath: folder + names[1], toPath: folder + names[0])
    try FileManager.default.moveItem(atPath: folder + "x", toPath: folder + names[1])
    let second = try #require(try await workspace.runAll()["merge"]?.results)
    #expect(first.mapValues(\.counters) == second.mapValues(\.counters))
  }

  @Test func alteredAccountIsAnError() throws {
    var account = ExtractAccounting(file: "a.log", digest: Digest(of: ""))
    account.total.lines = 3
    account.total.accepted = 2
    account.days = [Day(number: 0): 2]
    #expect(throws: Diagnostics.self) { try LogReconciliation(extracted: [account], merged: []) }
    account.total.blank = 1
    #expect(try LogReconciliation(extracted: [account], merged: []).files.count == 1)
    let share = MergeAccounting(day: Day(number: 0), files: ["a.log": .init(accepted: 1, duplicates: 0)])
    #expect(throws: Diagnostics.self) { try LogReconciliation(extracted: [account], merged: [share]) }
    let other = MergeAccounting(day: Day(number: 1), files: ["b.log": .init(accepted: 1, duplicates: 0)])
    #expect(throws: Diagnostics.self) { try LogReconciliation(extracted: [account], merged: [other]) }
  }
}
