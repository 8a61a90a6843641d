import DarkroomTesting
import FileSystem
import PipelineCore
import Testing

@testable import FileCustody

/// What recovery makes of a disk on which somebody else was at work after the crash.
@Suite struct RecoveryTests {
  let scratch: CustodyScratch
  private struct Stop: Error {}

  init() throws {
    scratch = try CustodyScratch()
    try scratch.write(["a.png", "a.yaml", "b.png"])
  }

  private var order: CustodyOrder {
    scratch.order([
      scratch.move("a.png", "__selected/a.png"), scratch.move("a.yaml", "__selected/a.yaml"),
      scratch.move("b.png", "__selected/b.png"),
    ])
  }

  /// Performs the order up to its `count`th operation of a kind, and then nothing more.
  private func crash(
    _ order: CustodyOrder, at operation: String, _ count: Int = 1, _ work: (FileCustody) throws -> Receipt
  ) throws {
    let seen = Counter()
    let broken = try scratch.custody(before: { if seen.hasStopped(at: operation, count, $0) { throw Stop() } }
    )
    #expect(throws: (any Error).self) { try work(broken) }
  }

  private func crash(at operation: String, _ count: Int = 1) throws {
    let order = order
    try crash(order, at: operation, count) { try $0.perform(order) }
  }

  @Test func finishesWhatWasBegun() throws {
    try crash(at: "rename", 3)
    #expect(try scratch.tree().keys.sorted() == ["__selected/a.png", "__selected/a.yaml", "b.png"])
    let custody = try scratch.custody()
    #expect(try custody.receipt(order.id)?.state == .intended)
    #expect(try custody.recover().map(\.code) == ["order-finished"])
    #expect(try custody.receipt(order.id)?.state == .done)
    #expect(try scratch.exists("__selected/b.png"))
    #expect(try custody.recover().isEmpty)
  }

  @Test func performingAgainRecoversFirst() throws {
    try crash(at: "rename", 2)
    #expect(try scratch.custody().perform(order).state == .done)
    #expect(try scratch.logLines().count == 1)
  }

  @Test func turnsBackWhenADestinationWasTakenMeanwhile() throws {
    let before = try scratch.tree()
    try crash(at: "rename", 3)
    try scratch.write("__selected/b.png", "somebody's")
    let custody = try scratch.custody()
    let findings = try custody.recover()
    #expect(findings.map(\.code) == ["order-turned-back"])
    #expect(findings.first?.message.contains("__selected/b.png") == true)
    #expect(try scratch.tree() == before.merging(["__selected/b.png": "somebody's"]) { $1 })
    #expect(try custody.receipt(order.id) == nil)
    #expect(try scratch.logLines().isEmpty)
  }

