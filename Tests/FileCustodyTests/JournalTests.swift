import DarkroomTesting
import FileSystem
import Foundation
import PipelineCore
import Testing

@testable import FileCustody

@Suite struct JournalTests {
  let scratch: CustodyScratch
  private let file = "data/state/custody.sqlite"

  init() throws { scratch = try CustodyScratch() }

  private func tool(_ sql: String) throws -> (status: Int32, output: String) {
    try TrashTool.run(
      ["sqlite3", "-bail", "\(scratch.workspace.path)/\(file)", "PRAGMA foreign_keys = ON; \(sql)"],
      dataHome: scratch.dataHome)
  }

  @Test func nothingIsReadWhereNothingIs() throws {
    #expect(try FileCustody.openForReading(workspace: scratch.workspace.path) == nil)
    #expect(try FileStatus("\(scratch.workspace.path)/data") == nil)
    _ = try scratch.custody()
    #expect(try FileCustody.openForReading(workspace: scratch.workspace.path) != nil)
  }

  @Test func readersSeeWhatWritersCommitAndChangeNothing() throws {
    try scratch.write(["a.png"])
    let custody = try scratch.custody()
    let reader = try #require(try FileCustody.openForReading(workspace: scratch.workspace.path))
    let order = scratch.order([scratch.move("a.png", "__selected/a.png")])
    #expect(try reader.receipt(order.id) == nil)
    _ = try custody.perform(order)
    #expect(try reader.receipt(order.id)?.state == .done)
    #expect(codes(#expect(throws: (any Error).self) { try reader.undo(order.id) }) == ["custody-journal"])
    #expect(try scratch.exists("__selected/a.png"))
  }

  /// While a connection comes or goes SQLite holds the database alone for a moment: whoever opens it then has to wait.
  @Test func manyOpenItAtTheSameMoment() async throws {
    _ = try scratch.custody()
    let workspace = scratch.workspace.path
    try await withThrowingTaskGroup(of: Void.self) { group in
      for opener in 0..<6 {
        group.addTask {
          for _ in 0..<40 {
            if opener == 0 {
              _ = try FileCustody(workspace: workspace, clock: { 0 }, run: nil)
            } else {
              _ = try FileCustody.openForReading(workspace: workspace)?.trainingFactsDigest(project: "p")
            }
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func newerForeignAndDamagedJournalsAreRefusedUntouched() throws {
    _ = try scratch.custody()
    let path = "\(scratch.workspace.path)/\(file)"
    func expect(_ code: String) throws {
      let before = try FileSystem.read(path)
      #expect(codes(#expect(throws: (any Error).self) { try scratch.custody() }) == [code])
      #expect(
        codes(
          #expect(throws: (any Error).self) {
            try FileCustody.openForReading(workspace: scratch.workspace.path)
          }) == [code])
      #expect(try FileSystem.read(path) == before)
    }
    _ = try tool("PRAGMA user_version = \(JournalSchema.migrations.count + 1)")
    try expect("newer-database")
    _ = try tool(
      "PRAGMA user_version = \(JournalSchema.migrations.count); PRAGMA application_id = 5; PRAGMA wal_checkpoint(TRUNCATE)"
    )
    try expect("foreign-database")
    try scratch.workspace.write(file, String(repeating: "not a database ", count: 600))
    try expect("custody-journal")
  }

  @Test func theSchemaItselfRefusesNonsense() throws {
    try scratch.write(["a.png"])
    _ = try scratch.custody().perform(scratch.order([scratch.move("a.png", "__selected/a.png")]))
    for sql in [
      "UPDATE orders SET state = 'lost'", "UPDATE orders SET state = 'undone'", "UPDATE orders SET id = 'x'",
      "UPDATE files SET place_kind = 'missing'", "UPDATE files SET digest = x'00'", "DELETE FROM files",
      "UPDATE acts SET kind = 'burn'",
      """
      INSERT INTO files SELECT NULL, project, 'other', 1, name, kind, first_digest, digest, device, inode, size,
        modified, changed, first_seen, place_kind, place, place_device, place_inode, place_size, place_modified,
        place_changed FROM files
      """,
    ] {
      let answer = try tool(sql)
      #expect(answer.status != 0 && answer.output.contains("constraint failed"), "\(sql): \(answer)")
    }
    #expect(try tool("PRAGMA integrity_check").output == "ok\n")
  }

  @Test func namesOfOrdersAreStable() {
    let id = OrderID(cause: .review, project: "mojo", group: "g", decision: "d")
    // printf "%s" "15:custody-order-16:review4:mojo1:g1:d" | sha256sum
    #expect(id.rawValue == "e9a97f49026ac1e5112737bcb15fc5b8")
    #expect(id != OrderID(cause: .crop, project: "mojo", group: "g", decision: "d"))
    #expect(id != OrderID(cause: .review, project: "moj", group: "og", decision: "d"))
    #expect(id != OrderID(cause: .review, project: "mojo", group: "gd", decision: ""))
  }

  @Test func ordersAndReceiptsAreCodable() throws {
    try scratch.write(["a.png", "b.decision", "e\u{301}.png"])
    let order = scratch.order([
      scratch.move("a.png", "__selected/a.png"), .remove(scratch.path("b.decision")),
      .create(at: scratch.path("n"), bytes: [0, 255, 10]), .trash(scratch.path("e\u{301}.png")),
    ])
    let receipt = try scratch.custody().perform(order)
    let data = try JSONEncoder().encode(receipt)
    #expect(try JSONDecoder().decode(Receipt.self, from: data) == receipt)
    #expect(receipt.order == order)
    #expect(
      receipt.steps[3].step.source.map { RelativePath($0) } == RelativePath(scratch.path("e\u{301}.png")))
  }
}
