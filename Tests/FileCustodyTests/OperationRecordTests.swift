import DarkroomTesting
import FileSystem
import Foundation
import OperationLog
import PipelineCore
import Testing

@testable import FileCustody

@Suite struct OperationRecordTests {
  let scratch: CustodyScratch
  private let log = "data/file_operations_logs/file_operations_20251009.log"

  init() throws {
    scratch = try CustodyScratch()
    try scratch.write(["a.png", "a.yaml", "b.png"])
  }

  private var order: CustodyOrder {
    scratch.order([
      CustodyOperation(
        verb: .move, sourceFolder: "mojo", targetFolder: "mojo/__selected", images: ["a.png"],
        notes: "quote \" and \n newline",
        steps: [scratch.move("a.png", "__selected/a.png"), scratch.move("a.yaml", "__selected/a.yaml")]),
      CustodyOperation(
        verb: .stageDelete, sourceFolder: "mojo", targetFolder: "mojo/__delete_staging", images: ["b.png"],
        steps: [scratch.move("b.png", "__delete_staging/b.png")]),
    ])
  }

  private func records() throws -> [[String: Any]] {
    try scratch.logLines().map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  @Test func theRecordsSayWhatHappened() throws {
    let custody = try scratch.custody()
    let order = order
    _ = try custody.perform(order)
    _ = try custody.undo(order.id)
    let records = try records()
    try #require(records.count == 4)
    let first = records[0]
    #expect(
      Set(first.keys) == [
        "type", "script", "session_id", "batch_id", "timestamp", "operation", "source_dir", "dest_dir",
        "file_count",
        "notes", "files", "op_id", "run_id", "actor",
      ])
    #expect(first["type"] as? String == "file_operation")
    #expect(first["script"] as? String == "darkroom")
    #expect(first["session_id"] as? String == "run-7")
    #expect(first["batch_id"] is NSNull)
    #expect(first["timestamp"] as? String == "2025-10-09T08:53:21.000000+00:00")
    #expect(first["operation"] as? String == "move")
    #expect(first["source_dir"] as? String == "mojo")
    #expect(first["dest_dir"] as? String == "mojo/__selected")
    #expect(first["file_count"] as? Int == 1)
    #expect(first["notes"] as? String == "quote \" and \n newline")
    #expect(first["files"] as? [String] == ["a.png", "a.yaml"])
    #expect(first["op_id"] as? String == "\(order.id)-0")
    #expect(first["run_id"] as? Int == 7)
    #expect(first["actor"] as? String == "human")
    #expect(records[1]["operation"] as? String == "stage_delete")
    #expect(records[2]["operation"] as? String == "restore")
    #expect(records[2]["op_id"] as? String == "\(order.id)-undo-0")
    #expect(records[2]["source_dir"] as? String == "mojo/__selected")
    #expect(records[2]["dest_dir"] as? String == "mojo")
    #expect(
      try custody.receipt(order.id)?.operationIDs == [
        "\(order.id)-0", "\(order.id)-1", "\(order.id)-undo-0", "\(order.id)-undo-1",
      ])
  }

  @Test func theReaderOfTheLogAcceptsEveryLine() throws {
    let custody = try scratch.custody()
    _ = try custody.perform(order)
    _ = try custody.undo(order.id)
    let workspace = scratch.workspace.path
    let content = try FileSystem.read("\(workspace)/\(log)")
    try FileSystem.makeDirectories("\(workspace)/artifact")
    let unit = UnitOrder(
      unit: UnitID(stage: "extract", key: UnitKey(log)), kind: "logs.extract",
      inputs: [
        InputReference(
          path: log, length: Int64(content.count), digest: content.withUnsafeBytes { Digest(of: $0) })
      ], previous: nil)
    let context = UnitContext(
      workspace: workspace, artifact: "\(workspace)/artifact", publication: "\(workspace)/none")
    let result = try LogExtraction(unit, context, options: .init()).run()
    #expect(result.counters["rows"] == 4 && result.counters["quarantined"] == 0, "\(result.counters)")
    #expect(result.findings.isEmpty, "\(result.findings)")
  }

  /// The log after a crash at the receipt, cut `kept` bytes into custody's own part, and with `others` behind it.
  private func recovered(keeping kept: (Int) -> Int, others: String = "") throws -> (
    lines: [String], whole: [String]
  ) {
    let scratch = try CustodyScratch()
    try scratch.write(["a.png", "a.yaml", "b.png"])
    let old = "{\"type\": \"session_end\", \"timestamp\": \"2025-10-09T00:00:00Z\"}\n"
    try scratch.workspace.write(log, old)
    let images = { (scratch: CustodyScratch) in
      scratch.order([
        CustodyOperation(
          verb: .move, sourceFolder: "mojo", targetFolder: "mojo/__selected", images: ["a.png"],
          steps: [scratch.move("a.png", "__selected/a.png")]),
        CustodyOperation(
          verb: .move, sourceFolder: "mojo", targetFolder: "mojo/__selected", images: [],
          steps: [scratch.move("a.yaml", "__selected/a.yaml")]),
      ])
    }
    struct Stop: Error {}
    let broken = try scratch.custody(before: { if $0 == "commit done" { throw Stop() } })
    #expect(throws: (any Error).self) { try broken.perform(images(scratch)) }
    let text = try #require(try scratch.workspace.text(log))
    let own = Array(text.utf8.dropFirst(old.utf8.count))
    let cut = String(decoding: Array(old.utf8) + own.prefix(kept(own.count)), as: UTF8.self) + others
    try scratch.workspace.write(log, cut)
    #expect(try scratch.custody().recover().map(\.code) == ["order-finished"])
    #expect(try scratch.custody().perform(images(scratch)).state == .done)
    return (try scratch.logLines(), text.split(separator: "\n").map(String.init))
  }

  @Test func tornLinesAreCompletedExactlyOnce() throws {
    let length = try recovered(keeping: { $0 }).whole.dropFirst().map { $0.utf8.count + 1 }
    let total = length.reduce(0, +)
    for kept in [
      0, 1, 2, 50, length[0] - 2, length[0] - 1, length[0], length[0] + 1, total - 2, total - 1, total,
    ] {
      let (lines, whole) = try recovered(keeping: { _ in kept })
      #expect(lines == whole, "\(kept)")
    }
  }

  @Test func otherToolsLinesStay() throws {
    let other = "{\"type\": \"session_start\", \"timestamp\": \"2025-10-09T00:00:00Z\"}"
    // Behind whole lines, and behind one that was cut off and ended by the other tool's newline.
    let (lines, whole) = try recovered(keeping: { $0 }, others: other + "\n")
    #expect(lines == whole + [other])
    let (torn, _) = try recovered(keeping: { $0 - 5 }, others: "\n" + other + "\n")
    #expect(torn.count == whole.count + 2)
    #expect(Set(torn).isSuperset(of: Set(whole + [other])))
    // Another tool's torn line is ended, not continued.
    let (ended, _) = try recovered(keeping: { _ in 0 }, others: "{\"type\": \"sess")
    #expect(ended == [whole[0], "{\"type\": \"sess"] + whole.dropFirst())
  }

  @Test func aTornLineOfSomebodyElseIsNoEvidence() throws {
    let order = order
    struct Stop: Error {}
    let broken = try scratch.custody(before: {
      if $0 == "make folder" || $0 == "commit turned back" { throw Stop() }
    })
    #expect(throws: (any Error).self) { try broken.perform(order) }
    // The beginning of any line of ours.
    try scratch.workspace.write(log, "{\"type\": \"file_operation\", \"script\": \"darkroom\"")
    #expect(try scratch.custody().recover().map(\.code) == ["order-finished"])
    #expect(try scratch.exists("__selected/a.png"))
    #expect(try records().count == 2)
  }

  @Test func aShrunkLogIsNotGuessedAt() throws {
    try scratch.workspace.write(log, String(repeating: "x", count: 5_000) + "\n")
    struct Stop: Error {}
    let broken = try scratch.custody(before: { if $0 == "commit done" { throw Stop() } })
    let order = order
    #expect(codes(#expect(throws: (any Error).self) { try broken.perform(order) }) == ["order-unfinished"])
    let content = try #require(try scratch.workspace.text(log))
    try FileSystem.removeFile("\(scratch.workspace.path)/\(log)")
    let custody = try scratch.custody()
    #expect(try custody.recover().map(\.code) == ["log-shrunk"])
    #expect(try custody.receipt(order.id)?.state == .intended)
    try scratch.workspace.write(log, content)
    #expect(try custody.recover().map(\.code) == ["order-finished"])
    #expect(try scratch.logLines().count == 3)
  }
}
