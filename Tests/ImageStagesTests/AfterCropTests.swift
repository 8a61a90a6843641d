import DarkroomTesting
import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore
import Testing

@testable import ImageStages

/// `afterCrop`: the source set leaves its place for its crop, whole or not at all, and comes back.
@Suite struct AfterCropTests {
  let bench: StageBench
  let stem = "20250701_080000_stage2_upscaled"
  var image: String { "\(stem).png" }
  var names: [String] { ["\(stem).caption", image, "\(stem).yaml"] }

  init() throws {
    bench = try StageBench()
    try bench.set("a/20250701_080000_stage2_upscaled.png")
    try bench.write("a/20250701_080000_stage2_upscaled.caption", "a caption")
  }

  private func decide() async throws -> Decision {
    try await bench.run()
    return try bench.decide(image, .crop, crop: try StageBench.rectangle())
  }

  private func names(in folder: String) throws -> [String] {
    try bench.paths().map { RelativePath($0) }.filter { $0.folder.rawValue == folder }.map(\.name)
  }

  private func operations() throws -> [String] {
    let log = try bench.workspace.contents("data/file_operations_logs").values.joined()
    return log.matches(of: /"operation": "([a-z_]+)"/).map { String($0.1) }
  }

  @Test(arguments: ["trash", "__originals"]) func theSetGoesWholeAndComesBack(_ after: String) async throws {
    bench.settings["crop"] = ["afterCrop": .string(after)]
    let before = try bench.tree()
    let folders = try FileSystem.list(bench.root)
    let decision = try await decide()
    try await bench.run()
    #expect(try names(in: "__cropped") == names)
    #expect(try names(in: "__crop") == [])
    let gone = after == "trash" ? try bench.trashed() : try bench.tree()
    for name in names {
      let path = after == "trash" ? name : "__originals/\(name)"
      #expect(gone[RelativePath(path)] == before[RelativePath("a/\(name)")], "\(name)")
    }
    #expect(try bench.rows().first?.finalCrop == (try StageBench.rectangle()))
    #expect(
      try operations() == ["move", "crop", "delete", after == "trash" ? "send_to_trash" : "move"])
    try await bench.expectIdempotence()
    #expect(try bench.groups().map(\.group.images) == [[image]], "the catalog finds nothing new")

