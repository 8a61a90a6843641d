import DarkroomTesting
import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore
import Testing

@testable import ImageStages

/// The Trash does without what a person accepted as lost or moved.
extension TrashStageTests {
  private func acceptance() throws -> FileAcceptance {
    FileAcceptance(
      project: try ImageProjects.project(StageBench.project, workspace: bench.workspace.path),
      custody: try FileCustody(
        workspace: bench.workspace.path, trash: SystemTrash(dataHome: bench.dataHome),
        clock: { 1_760_000_100_000_000 }, run: nil), workspace: bench.workspace.path)
  }

  /// What a person accepted as lost is missed no more; the rest goes, and comes back.
  @Test(arguments: ["image", "companion"]) func aStagedFileThatIsLostWithSomebodysKnowledge(which: String)
    async throws
  {
    let decisions = try await stage()
    bench.sleep(days: 7)
    let name = which == "image" ? rejected : "\(stem(rejected)).yaml"
    let rest = which == "image" ? "\(stem(rejected)).yaml" : rejected
    let path = "\(bench.root)/__delete_staging/\(name)"
    let bytes = try FileSystem.read(path)
    try FileSystem.removeFile(path)
    #expect(try acceptance().acceptLoss(of: "__delete_staging/\(name)").count == 1)
    let night = try await bench.run()
    #expect(night.findings("trash").isEmpty && night.done("trash").count == 2)
    #expect(try bench.trashed().count == 3 && bench.trashed()[RelativePath(rest)] != nil)
    try await bench.expectIdempotence()
    // What comes back now stays, and is told.
    try FileSystem.create(path, bytes)
    try await bench.run()
    let left = try await bench.run()
    #expect(left.warnings("trash") == ["staged-file-left"])
    #expect(left.findings("trash").first?.help?.contains("darkroom audit --accept") == true)
    #expect(try FileSystem.read(path) == bytes && bench.trashed().count == 3)
    try FileSystem.removeFile(path)
    _ = try await bench.night()
    #expect(try acceptance().acceptLoss(of: "__delete_staging/\(name)").count == 1)
    try await bench.run()
    for decision in decisions { try bench.undo(decision) }
    try await bench.run()
    #expect(try bench.exists("b/\(rest)") && !bench.exists("b/\(name)"))
    #expect(try bench.trashed().isEmpty && bench.rows().isEmpty)
    // The catalog does without what is lost, one night later.
    try await bench.run()
    try await bench.expectIdempotence()
  }

  /// Found before its set goes, it goes with it.
  @Test func aStagedFileThatIsFoundAgain() async throws {
    let decisions = try await stage()
    let before = try bench.tree()
    let path = "\(bench.root)/__delete_staging/\(rejected)"
    let bytes = try FileSystem.read(path)
    try FileSystem.removeFile(path)
    #expect(try acceptance().acceptLoss(of: "__delete_staging/\(rejected)").count == 1)
    try FileSystem.create(path, bytes)
    bench.sleep(days: 7)
    try await bench.run()
    #expect(try bench.trashed().count == 4)
    for decision in decisions { try bench.undo(decision) }
    try await bench.run()
    #expect(Set(try bench.tree().values) == Set(before.values))
  }

