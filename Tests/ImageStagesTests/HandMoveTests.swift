import DarkroomTesting
import FileSystem
import Foundation
import ImageCatalog
import PipelineCore
import Testing

@testable import FileCustody
@testable import ImageStages

/// Files that somebody moved by hand, or lost, and says so.
@Suite struct HandMoveTests {
  let bench: StageBench
  let image = "20250701_080000_stage1_generated.png"
  let other = "20250701_090000_stage1_generated.png"
  private var stem: String { RelativePath(image).stem }

  init() throws {
    bench = try StageBench()
    try bench.set("a/20250701_080000_stage1_generated.png")
    try bench.set("b/20250701_090000_stage1_generated.png")
  }

  private func settle() async throws {
    try await bench.run()
    try bench.decide(image, .override)
    try await bench.run()
    try await bench.expectAudit()
  }

  private func move(_ from: String, to target: String) throws {
    try FileSystem.makeDirectories("\(bench.root)/\(RelativePath(target).folder)")
    try FileSystem.rename("\(bench.root)/\(from)", to: "\(bench.root)/\(target)")
  }

  private func acceptance() throws -> FileAcceptance {
    let custody = try FileCustody(
      workspace: bench.workspace.path, trash: SystemTrash(dataHome: bench.dataHome),
      clock: { 1_760_000_100_000_000 }, run: nil)
    return FileAcceptance(
      project: try ImageProjects.project(StageBench.project, workspace: bench.workspace.path),
      custody: custody, workspace: bench.workspace.path)
  }

  private func accept(_ path: String) throws -> [String] {
    try acceptance().acceptMove(to: path).map { "\($0.place) → \($0.now ?? "")" }
  }

