import DarkroomTesting
import FileSystem
import ImageCatalog
import PipelineCore
import Synchronization
import Testing

@testable import ImageStages

/// One look at a folder for all its groups, and what must not be said from an old one.
@Suite struct FolderLooksTests {
  let bench: StageBench

  init() throws { bench = try StageBench() }

  private final class Watch: Sendable {
    private let time = Mutex(ContinuousClock.now)
    var now: ContinuousClock.Instant { time.withLock { $0 } }
    func pass(_ duration: Duration) { time.withLock { $0 += duration } }
  }

  private func record(_ images: [String]) -> GroupRecord {
    GroupRecord(
      group: ImageGroup(id: "g_0", folder: "a", images: images, stages: [], flags: []),
      digests: images.map { _ in nil })
  }

  private func files(_ image: String, _ looks: FolderLooks, isNew: Bool = false) throws -> [String]? {
    let project = try ImageProjects.project(StageBench.project, workspace: bench.workspace.path)
    return try GroupFiles(record([image]), project: project, looks: looks, isNew: isNew)
      .sets[RelativePath(image)]?.files.map(\.rawValue)
  }

  @Test func aLookServesAllGroupsForSomeSeconds() throws {
    let watch = Watch()
    let looks = FolderLooks { watch.now }
    for name in ["1.png", "2.png"] { try bench.write("a/\(name)", "x") }
    #expect(try files("1.png", looks) == ["1.png"])
    try bench.write("a/2.txt", "came later")
    #expect(try files("2.png", looks) == ["2.png"])
    watch.pass(.milliseconds(900))
    #expect(try files("2.png", looks) == ["2.png"])
    #expect(try files("2.png", looks, isNew: true) == ["2.png", "2.txt"], "files came back")
    try FileSystem.removeFile("\(bench.root)/a/2.txt")
    watch.pass(.seconds(1))
    #expect(try files("2.png", looks) == ["2.png"])
  }

  /// A file that is not there, or is held, is looked for once more before anybody says so.
  @Test func nothingIsMissingByAnOldLook() throws {
    let watch = Watch()
    let looks = FolderLooks { watch.now }
    for name in ["1.png", "1.jpg", "3.png"] { try bench.write("a/\(name)", "x") }
    #expect(try files("1.png", looks) == nil && files("2.png", looks) == nil)
    try bench.write("a/2.png", "x")
    #expect(try files("2.png", looks) == ["2.png"])
    try FileSystem.removeFile("\(bench.root)/a/1.jpg")
    #expect(try files("1.png", looks) == ["1.png"])
    try FileSystem.removeTree("\(bench.root)/a")
    watch.pass(.seconds(1))
    #expect(try files("3.png", looks) == nil)
  }

  /// Whose conflict it is does not follow from what its message contains.
  @Test func aConflictIsThatOfItsOwnImages() throws {
    for name in ["ax.png", "ax.jpg", "x.png", "x.jpg"] { try bench.write("a/\(name)", "x") }
    let project = try ImageProjects.project(StageBench.project, workspace: bench.workspace.path)
    let files = try GroupFiles(record(["x.png"]), project: project, looks: FolderLooks())
    #expect(files.sets.isEmpty)
    #expect(files.held.mapValues(\.code) == ["x.png": "stem-conflict"])
    #expect(files.held["x.png"]?.message.hasPrefix("x.jpg, x.png have") == true)
  }

  /// Only with all its images: what belongs to another group stays.
  @Test func sidecarsOfGroups() throws {
    for name in ["1.png", "2.png"] { try bench.write("a/\(name)", "x") }
    try bench.write("a/pair.decision", #"{"group_id":"g","images":["1.png","2.png"]}"#)
    try bench.write("a/stranger.decision", #"{"group_id":"g","images":["2.png","9.png"]}"#)
    try bench.write("a/broken.decision", "{")
    let project = try ImageProjects.project(StageBench.project, workspace: bench.workspace.path)
    let looks = FolderLooks()
    #expect(
      try GroupFiles(record(["2.png", "1.png"]), project: project, looks: looks).groupSidecars == [
        "pair.decision"
      ])
    #expect(try GroupFiles(record(["1.png"]), project: project, looks: looks).groupSidecars == [])
  }

  /// All groups of a folder are told by one look: the folder is gone when the others are asked for.
  @Test func oneLookServesManyGroups() throws {
    for number in 0..<200 {
      for suffix in ["png", "yaml"] { try bench.write("a/\(number).\(suffix)", "x") }
    }
    let watch = Watch()
    let looks = FolderLooks { watch.now }
    #expect(try files("0.png", looks)?.count == 2)
    try FileSystem.removeTree("\(bench.root)/a")
    for number in 1..<200 { #expect(try files("\(number).png", looks)?.count == 2) }
  }
}
