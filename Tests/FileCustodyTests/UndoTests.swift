import DarkroomTesting
import FileSystem
import PipelineCore
import Testing

@testable import FileCustody

@Suite struct UndoTests {
  let scratch: CustodyScratch
  let custody: FileCustody

  init() throws {
    scratch = try CustodyScratch()
    custody = try scratch.custody()
    try scratch.write(["a.png", "a.yaml", "b.png"])
  }

  private func refuse(
    _ order: CustodyOrder, _ expected: [String], sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws {
    let before = (try scratch.tree(), try scratch.folders(), try scratch.logLines())
    let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) {
      try custody.undo(order.id)
    }
    #expect(codes(error) == expected, "\(String(describing: error))", sourceLocation: sourceLocation)
    #expect(try scratch.tree() == before.0, sourceLocation: sourceLocation)
    #expect(try scratch.folders() == before.1, sourceLocation: sourceLocation)
    #expect(try scratch.logLines() == before.2, sourceLocation: sourceLocation)
    #expect(try custody.receipt(order.id)?.state == .done, sourceLocation: sourceLocation)
  }

  private func perform(_ steps: [CustodyStep], decision: String = "d1") throws -> CustodyOrder {
    let order = scratch.order(steps, decision: decision)
    _ = try custody.perform(order)
    return order
  }

  @Test func laterOrdersComeFirst() throws {
    let first = try perform([scratch.move("a.png", "__crop/a.png")])
    let second = try perform([scratch.move("__crop/a.png", "__selected/a.png")], decision: "d2")
    try refuse(first, ["undo-order"])
    _ = try custody.undo(second.id)
    _ = try custody.undo(first.id)
    #expect(try scratch.exists("a.png"))
    #expect(try scratch.folders().isEmpty)
  }

