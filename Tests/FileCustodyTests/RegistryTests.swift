import DarkroomTesting
import FileSystem
import PipelineCore
import Testing

@testable import FileCustody

@Suite struct RegistryTests {
  let scratch: CustodyScratch
  let custody: FileCustody

  init() throws {
    scratch = try CustodyScratch()
    custody = try scratch.custody()
  }

  private func see(_ name: String, kind: FileKind = .image) throws -> SeenFile {
    let (digest, status) = try FileSystem.digest(scratch.path(name))
    return SeenFile(origin: RelativePath(name), kind: kind, digest: digest, status: status)
  }

  private func file(_ origin: RelativePath, generation: Int = 1) throws -> KnownFile {
    try #require(
      try custody.files(project: "mojo").first { $0.origin == origin && $0.generation == generation })
  }

  @Test func everyFileIsKeptSortedByBytes() throws {
    let names = ["z.png", "a.png", "a-b.png", "a/b.png", "e\u{301}.png", "\u{E9}.png", "A.png"]
    try scratch.write(names)
    try custody.register(names.map { try see($0) }, project: "mojo")
    #expect(try custody.files(project: "mojo").map(\.origin) == names.map { RelativePath($0) }.sorted())
    #expect(try custody.files(project: "other").isEmpty)
    let before = try custody.files(project: "mojo")
    try custody.register(names.map { try see($0) }, project: "mojo")
    #expect(try custody.files(project: "mojo") == before)
  }

  @Test func changedContentKeepsTheFirstDigest() throws {
    try scratch.write("a.png", "one")
    try custody.register([try see("a.png")], project: "mojo")
    try scratch.write("a.png", "two")
    try custody.register([try see("a.png")], project: "mojo")
    let known = try file("a.png")
    #expect(known.firstDigest == Digest(of: "one") && known.digest == Digest(of: "two"))
    #expect(try custody.files(project: "mojo").count == 1)
  }

  /// A move gives a companion that was edited a new status; it must not vouch for the digest of before.
  @Test func anEditedCompanionIsKnownAsItWasMoved() throws {
    try scratch.write("a.yaml", "one")
    try custody.register([try see("a.yaml", kind: .companion)], project: "mojo")
    try scratch.write("a.yaml", "two")
    let order = scratch.order([scratch.move("a.yaml", "__selected/a.yaml")])
    let receipt = try custody.perform(order)
    #expect(receipt.digest(broughtTo: scratch.path("__selected/a.yaml")) == Digest(of: "two"))
    #expect(try file("a.yaml").digest == Digest(of: "two"))
    #expect(try file("a.yaml").firstDigest == Digest(of: "one"))
    try scratch.write("__selected/a.yaml", "three")
    _ = try custody.undo(order.id)
    #expect(try file("a.yaml").digest == Digest(of: "three"))
    let now = try #require(try FileStatus(scratch.path("a.yaml")))
    #expect(try file("a.yaml").placeStatus.sameContent(as: now))
  }

  @Test func missingFilesAreRememberedAndFoundAgain() throws {
    try scratch.write(["a.png"])
    try custody.register([try see("a.png")], project: "mojo")
    try custody.markMissing(["a.png", "never.png"], project: "mojo")
    #expect(try file("a.png").place == .missing)
    try custody.register([try see("a.png")], project: "mojo")
    #expect(try file("a.png").place == .inProject("a.png"))
    #expect(try custody.files(project: "mojo").count == 1)
  }

  @Test func aNewFileAtTheOriginOfAMovedOneIsAnotherFile() throws {
    try scratch.write("a.png", "one")
    try custody.register([try see("a.png")], project: "mojo")
    let status = try file("a.png").status
    _ = try custody.perform(scratch.order([scratch.move("a.png", "__selected/a.png")]))
    #expect(try file("a.png").place == .inProject("__selected/a.png"))
    #expect(try file("a.png").status == status, "as it was at its origin")
    try scratch.write("a.png", "two")
    try custody.register([try see("a.png"), try see("__selected/a.png")], project: "mojo")
    #expect(try custody.files(project: "mojo").count == 2)
    #expect(try file("a.png", generation: 2).place == .inProject("a.png"))
    #expect(try file("a.png").place == .inProject("__selected/a.png"))
    // A scan of the production folders does not mistake a moved file for a new one.
    try custody.markMissing(["a.png"], project: "mojo")
    #expect(try file("a.png", generation: 2).place == .missing)
    #expect(try file("a.png").place == .inProject("__selected/a.png"))
  }

  @Test func statusesFollowUndoings() throws {
    try scratch.write(["a.png"])
    try custody.register([try see("a.png")], project: "mojo")
    let seen = try file("a.png").status
    let order = scratch.order([scratch.move("a.png", "__selected/a.png")])
    _ = try custody.perform(order)
    _ = try custody.undo(order.id)
    let now = try #require(try FileStatus(scratch.path("a.png")))
    #expect(try file("a.png").placeStatus.sameContent(as: now))
    #expect(try file("a.png").status == seen, "no scan saw it since")
    try custody.register([try see("a.png")], project: "mojo")
    #expect(try file("a.png").status.sameContent(as: now))
    #expect(try file("a.png").place == .inProject("a.png"))
  }

  @Test func filesThatNobodyRegisteredAreRegisteredByTheirOrder() throws {
    try scratch.write(["a.png", "a.yaml"])
    _ = try custody.perform(
      scratch.order([scratch.move("a.png", "x/a.png"), scratch.move("a.yaml", "x/a.yaml")]))
    #expect(try file("a.png").kind == .image && file("a.yaml").kind == .companion)
    #expect(try file("a.png").firstDigest == Digest(of: "content of a.png"))
  }

  @Test func aHistoryTellsEverything() throws {
    try scratch.write(["a.png"])
    let first = scratch.order([scratch.move("a.png", "__crop/a.png")])
    let second = scratch.order([scratch.move("__crop/a.png", "__selected/a.png")], decision: "d2")
    _ = try custody.perform(first)
    _ = try custody.perform(second)
    let histories = try custody.history(ofName: "a.png")
    #expect(histories.map(\.project) == ["mojo"])
    #expect(histories.first?.file.place == .inProject("__selected/a.png"))
    #expect(histories.first?.receipts.map(\.id) == [first.id, second.id])
    #expect(try custody.history(ofName: "b.png").isEmpty)
  }

  @Test func receiptsAreFoundByWhatPeopleAskFor() throws {
    try scratch.write(["a.png", "b.png", "c.png"])
    let later = try scratch.custody(run: RunID(8))
    let orders = [
      scratch.order([scratch.move("a.png", "x/a.png")], group: "g1"),
      scratch.order([scratch.move("b.png", "x/b.png")], group: "g2"),
      scratch.order([scratch.move("c.png", "x/c.png")], group: "g2", decision: "d2"),
    ]
    _ = try custody.perform(orders[0])
    _ = try custody.perform(orders[1])
    _ = try later.perform(orders[2])
    _ = try later.undo(orders[0].id)
    func found(_ receipts: [Receipt]) -> [OrderID] { receipts.map(\.id) }
    let ids = orders.map(\.id)
    #expect(try found(custody.receipts()) == ids.reversed())
    #expect(try found(custody.receipts(limit: 1)) == [ids[2]])
    #expect(try found(custody.receipts(group: "g2")) == [ids[2], ids[1]])
    #expect(try found(custody.receipts(run: RunID(7))) == [ids[1], ids[0]])
    #expect(try found(custody.receipts(states: [.done])) == [ids[2], ids[1]])
    #expect(try found(custody.receipts(states: [.undone])) == [ids[0]])
    #expect(try custody.receipts(project: "none").isEmpty)
    #expect(try custody.receipts(states: []).isEmpty)
  }

  @Test func severalThreadsWorkAtOnce() async throws {
    let names = (0..<40).map { "f\($0).png" }
    try scratch.write(names)
    let (scratch, custody) = (scratch, custody)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for name in names {
        group.addTask {
          _ = try custody.perform(
            scratch.order(
              [
                scratch.move(name, "__selected/\(name)"),
                .create(at: scratch.path("__crop/\(name).decision"), bytes: [1]),
              ],
              group: name))
        }
      }
      try await group.waitForAll()
    }
    #expect(try scratch.logLines().count == 40)
    #expect(Set(try custody.receipts().map(\.sequence)).count == 40)
    #expect(try FileSystem.list(scratch.path("__selected")).count == 40)
  }

  @Test func oneOrderIsOneThreadsBusiness() throws {
    try scratch.write(["a.png"])
    let scratch = scratch
    let order = scratch.order([scratch.move("a.png", "__selected/a.png")])
    let box = Box()
    let custody = try scratch.custody(before: { operation in
      guard operation == "rename", let custody = box.custody else { return }
      #expect(codes(#expect(throws: (any Error).self) { try custody.perform(order) }) == ["order-busy"])
      let findings = try custody.recover()
      #expect(findings.map(\.code) == ["order-busy"])
    })
    box.custody = custody
    #expect(try custody.perform(order).state == .done)
  }

  /// Set once, before the only reader runs on the same thread.
  private final class Box: @unchecked Sendable { var custody: FileCustody? }
}
