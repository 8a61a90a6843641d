import DarkroomTesting
import FileCustody
import FileSystem
import Foundation
import ImageCatalog
import PipelineCore
import Testing

@testable import ImageStages

@Suite struct CatalogStageTests {
  let bench: StageBench

  init() throws { bench = try StageBench() }

  private func known() throws -> [String: Place] {
    let files =
      try FileCustody.openForReading(workspace: bench.workspace.path)?.files(project: StageBench.project)
      ?? []
    return Dictionary(files.map { ($0.origin.rawValue, $0.place) }) { $1 }
  }

  @Test func everyImageIsInOneGroupAndKnown() async throws {
    for stage in ["stage1_generated", "stage2_upscaled"] { try bench.set("a/20250701_080000_\(stage).png") }
    try bench.set("b/20250701_090000_stage1_generated.png")
    try bench.write("b/notes.txt", "of nobody")
    try bench.write(".hidden/x.png", "left alone")
    try bench.write("__selected/earlier.png", "left alone")
    let before = try bench.tree()
    let night = try await bench.night(only: ["catalog"])
    #expect(night.state == .succeeded && night.findings("catalog").isEmpty)
    #expect(
      try bench.groups().map(\.group.images) == [
        ["20250701_080000_stage1_generated.png", "20250701_080000_stage2_upscaled.png"],
        ["20250701_090000_stage1_generated.png"],
      ])
    for record in try bench.groups() {
      for (image, digest) in zip(record.group.images, record.digests) {
        #expect(before[record.origin(of: image)] == digest)
      }
    }
    #expect(try known().count == 7)
    #expect(try bench.tree() == before)
    #expect(
      night.stages.first { $0.id == "catalog" }?.counters == [
        "images": 3, "groups": 2, "files": 7, "read": 7,
        "bytes": Int64(
          try before.keys.filter { try known()[$0.rawValue] != nil }.reduce(0) { sum, path in
            sum + Int(try FileStatus("\(bench.root)/\(path)")?.size ?? 0)
          }), "missing": 0,
      ])
  }

  /// A project with stages of its own: they make the groups, and the rule recommends the highest of them.
  @Test func theStagesOfTheManifest() async throws {
    for name in ["raw", "mid", "final"] { try bench.set("a/20250701_080000_\(name).png") }
    try await bench.run()
    #expect(try bench.groups().map(\.group.images.count) == [1, 1, 1], "none is of a stage that is known")
    try bench.workspace.write(
      "data/projects/p1.project.json",
      #"""
      {"schema":"project_v1","id":"p1","root":"images","stages":[
        {"name":"final","rank":3},{"name":"mid","rank":1.5},{"name":"raw","rank":1}]}
      """#)
    let night = try await bench.run()
    #expect(night.done("catalog") == ["p1"])
    let group = try #require(try bench.groups().first { $0.group.images.count > 1 })
    #expect(
      group.group.images == ["raw", "mid", "final"].map { "20250701_080000_\($0).png" }
        && group.group.stages == ["raw", "mid", "final"])
    #expect(
      String(
        decoding: try FileSystem.read(
          "\(bench.workspace.path)/data/review/recommendations/p1/\(group.group.id).json"), as: UTF8.self
      ).contains(#""index":2"#))
    #expect(try await bench.run().done("catalog").isEmpty)
    // Another rank changes what the rule says, though not the group.
    try bench.workspace.write(
      "data/projects/p1.project.json",
      #"""
      {"schema":"project_v1","id":"p1","root":"images","stages":[
        {"name":"final","rank":4},{"name":"mid","rank":1.5},{"name":"raw","rank":1}]}
      """#)
    #expect(try await bench.run().done("recommend").contains(UnitKey(group.group.id.rawValue)))
  }

  @Test func aSecondLookChangesNothing() async throws {
    try bench.set("a/20250701_080000_stage1_generated.png")
    try await bench.run()
    #expect(try await bench.run().done("catalog") == [])
    try await bench.expectIdempotence()
  }

  @Test func whatCustodyMovesStaysInItsGroup() async throws {
    for stage in ["stage1_generated", "stage2_upscaled"] { try bench.set("a/20250701_080000_\(stage).png") }
    try await bench.run()
    let before = try bench.groups()
    try bench.decide("20250701_080000_stage2_upscaled.png", .override)
    try await bench.run()
    #expect(try bench.paths().allSatisfy { $0.hasPrefix("__selected/") })
    #expect(try await bench.night(only: ["catalog"], force: true).findings("catalog").isEmpty)
    #expect(try bench.groups() == before)
  }

  /// A further variant comes when the group was carried out: nothing of what was done is undone or forgotten by it.
  @Test func aLateImageIsAGroupOfItsOwn() async throws {
    let (first, last) = ("20250701_080000_stage1_generated.png", "20250701_080010_stage3_enhanced.png")
    for image in [first, last] { try bench.set("a/\(image)") }
    try await bench.run()
    let before = try bench.groups()
    let decision = try bench.decide(last, .override)
    try await bench.run()
    bench.sleep(days: 1)
    let late = "20250701_080005_stage2_upscaled.png"
    try bench.set("a/\(late)")
    let night = try await bench.run()
    #expect(night.warnings("catalog") == ["late-image"])
    #expect(night.findings("catalog").first?.message.contains(decision.group.rawValue) == true)
    #expect(try bench.groups().first == before.first)
    #expect(try bench.groups().map(\.group.images) == [[first, last], [late]])
    #expect(night.done("review").isEmpty, "nothing of what was carried out is worked on again")
    // Both go their own ways from there.
    try bench.decide(late, .override)
    try await bench.run()
    #expect(try bench.exists("__selected/\(late)"))
    try bench.undo(decision)
    bench.sleep(days: 1)
    try await bench.run()
    try bench.write("a/notes.txt", "so that the catalog looks again")
    try await bench.run()
    #expect(try bench.group(first) == before.first)
    try bench.decide(first, .override)
    try await bench.run()
    #expect(try bench.exists("__selected/\(first)"))
    try await bench.expectIdempotence()
  }

  @Test func whatComesBackIsNothingNew() async throws {
    for stage in ["stage1_generated", "stage2_upscaled"] { try bench.set("a/20250701_080000_\(stage).png") }
    try await bench.run()
    let before = try bench.tree()
    let decision = try bench.decide("20250701_080000_stage2_upscaled.png", .override)
    try await bench.run()
    try bench.undo(decision)
    #expect(try await bench.run().done("catalog").isEmpty)
    #expect(try bench.tree() == before)
    for stage in StageBench.stages { #expect(try await bench.run().done(stage).isEmpty, "\(stage)") }
    // Another content is noticed as ever, also where time and size are the same.
    let path = "\(bench.root)/a/20250701_080000_stage2_upscaled.yaml"
    let bytes = try FileSystem.read(path)
    try FileSystem.removeFile(path)
    try FileSystem.create(path, bytes.reversed())
    #expect(try await bench.run().done("catalog").count == 1)
    #expect(try await bench.run().done("catalog").isEmpty)
  }

  @Test func aFileThatIsGoneIsAWarningAndIsFoundAgain() async throws {
    try bench.set("a/20250701_080000_stage1_generated.png")
    try bench.set("a/20250701_090000_stage1_generated.png")
    try await bench.run()
    let (path, aside) = ("\(bench.root)/a/20250701_090000_stage1_generated.png", "\(bench.dataHome)/aside")
    try FileSystem.rename(path, to: aside)
    let night = try await bench.night()
    #expect(night.warnings("catalog") == ["file-missing"])
    #expect(
      night.findings("catalog").first?.message.contains("a/20250701_090000_stage1_generated.png") == true)
    #expect(night.errors("audit") == ["file-missing"])
    #expect(try bench.groups().count == 1)
    try FileSystem.rename(aside, to: path)
    #expect(try await bench.run().findings("catalog").isEmpty)
    #expect(try bench.groups().count == 2)
  }

  /// The production folders show that the disk is there.
  @Test func anEmptiedProjectIsNoVanishedRoot() async throws {
    try bench.set("a/20250701_080000_stage1_generated.png")
    try bench.write("__selected/earlier.txt", "of the older system")
    try await bench.run()
    try FileSystem.removeTree("\(bench.root)/a")
    let night = try await bench.night()
    #expect(night.errors("catalog") == [] && night.warnings("catalog") == ["file-missing", "file-missing"])
  }

  @Test(.enabled(if: getuid() != 0, "root reads everything; DarkroomCLITests has this as another user"))
  func aClosedFolderIsNotAnEmptyOne() async throws {
    for name in ["a/20250701_080000", "b/20250701_090000"] { try bench.set("\(name)_stage1_generated.png") }
    try await bench.run()
    let before = (try bench.world().places, try bench.groups())
    chmod("\(bench.root)/b", 0)
    defer { chmod("\(bench.root)/b", 0o755) }
    let night = try await bench.night()
    #expect(night.warnings("catalog") == ["folder-unreadable"])
    #expect(night.errors("audit") == ["files-not-seen"])
    #expect(try bench.world().places == before.0 && bench.groups() == before.1)
  }

  // MARK: Bad input

  /// A disk that is not mounted leaves nothing, or an empty folder.
  @Test(arguments: [false, true]) func aVanishedRootIsNoDeletion(leavesAFolder: Bool) async throws {
    for stage in ["stage1_generated", "stage2_upscaled"] { try bench.set("a/20250701_080000_\(stage).png") }
    try bench.set("b/20250701_080000_stage1_generated.png")
    try await bench.run()
    try bench.decide("20250701_080000_stage2_upscaled.png", .override)
    try await bench.run()
    let before = try bench.world()
    let aside = "\(bench.dataHome)/unmounted"
    try FileSystem.rename(bench.root, to: aside)
    if leavesAFolder { try FileSystem.makeDirectory(bench.root) }

    let night = try await bench.night()
    let code = leavesAFolder ? "project-root-empty" : "project-root-missing"
    #expect(night.state == .failed)
    #expect(night.errors("catalog") == [code])
    #expect(night.errors("audit") == [code])
    let error = try #require(night.findings("catalog").first)
    #expect(error.message.contains("nothing counts as deleted"))
    #expect(error.help?.contains("mount") == true)
    if leavesAFolder { #expect(try FileSystem.list(bench.root) == []) }
    #expect(try bench.world().places == before.places)

    if leavesAFolder { try FileSystem.removeDirectory(bench.root) }
    try FileSystem.rename(aside, to: bench.root)
    try await bench.run()
    #expect(try bench.world() == before)
  }

  @Test func imagesOfOneStemAreReportedAndTheOthersGoOn() async throws {
    try bench.set("a/20250701_080000_stage1_generated.png")
    try bench.image("a/20250701_080000_stage1_generated.jpg")
    try bench.set("a/20250701_090000_stage1_generated.png")
    let night = try await bench.run()
    #expect(night.warnings("catalog") == ["stem-conflict"])
    let message = night.findings("catalog").first?.message ?? ""
    #expect(message.contains("_generated.jpg") && message.contains("_generated.png"))
    #expect(try bench.groups().flatMap(\.group.images).count == 3)
    try await bench.expectIdempotence()
  }

  @Test func linksFoldersAndPipesAreReportedAndNeverFollowed() async throws {
    try bench.set("a/ok_stage1_generated.png")
    try bench.write("a/20250701_090000_stage1_generated.png/inner.txt", "in a folder with an image's name")
    try FileSystem.makeLink("\(bench.root)/a/linked_stage1_generated.png", to: "ok_stage1_generated.png")
    try FileSystem.makeLink("\(bench.root)/a/everything", to: "/")
    #expect(mkfifo("\(bench.root)/a/piped.png", 0o600) == 0)
    let night = try await bench.run()
    #expect(
      night.warnings("catalog") == [
        "folder-named-like-image", "special-file", "symbolic-link", "symbolic-link",
      ])
    #expect(try bench.groups().flatMap(\.group.images) == ["ok_stage1_generated.png"])
    try await bench.expectIdempotence()
  }

  @Test func imagesThatAreNoneAreTold() async throws {
    try bench.set("a/20250701_080000_stage1_generated.png")
    try bench.write("a/20250701_090000_stage1_generated.png", "")
    try bench.write("a/20250701_100000_stage1_generated.png", "no image at all")
    let whole = try FileSystem.read("\(bench.root)/a/20250701_080000_stage1_generated.png")
    try FileSystem.create("\(bench.root)/a/20250701_110000_stage1_generated.png", whole.prefix(20))
    let night = try await bench.run()
    let warnings = night.findings("catalog").filter { $0.severity == .warning }
    #expect(warnings.count == 3, "\(warnings)")
    for hour in ["090000", "100000", "110000"] {
      #expect(warnings.contains { $0.message.contains(hour) && $0.code.hasPrefix("image-") }, "\(hour)")
    }
    #expect(try bench.groups().count == 4)
  }

  @Test func aBadManifestCostsItsProjectOnly() async throws {
    try bench.set("a/20250701_080000_stage1_generated.png")
    try bench.workspace.write("data/projects/p2.project.json", #"{"schema":"project_v1","id":"p2""#)
    #expect(try await bench.run().done("catalog") == ["p1"])
    bench.settings["catalog"] = ["project": "p3"]
    let night = try await bench.night(only: ["catalog"])
    let errors = night.stages.first { $0.id == "catalog" }?.errors ?? []
    #expect(errors.contains { $0.contains("there is no project p3") }, "\(errors)")
  }
}
