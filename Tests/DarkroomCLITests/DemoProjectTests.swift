import DarkroomTesting
import FileSystem
import Foundation
import ImageCatalog
import ImageFiles
import PipelineCore
import Projects
import Testing

@testable import DarkroomCLI

@Suite struct DemoProjectTests {
  /// To 5 April 2026.
  private static let calendar = DemoCalendar(until: Day(number: 20_548))

  /// One workspace for the tests that only read it.
  private static let shared = Result {
    let workspace = try ProgramWorkspace()
    _ = try made(DemoProject(Self.calendar), in: workspace)
    return workspace
  }

  /// Writes the project into a folder, as `init --demo` does.
  private static func made(_ project: DemoProject, in workspace: ProgramWorkspace) throws -> WorkspaceWriter {
    try FileSystem.makeDirectories("\(workspace.root)/data/projects")
    var writer = WorkspaceWriter(root: workspace.root)
    try project.write(to: &writer)
    return writer
  }

  private func listing(_ workspace: ProgramWorkspace) throws -> ProjectListing {
    let path = DemoProject.manifestPath
    let manifest = try ProjectManifest(Array(try workspace.read(path)), path: path)
    return try .scan(root: "\(workspace.root)/\(DemoProject.root)", production: manifest.production)
  }

  @Test func theFilesAreWhatTheyShouldBe() throws {
    let workspace = try Self.shared.get()
    let listing = try listing(workspace)
    #expect(listing.problems.isEmpty)
    let images = listing.entries.filter { $0.kind == .image }
    #expect(images.count >= 60)
    var broken: [RelativePath] = []
    var formats: [ImageFormat: Int] = [:]
    for image in images {
      let path = "\(workspace.root)/\(DemoProject.root)/\(image.path.rawValue)"
      do {
        let facts = try ImageFiles.verify(path)
        #expect((320...640).contains(facts.width) && (320...640).contains(facts.height))
        #expect(facts.format == ImageFormat(fileExtension: image.path.lowercasedExtension))
        let keywords = try ImageFiles.texts(path).map(\.keyword)
        #expect(keywords == (facts.format == .png ? ["parameters", "prompt"] : []))
        formats[facts.format, default: 0] += 1
      } catch let error as Diagnostic {
        #expect(error.code == "image-truncated")
        broken.append(image.path)
      }
    }
    #expect(broken.count == 1)
    #expect(formats[.png, default: 0] > 50 && formats[.jpeg, default: 0] >= 3)

    let folders = listing.byFolder.map { CompanionSets.make($0.files) }
    #expect(listing.byFolder.count >= 3)
    #expect(folders.flatMap(\.orphans).map(\.rawValue) == [DemoProject(Self.calendar).orphan.path])
    #expect(folders.flatMap(\.conflicts).map(\.code) == ["stem-conflict"])
    let sets = folders.flatMap(\.sets)
    let bare = sets.filter { set in !set.companions.contains { $0.lowercasedExtension == "caption" } }
    #expect((5...25).contains(bare.count * 100 / sets.count))
  }

  @Test func decisionsAreAboutTheGroupsThatAreThere() throws {
    let workspace = try Self.shared.get()
    var groups: [GroupID: ImageGroup] = [:]
    for (folder, files) in try listing(workspace).byFolder {
      let images = files.filter { $0.kind == .image }.map(\.path)
      for group in Grouping.groups(of: images, project: DemoProject.id, folder: folder) {
        groups[group.id] = group
      }
    }
    #expect(Set(groups.values.map(\.images.count)) == [1, 2, 3, 4, 5])

    let inbox = try DecisionInbox.read(workspace: workspace.root, project: DemoProject.id)
    #expect(inbox.findings.isEmpty)
    let folded = DecisionInbox.fold(inbox)
    #expect(folded.count == inbox.entries.count)
    #expect(folded.values.allSatisfy { $0.findings.isEmpty })
    let standing = folded.values.compactMap(\.standing)
    #expect(Set(standing.map(\.action)) == [.approve, .override, .crop, .acceptCrop, .reject])
    #expect(folded.values.contains { $0.isSkipped })
    #expect(groups.count - standing.count >= 8)

    for decision in inbox.entries.map(\.decision) {
      let group = try #require(groups[decision.group])
      #expect(decision.images == group.images)
      let recommendation = try #require(decision.recommendation)
      for (path, digest) in zip(group.paths, recommendation.digests) {
        let file = "\(workspace.root)/\(DemoProject.root)/\(path.rawValue)"
        #expect(try FileSystem.digest(file).digest == digest)
        // Only what is whole was decided on.
        _ = try ImageFiles.verify(file)
      }
      if decision.action == .crop || decision.action == .acceptCrop {
        let image = try #require(decision.image)
        let file = "\(workspace.root)/\(DemoProject.root)/\(group.folder.appending(image).rawValue)"
        let facts = try ImageFiles.probe(file)
        _ = try #require(decision.crop).pixels(width: facts.width, height: facts.height)
      }
      #expect(!group.flags.contains(.sameStem))
    }
  }

