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
  var stem: String { RelativePath(image).stem }

  init() throws {
    bench = try StageBench()
    try bench.set("a/20250701_080000_stage1_generated.png")
    try bench.set("b/20250701_090000_stage1_generated.png")
  }

  func settle() async throws {
    try await bench.run()
    try bench.decide(image, .override)
    try await bench.run()
    try await bench.expectAudit()
  }

  func move(_ from: String, to target: String) throws {
    try FileSystem.makeDirectories("\(bench.root)/\(RelativePath(target).folder)")
    try FileSystem.rename("\(bench.root)/\(from)", to: "\(bench.root)/\(target)")
  }

  func acceptance() throws -> FileAcceptance {
    let custody = try FileCustody(
      workspace: bench.workspace.path, trash: SystemTrash(dataHome: bench.dataHome),
      clock: { 1_760_000_100_000_000 }, run: nil)
    return FileAcceptance(
      project: try ImageProjects.project(StageBench.project, workspace: bench.workspace.path),
      custody: custody, workspace: bench.workspace.path)
  }

  func accept(_ path: String) throws -> [String] {
    try acceptance().acceptMove(to: path).map { "\($0.place) → \($0.now ?? "")" }
  }

  func expectRefusal(
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
  func records() throws -> [String] {
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
