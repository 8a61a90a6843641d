import DarkroomTesting
import FileSystem
import PipelineCore
import Testing

@testable import FileCustody

@Suite struct PerformTests {
  let scratch: CustodyScratch

  init() throws { scratch = try CustodyScratch() }

  @Test func movesWholeSetsOnce() throws {
    try scratch.write(["a.png", "a.yaml", "b.png", "keep.png"])
    let before = try scratch.tree()
    let custody = try scratch.custody()
    let order = scratch.order([
      scratch.move("a.png", "__selected/a.png"), scratch.move("a.yaml", "__selected/a.yaml"),
      scratch.move("b.png", "__delete_staging/b.png"),
    ])
    let receipt = try custody.perform(order)
    #expect(receipt.state == .done)
    #expect(receipt.order == order)
    #expect(receipt.steps.count == 3)
    let ids = try ["a.png", "a.yaml", "b.png"].map { origin in
      try custody.placedFiles(project: "mojo").first { $0.file.origin == RelativePath(origin) }?.id
    }
    #expect(receipt.steps.map(\.file) == ids && !ids.contains(nil))
    #expect(receipt.madeFolders == [scratch.path("__selected"), scratch.path("__delete_staging")])
    #expect(
      try scratch.tree() == [
        "__selected/a.png": "content of a.png", "__selected/a.yaml": "content of a.yaml",
        "__delete_staging/b.png": "content of b.png", "keep.png": "content of keep.png",
      ])
    #expect(try custody.perform(order) == receipt)
    #expect(try scratch.logLines().count == 1)
    #expect(try scratch.places()["a.png"] == .inProject("__selected/a.png"))

    let undone = try custody.undo(order.id)
    #expect(undone.state == .undone)
    #expect(try scratch.tree() == before)
    #expect(try scratch.folders().isEmpty)
    #expect(try scratch.places()["a.png"] == .inProject("a.png"))
    #expect(try custody.undo(order.id) == undone)
    #expect(try scratch.logLines().count == 2)
    #expect(codes(#expect(throws: (any Error).self) { try custody.perform(order) }) == ["order-undone"])
  }

  @Test func everyKindOfStepGoesThereAndBack() throws {
    try scratch.write(["a.png", "a.yaml", "b.png", "c.decision", ".prepared"])
    let before = try scratch.tree()
    let custody = try scratch.custody()
    let crop = try FileSystem.digest(scratch.path(".prepared")).digest
    let order = scratch.order([
      scratch.move("a.png", "__selected/a.png"),
      .create(at: scratch.path("__crop/n.decision"), bytes: Array("new".utf8)),
      .place(prepared: scratch.path(".prepared"), at: scratch.path("__cropped/x.png"), digest: crop),
      .copy(from: scratch.path("a.yaml"), to: scratch.path("__cropped/x.yaml")),
      .trash(scratch.path("b.png")), .remove(scratch.path("c.decision")),
    ])
    let receipt = try custody.perform(order)
    #expect(
      try scratch.tree() == [
        "__selected/a.png": "content of a.png", "__crop/n.decision": "new",
        "__cropped/x.png": "content of .prepared", "__cropped/x.yaml": "content of a.yaml",
        "a.yaml": "content of a.yaml",
      ])
    #expect(receipt.steps.last?.removed == Array("content of c.decision".utf8))
    #expect(try FileSystem.list(scratch.trashFiles) == ["b.png"])
    #expect(try scratch.places()["b.png"] == .trash("\(scratch.trashFiles)/b.png"))
    #expect(try scratch.places()["c.decision"] == .removed)
    #expect(try scratch.places()["__cropped/x.png"] == .inProject("__cropped/x.png"))

    _ = try custody.undo(order.id)
    var expected = before
    expected[".prepared"] = nil
    #expect(try scratch.tree() == expected)
    #expect(try scratch.folders().isEmpty)
    #expect(try FileStatus("\(scratch.dataHome)/Trash") == nil)
    #expect(try scratch.places()["__cropped/x.png"] == .removed)
    #expect(try scratch.places()["c.decision"] == .inProject("c.decision"))
  }
}
