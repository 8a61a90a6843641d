import DarkroomTesting
import FileSystem
import PipelineCore
import Synchronization
import Testing

@testable import FileCustody

/// Folders that several orders use at the same time, while undoings remove those that they leave empty.
@Suite struct SharedFolderTests {
  let scratch: CustodyScratch

  init() throws { scratch = try CustodyScratch() }

  private func order(_ name: String, _ round: Int = 0) -> CustodyOrder {
    scratch.order(
      [
        scratch.move("\(name).png", "__crop/\(name).png"),
        .create(at: scratch.path("__crop/\(name).decision"), bytes: Array(name.utf8)),
      ], group: name, decision: "d\(round)")
  }

  /// Another order takes the empty folder away just before this one uses it.
  @Test(arguments: ["create", "rename"]) func aFolderGoesInThatMoment(_ word: String) throws {
    try scratch.write(["a.png"])
    let before = try scratch.tree()
    let crop = scratch.path("__crop")
    let isDone = Mutex(false)
    let custody = try scratch.custody(before: { operation in
      guard operation == word, !isDone.withLock({ $0 }), try FileStatus(crop) != nil,
        try FileSystem.isEmptyDirectory(crop)
      else { return }
      try FileSystem.removeDirectory(crop)
      isDone.withLock { $0 = true }
    })
    let order = word == "create" ? order("a") : scratch.order([scratch.move("a.png", "__crop/a.png")])
    #expect(try custody.perform(order).state == .done)
    #expect(isDone.withLock { $0 })
    #expect(try scratch.exists("__crop/a.png"))
    #expect(try custody.undo(order.id).state == .undone)
    #expect(try scratch.tree() == before && scratch.folders().isEmpty)
  }

  /// While one order looks, another one has a name in hand that looks like its own.
  @Test func namesInHandAreTaken() throws {
    try scratch.write(["a.png", "x/A.png"])
    let scratch = scratch
    let second = scratch.order([scratch.move("x/A.png", "__crop/A.png")], group: "g2")
    let said = Mutex<[String]>([])
    let custodies = Mutex<FileCustody?>(nil)
    let custody = try scratch.custody(before: { operation in
      guard operation == "commit intent", let custody = custodies.withLock({ $0 }) else { return }
      custodies.withLock { $0 = nil }
      let error = #expect(throws: (any Error).self) { try custody.perform(second) }
      said.withLock { $0 = codes(error) }
    })
    custodies.withLock { $0 = custody }
    _ = try custody.perform(scratch.order([scratch.move("a.png", "__crop/a.png")]))
    #expect(said.withLock { $0 } == ["destination-taken"])
    #expect(try scratch.exists("x/A.png") && scratch.exists("__crop/a.png"))
    // What was in hand is let go: another name finds no obstacle.
    _ = try custody.undo(scratch.order([]).id)
    #expect(try custody.perform(second).state == .done)
  }

  /// While an undoing looks whether its names are free, another order is about to give one that looks like them.
  @Test func namesThatComeBackAreInHand() throws {
    try scratch.write(["a.png", "x/b.png"])
    let first = scratch.order([scratch.move("a.png", "__crop/a.png")])
    let second = scratch.order([scratch.move("x/b.png", "A.png")], group: "g2")
    let said = Mutex<[String]>([])
    let custodies = Mutex<FileCustody?>(nil)
    let custody = try scratch.custody(before: { operation in
      guard operation == "commit intent", let custody = custodies.withLock({ $0 }) else { return }
      custodies.withLock { $0 = nil }
      let error = #expect(throws: (any Error).self) { try custody.undo(first.id) }
      said.withLock { $0 = codes(error) }
    })
    _ = try custody.perform(first)
    custodies.withLock { $0 = custody }
    _ = try custody.perform(second)
    #expect(said.withLock { $0 } == ["destination-taken"])
    #expect(try scratch.exists("A.png") && scratch.exists("__crop/a.png") && !scratch.exists("a.png"))
    // Once the other is taken back the name is free, and nobody keeps it.
    _ = try custody.undo(second.id)
    #expect(try custody.undo(first.id).state == .undone)
    #expect(try scratch.exists("a.png") && scratch.exists("x/b.png"))
  }

  @Test func manyThreadsDoAndUndo() async throws {
    let names = (0..<6).map { "f\($0)" }
    try scratch.write(names.map { "\($0).png" })
    let before = try scratch.tree()
    let custody = try scratch.custody()
    let orders = names.map { name in (0..<12).map { order(name, $0) } }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for orders in orders {
        group.addTask {
          for order in orders {
            _ = try custody.perform(order)
            _ = try custody.undo(order.id)
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try scratch.tree() == before && scratch.folders().isEmpty)
    #expect(try scratch.logLines().count == 6 * 12 * 2)
    #expect(try custody.recover().isEmpty)
  }
}
