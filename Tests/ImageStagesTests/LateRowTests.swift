import DarkroomTesting
import FileSystem
import ImageCatalog
import PipelineCore
import Testing

@testable import ImageStages

/// Rows of groups that an earlier night moved and whose rows it could not write.
@Suite struct LateRowTests {
  let bench: StageBench
  let group = ["stage1_generated", "stage2_upscaled"].map { "20250701_080000_\($0).png" }
  let single = "20250701_090000_stage1_generated.png"

  init() throws {
    bench = try StageBench()
    bench.settings["trash"] = ["trashAfterDays": 7]
    for image in group { try bench.set("a/\(image)") }
    try bench.set("b/\(single)")
  }

  /// A night moved a group and could not write its row; until the row is written, its images may be in the Trash, and
  /// others at their old places.
  @Test func aRowThatComesLateHasTheSizeOfItsImage() async throws {
    bench.settings["trash"] = ["trashAfterDays": 0]
    try await bench.run()
    try bench.decide(group[0], .reject)
    try await bench.run()
    let rows = try bench.rows()
    #expect(rows.map(\.imageWidth) == [80] && rows.map(\.imageHeight) == [72])
    #expect(try bench.trashed().count == 4)
    try bench.image("a/\(group[0])", width: 90, height: 64)
    try FileSystem.removeFile("\(bench.workspace.path)/\(DecisionDatabase.path(project: "p1"))")
    let night = try await bench.night(only: ["review"], force: true)
    #expect(night.errors("review").isEmpty && night.warnings("review").isEmpty)
    #expect(try bench.rows() == rows)
  }

  /// Its size is not to be had any more: the row is written all the same, and it is said.
  @Test func aRowOfAnImageThatIsGoneHasNoSize() async throws {
    try await bench.run()
    try bench.decide(single, .reject)
    try await bench.run()
    try FileSystem.removeFile("\(bench.root)/__delete_staging/\(single)")
    try FileSystem.removeFile("\(bench.workspace.path)/\(DecisionDatabase.path(project: "p1"))")
    let night = try await bench.night(only: ["review"], force: true)
    #expect(night.warnings("review") == ["size-unknown"])
    #expect(try bench.rows().map(\.imageWidth) == [nil])
  }

  /// A volume that is not mounted comes back, and so does the size: nothing is written for good without it.
  @Test func aRowWaitsForTheVolumeOfItsImage() async throws {
    bench.settings["trash"] = ["trashAfterDays": 0]
    try await bench.run()
    try bench.decide(single, .reject)
    try await bench.run()
    let rows = try bench.rows()
    #expect(try rows.map(\.imageWidth) == [80] && bench.trashed().count == 2)
    try FileSystem.removeFile("\(bench.workspace.path)/\(DecisionDatabase.path(project: "p1"))")
    try FileSystem.rename("\(bench.dataHome)/Trash", to: "\(bench.dataHome)/unmounted")
    let night = try await bench.night(only: ["review"], force: true)
    #expect(night.done("review").isEmpty && night.errors("review") == ["trash-unreachable"])
    let error = try #require(night.findings("review").first)
    #expect(error.message.contains("\(bench.dataHome)/Trash/files") && error.message.contains(single))
    #expect(error.help != nil)
    #expect(try bench.rows().isEmpty)
    try FileSystem.rename("\(bench.dataHome)/unmounted", to: "\(bench.dataHome)/Trash")
    let mounted = try await bench.night(only: ["review"], force: true)
    #expect(mounted.done("review").count == 1 && mounted.findings("review").isEmpty)
    #expect(try bench.rows() == rows)
  }

  /// An emptied Trash is no volume that is away.
  @Test func aRowOfAnImageThatLeftTheTrashHasNoSize() async throws {
    bench.settings["trash"] = ["trashAfterDays": 0]
    try await bench.run()
    try bench.decide(single, .reject)
    try await bench.run()
    try FileSystem.removeFile("\(bench.workspace.path)/\(DecisionDatabase.path(project: "p1"))")
    try FileSystem.removeFile("\(bench.dataHome)/Trash/files/\(single)")
    let night = try await bench.night(only: ["review"], force: true)
    #expect(night.warnings("review") == ["size-unknown"])
    #expect(try bench.rows().map(\.imageWidth) == [nil])
  }
}