    try bench.undo(decision)
    try await bench.run()
    #expect(try bench.tree() == before && bench.trashed().isEmpty && bench.rows().isEmpty)
    #expect(try FileSystem.list(bench.root) == folders)
    #expect(try operations().count { $0 == "restore" } == 4)
    try await bench.expectIdempotence()
  }

  @Test func keepKeeps() async throws {
    let decision = try await decide()
    try await bench.run()
    #expect(try names(in: "__crop") == names && names(in: "__cropped") == names)
    // Another setting holds for what is cropped from then on.
    bench.settings["crop"] = ["afterCrop": "trash"]
    #expect(try await bench.run().done("crop").count == 1)
    #expect(try names(in: "__crop") == names && bench.trashed().isEmpty)
    try bench.undo(decision)
    try await bench.run()
    #expect(try names(in: "a") == names)
  }

  /// Only the rectangle is taken back: the source waits for another one.
  @Test func aRectangleTakenBackBringsTheSourceBackToWait() async throws {
    bench.settings["crop"] = ["afterCrop": "trash"]
    try await bench.run()
    try bench.decide(image, .crop)
    try await bench.run()
    let waiting = try bench.tree()
    let drawn = try bench.decide(image, .crop, crop: try StageBench.rectangle())
    try await bench.run()
    #expect(try names(in: "__crop") == [])
    try bench.undo(drawn)
    try await bench.run()
    #expect(try bench.tree() == waiting && bench.trashed().isEmpty)
    try bench.decide(image, .crop, crop: try CropRectangle(x1: 0, y1: 0, x2: 1, y2: 1))
    try await bench.run()
    #expect(try names(in: "__cropped") == names && names(in: "__crop") == [])
  }

  @Test func whatCameBesideItLaterGoesWithIt() async throws {
    bench.settings["crop"] = ["afterCrop": "__originals"]
    try bench.write("a/group.decision", #"{"group_id":"g","images":["\#(image)"],"ai_recommendation":{}}"#)
    try await bench.run()
    try bench.decide(image, .crop)
    try await bench.run()
    try bench.write("__crop/\(stem).txt", "written while it waited")
    try bench.decide(image, .crop, crop: try StageBench.rectangle())
    try await bench.run()
    #expect(try names(in: "__originals") == (names + ["\(stem).txt", "group.decision"]).sorted())
    #expect(try names(in: "__crop") == [])
  }

  /// A caption was lost with somebody's knowledge, and another one written: that one goes, and the other stays lost.
  @Test(arguments: ["trash", "__originals"]) func anotherCompanionUnderALostOnesName(_ after: String)
    async throws
  {
    bench.settings["crop"] = ["afterCrop": .string(after)]
    try await bench.run()
    let decision = try bench.decide(image, .crop)
    try await bench.run()
    let path = "__crop/\(stem).caption"
    try FileSystem.removeFile("\(bench.root)/\(path)")
    let custody = try FileCustody(
      workspace: bench.workspace.path, trash: SystemTrash(dataHome: bench.dataHome),
      clock: { 1_760_000_100_000_000 }, run: nil)
    let acceptance = FileAcceptance(
      project: try ImageProjects.project(StageBench.project, workspace: bench.workspace.path),
      custody: custody, workspace: bench.workspace.path)
    #expect(try acceptance.acceptLoss(of: path).count == 1)
    try bench.write(path, "another caption")
    func expectLost() throws {
      #expect(try custody.acceptances(project: StageBench.project).values.map(\.kind) == [.lost])
    }
    try bench.decide(image, .crop, crop: try StageBench.rectangle())
    #expect(try await bench.run().errors("audit").isEmpty)
    #expect(try names(in: "__crop") == [])
    try expectLost()
    try await bench.expectIdempotence()
    try bench.undo(decision)
    #expect(try await bench.run().errors("audit").isEmpty)
    try expectLost()
    #expect(try bench.workspace.text("images/a/\(stem).caption") == "another caption")
    try await bench.run()
    try expectLost()
    try await bench.expectIdempotence()
  }

  // MARK: The source stays

  /// The crop and its row are there, the source is where it was, and the next night makes good for it.
  private func expectSourceStays(
    _ code: String, words: [String], sourceLocation: Testing.SourceLocation = #_sourceLocation,
    heal: () throws -> Void
  ) async throws {
    let night = try await bench.night()
    #expect(night.errors("crop") == [code], sourceLocation: sourceLocation)
    let said = night.findings("crop").map(\.description).joined()
    for word in words { #expect(said.contains(word), "\(said)", sourceLocation: sourceLocation) }
    #expect(Set(try names(in: "__crop")).isSuperset(of: names), sourceLocation: sourceLocation)
    #expect(try bench.exists("__crop/\(stem).decision"), "all or nothing", sourceLocation: sourceLocation)
    #expect(try bench.exists("__cropped/\(image)"), sourceLocation: sourceLocation)
    #expect(try bench.rows().first?.finalCrop != nil, sourceLocation: sourceLocation)
    #expect(try bench.receipts(.retire).isEmpty, sourceLocation: sourceLocation)
    try heal()
    try await bench.run(sourceLocation: sourceLocation)
    #expect(try names(in: "__crop") == [], sourceLocation: sourceLocation)
  }

  @Test func whereANameIsTakenNothingMoves() async throws {
    bench.settings["crop"] = ["afterCrop": "__originals"]
    _ = try await decide()
    try bench.write("__originals/\(stem).yaml", "somebody's")
    try await expectSourceStays(
      "destination-taken", words: ["__originals/\(stem).yaml", "nothing of group"]
    ) {
      #expect(try bench.workspace.text("images/__originals/\(stem).yaml") == "somebody's")
      try FileSystem.removeFile("\(bench.root)/__originals/\(stem).yaml")
    }
  }

  @Test func withoutATrashItStays() async throws {
    bench.settings["crop"] = ["afterCrop": "trash"]
    _ = try await decide()
    try bench.workspace.write("home/Trash", "no folder")
    let night = try await bench.night()
    #expect(Set(night.errors("crop")) == ["no-trash"])
    #expect(try names(in: "__crop") == (names + ["\(stem).decision"]).sorted())
    try FileSystem.removeFile("\(bench.dataHome)/Trash")
    try await bench.run()
    #expect(try names(in: "__crop") == [] && bench.trashed().count == 3)
  }

  @Test func whatLiesBesideItAndCannotBeMovedHoldsIt() async throws {
    bench.settings["crop"] = ["afterCrop": "trash"]
    try await bench.run()
    try bench.decide(image, .crop)
    try await bench.run()
    let link = "\(bench.root)/__crop/\(stem).txt"
    try FileSystem.makeLink(link, to: "\(stem).yaml")
    try bench.decide(image, .crop, crop: try StageBench.rectangle())
    try await expectSourceStays("set-held", words: ["__crop/\(image)", "nothing of it was moved"]) {
      try FileSystem.removeFile(link)
    }
  }

  /// Somebody takes the crop away, or changes it, before the source has left: it is all that is left then.
  @Test(arguments: [false, true]) func withoutItsCropItStays(isChanged: Bool) async throws {
    bench.settings["crop"] = ["afterCrop": "__originals"]
    _ = try await decide()
    try bench.write("__originals/\(stem).yaml", "somebody's")
    _ = try await bench.night()
    try FileSystem.removeFile("\(bench.root)/__originals/\(stem).yaml")
    let crop = "\(bench.root)/__cropped/\(image)"
    try FileSystem.rename(crop, to: "\(bench.dataHome)/aside")
    if isChanged { try bench.write("__cropped/\(image)", "edited") }
    let night = try await bench.night()
    #expect(night.errors("crop") == ["crop-missing"])
    #expect(night.findings("crop").first?.message.contains("its source stays where it is") == true)
    #expect(Set(try names(in: "__crop")).isSuperset(of: names))
    try FileSystem.removeFile(crop)
    try FileSystem.rename("\(bench.dataHome)/aside", to: crop)
    try await bench.run()
    #expect(try names(in: "__crop") == [])
  }

  @Test(arguments: ["trash", "__originals"]) func aSourceThatChangedStays(_ after: String) async throws {
    bench.settings["crop"] = ["afterCrop": .string(after)]
    _ = try await decide()
    try bench.write("__originals/\(stem).yaml", "somebody's")
    try bench.workspace.write("home/Trash", "no folder")
    #expect(try await bench.night().errors("crop").count > 0)
    try FileSystem.removeFile("\(bench.root)/__originals/\(stem).yaml")
    try FileSystem.removeFile("\(bench.dataHome)/Trash")
    try FileSystem.removeFile("\(bench.root)/__crop/\(image)")
    try bench.image("__crop/\(image)", width: 90)
    let night = try await bench.night()
    #expect(night.errors("crop") == ["source-changed"])
    #expect(Set(try names(in: "__crop")).isSuperset(of: names))
  }

  // MARK: The setting

  @Test(arguments: ["", "Trash", "kepe", "__", "__a/b", "../x", ".hidden"])
  func whatIsNoFolderIsRefusedBeforeAnythingRuns(_ text: String) async throws {
    bench.settings["crop"] = ["afterCrop": .string(text)]
    let error = await #expect(throws: Diagnostics.self) { try await bench.night() }
    #expect(error?.items.map(\.code) == ["after-crop"])
    #expect(error?.items.first?.help?.contains("keep, trash") == true)
  }

  @Test(arguments: ["__selected", "__CROP", "__delete_staging"])
  func aProductionFolderIsRefusedBeforeAnythingIsCropped(_ folder: String) async throws {
    bench.settings["crop"] = ["afterCrop": .string(folder)]
    _ = try await decide()
    let night = try await bench.night()
    #expect(night.errors("crop") == ["after-crop"])
    #expect(try !bench.exists("__cropped") && bench.exists("__crop/\(image)"))
  }
}
