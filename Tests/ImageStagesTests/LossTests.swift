import DarkroomTesting
import FileSystem
import Foundation
import ImageCatalog
import PipelineCore
import Testing

@testable import FileCustody
@testable import ImageStages

/// Files that are lost, and found again.
extension HandMoveTests {
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

  /// Where it lies again, it explains no other one that is missing, whichever of them was there first.
  @Test(arguments: ["__selected", "a"], [false, true])
  func aFileThatIsBackStandsForNoOther(folder: String, isNewer: Bool) async throws {
    let twin = isNewer ? "a/earlier.png" : "b/\(other)2.png"
    let (place, copy) = ("\(folder)/\(image)", "\(bench.root)/\(twin)")
    let bytes = try FileSystem.read("\(bench.root)/a/\(image)")
    if isNewer { try FileSystem.removeFile("\(bench.root)/a/\(image)") }
    try FileSystem.create(copy, bytes)
    try await bench.run()
    if isNewer { try FileSystem.create("\(bench.root)/a/\(image)", bytes) }
    try await bench.run()
    if folder == "__selected" {
      try bench.decide(image, .override)
      try await bench.run()
    }
    try FileSystem.removeFile("\(bench.root)/\(place)")
    #expect(try acceptance().acceptLoss(of: place).count == 1)
    try FileSystem.create("\(bench.root)/\(place)", bytes)
    try FileSystem.removeFile(copy)
    let custody = try FileCustody(
      workspace: bench.workspace.path, trash: SystemTrash(dataHome: bench.dataHome),
      clock: { 1_790_000_000_000_000 }, run: nil)
    let lost = try #require(
      try custody.placedFiles(project: "p1").first { $0.file.origin == RelativePath(twin) })
    // Of one in a production folder that word would be about itself.
    if folder == "a" { try expectRefusal("no file that is missing") { try accept(place) } }
    try expectRefusal("is there again") {
      try custody.accept(lost.id, movedTo: RelativePath(place), project: "p1", root: bench.root)
    }
    // The audit takes that back: what was refused stays so.
    _ = try await bench.night(only: ["audit"])
    #expect(try histories(image)[0].acceptances.map(\.kind) == [.lost, .back])
    try await bench.expectAudit(errors: ["file-missing"], saying: ["\(twin) is not there"])
    try expectRefusal("is there again") {
      try custody.accept(lost.id, movedTo: RelativePath(place), project: "p1", root: bench.root)
    }
    _ = try await bench.night()
    try await bench.expectAudit(errors: ["file-missing"], saying: ["\(twin) is not there"])
    #expect(try acceptance().acceptLoss(of: twin).count == 1)
    try await bench.expectAudit()
  }

  /// What was known at a place all the time is no other file.
  @Test func aFileThatWasThereBefore() async throws {
    let bytes = try FileSystem.read("\(bench.root)/a/\(image)")
    try FileSystem.create("\(bench.root)/b/twin.png", bytes)
    try await bench.run()
    try FileSystem.removeFile("\(bench.root)/a/\(image)")
    let custody = try FileCustody(
      workspace: bench.workspace.path, trash: SystemTrash(dataHome: bench.dataHome),
      clock: { 1_790_000_000_000_000 }, run: nil)
    let lost = try #require(
      try custody.placedFiles(project: "p1").first { $0.file.origin.name == image })
    try expectRefusal("was there before") {
      try custody.accept(lost.id, movedTo: "b/twin.png", project: "p1", root: bench.root)
    }
  }

  /// Where a lost one was, a file with another content that was moved there is that other one.
  @Test func anotherFileMovedToThePlaceOfALostOne() async throws {
    try await settle()
    try FileSystem.removeFile("\(bench.root)/__selected/\(image)")
    #expect(try acceptance().acceptLoss(of: "__selected/\(image)").count == 1)
    try move("b/\(other)", to: "__selected/\(image)")
    #expect(try accept("__selected/\(image)").count == 1)
    #expect(try histories(image).map { $0.acceptances.map(\.kind) } == [[], [.lost]])
    try await bench.expectAudit()
  }

  /// What is lost is in nobody's way where its folder cannot be looked at.
  @Test func aLossInAFolderThatCannotBeLookedAt() async throws {
    try await bench.run()
    try FileSystem.removeFile("\(bench.root)/b/\(other)")
    #expect(try acceptance().acceptLoss(of: "b/\(other)").count == 1)
    let yaml = "b/\(RelativePath(other).stem).yaml"
    try FileSystem.removeFile("\(bench.root)/\(yaml)")
    #expect(try acceptance().acceptLoss(of: yaml).count == 1)
    try FileManager.default.removeItem(atPath: "\(bench.root)/b")
    try FileManager.default.createSymbolicLink(atPath: "\(bench.root)/b", withDestinationPath: "b")
    #expect(throws: FileError.self) { try FileStatus("\(bench.root)/b/\(other)") }
    try await bench.expectAudit(warnings: ["symbolic-link"])
  }

  /// What cannot be noted is no reason to keep what was found to oneself.
  @Test func whatCannotBeNoted() async throws {
    try await settle()
    let bytes = try FileSystem.read("\(bench.root)/__selected/\(image)")
    try FileSystem.removeFile("\(bench.root)/__selected/\(image)")
    #expect(try acceptance().acceptLoss(of: "__selected/\(image)").count == 1)
    try FileSystem.create("\(bench.root)/__selected/\(image)", bytes)
    try FileSystem.removeFile("\(bench.root)/b/\(other)")
    try refuseWrites(
      "CREATE TRIGGER full BEFORE INSERT ON acceptances BEGIN SELECT RAISE(ABORT, 'full'); END")
    let night = try await bench.night(only: ["audit"], force: true)
    #expect(night.errors("audit") == ["file-missing"] && night.warnings("audit").count == 1)
    #expect(night.findings("audit").contains { $0.message.contains("was not noted") })
    try refuseWrites("DROP TRIGGER full")
    try await bench.expectAudit(errors: ["file-missing"])
    try await bench.expectAudit(errors: ["file-missing"])
    #expect(try histories(image).contains { $0.acceptances.last?.kind == .back })
  }

  private func refuseWrites(_ statement: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute(sys.argv[2])",
      "\(bench.workspace.path)/data/state/custody.sqlite", statement,
    ]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
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

  /// Nor does any of several that were at one place after each other.
  @Test func theEarlierOfTwoIsBack() async throws {
    let (place, twin) = ("\(bench.root)/b/\(other)", "\(bench.root)/a/twin.png")
    let bytes = try FileSystem.read(place)
    try FileSystem.create(twin, bytes)
    try await bench.run()
    for width in [96, 0] {
      try FileSystem.removeFile(place)
      #expect(try acceptance().acceptLoss(of: "b/\(other)").count == 1)
      if width > 0 { try bench.image("b/\(other)", width: width) }
      try await bench.run()
    }
    try FileSystem.create(place, bytes)
    try FileSystem.removeFile(twin)
    let night = try await bench.night(only: ["audit"])
    #expect(night.errors("audit") == ["file-missing"])
    #expect(try histories(other).map(\.acceptances.last?.kind) == [.back, .lost])
  }
}