  @Test func pixelsAreTheSameEverywhereAndNeverFlat() throws {
    var hasher = DigestHasher()
    var earlier: Set<Digest> = []
    for image in DemoGroup.all(Self.calendar).flatMap({ $0.paint() }) {
      let bytes = image.pixels.bytes
      // The standard deviation of each channel is at least 12 of 255.
      for channel in 0..<3 {
        let samples = stride(from: channel, to: bytes.count, by: 3 * 37).map { Double(bytes[$0]) }
        let mean = samples.reduce(0, +) / Double(samples.count)
        let variance = samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(samples.count)
        #expect(variance > 144, "\(image.path) is nearly flat")
      }
      let digest = bytes.withUnsafeBytes { Digest(of: $0) }
      // Of a name conflict both have one picture.
      #expect(earlier.insert(digest).inserted || image.path.lowercasedExtension == "jpg")
      hasher.update(image.path.rawValue)
      hasher.update(digest.hex)
      for companion in image.companions {
        hasher.update(companion.path)
        companion.bytes.withUnsafeBytes { hasher.update($0) }
      }
    }
    // Another digest is another demo: look at it before writing the new one here.
    #expect(hasher.finalize().short == "7357e02f6b4a")
  }

  @Test func movedImagesDoNotComeBack() throws {
    let workspace = try ProgramWorkspace()
    // The orphan needs the second folder.
    var project = DemoProject(Self.calendar)
    project.groups.removeAll { $0.character >= 2 || $0.stages.count >= 4 }
    let first = try Self.made(project, in: workspace)
    #expect(first.different.isEmpty && first.same.isEmpty)
    #expect(first.made.last == DemoProject.manifestPath)
    // An interrupted start: what is there is made again to the same bytes, and kept.
    try FileSystem.removeFile("\(workspace.root)/\(DemoProject.manifestPath)")
    let moved = try #require(first.made.first { $0.hasSuffix(".png") })
    try FileSystem.removeFile("\(workspace.root)/\(moved)")
    let second = try Self.made(project, in: workspace)
    #expect(second.different.isEmpty && second.made == [moved, DemoProject.manifestPath])
    #expect(second.same.count == first.made.count - 2)
    // A finished one: what is gone stays gone.
    try FileSystem.removeFile("\(workspace.root)/\(moved)")
    let third = try Self.made(project, in: workspace)
    #expect(third.made.isEmpty && third.same == [DemoProject.manifestPath])
    #expect(!workspace.exists(moved))
  }

  @Test func imagesDoNotMixWithOwnOnes() throws {
    let workspace = try ProgramWorkspace()
    try FileSystem.makeDirectories("\(workspace.root)/atelier1/holiday")
    try workspace.write("atelier1/holiday/beach.png", "mine")
    let result = try workspace.run("init", "--demo")
    #expect(result.status == 64)
    #expect(result.errors.contains("demo-mix") && result.errors.contains("holiday/beach.png"))
    #expect(!workspace.exists("data/projects"))
    #expect(try workspace.read("atelier1/holiday/beach.png") == Data("mine".utf8))
  }
}