  /// An undo takes the folder with it that another order is about to use; both are right.
  @Test func ordersThatComeAndGoInOneFolder() async throws {
    let threads = 6
    for thread in 0..<threads { try scratch.write("t\(thread).png", "image \(thread)") }
    let before = (try scratch.tree(), try scratch.folders())
    let (custody, scratch) = (custody, scratch)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for thread in 0..<threads {
        group.addTask {
          for turn in 0..<40 {
            let decision = "\(thread)-\(turn)"
            let staged = scratch.order(
              [
                scratch.move("t\(thread).png", "__staging/deep/t\(thread).png"),
                .create(
                  at: scratch.path("__staging/deep/t\(thread).decision"), bytes: Array(decision.utf8)),
              ], decision: decision)
            _ = try custody.perform(staged)
            let trashed = scratch.order(
              [.trash(scratch.path("__staging/deep/t\(thread).png"))], verb: .sendToTrash,
              decision: decision, cause: .trash)
            _ = try custody.perform(trashed)
            _ = try custody.undo(trashed.id)
            _ = try custody.undo(staged.id)
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try scratch.tree() == before.0)
    #expect(try scratch.folders() == before.1)
  }

  @Test func orphanedTargetsAndTakenSources() throws {
    let order = try perform([
      scratch.move("a.png", "__selected/a.png"), scratch.move("b.png", "__selected/b.png"),
    ])
    try FileSystem.rename(scratch.path("__selected/a.png"), to: scratch.path("elsewhere.png"))
    try refuse(order, ["undo-missing"])
    try FileSystem.rename(scratch.path("elsewhere.png"), to: scratch.path("__selected/a.png"))
    try scratch.write("b.png", "new one")
    try refuse(order, ["destination-taken"])
  }

  /// On a Mac the two are one name, and the second would take the first one's place.
  @Test(arguments: [("day/é.png", "day/e\u{301}.png"), ("day/a.png", "day/A.png")])
  func namesThatLookLikeOneThatCameMeanwhile(name: String, other: String) throws {
    let name = String(decoding: name.utf8, as: UTF8.self)
    try scratch.write([name])
    let order = try perform([
      scratch.move(name, "__selected/x.png"), scratch.move("a.yaml", "__selected/a.yaml"),
    ])
    try scratch.write(other, "somebody's")
    try refuse(order, ["destination-taken"])
    let error = #expect(throws: (any Error).self) { try custody.undo(order.id) }
    let message = finding(try #require(error)).message.utf8
    for path in [name, other] {
      #expect(message.firstRange(of: scratch.path(path).utf8) != nil, "the message names both")
    }
    try FileSystem.rename(scratch.path(other), to: scratch.path("elsewhere.png"))
    _ = try custody.undo(order.id)
    #expect(try scratch.exists(name) && scratch.exists("a.yaml"))
  }

  /// They were beside each other before anything was moved: their disk tells them apart.
  @Test func namesThatAlwaysLookedAlikeComeBackBesideEachOther() throws {
    try scratch.write(["day/a.png", "day/A.png"])
    let before = try scratch.tree()
    try custody.register(
      ["day/a.png", "day/A.png"].map { name in
        let (digest, status) = try FileSystem.digest(scratch.path(name))
        return SeenFile(origin: RelativePath(name), kind: .image, digest: digest, status: status)
      }, project: "mojo")
    let first = try perform([scratch.move("day/a.png", "__selected/a.png")])
    let second = try perform([scratch.move("day/A.png", "__crop/A.png")], decision: "d2")
    for order in [first, second] { _ = try custody.undo(order.id) }
    #expect(try scratch.tree() == before)
  }

  // MARK: Files that are lost for good

  @Test func lostFilesAreLeftOutWhenAPersonSaysSo() throws {
    let order = try perform([
      scratch.move("a.png", "__selected/a.png"), scratch.move("a.yaml", "__selected/a.yaml"),
      scratch.move("b.png", "__selected/b.png"),
    ])
    try FileSystem.removeFile(scratch.path("__selected/a.png"))
    try refuse(order, ["undo-missing"])
    let help = finding(try #require(#expect(throws: (any Error).self) { try custody.undo(order.id) })).help
    #expect(help?.contains("darkroom undo --group g1 --forget-missing") == true)
    let receipt = try custody.undo(order.id, forgetsMissing: true)
    #expect(receipt.state == .undone && receipt.steps.count == 3 && receipt.reversedSteps == 2)
    #expect(try scratch.tree() == ["a.yaml": "content of a.yaml", "b.png": "content of b.png"])
    #expect(try scratch.folders().isEmpty)
    #expect(
      try scratch.places() == [
        "a.png": .missing, "a.yaml": .inProject("a.yaml"), "b.png": .inProject("b.png"),
      ])
    let line = try #require(try scratch.logLines().last)
    #expect(
      line.contains(#""file_count": 1, "notes": "undo of move; missing: a.png", "files": ["a.yaml","b.png"]"#)
    )
    #expect(try custody.undo(order.id, forgetsMissing: true) == receipt)
    #expect(try scratch.logLines().count == 2)
  }

  @Test func nothingIsLeftToPutBack() throws {
    let order = try perform([scratch.move("a.png", "__selected/a.png")])
    try FileSystem.removeFile(scratch.path("__selected/a.png"))
    #expect(try custody.undo(order.id, forgetsMissing: true).state == .undone)
    #expect(try scratch.places()["a.png"] == .missing)
    #expect(try scratch.folders().isEmpty)
  }

  /// Whatever lies in its place is somebody's: to forget the lost one is no leave to touch the other.
  @Test func anotherFileInTheLostOnesPlaceIsLeftAlone() throws {
    let order = try perform([scratch.move("a.png", "__selected/a.png")])
    try scratch.write("__selected/a.png", "painted over")
    let error = #expect(throws: (any Error).self) { try custody.undo(order.id, forgetsMissing: true) }
    #expect(codes(error) == ["undo-changed"])
    try FileSystem.rename(scratch.path("__selected/a.png"), to: scratch.path("mine.png"))
    #expect(try custody.undo(order.id, forgetsMissing: true).state == .undone)
    #expect(try scratch.tree()["mine.png"] == "painted over")
  }

  @Test(arguments: ["rename", "sync folder", "append", "commit done"])
  func aKillWhileLostFilesAreLeftOut(operation: String) throws {
    let order = try perform([
      scratch.move("a.png", "__selected/a.png"), scratch.move("b.png", "__selected/b.png"),
    ])
    try FileSystem.removeFile(scratch.path("__selected/a.png"))
    let seen = Counter()
    struct Stop: Error {}
    let broken = try scratch.custody(before: { if seen.hasStopped(at: operation, 1, $0) { throw Stop() } })
    #expect(throws: (any Error).self) { try broken.undo(order.id, forgetsMissing: true) }
    let custody = try scratch.custody()
    #expect(!(try custody.recover().contains { $0.severity == .error }))
    #expect(try custody.undo(order.id, forgetsMissing: true).state == .undone)
    #expect(try scratch.tree() == ["a.yaml": "content of a.yaml", "b.png": "content of b.png"])
    #expect(try scratch.places()["a.png"] == .missing)
    #expect(try scratch.logLines().count == 2)
  }

  @Test func editedFiles() throws {
    let order = try perform([
      scratch.move("a.png", "__selected/a.png"), scratch.move("a.yaml", "__selected/a.yaml"),
      .create(at: scratch.path("__selected/a.decision"), bytes: Array("own".utf8)),
    ])
    try scratch.write("__selected/a.decision", "edited")
    try refuse(order, ["undo-changed"])
    try scratch.write("__selected/a.decision", "own")
    try scratch.write("__selected/a.png", "painted over")
    try refuse(order, ["undo-changed"])
    try scratch.write("__selected/a.png", "content of a.png")
    // A companion may have been edited: it goes back as it is.
    try scratch.write("__selected/a.yaml", "better caption")
    _ = try custody.undo(order.id)
    #expect(
      try scratch.tree() == [
        "a.png": "content of a.png", "a.yaml": "better caption", "b.png": "content of b.png",
      ])
  }

  @Test func ownFilesThatAreGoneAlready() throws {
    try scratch.write(".crop", "pixels")
    let order = try perform([
      .create(at: scratch.path("__crop/a.decision"), bytes: Array("own".utf8)),
      .copy(from: scratch.path("a.yaml"), to: scratch.path("__cropped/a.yaml")),
      .place(
        prepared: scratch.path(".crop"), at: scratch.path("__cropped/a.png"),
        digest: try FileSystem.digest(scratch.path(".crop")).digest),
    ])
    try FileSystem.removeFile(scratch.path("__crop/a.decision"))
    try FileSystem.removeFile(scratch.path("__cropped/a.yaml"))
    try FileSystem.rename(scratch.path("__cropped/a.png"), to: scratch.path("delivered.png"))
    try refuse(order, ["undo-missing"])
    try FileSystem.rename(scratch.path("delivered.png"), to: scratch.path("__cropped/a.png"))
    _ = try custody.undo(order.id)
    #expect(try scratch.tree().keys.sorted() == ["a.png", "a.yaml", "b.png"])
    #expect(try scratch.folders().isEmpty)
  }

  @Test func foldersThatSomebodyUsesStay() throws {
    let order = try perform([scratch.move("a.png", "__selected/deep/a.png")])
    try scratch.write("__selected/mine.txt", "mine")
    _ = try custody.undo(order.id)
    #expect(try scratch.folders() == ["__selected"])
    #expect(try scratch.exists("__selected/mine.txt"))
  }

  @Test func foldersOfSourcesThatWentAreMadeAgain() throws {
    try scratch.write(["day/x.png"])
    let order = try perform([scratch.move("day/x.png", "__selected/x.png")])
    try FileSystem.removeDirectory(scratch.path("day"))
    _ = try custody.undo(order.id)
    #expect(try scratch.exists("day/x.png"))
    #expect(try scratch.folders() == ["day"])
  }

  @Test func unknownOrders() throws {
    let order = scratch.order([scratch.move("a.png", "__selected/a.png")])
    #expect(codes(#expect(throws: (any Error).self) { try custody.undo(order.id) }) == ["order-unknown"])
  }

  @Test func anOrderMayComeBackUnderAnotherDecision() throws {
    let first = try perform([scratch.move("a.png", "__selected/a.png")])
    _ = try custody.undo(first.id)
    _ = try perform([scratch.move("a.png", "__crop/a.png")], decision: "d2")
    #expect(try scratch.exists("__crop/a.png"))
    #expect(try custody.undo(first.id).state == .undone)
    #expect(try scratch.exists("__crop/a.png"))
  }
}
