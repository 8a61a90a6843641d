import DarkroomTesting
import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore
import Testing

@testable import ImageStages

@Suite struct TrashStageTests {
  let bench: StageBench
  let picked = "20250701_080000_stage2_upscaled.png"
  let other = "20250701_080000_stage1_generated.png"
  let rejected = "20250701_090000_stage1_generated.png"

  init() throws {
    bench = try StageBench()
    bench.settings["trash"] = ["trashAfterDays": 7]
    for image in [other, picked] { try bench.set("a/\(image)") }
    try bench.set("b/\(rejected)")
  }

  /// A night after which two groups have staged sets.
  func stage() async throws -> [Decision] {
    try await bench.run()
    let decisions = [try bench.decide(picked, .override), try bench.decide(rejected, .reject)]
    try await bench.run()
    return decisions
  }

  func stem(_ image: String) -> String { RelativePath(image).stem }

  @Test func setsGoToTheTrashWhenTheirDaysAreOver() async throws {
    let decisions = try await stage()
    let all = Set(try bench.tree().values)
    #expect(try bench.paths().filter { $0.hasPrefix("__delete_staging/") }.count == 4)
    bench.sleep(days: 6)
    #expect(try await bench.run().done("trash").isEmpty)
    #expect(try bench.trashed().isEmpty)
    bench.sleep(days: 1)
    #expect(
      try await bench.run().done("trash").sorted() == decisions.map { UnitKey($0.group.rawValue) }.sorted())
    #expect(
      try bench.trashed().keys.sorted().map(\.rawValue)
        == [
          other, "\(stem(other)).yaml", rejected, "\(stem(rejected)).yaml",
        ].sorted())
    #expect(try bench.paths() == ["__selected/\(picked)", "__selected/\(stem(picked)).yaml"].sorted())
    #expect(Set(try bench.tree().values).union(try bench.trashed().values) == all)
    let log = try bench.workspace.contents("data/file_operations_logs").values.joined()
    #expect(log.ranges(of: "\"operation\": \"send_to_trash\"").count == 2)
    try await bench.expectIdempotence()
  }

  @Test func whatWasTakenBackIsNotTrashedThoughItCannotComeBackYet() async throws {
    let decisions = try await stage()
    // Its name is taken, so that the set cannot go back to where it was.
    try bench.set("b/\(rejected)")
    bench.sleep(days: 8)
    for decision in decisions { try bench.undo(decision) }
    let night = try await bench.night()
    #expect(night.state == .failed)
    #expect(try bench.trashed().isEmpty)
    #expect(try bench.paths().contains("__delete_staging/\(rejected)"))
  }

  @Test func whatOthersPutThereStays() async throws {
    _ = try await stage()
    try bench.set("__delete_staging/20250701_110000_stage1_generated.png")
    bench.sleep(days: 7)
    try await bench.run()
    #expect(
      try bench.paths().filter { $0.hasPrefix("__delete_staging/") } == [
        "__delete_staging/20250701_110000_stage1_generated.png",
        "__delete_staging/20250701_110000_stage1_generated.yaml",
      ])
  }

  @Test func anUndoEmptiesTheTrashOfOurs() async throws {
    let before = try bench.tree()
    let decisions = try await stage()
    bench.sleep(days: 7)
    try await bench.run()
    for decision in decisions { try bench.undo(decision) }
    try await bench.run()
    #expect(try bench.tree() == before)
    #expect(try bench.trashed().isEmpty)
    #expect(try FileStatus("\(bench.dataHome)/Trash") == nil, "the Trash was not there before")
    #expect(try bench.rows().isEmpty)
    try await bench.expectIdempotence()
  }

  // MARK: Bad input

  /// A file where the Trash has to be: there is none, then.
  @Test func withoutATrashNothingIsDeleted() async throws {
    _ = try await stage()
    bench.sleep(days: 7)
    let before = try bench.tree()
    try bench.workspace.write("home/Trash", "no folder")
    let night = try await bench.night()
    #expect(night.state == .failed)
    #expect(Set(night.errors("trash")) == ["no-trash"])
    for error in night.findings("trash") {
      #expect(error.message.contains("was not deleted") && error.message.contains("__delete_staging/"))
      #expect(error.help != nil)
    }
    #expect(night.errors("audit").isEmpty)
    #expect(try bench.tree() == before)
    try FileSystem.removeFile("\(bench.dataHome)/Trash")
    try await bench.run()
    #expect(try bench.trashed().count == 4)
  }

  @Test func aStagedFileThatIsGoneKeepsItsGroupAndNoOther() async throws {
    _ = try await stage()
    bench.sleep(days: 7)
    let path = "\(bench.root)/__delete_staging/\(stem(rejected)).yaml"
    try FileSystem.rename(path, to: "\(bench.dataHome)/aside")
    let night = try await bench.night()
    #expect(night.errors("trash") == ["source-missing"])
    let error = try #require(night.findings("trash").first)
    #expect(error.message.contains(path) && error.message.contains("nothing of group"))
    #expect(try bench.exists("__delete_staging/\(rejected)"))
    #expect(try bench.trashed().count == 2)
    try FileSystem.rename("\(bench.dataHome)/aside", to: path)
    try await bench.run()
    #expect(try bench.trashed().count == 4)
  }

  /// Whatever lies there under the name: only what was staged may go, the image and its companions alike.
  @Test(arguments: [true, false], ["image", "companion"])
  func anotherFileUnderAStagedNameIsNeverTrashed(isReplaced: Bool, which: String) async throws {
    _ = try await stage()
    bench.sleep(days: 7)
    let name = which == "image" ? rejected : "\(stem(rejected)).yaml"
    let path = "\(bench.root)/__delete_staging/\(name)"
    let staged = try FileSystem.read(path)
    try FileSystem.rename(path, to: "\(bench.dataHome)/aside")
    // Edited: one more byte. Replaced: bytes of the same number, in the same second for all that the disk tells.
    try FileSystem.create(path, isReplaced ? staged.reversed() : staged + [10])
    let before = try bench.tree()
    let night = try await bench.night()
    #expect(night.errors("trash") == ["source-changed"])
    let error = try #require(night.findings("trash").first)
    #expect(error.message.contains(path) && error.message.contains("nothing of group"))
    #expect(error.help?.contains("darkroom undo --group") == true)
    #expect(try bench.trashed().count == 2, "the other group is due all the same")
    #expect(
      try bench.tree()
        == before.filter {
          !$0.key.rawValue.hasSuffix(stem(other) + ".png")
            && !$0.key.rawValue.hasSuffix(stem(other) + ".yaml")
        })
    try FileSystem.removeFile(path)
    try FileSystem.rename("\(bench.dataHome)/aside", to: path)
    try await bench.run()
    #expect(try bench.trashed().count == 4)
  }

  @Test func aCompanionThatWasEditedBeforeItWasStagedGoes() async throws {
    try await bench.run()
    try bench.decide(rejected, .reject)
    try bench.write("b/\(stem(rejected)).yaml", "edited between catalog and review")
    #expect(try await bench.night(only: ["review"]).state == .succeeded)
    bench.sleep(days: 7)
    try await bench.run()
    #expect(try bench.trashed().count == 2)
  }

  /// A copy that somebody put back is the staged file as far as anybody can tell.
  @Test func aStagedFileThatWasPutBackFromACopyGoes() async throws {
    _ = try await stage()
    bench.sleep(days: 7)
    let path = "\(bench.root)/__delete_staging/\(rejected)"
    let staged = try FileSystem.read(path)
    try FileSystem.removeFile(path)
    try FileSystem.create(path, staged)
    try await bench.run()
    #expect(try bench.trashed().count == 4)
  }

  @Test func aVanishedRootIsAnErrorAndNothingGoes() async throws {
    _ = try await stage()
    bench.sleep(days: 7)
    try FileSystem.rename(bench.root, to: "\(bench.dataHome)/unmounted")
    let night = try await bench.night(only: ["trash"])
    #expect(night.errors("trash") == ["root-missing", "root-missing"])
    #expect(try bench.trashed().isEmpty)
    try FileSystem.rename("\(bench.dataHome)/unmounted", to: bench.root)
    try await bench.run()
    #expect(try bench.trashed().count == 4)
  }

  @Test func anEmptiedTrashIsSaidWhenItIsMissed() async throws {
    let decisions = try await stage()
    bench.sleep(days: 7)
    try await bench.run()
    try FileSystem.removeTree("\(bench.dataHome)/Trash")
    let audited = try await bench.run()
    #expect(audited.warnings("audit").filter { $0 == "trash-emptied" }.count == 4)
    let before = try bench.tree()
    try bench.undo(decisions[0])
    let night = try await bench.night()
    #expect(Set(night.errors("review")) == ["trash-emptied"])
    #expect(night.errors("audit").contains("undo-not-finished"))
    #expect(try bench.tree() == before, "nothing of the group moved")
  }
}
