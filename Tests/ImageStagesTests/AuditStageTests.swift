import DarkroomTesting
import FileSystem
import Foundation
import ImageCatalog
import PipelineCore
import Testing

@testable import FileCustody
@testable import ImageStages

@Suite struct AuditStageTests {
  let bench: StageBench
  let image = "20250701_080000_stage1_generated.png"

  init() throws {
    bench = try StageBench()
    try bench.set("a/20250701_080000_stage1_generated.png")
    try bench.set("b/20250701_090000_stage1_generated.png")
  }

  /// A project with a decision that was carried out.
  private func settle() async throws -> Decision {
    try await bench.run()
    let decision = try bench.decide(image, .override)
    try await bench.run()
    return decision
  }

  @Test func anUntouchedProjectIsClean() async throws {
    _ = try await settle()
    let night = try await bench.night(only: ["audit"], force: true)
    #expect(night.findings("audit").isEmpty)
    #expect(
      night.stages.first { $0.id == "audit" }?.counters == [
        "files known": 4, "files present": 4, "files read": 4, "orders": 1,
      ])
    #expect(try await bench.run().done("audit").isEmpty, "nothing changed, nothing to prove")
    try await bench.expectIdempotence()
  }

  @Test func aMissingImageIsAnErrorAndAMissingCompanionAWarning() async throws {
    _ = try await settle()
    try FileSystem.removeFile("\(bench.root)/__selected/\(image)")
    try FileSystem.removeFile("\(bench.root)/b/20250701_090000_stage1_generated.yaml")
    try await bench.expectAudit(
      errors: ["file-missing"], warnings: ["file-missing"],
      saying: ["__selected/\(image) is not there", "first seen as a/\(image)", "darkroom where"])
  }

  /// Of its first size, and perhaps of its first time: no program can set the inode's own time back.
  @Test(arguments: [false, true]) func aChangedImageIsAnError(hasItsTime: Bool) async throws {
    _ = try await settle()
    let path = "\(bench.root)/__selected/\(image)"
    let status = try #require(try FileStatus(path))
    var bytes = try FileSystem.read(path)
    bytes[bytes.count - 20] ^= 1
    try FileSystem.removeFile(path)
    try FileSystem.create(path, bytes)
    if hasItsTime {
      let time = timespec(
        tv_sec: Int(status.modified / 1_000_000_000), tv_nsec: Int(status.modified % 1_000_000_000))
      #expect(utimensat(AT_FDCWD, path, [time, time], 0) == 0)
    }
    bench.settings["audit"] = ["rehash": false]
    try await bench.expectAudit(
      errors: ["content-changed"], saying: ["images/__selected/\(image)", "find out which program"])
  }

  /// In a folder that the catalog reads again before the audit looks: the first content stays what is proved.
  @Test func anOverwrittenImageOfTheCatalogIsAnError() async throws {
    _ = try await settle()
    bench.settings["audit"] = ["rehash": false]
    let place = "b/20250701_090000_stage1_generated.png"
    let first = try FileSystem.read("\(bench.root)/\(place)")
    try bench.image("b/other.png")
    try FileSystem.removeFile("\(bench.root)/\(place)")
    try FileSystem.rename("\(bench.root)/b/other.png", to: "\(bench.root)/\(place)")
    #expect(try await bench.night().errors("audit") == ["content-changed"])
    try await bench.expectAudit(errors: ["content-changed"], saying: ["images/\(place)", "another name"])
    try FileSystem.removeFile("\(bench.root)/\(place)")
    try FileSystem.create("\(bench.root)/\(place)", first)
    _ = try await bench.night()
    try await bench.expectAudit()
  }

  /// Gone one night and there with another content the next: two files, of which one is lost.
  @Test func anImageThatAnotherTookTheNameOfIsMissing() async throws {
    _ = try await settle()
    let place = "b/20250701_090000_stage1_generated.png"
    try FileSystem.removeFile("\(bench.root)/\(place)")
    #expect(try await bench.night().errors("audit") == ["file-missing"])
    try bench.image("b/other.png")
    try FileSystem.rename("\(bench.root)/b/other.png", to: "\(bench.root)/\(place)")
    #expect(try await bench.night().errors("audit") == ["file-missing"])
    try await bench.expectAudit(errors: ["file-missing"], saying: [place])
  }

  /// New permissions, a second name, a copy put in its place: read once, and found to be as it was.
  @Test func aTouchedImageIsReadOnce() async throws {
    _ = try await settle()
    bench.settings["audit"] = ["rehash": false]
    func filesRead() async throws -> Int64? {
      let night = try await bench.night(only: ["audit"], force: true)
      #expect(night.findings("audit").isEmpty)
      return night.stages.first { $0.id == "audit" }?.counters["files read"]
    }
    #expect(try await filesRead() == 0)
    let path = "\(bench.root)/__selected/\(image)"
    #expect(chmod(path, 0o600) == 0)
    #expect(try await filesRead() == 1)
    #expect(try await filesRead() == 0)
    try FileSystem.hardLink(path, to: "\(bench.dataHome)/backup")
    #expect(try await filesRead() == 1)
    #expect(try await filesRead() == 0)
    try await bench.expectIdempotence()
  }

  @Test func whatSomebodyElsePutIntoAProductionFolderIsAWarning() async throws {
    _ = try await settle()
    try bench.write("__selected/stranger.png", "x")
    try bench.write("b/new.txt", "x")
    try await bench.expectAudit(warnings: ["file-unknown"], saying: ["__selected/stranger.png"])
  }

  /// An order that was cut short after its renames: an error until the next night has ended it.
  @Test func anOrderThatIsOpen() async throws {
    try await bench.run()
    let root = bench.root
    let custody = try FileCustody(
      workspace: bench.workspace.path, trash: SystemTrash(dataHome: bench.dataHome), clock: { 1 }, run: nil,
      disk: Disk { if $0 == "append" { throw FileError("append to", root, code: ENOSPC) } })
    let decision = try bench.decide(image, .override)
    let record = try bench.group(image)
    let project = try ImageProjects.project(StageBench.project, workspace: bench.workspace.path)
    let order = try ReviewRouting(decision, record).order(
      try GroupFiles(record, project: project, looks: FolderLooks()), project: project,
      workspace: bench.workspace.path)
    let error = #expect(throws: Diagnostic.self) { try custody.perform(order) }
    #expect(error?.code == "order-unfinished")
    try await bench.expectAudit(
      errors: ["decision-not-applied", "file-missing", "order-open"],
      warnings: ["file-missing", "file-unknown", "file-unknown"], saying: [order.id.rawValue])
    try await bench.run()
    try await bench.expectAudit()
    #expect(try bench.receipts(.review).map(\.state) == [.done])
  }

  @Test func aDecisionThatWasNotCarriedOut() async throws {
    try await bench.run()
    let decision = try bench.decide(image, .override)
    try await bench.expectAudit(
      errors: ["decision-not-applied"],
      saying: [decision.group.rawValue, "darkroom undo --group \(decision.group)"])
  }

  /// The journal cannot be made: the catalog fails and goes on, and the night must not seem a good one.
  @Test func decisionsOfAWorkspaceInWhichNothingWasEverSeen() async throws {
    try await bench.run()
    let decision = try bench.decide(image, .override)
    let other = try StageBench()
    try other.set("a/20250701_080000_stage1_generated.png")
    try DecisionInbox.append(decision, workspace: other.workspace.path)
    #expect(try await other.night(only: ["audit"]).errors("audit") == ["decision-not-applied"])
    try await other.run()
  }

  @Test func aRowThatIsMissing() async throws {
    let decision = try await settle()
    let database = try DecisionDatabase(workspace: bench.workspace.path, project: StageBench.project)
    try database.removeRow(group: decision.group, decision: decision.id)
    try await bench.expectAudit(
      errors: ["row-missing"], saying: [decision.group.rawValue, "run the review stage"])
    _ = try await bench.night(only: ["review"], force: true)
    try await bench.expectAudit()
  }

  @Test func anUndoThatIsNotFinished() async throws {
    let decision = try await settle()
    try bench.undo(decision)
    try await bench.expectAudit(errors: ["undo-not-finished"], saying: [decision.group.rawValue])
    try await bench.run()
    try await bench.expectAudit()
  }

  /// A rectangle that came later, taken back: the decision stands, and so does its row.
  @Test func aCropThatIsNotMadeOrNotTakenBack() async throws {
    try await bench.run()
    try bench.decide(image, .crop)
    try await bench.run()
    try await bench.expectAudit()
    let drawn = try bench.decide(image, .crop, crop: try StageBench.rectangle())
    try await bench.expectAudit(errors: ["crop-not-made"], saying: [drawn.group.rawValue])
    try await bench.run()
    try bench.undo(drawn)
    try await bench.expectAudit(errors: ["undo-not-finished"], saying: [drawn.group.rawValue])
    try await bench.run()
    try await bench.expectAudit()
  }

  @Test func aBadDatabaseIsAnError() async throws {
    _ = try await settle()
    let path = DecisionDatabase.path(project: StageBench.project)
    try FileSystem.removeFile("\(bench.workspace.path)/\(path)")
    try bench.workspace.write(path, String(repeating: "no database ", count: 500))
    #expect(try await bench.night(only: ["audit"]).errors("audit") == ["decision-database-corrupt"])
  }
}
