import DarkroomTesting
import FileSystem
import PipelineCore
import Testing

@testable import FileCustody

/// Orders that must not be carried out: each with its code, and nothing touched.
@Suite struct RefusalTests {
  let scratch: CustodyScratch
  let custody: FileCustody

  init() throws {
    scratch = try CustodyScratch()
    custody = try scratch.custody()
    try scratch.write(["a.png", "a.yaml", "b.png"])
  }

  /// Performs an order that has to fail, and checks that it left no trace.
  private func refuse(
    _ steps: [CustodyStep], _ expected: [String], sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) throws {
    let before = (try scratch.tree(), try scratch.folders())
    let order = scratch.order(steps)
    let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) {
      try custody.perform(order)
    }
    #expect(codes(error) == expected, "\(String(describing: error))", sourceLocation: sourceLocation)
    #expect(try scratch.tree() == before.0, sourceLocation: sourceLocation)
    #expect(try scratch.folders() == before.1, sourceLocation: sourceLocation)
    #expect(try custody.receipt(order.id) == nil, sourceLocation: sourceLocation)
    #expect(try scratch.logLines().isEmpty, sourceLocation: sourceLocation)
  }

  private func set(_ folder: String) -> [CustodyStep] {
    [scratch.move("a.png", "\(folder)/a.png"), scratch.move("a.yaml", "\(folder)/a.yaml")]
  }

  @Test func takenNamesOfImageOrCompanion() throws {
    try scratch.write("__selected/a.png", "other")
    try scratch.write("__crop/a.yaml", "other")
    try refuse(set("__selected"), ["destination-taken"])
    try refuse(set("__crop"), ["destination-taken"])
  }

  @Test func allProblemsAtOnce() throws {
    try scratch.write("__selected/a.png", "other")
    try refuse(
      set("__selected") + [scratch.move("gone.png", "__selected/gone.png")],
      ["destination-taken", "source-missing"])
  }

  @Test func namesThatLookAlike() throws {
    try scratch.write("__selected/A.PNG", "other")
    try refuse(set("__selected"), ["destination-taken"])
    try scratch.write(["stra\u{DF}e.png", "e\u{301}.png", "\u{E9}.png"])
    try scratch.write("__crop/STRASSE.png", "other")
    try refuse([scratch.move("stra\u{DF}e.png", "__crop/stra\u{DF}e.png")], ["destination-taken"])
    try refuse(
      [
        scratch.move("e\u{301}.png", "__new/e\u{301}.png"), scratch.move("\u{E9}.png", "__new/\u{E9}.png"),
      ], ["destination-taken"])
  }

  @Test func namesThatCustodyGaveAreKnownToLookAlike() throws {
    try scratch.write(["x/B.png", "y/c.png"])
    try scratch.write("__selected/z.png", "other")
    _ = try custody.perform(scratch.order([scratch.move("y/c.png", "__selected/c.png")], decision: "d0"))
    _ = try custody.perform(scratch.order([scratch.move("b.png", "__selected/b.png")], decision: "d2"))
    let order = scratch.order([scratch.move("x/B.png", "__selected/B.png")], decision: "d3")
    #expect(codes(#expect(throws: (any Error).self) { try custody.perform(order) }) == ["destination-taken"])
    // Once it is gone, the name is free again.
    _ = try custody.undo(scratch.order([], decision: "d2").id)
    _ = try custody.perform(order)
    #expect(try scratch.exists("__selected/B.png"))
  }

  @Test func linksFoldersAndMissingSources() throws {
    try FileSystem.makeLink(scratch.path("link.png"), to: scratch.path("a.png"))
    try FileSystem.makeDirectory(scratch.path("folder.png"))
    try refuse([scratch.move("link.png", "__selected/link.png")], ["source-not-file"])
    try refuse([scratch.move("folder.png", "__selected/folder.png")], ["source-not-file"])
    try refuse([.trash(scratch.path("folder.png"))], ["source-not-file"])
    try refuse([.trash(scratch.path("link.png"))], ["source-not-file"])
    try refuse([.copy(from: scratch.path("link.png"), to: scratch.path("x/y.png"))], ["source-not-file"])
    try refuse([scratch.move("gone.png", "__selected/gone.png")], ["source-missing"])
  }

  @Test func changedSources() throws {
    let digest = try FileSystem.digest(scratch.path("a.png")).digest
    try scratch.write("a.png", "edited meanwhile")
    try refuse(
      [.move(from: scratch.path("a.png"), to: scratch.path("s/a.png"), digest: digest)], ["source-changed"])
    try refuse(
      [.place(prepared: scratch.path("a.png"), at: scratch.path("__cropped/a.png"), digest: digest)],
      ["source-changed"])
  }

  @Test func changesBetweenLookAndRename() throws {
    let scratch = scratch
    let custody = try scratch.custody(before: { operation in
      if operation == "commit intent" { try scratch.write("b.png", "edited in that moment") }
    })
    let order = scratch.order(set("__selected") + [scratch.move("b.png", "__selected/b.png")])
    #expect(codes(#expect(throws: (any Error).self) { try custody.perform(order) }) == ["source-changed"])
    #expect(
      try scratch.tree() == [
        "a.png": "content of a.png", "a.yaml": "content of a.yaml", "b.png": "edited in that moment",
      ])
    #expect(try scratch.folders().isEmpty)
  }

  @Test func namesTakenBetweenLookAndRename() throws {
    let scratch = scratch
    let custody = try scratch.custody(before: { operation in
      if operation == "commit intent" { try scratch.write("__selected/a.yaml", "quicker") }
    })
    let order = scratch.order(set("__selected"))
    #expect(codes(#expect(throws: (any Error).self) { try custody.perform(order) }) == ["destination-taken"])
    #expect(
      try scratch.tree() == [
        "a.png": "content of a.png", "a.yaml": "content of a.yaml", "b.png": "content of b.png",
        "__selected/a.yaml": "quicker",
      ])
  }

  @Test func ordersThatMakeNoSense() throws {
    try refuse([], ["order-invalid"])
    try refuse([scratch.move("a.png", "../a.png")], ["order-invalid"])
    try refuse([.move(from: scratch.path("a.png"), to: "/elsewhere/a.png", digest: nil)], ["order-invalid"])
    try refuse(
      [.move(from: scratch.path("a.png"), to: scratch.path("x//a.png"), digest: nil)], ["order-invalid"])
    try refuse([.trash("relative")], ["order-invalid"])
    try refuse(
      [scratch.move("a.png", "x/a.png"), scratch.move("a.png", "y/a.png")], ["order-invalid"])
    try refuse([scratch.move("a.png", "x/c.png"), scratch.move("b.png", "x/C.png")], ["destination-taken"])
    try refuse([scratch.move("a.png", "a.png")], ["destination-taken"])
    let large = [UInt8](repeating: 0, count: CustodyStep.largestOwnFile + 1)
    try refuse([.create(at: scratch.path("x"), bytes: large)], ["own-file-too-large"])
  }

  @Test func tooLongNames() throws {
    try refuse(
      [scratch.move("a.png", "x/" + String(repeating: "n", count: 256))], ["file-error"])
  }

  @Test func missingRoot() throws {
    try FileSystem.rename(scratch.root, to: "\(scratch.root)-unmounted")
    let error = #expect(throws: (any Error).self) { try custody.perform(scratch.order(set("__selected"))) }
    #expect(codes(error) == ["root-missing"])
  }

  @Test func unusualNamesTravel() throws {
    let names = [
      "new\nline.png", "quote\"'.png", "back\\slash.png", "\u{1}control.png", "e\u{301}.png", "\u{E9}.txt",
      String(repeating: "x", count: 251) + ".png", " space .png", "-dash.png", "ümläut 🎞.png",
    ]
    try scratch.write(names)
    let before = try scratch.tree()
    let order = scratch.order(
      names.enumerated().map { scratch.move($1, "__selected/\($0 % 2)/\($1)") } + [
        .trash(scratch.path("b.png"))
      ])
    let receipt = try custody.perform(order)
    #expect(receipt.order == order)
    for (index, name) in names.enumerated() {
      #expect(try scratch.tree()[RelativePath("__selected/\(index % 2)/\(name)")] == "content of \(name)")
    }
    _ = try custody.undo(order.id)
    #expect(try scratch.tree() == before)
  }
}
