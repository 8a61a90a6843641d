import DarkroomTesting
import FileSystem
import PipelineCore
import Testing

@testable import FileCustody

/// Files that somebody removed while an order on them was cut short.
@Suite struct LostFileTests {
  let scratch: CustodyScratch
  private struct Stop: Error {}

  init() throws {
    scratch = try CustodyScratch()
    try scratch.write(["a.png", "a.yaml", "a.decision", "b.png"])
  }

  /// Lets the power go before an operation.
  private func crash(
    before operation: String, _ count: Int = 1, _ work: (FileCustody) throws -> Receipt
  ) throws {
    let seen = Counter()
    let broken = try scratch.custody(before: { if seen.hasStopped(at: operation, count, $0) { throw Stop() } }
    )
    #expect(throws: (any Error).self) { try work(broken) }
  }

  private var moves: CustodyOrder {
    scratch.order(["a.png", "a.yaml", "b.png"].map { scratch.move($0, "__selected/\($0)") })
  }

  /// The order that follows a crop: a sidecar goes, and a set leaves its place.
  private var retirement: CustodyOrder {
    scratch.order([
      .remove(scratch.path("a.decision")), scratch.move("a.png", "__originals/a.png"),
      .trash(scratch.path("a.yaml")),
    ])
  }

  @Test func aRemovedSidecarDoesNotMakeTheRestDone() throws {
    try crash(before: "rename") { try $0.perform(retirement) }
    try FileSystem.removeFile(scratch.path("a.decision"))
    let custody = try scratch.custody()
    #expect(try custody.recover().map(\.code) == ["order-finished"])
    #expect(try scratch.tree() == ["__originals/a.png": "content of a.png", "b.png": "content of b.png"])
    #expect(try FileSystem.list(scratch.trashFiles) == ["a.yaml"])
    #expect(try custody.undo(retirement.id).state == .undone)
    #expect(try scratch.exists("a.png") && scratch.exists("a.decision") && scratch.exists("a.yaml"))
  }

  @Test func aRemovedSidecarDoesNotKeepTheRestFromBeingTurnedBack() throws {
    try crash(before: "rename") { try $0.perform(retirement) }
    try FileSystem.removeFile(scratch.path("a.decision"))
    try scratch.write("__originals/a.png", "somebody's")
    let custody = try scratch.custody()
    #expect(try custody.recover().map(\.code) == ["order-turned-back"])
    #expect(try scratch.tree()["a.png"] == "content of a.png")
    #expect(try scratch.tree()["__originals/a.png"] == "somebody's")
    #expect(try custody.receipt(retirement.id) == nil)
  }

  // MARK: To another disk

  private func crossing() throws -> (OtherDisk, CustodyOrder) {
    let other = try OtherDisk()
    try FileSystem.makeLink(scratch.path("__far"), to: other.path)
    return (other, scratch.order([scratch.move("a.png", "__far/a.png"), scratch.move("b.png", "x/b.png")]))
  }

  /// The copy was whole and durable before its source went: it is the file now.
  @Test func aWholeCopyOfALostSourceIsKept() throws {
    let (other, order) = try crossing()
    try crash(before: "rename") { try $0.perform(order) }
    try FileSystem.removeFile(scratch.path("a.png"))
    let custody = try scratch.custody()
    #expect(try custody.recover().map(\.code) == ["order-finished"])
    #expect(try FileSystem.list(other.path) == ["a.png"])
    #expect(
      String(decoding: try FileSystem.read("\(other.path)/a.png"), as: UTF8.self) == "content of a.png")
    #expect(try scratch.exists("x/b.png"))
  }

  /// Nothing says that the copy is whole, or something else is in the way: it stays, and is named.
  @Test(arguments: [false, true]) func aCopyThatMayBeTheOnlyOneIsNeverRemoved(isPrepared: Bool) throws {
    let (other, order) = try crossing()
    try crash(before: isPrepared ? "rename" : "commit prepared") { try $0.perform(order) }
    let copies = try FileSystem.list(other.path)
    #expect(copies.count == 1)
    try FileSystem.removeFile(scratch.path("a.png"))
    if isPrepared { try scratch.write("x/b.png", "somebody's") }
    let custody = try scratch.custody()
    for attempt in [{ try custody.recover() }, { try custody.abandon(order.id) }] {
      var findings: [Diagnostic] = []
      do { findings = try attempt() } catch let error as Diagnostic { findings = [error] }
      #expect(findings.map(\.code) == ["order-contradictory"])
      #expect(findings.first?.notes.contains { $0.message.contains(copies[0]) } == true)
      #expect(try FileSystem.list(other.path) == copies)
    }
    // As it says: copied back, the order comes to its end.
    try FileSystem.create(
      scratch.path("a.png"), try FileSystem.read("\(other.path)/\(copies[0])"))
    let after = try custody.recover().map(\.code)
    #expect(after == [isPrepared ? "order-turned-back" : "order-finished"])
    let far = try FileSystem.list(other.path)
    #expect(try isPrepared ? scratch.tree()["a.png"] == "content of a.png" && far.isEmpty : far == ["a.png"])
  }

  // MARK: Given up

  @Test func aLostFileIsGivenUpAndTheRestComesBack() throws {
    try crash(before: "rename", 3) { try $0.perform(moves) }
    try FileSystem.removeFile(scratch.path("__selected/a.png"))
    let custody = try scratch.custody()
    #expect(try custody.recover().map(\.code) == ["order-contradictory"])
    #expect(try custody.recover().first?.help?.contains("--abandon \(moves.id)") == true)
    let findings = try custody.abandon(moves.id)
    #expect(findings.map(\.code) == ["order-abandoned"] && findings.map(\.severity) == [.warning])
    #expect(findings[0].notes.map(\.message).joined().contains(Digest(of: "content of a.png").hex))
    #expect(
      try scratch.tree() == [
        "a.yaml": "content of a.yaml", "b.png": "content of b.png", "a.decision": "content of a.decision",
      ])
    #expect(try scratch.folders().isEmpty && scratch.logLines().isEmpty)
    #expect(try scratch.places()["a.png"] == .missing)
    #expect(try custody.receipt(moves.id) == nil && custody.recover().isEmpty)
    let again = #expect(throws: Diagnostic.self) { try custody.abandon(moves.id) }
    #expect(again?.code == "order-not-open")
  }

  @Test func anUndoingIsGivenUpToo() throws {
    _ = try scratch.custody().perform(moves)
    let before = try scratch.tree()
    try crash(before: "rename", 3) { try $0.undo(moves.id) }
    // Undone backwards: b.png and a.yaml are back already.
    try FileSystem.removeFile(scratch.path("b.png"))
    let custody = try scratch.custody()
    #expect(try custody.recover().map(\.code) == ["order-contradictory"])
    #expect(try custody.abandon(moves.id).map(\.code) == ["order-abandoned"])
    #expect(try custody.receipt(moves.id)?.state == .done)
    #expect(try scratch.tree() == before.filter { $0.key != "__selected/b.png" })
    #expect(try scratch.places()["b.png"] == .missing)
  }

  @Test func whatCanBeEndedIsNotGivenUp() throws {
    try crash(before: "rename", 3) { try $0.perform(moves) }
    let custody = try scratch.custody()
    #expect(try custody.abandon(moves.id).map(\.code) == ["order-finished"])
    #expect(try custody.receipt(moves.id)?.state == .done)
    #expect(throws: Diagnostic.self) { try custody.abandon(moves.id) }
  }
}