  private func expectRefusal(
    _ words: String, sourceLocation: Testing.SourceLocation = #_sourceLocation, _ body: () throws -> Any
  ) throws {
    let before = try bench.world()
    let error = #expect(throws: Diagnostic.self, sourceLocation: sourceLocation) { _ = try body() }
    #expect(
      error?.code == "accept-untrue" && error?.message.contains(words) == true, "\(String(describing: error))"
    )
    #expect(try bench.world() == before, sourceLocation: sourceLocation)
  }

  /// The records that say what people accepted.
  private func records() throws -> [String] {
    try bench.world().log.values.joined().split(separator: "\n").map(String.init).filter {
      $0.contains("\"type\": \"user_action\"")
    }
  }

  // MARK: Moved by hand

  /// In content folders, as the catalog sees it and before it does.
  @Test(arguments: [false, true]) func anImageThatNobodyDecided(isSeen: Bool) async throws {
    try await bench.run()
    try move("a/\(image)", to: "c/\(image)")
    try move("a/\(stem).yaml", to: "c/\(stem).yaml")
    if isSeen { _ = try await bench.night() }
    try await bench.expectAudit(
      errors: ["file-moved-by-hand"], warnings: ["file-moved-by-hand"],
      saying: ["a/\(image) is not there", "at c/\(image)", "--accept 'c/\(image)'"])
    #expect(try accept("c").sorted() == ["a/\(stem).png → c/\(stem).png", "a/\(stem).yaml → c/\(stem).yaml"])
    try await bench.expectAudit()
    #expect(try records().count == 2)
    #expect(try accept("c").isEmpty && accept("c/\(image)").isEmpty && records().count == 2)
    try await bench.run()
    // It waits for its review where it is now.
    #expect(try bench.group(image).group.folder == "c")
    try bench.decide(image, .override)
    try await bench.run()
    #expect(try bench.exists("__selected/\(image)"))
    try await bench.expectAudit()
    try await bench.expectIdempotence()
  }

  /// A decided group keeps its image, wherever in the production folders it is.
  @Test func anImageThatCustodyHadPlaced() async throws {
    try await settle()
    let groups = try bench.groups()
    try move("__selected/\(image)", to: "__selected/best/renamed.png")
    try await bench.expectAudit(
      errors: ["file-moved-by-hand"],
      saying: ["__selected/\(image) is not there", "__selected/best/renamed.png"])
    #expect(
      try accept("images/__selected/best/renamed.png") == [
        "__selected/\(image) → __selected/best/renamed.png"
      ])
    try await bench.run()
    try await bench.expectAudit()
    #expect(try bench.groups() == groups)
    // Once more, and back to where custody had put it.
    try move("__selected/best/renamed.png", to: "__selected/\(image)")
    try await bench.expectAudit(errors: ["file-moved-by-hand"])
    #expect(try accept("__selected/\(image)").count == 1)
    try await bench.expectAudit()
    try FileSystem.removeFile("\(bench.root)/__selected/\(image)")
    try await bench.expectAudit(errors: ["file-missing"])
  }

  /// What the Trash gave back to somebody else than us.
  @Test func anImageThatSomebodyTookOutOfTheTrash() async throws {
    try await bench.run()
    try bench.decide(image, .reject)
    try await bench.run()
    try await bench.expectAudit()
    let trashed = "\(bench.dataHome)/Trash/files/\(image)"
    try FileSystem.makeDirectories("\(bench.root)/__delete_staging")
    try FileSystem.rename(trashed, to: "\(bench.root)/__delete_staging/\(image)")
    try await bench.expectAudit(warnings: ["file-unknown", "trash-emptied"])
    #expect(try accept("__delete_staging/\(image)") == ["a/\(image) → __delete_staging/\(image)"])
    try await bench.expectAudit()
  }

  /// Each file that came explains one that is missing.
  @Test func oneCopyDoesNotStandForTwo() async throws {
    let bytes = try FileSystem.read("\(bench.root)/a/\(image)")
    try FileSystem.create("\(bench.root)/a/20250702_080000_stage1_generated.png", bytes)
    try await bench.run()
    try move("a/\(image)", to: "c/once.png")
    try FileSystem.removeFile("\(bench.root)/a/20250702_080000_stage1_generated.png")
    try await bench.expectAudit(errors: ["file-missing", "file-moved-by-hand"])
    #expect(try accept("c/once.png").count == 1)
    try await bench.expectAudit(errors: ["file-missing"])
    try expectRefusal("no file that is missing was found at b") { try accept("b/\(other)") }
  }

  // MARK: Lost

  @Test func aFileThatIsLostAndComesBack() async throws {
    try await bench.run()
    let bytes = try FileSystem.read("\(bench.root)/b/\(other)")
    try FileSystem.removeFile("\(bench.root)/b/\(other)")
    _ = try await bench.night()
    try await bench.expectAudit(errors: ["file-missing"], saying: ["--accept-loss 'b/\(other)'"])
    #expect(try acceptance().acceptLoss(of: "b/\(other)") == [.init(place: "b/\(other)", now: nil)])
    #expect(try acceptance().acceptLoss(of: "images/b/\(other)") == [])
    try await bench.expectAudit()
    let night = try await bench.night(only: ["audit"], force: true)
    #expect(night.stages.first { $0.id == "audit" }?.counters["losses accepted"] == 1)
    #expect(try records().count == 1 && records()[0].contains("accept_lost_file"))
    // It is found in a backup, and lost again: that is another loss.
    try FileSystem.create("\(bench.root)/b/\(other)", bytes)
    try await bench.run()
    try await bench.expectAudit()
    try FileSystem.removeFile("\(bench.root)/b/\(other)")
    _ = try await bench.night()
    try await bench.expectAudit(errors: ["file-missing"])
  }

  /// What custody knows of a file, by its name.
  private func histories(_ name: String) throws -> [FileHistory] {
    try #require(try FileCustody.openForReading(workspace: bench.workspace.path)).history(ofName: name)
  }

  /// A production folder is not the catalog's: the audit sees what comes back there.
  @Test(arguments: ["placed", "made", "trashed"]) func aLossThatIsFoundWhereCustodyPutIt(how: String)
    async throws
  {
    bench.settings["trash"] = ["trashAfterDays": 0]
    try await bench.run()
    switch how {
    case "placed": try bench.decide(image, .override)
    case "made": try bench.decide(image, .crop, crop: try StageBench.rectangle())
    default: try bench.decide(image, .reject)
    }
    try await bench.run()
    let (path, said) =
      switch how {
      case "placed": ("\(bench.root)/__selected/\(image)", "__selected/\(image)")
      case "made": ("\(bench.root)/__cropped/\(image)", "__cropped/\(image)")
      default: ("\(bench.dataHome)/Trash/files/\(image)", "a/\(image)")
      }
    let index = try #require(
      try histories(image).firstIndex { history in
        how == "made" ? history.file.origin == RelativePath(said) : history.file.origin.folder == "a"
      })
    func last() throws -> Acceptance.Kind? { try histories(image)[index].acceptances.last?.kind }
    let bytes = try FileSystem.read(path)
    try FileSystem.removeFile(path)
    #expect(try acceptance().acceptLoss(of: said).count == 1)
    try await bench.run()
    try await bench.expectAudit()
    #expect(try last() == .lost)
    // Another file under its name is not it.
    try FileSystem.create(path, bytes.reversed())
    let night = try await bench.run()
    #expect(
      night.warnings("audit") == (how == "trashed" ? [] : ["file-unknown"]))
    #expect(try last() == .lost)
    try FileSystem.removeFile(path)
    // It is, as somebody found it in a backup.
    try FileSystem.create(path, bytes)
    let before = try records()
    try await bench.run()
    try await bench.expectAudit()
    #expect(try last() == .back && histories(image)[index].file.place != .missing)
    try await bench.expectIdempotence()
    #expect(try histories(image)[index].acceptances.count == 2 && records() == before)
    // Its next loss is another one.
    try FileSystem.removeFile(path)
    let (errors, warnings) =
      how == "trashed" ? ([], ["trash-emptied"]) : (["file-missing"], [])
    try await bench.expectAudit(errors: errors, warnings: warnings)
    #expect(try acceptance().acceptLoss(of: said).count == 1)
    #expect(try histories(image)[index].acceptances.map(\.kind) == [.lost, .back, .lost])
  }

  /// Before the catalog sees it, too.
  @Test func aLossThatAnAuditFindsFirst() async throws {
    try await bench.run()
    let bytes = try FileSystem.read("\(bench.root)/b/\(other)")
    try FileSystem.removeFile("\(bench.root)/b/\(other)")
    #expect(try acceptance().acceptLoss(of: "b/\(other)").count == 1)
    try FileSystem.create("\(bench.root)/b/\(other)", bytes)
    _ = try await bench.night(only: ["audit"])
    #expect(try histories(other).map { $0.file.place } == [.inProject(RelativePath("b/\(other)"))])
    try await bench.run()
    try await bench.expectAudit()
    try FileSystem.removeFile("\(bench.root)/b/\(other)")
    try await bench.expectAudit(errors: ["file-missing"])
  }

  /// What was moved and then lost is back wherever custody had it.
  @Test func aLossAfterAHandMove() async throws {
    try await settle()
    let bytes = try FileSystem.read("\(bench.root)/__selected/\(image)")
    try move("__selected/\(image)", to: "__selected/best/\(image)")
    #expect(try accept("__selected/best/\(image)").count == 1)
    // A copy where it was is no return: it is where it was moved.
    try FileSystem.create("\(bench.root)/__selected/\(image)", bytes)
    try await bench.run()
    try await bench.expectAudit(warnings: ["image-twice"])
    try FileSystem.removeFile("\(bench.root)/__selected/\(image)")
    try await bench.run()
    try await bench.expectAudit()
    try FileSystem.removeFile("\(bench.root)/__selected/best/\(image)")
    #expect(try acceptance().acceptLoss(of: "__selected/best/\(image)").count == 1)
    try await bench.expectAudit()
    try FileSystem.create("\(bench.root)/__selected/\(image)", bytes)
    try await bench.run()
    try await bench.expectAudit()
    try FileSystem.removeFile("\(bench.root)/__selected/\(image)")
    try await bench.expectAudit(errors: ["file-missing"])
  }

  /// Where it lies again, it explains no other one that is missing.
  @Test func aFileThatIsBackStandsForNoOther() async throws {
    let bytes = try FileSystem.read("\(bench.root)/a/\(image)")
    try FileSystem.create("\(bench.root)/b/\(other)2.png", bytes)
    try await bench.run()
    try bench.decide(image, .override)
    try await bench.run()
    try FileSystem.removeFile("\(bench.root)/__selected/\(image)")
    #expect(try acceptance().acceptLoss(of: "__selected/\(image)").count == 1)
    try FileSystem.create("\(bench.root)/__selected/\(image)", bytes)
    try FileSystem.removeFile("\(bench.root)/b/\(other)2.png")
    try await bench.expectAudit(errors: ["file-missing"], saying: ["b/\(other)2.png is not there"])
  }

  /// A person's word that it is back is said once.
  @Test func aReturnThatIsSaidTwice() async throws {
    try await settle()
    let bytes = try FileSystem.read("\(bench.root)/__selected/\(image)")
    try FileSystem.removeFile("\(bench.root)/__selected/\(image)")
    #expect(try acceptance().acceptLoss(of: "__selected/\(image)").count == 1)
    try FileSystem.create("\(bench.root)/__selected/\(image)", bytes)
    #expect(try accept("__selected/\(image)").count == 1)
    #expect(try accept("__selected/\(image)").isEmpty && records().count == 2)
    try await bench.expectAudit()
  }

  /// An undoing leaves out what is lost with somebody's knowledge, and moves what is back.
  @Test(arguments: [false, true]) func anUndoOfALoss(isBack: Bool) async throws {
    try await bench.run()
    let decision = try bench.decide(image, .override)
    try await bench.run()
    let bytes = try FileSystem.read("\(bench.root)/__selected/\(image)")
    try FileSystem.removeFile("\(bench.root)/__selected/\(image)")
    #expect(try acceptance().acceptLoss(of: "__selected/\(image)").count == 1)
    if isBack { try FileSystem.create("\(bench.root)/__selected/\(image)", bytes) }
    try bench.undo(decision)
    _ = try await bench.night(only: ["review"])
    #expect(try bench.exists("a/\(stem).yaml") && bench.exists("a/\(image)") == isBack)
    #expect(try histories(image)[0].acceptances.last?.kind == (isBack ? .back : .lost))
    try await bench.expectAudit()
    if isBack {
      try FileSystem.removeFile("\(bench.root)/a/\(image)")
      try await bench.expectAudit(errors: ["file-missing"])
    }
  }

  /// Where a lost image was, another one is another one.
  @Test func aNewImageAtThePlaceOfALostOne() async throws {
    try await bench.run()
    try FileSystem.removeFile("\(bench.root)/b/\(other)")
    #expect(try acceptance().acceptLoss(of: "b/\(other)").count == 1)
    try bench.image("b/\(other)", width: 96)
    try await bench.run()
    try await bench.expectAudit()
    let custody = try #require(try FileCustody.openForReading(workspace: bench.workspace.path))
    #expect(try custody.history(ofName: other).map(\.file.generation) == [1, 2])
  }

  @Test func aSourceThatIsLostLeavesItsCrop() async throws {
    try await bench.run()
    try bench.decide(image, .crop, crop: try StageBench.rectangle())
    try await bench.run()
    try FileSystem.removeFile("\(bench.root)/__crop/\(image)")
    try await bench.expectAudit(errors: ["file-missing"], warnings: ["crop-source-gone"])
    #expect(try acceptance().acceptLoss(of: "__crop/\(image)").count == 1)
    try await bench.expectAudit()
  }

  // MARK: What is not true

  @Test func whatIsNotTrueIsRefused() async throws {
    try await settle()
    try expectRefusal("is there") { try acceptance().acceptLoss(of: "__selected/\(image)") }
    try expectRefusal("was ever at nobody.png") { try acceptance().acceptLoss(of: "nobody.png") }
    try expectRefusal("is not below the root") { try acceptance().acceptLoss(of: "/nobody.png") }
    try expectRefusal("no file that is missing") { try accept("b/\(other)") }
    try expectRefusal("no file that is missing") { try accept("nobody.png") }
    try move("b/\(other)", to: "c/\(other)")
    try expectRefusal("its content is at c/\(other)") { try acceptance().acceptLoss(of: "b/\(other)") }
    try bench.write("c/\(other)", "changed on the way")
    try expectRefusal("no file that is missing") { try accept("c/\(other)") }
    let custody = try FileCustody(
      workspace: bench.workspace.path, trash: SystemTrash(dataHome: bench.dataHome), clock: { 1 }, run: nil)
    let lost = try #require(try custody.placedFiles(project: "p1").first { $0.file.origin.name == other })
    try expectRefusal("has not the content") {
      try custody.accept(lost.id, movedTo: RelativePath("c/\(other)"), project: "p1", root: bench.root)
    }
    try FileSystem.rename(bench.root, to: "\(bench.root)-unmounted")
    #expect(throws: Diagnostic.self) { try acceptance().acceptLoss(of: "b/\(other)") }
    try expectRefusal("is not there") {
      try custody.acceptLoss(of: lost.id, project: "p1", root: bench.root)
    }
  }
}