  /// Who takes an image out of the staging by hand may want its companions, too.
  @Test func aStagedImageThatSomebodyMoved() async throws {
    let decisions = try await stage()
    bench.sleep(days: 7)
    try FileSystem.makeDirectories("\(bench.root)/kept")
    try FileSystem.rename(
      "\(bench.root)/__delete_staging/\(rejected)", to: "\(bench.root)/kept/\(rejected)")
    #expect(try acceptance().acceptMove(to: "kept").count == 1)
    let night = try await bench.run()
    #expect(night.warnings("trash") == ["staged-set-kept"])
    let finding = try #require(night.findings("trash").first)
    #expect(finding.notes.contains { $0.message.contains("\(stem(rejected)).yaml stays") })
    #expect(try bench.trashed().count == 2)
    #expect(
      try bench.exists("kept/\(rejected)") && bench.exists("__delete_staging/\(stem(rejected)).yaml"))
    try await bench.expectIdempotence()
    // Back where it was staged, and no word more of it: the set goes.
    try FileSystem.rename(
      "\(bench.root)/kept/\(rejected)", to: "\(bench.root)/__delete_staging/\(rejected)")
    #expect(try acceptance().acceptMove(to: "__delete_staging/\(rejected)").count == 1)
    try await bench.run()
    #expect(try bench.trashed().count == 4)
    for decision in decisions { try bench.undo(decision) }
    try await bench.run()
    #expect(try bench.trashed().isEmpty && bench.exists("b/\(rejected)"))
  }

  @Test func aStagedCompanionThatSomebodyMoved() async throws {
    _ = try await stage()
    bench.sleep(days: 7)
    try FileSystem.makeDirectories("\(bench.root)/kept")
    try FileSystem.rename(
      "\(bench.root)/__delete_staging/\(stem(rejected)).yaml",
      to: "\(bench.root)/kept/\(stem(rejected)).yaml")
    #expect(try acceptance().acceptMove(to: "kept").count == 1)
    #expect(try await bench.run().findings("trash").isEmpty)
    #expect(try bench.trashed().count == 3 && bench.exists("kept/\(stem(rejected)).yaml"))
    try await bench.expectIdempotence()
  }

  /// Nothing of its set waits in the staging.
  @Test func anImageThatSomebodyTookOutOfTheTrash() async throws {
    _ = try await stage()
    bench.sleep(days: 7)
    try await bench.run()
    try FileSystem.makeDirectories("\(bench.root)/kept")
    try FileSystem.rename("\(bench.dataHome)/Trash/files/\(rejected)", to: "\(bench.root)/kept/\(rejected)")
    #expect(try acceptance().acceptMove(to: "kept").count == 1)
    #expect(try await bench.run().findings("trash").isEmpty)
    #expect(try bench.trashed().count == 3)
  }

  /// What the older system wrote of a whole group belongs to none of its images alone.
  @Test(arguments: [0, 1]) func aSidecarOfAGroupOfWhichSomebodyMovedAnImage(index: Int) async throws {
    let (moved, rest) = index == 0 ? (other, picked) : (picked, other)
    try bench.write(
      "a/pair.decision", #"{"group_id":"g","images":["\#(other)","\#(picked)"],"ai_recommendation":{}}"#)
    try await bench.run()
    try bench.decide(picked, .reject)
    try await bench.run()
    #expect(try bench.exists("__delete_staging/pair.decision"))
    bench.sleep(days: 7)
    try FileSystem.makeDirectories("\(bench.root)/kept")
    try FileSystem.rename("\(bench.root)/__delete_staging/\(moved)", to: "\(bench.root)/kept/\(moved)")
    #expect(try acceptance().acceptMove(to: "kept").count == 1)
    let night = try await bench.run()
    #expect(night.warnings("trash") == ["staged-set-kept", "staged-set-kept"])
    let (set, group) = (
      try #require(night.findings("trash").first), try #require(night.findings("trash").last)
    )
    #expect(set.notes.map(\.message) == ["\(bench.root)/__delete_staging/\(stem(moved)).yaml stays"])
    #expect(group.notes.map(\.message) == ["\(bench.root)/__delete_staging/pair.decision stays"])
    #expect(group.message.contains("the whole group"))
    for finding in [set, group] {
      #expect(finding.help?.contains("darkroom audit --accept") == true)
      #expect(finding.help?.contains("--accept-loss") == true)
    }
    #expect(
      try bench.trashed().keys.sorted().map(\.rawValue) == [rest, "\(stem(rest)).yaml"].sorted())
    #expect(try bench.exists("__delete_staging/pair.decision"))
    try await bench.expectIdempotence()
    // What the help says ends it.
    for name in ["\(stem(moved)).yaml", "pair.decision"] {
      let path = "\(bench.root)/__delete_staging/\(name)"
      if index == 0 {
        try FileSystem.rename(path, to: "\(bench.root)/kept/\(name)")
      } else {
        try FileSystem.removeFile(path)
      }
    }
    let code = index == 0 ? "file-moved-by-hand" : "file-missing"
    #expect(try await bench.run().warnings("audit") == [code, code])
    if index == 0 {
      #expect(try acceptance().acceptMove(to: "kept").count == 2)
    } else {
      for name in ["\(stem(moved)).yaml", "pair.decision"] {
        #expect(try acceptance().acceptLoss(of: "__delete_staging/\(name)").count == 1)
      }
    }
    let last = try await bench.run()
    #expect(last.findings("trash").isEmpty && last.findings("audit").isEmpty)
    try await bench.expectIdempotence()
  }

  /// While none of its images was moved, it goes with them, also where one is lost.
  @Test(arguments: [false, true]) func aSidecarOfAGroupGoesWithItsImages(isOneLost: Bool) async throws {
    try bench.write(
      "a/pair.decision", #"{"group_id":"g","images":["\#(other)","\#(picked)"],"ai_recommendation":{}}"#)
    try await bench.run()
    try bench.decide(picked, .reject)
    try await bench.run()
    bench.sleep(days: 7)
    if isOneLost {
      try FileSystem.removeFile("\(bench.root)/__delete_staging/\(picked)")
      #expect(try acceptance().acceptLoss(of: "__delete_staging/\(picked)").count == 1)
    }
    #expect(try await bench.run().findings("trash").isEmpty)
    #expect(try bench.trashed().count == (isOneLost ? 4 : 5))
    #expect(try bench.trashed()["pair.decision"] != nil)
  }

  /// What somebody said of the picked file is no concern of those that were staged.
  @Test func thePickedFileIsNotLookedAt() async throws {
    _ = try await stage()
    bench.sleep(days: 7)
    let path = "\(bench.root)/__selected/\(picked)"
    let bytes = try FileSystem.read(path)
    try FileSystem.removeFile(path)
    #expect(try acceptance().acceptLoss(of: "__selected/\(picked)").count == 1)
    try FileSystem.create(path, bytes)
    #expect(try await bench.night(only: ["trash"]).errors("trash").isEmpty)
    #expect(try bench.trashed().count == 4)
    let custody = try #require(try FileCustody.openForReading(workspace: bench.workspace.path))
    #expect(try custody.acceptances(project: StageBench.project).count == 1)
  }
}