  @Test func turnsBackWhenASourceWasEditedMeanwhile() throws {
    try crash(at: "rename", 3)
    try scratch.write("b.png", "edited")
    let custody = try scratch.custody()
    #expect(try custody.recover().map(\.code) == ["order-turned-back"])
    #expect(
      try scratch.tree() == ["a.png": "content of a.png", "a.yaml": "content of a.yaml", "b.png": "edited"])
  }

  @Test func aRestoredBackupWithNewInodesIsKnownByItsContent() throws {
    try crash(at: "rename", 3)
    let moved = scratch.path("__selected/a.png")
    try FileSystem.rename(moved, to: "\(scratch.workspace.path)/old")
    try FileSystem.create(moved, FileSystem.read("\(scratch.workspace.path)/old"))
    #expect(try scratch.custody().recover().map(\.code) == ["order-finished"])
  }

  @Test func doesNotGuessWhereALostFileIs() throws {
    try crash(at: "rename", 3)
    try FileSystem.removeFile(scratch.path("b.png"))
    let custody = try scratch.custody()
    let before = try scratch.tree()
    for _ in 0..<2 {
      let findings = try custody.recover()
      #expect(findings.map(\.code) == ["order-contradictory"])
      let notes = findings[0].notes.map(\.message).joined()
      #expect(notes.contains(scratch.path("b.png")) && notes.contains(scratch.path("__selected/b.png")))
      #expect(try scratch.tree() == before)
    }
    // The others are not kept from their orders, and putting the file back heals it.
    try scratch.write(["c.png"])
    _ = try custody.perform(scratch.order([scratch.move("c.png", "__selected/c.png")], group: "g2"))
    #expect(
      codes(#expect(throws: (any Error).self) { try custody.perform(order) }) == ["order-contradictory"])
    try scratch.write("b.png", "content of b.png")
    #expect(try custody.recover().map(\.code) == ["order-finished"])
  }

  @Test func aVanishedRootIsNoDeletion() throws {
    try crash(at: "rename", 2)
    try FileSystem.rename(scratch.root, to: "\(scratch.root)-unmounted")
    let custody = try scratch.custody()
    #expect(try custody.recover().map(\.code) == ["root-missing"])
    try FileSystem.rename("\(scratch.root)-unmounted", to: scratch.root)
    #expect(try custody.recover().map(\.code) == ["order-finished"])
  }

  @Test func aLoggedOrderWasCarriedOutWhateverHappenedLater() throws {
    try crash(at: "commit done")
    // A person goes on working before the next start.
    try FileSystem.removeFile(scratch.path("__selected/a.png"))
    let custody = try scratch.custody()
    #expect(try custody.recover().map(\.code) == ["order-finished"])
    #expect(try scratch.logLines().count == 1)
  }

  @Test func halfMadeCopiesAreMadeAnew() throws {
    let order = scratch.order([
      .copy(from: scratch.path("a.yaml"), to: scratch.path("__cropped/a.yaml")),
      .create(at: scratch.path("__cropped/a.decision"), bytes: Array("own".utf8)),
    ])
    try crash(order, at: "copy") { try $0.perform(order) }
    try scratch.write("__cropped/.custody-\(order.id)-0-0-new", "conten")
    try scratch.write("__cropped/.custody-\(order.id)-0-1-new", "")
    #expect(try scratch.custody().recover().map(\.code) == ["order-finished"])
    #expect(try FileSystem.list(scratch.path("__cropped")) == ["a.decision", "a.yaml"])
    #expect(try scratch.tree()["__cropped/a.yaml"] == "content of a.yaml")
  }

  @Test func aPreparedFileThatIsGoneTurnsTheOrderBack() throws {
    try scratch.write(".crop", "pixels")
    let order = scratch.order([
      scratch.move("a.png", "__selected/a.png"),
      .place(
        prepared: scratch.path(".crop"), at: scratch.path("__cropped/a.png"),
        digest: try FileSystem.digest(scratch.path(".crop")).digest),
    ])
    try crash(order, at: "rename", 2) { try $0.perform(order) }
    try FileSystem.removeFile(scratch.path(".crop"))
    #expect(try scratch.custody().recover().map(\.code) == ["order-turned-back"])
    #expect(try scratch.exists("a.png"))
  }

  @Test func aFullDiskInTheMiddleOfACopyTurnsBack() throws {
    let other = try OtherDisk()
    try FileSystem.makeLink(scratch.path("__far"), to: other.path)
    let before = try scratch.tree()
    let order = scratch.order([
      scratch.move("a.yaml", "__selected/a.yaml"), scratch.move("a.png", "__far/a.png"),
      scratch.move("b.png", "__far/b.png"),
    ])
    let seen = Counter()
    let custody = try scratch.custody(before: { operation in
      guard seen.hasStopped(at: "copy", 2, operation), operation == "copy" else { return }
      // What the system leaves when the disk is full.
      try FileSystem.create("\(other.path)/.custody-\(order.id)-0-2-new", "cont".utf8)
      throw FileError("write", "\(other.path)/.custody-\(order.id)-0-2-new", code: 28)
    })
    #expect(codes(#expect(throws: (any Error).self) { try custody.perform(order) }) == ["file-disk-full"])
    #expect(try scratch.tree() == before)
    #expect(try FileSystem.list(other.path).isEmpty)
    #expect(try custody.receipt(order.id) == nil)
    #expect(try scratch.custody().perform(order).state == .done)
    #expect(try FileSystem.list(other.path) == ["a.png", "b.png"])
  }

  @Test func whatCannotBeTurnedBackIsSaid() throws {
    let scratch = scratch
    let order = order
    let seen = Counter()
    // The third rename fails, and the way back of the second is blocked.
    let custody = try scratch.custody(before: { operation in
      if seen.hasStopped(at: "rename", 3, operation), operation == "rename", seen.firstTime {
        try scratch.write("a.yaml", "somebody's")
        throw Stop()
      }
    })
    let error = #expect(throws: (any Error).self) { try custody.perform(order) }
    #expect(codes(error) == ["order-half-done"])
    #expect(try custody.receipt(order.id)?.state == .intended)
    // The next start can finish it: nothing is in its way forward.
    #expect(try scratch.custody().recover().map(\.code) == ["order-finished"])
    #expect(try scratch.tree()["a.yaml"] == "somebody's")
    #expect(try scratch.tree()["__selected/a.yaml"] == "content of a.yaml")
  }

  @Test func crossingsKeepTimesAndPermissions() throws {
    let other = try OtherDisk()
    try FileSystem.makeLink(scratch.path("__far"), to: other.path)
    let before = try #require(try FileStatus(scratch.path("a.png")))
    let order = scratch.order([scratch.move("a.png", "__far/a.png")])
    let custody = try scratch.custody()
    _ = try custody.perform(order)
    let far = try #require(try FileStatus("\(other.path)/a.png"))
    #expect(far.modified == before.modified && far.mode == before.mode && far.device != before.device)
    _ = try custody.undo(order.id)
    let back = try #require(try FileStatus(scratch.path("a.png")))
    #expect(back.modified == before.modified && back.mode == before.mode && back.device == before.device)
    #expect(try custody.files(project: "mojo").first?.placeStatus.sameContent(as: back) == true)
  }
}
