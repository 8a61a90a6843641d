import DarkroomTesting
import FileSystem
import Foundation
import ImageCatalog
import PipelineCore
import Projects
import Testing

@Suite struct ListingTests {
  private func scan(_ workspace: TemporaryWorkspace, _ folders: ProjectListing.Scope = .content) throws
    -> ProjectListing
  {
    try ProjectListing.scan(root: workspace.path, production: ProductionFolders(), folders: folders)
  }
  private func paths(_ listing: ProjectListing) -> [String] { listing.entries.map(\.path.rawValue) }

  @Test func contentAndProductionAreKeptApart() throws {
    let workspace = try TemporaryWorkspace()
    for file in [
      "b/x.png", "b/x.yaml", "a-b/y.PNG", "a/z.jpeg", "a.webp", "b/c/q.tiff", "b/.hidden", ".git/x.png",
      "__selected/s.png", "b/__selected/inner.png", "__crop/t.jpg", "plain", "b/x.pngx", "b/.png", "b/x.bmp",
    ] { try workspace.write(file, "x") }
    let content = try scan(workspace)
    #expect(
      paths(content) == [
        "a-b/y.PNG", "a.webp", "a/z.jpeg", "b/__selected/inner.png", "b/c/q.tiff", "b/x.bmp", "b/x.png",
        "b/x.pngx", "b/x.yaml", "plain",
      ])
    #expect(
      content.entries.filter { $0.kind == .image }.map(\.path.name)
        == ["y.PNG", "a.webp", "z.jpeg", "inner.png", "q.tiff", "x.png"])
    #expect(content.problems.isEmpty && content.unseen.isEmpty)
    #expect(paths(try scan(workspace, .production)) == ["__crop/t.jpg", "__selected/s.png"])
    #expect(paths(try scan(workspace, .all)).count == 12)
    #expect(content.byFolder.map(\.folder) == ["", "a", "a-b", "b", "b/__selected", "b/c"])
    #expect(content.entries.allSatisfy { $0.path.folder == $0.folder })
    for file in content.entries {
      #expect(file.status == (try FileStatus("\(workspace.path)/\(file.path)")))
    }
  }

  @Test func theOrderIsThatOfThePathsBytes() throws {
    var random = SeededRandom(seed: 3)
    let workspace = try TemporaryWorkspace()
    let parts = ["a", "a-", "a.b", "A", "\u{e9}", "e\u{301}", "z z", "a\nb", "10", "9"]
    var written = Set<RelativePath>()
    for _ in 0..<150 {
      let folders = (0..<random.next(below: 3)).map { _ in parts[random.next(below: parts.count)] }
      let path = (folders + ["\(parts[random.next(below: parts.count)]).png"]).joined(separator: "/")
      try workspace.write(path, "x")
      written.insert(RelativePath(path))
    }
    let listing = try scan(workspace)
    #expect(listing.entries.map(\.path) == written.sorted())
  }

  @Test func strangeNamesAreNoProblem() throws {
    let workspace = try TemporaryWorkspace()
    let long = String(repeating: "x", count: 251) + ".png"
    let names = [
      "a b.png", "new\nline.png", "quo\"te'.png", long, "\u{e9}.png", "e\u{301}.png", "A.png", "a.png",
      "-.png",
    ]
    for name in names { try workspace.write(name, "x") }
    let listing = try scan(workspace)
    #expect(listing.entries.map(\.path) == names.map { RelativePath($0) }.sorted())
    #expect(listing.problems.isEmpty)
    let sets = CompanionSets.make(listing.entries)
    #expect(sets.sets.count == names.count && sets.conflicts.isEmpty)
  }

  @Test func whatCannotBeHandledIsToldAndHoldsItsSet() throws {
    let workspace = try TemporaryWorkspace()
    for file in ["ok.png", "ok.yaml", "linked.png", "piped.png", "bytes.png", "x.png/inner.png"] {
      try workspace.write(file, "x")
    }
    try FileSystem.makeLink("\(workspace.path)/linked.yaml", to: "ok.yaml")
    try FileSystem.makeLink("\(workspace.path)/outside", to: "/")
    #expect(mkfifo("\(workspace.path)/piped.txt", 0o600) == 0)
    // Two names that are not UTF-8: one shares its stem with an image.
    for bytes in [Array("bytes.".utf8) + [0xFF], [0xC3, 0x28] + Array(".png".utf8)] {
      let path = (Array("\(workspace.path)/".utf8) + bytes).map { CChar(bitPattern: $0) } + [0]
      let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
      #expect(descriptor >= 0)
      close(descriptor)
    }
    let listing = try scan(workspace)
    #expect(
      listing.problems.map(\.code).sorted() == [
        "folder-named-like-image", "name-not-utf8", "name-not-utf8", "special-file", "symbolic-link",
        "symbolic-link",
      ])
    #expect(listing.problems.allSatisfy { $0.severity == .warning })
    #expect(listing.problems.contains { $0.message.contains(#"\xC3(.png"#) })
    #expect(listing.problems.contains { $0.message.contains(#"bytes.\xFF"#) })
    let root = CompanionSets.make(listing.byFolder[0].files)
    #expect(root.sets == [ImageSet(image: "ok.png", companions: ["ok.yaml"])])
    #expect(root.heldImages == ["bytes.png", "linked.png", "piped.png"])
    #expect(root.conflicts.map(\.code) == ["set-held", "set-held", "set-held"])
    #expect(paths(listing).contains("x.png/inner.png"))
  }

  @Test(.enabled(if: getuid() != 0, "root reads everything")) func anUnreadableFolderIsNotAnEmptyOne() throws
  {
    let workspace = try TemporaryWorkspace()
    try workspace.write("closed/a.png", "x")
    try workspace.write("open/b.png", "x")
    chmod("\(workspace.path)/closed", 0)
    defer { chmod("\(workspace.path)/closed", 0o755) }
    let listing = try scan(workspace)
    #expect(listing.problems.map(\.code) == ["folder-unreadable"])
    #expect(listing.unseen == ["closed"])
    #expect(try listing.missing(among: ["closed/a.png", "open/b.png", "open/c.png"]) == ["open/c.png"])
  }

  @Test func aVanishedRootIsAnErrorNotAnEmptyProject() throws {
    let workspace = try TemporaryWorkspace()
    let error = #expect(throws: Diagnostic.self) {
      try ProjectListing.scan(root: workspace.path + "/gone", production: ProductionFolders())
    }
    #expect(error?.code == "project-root-missing")
    try workspace.write("file", "x")
    #expect(throws: Diagnostic.self) {
      try ProjectListing.scan(root: workspace.path + "/file", production: ProductionFolders())
    }
    // A disk that is not mounted leaves an empty folder.
    try FileSystem.makeDirectory(workspace.path + "/mount")
    let empty = try ProjectListing.scan(root: workspace.path + "/mount", production: ProductionFolders())
    #expect(try empty.missing(among: []) == [])
    let gone = #expect(throws: Diagnostic.self) { try empty.missing(among: ["a.png"]) }
    #expect(gone?.code == "project-root-empty")
  }

  @Test func aRaisedFlagStopsTheScan() throws {
    let workspace = try TemporaryWorkspace()
    let cancellation = Cancellation()
    cancellation.cancel()
    #expect(throws: CancellationError.self) {
      try ProjectListing.scan(
        root: workspace.path, production: ProductionFolders(), cancellation: cancellation)
    }
  }

  private func file(_ path: RelativePath, isHeld: Bool = false) -> ListedFile {
    let isImage = imageExtensions.contains(path.lowercasedExtension)
    return ListedFile(
      path: path, folder: path.folder, kind: isImage ? .image : .companion,
      status: FileStatus(device: 1, inode: 1, size: 1, modified: 1, changed: 1), isHeld: isHeld)
  }

  @Test func filesOfOneStemAreASet() {
    let sets = CompanionSets.make(
      ["a/y.txt", "a/x.yaml", "a/x.png", "a/x.caption", "a/y.png", "a/lonely.yaml", "a/x.y.png"].map {
        file($0)
      })
    #expect(
      sets.sets == [
        ImageSet(image: "a/x.png", companions: ["a/x.caption", "a/x.yaml"]),
        ImageSet(image: "a/x.y.png", companions: []), ImageSet(image: "a/y.png", companions: ["a/y.txt"]),
      ])
    #expect(sets.orphans == ["a/lonely.yaml"])
    #expect(sets.conflicts.isEmpty)
  }

  @Test func twoImagesOfOneStemMoveNowhere() {
    let sets = CompanionSets.make(["a/x.png", "a/x.jpg", "a/x.yaml", "a/y.png"].map { file($0) })
    #expect(sets.sets.map(\.image) == ["a/y.png"])
    #expect(sets.orphans == [])
    #expect(sets.heldImages == ["a/x.jpg", "a/x.png"])
    #expect(sets.conflicts.map(\.code) == ["stem-conflict"])
    #expect(sets.conflicts[0].message.contains("a/x.jpg, a/x.png"))
  }

  /// In one code point and in two are two stems: the companion belongs to the image with the same bytes only.
  @Test func normalFormsAreDifferentStems() {
    let sets = CompanionSets.make([file("\u{e9}.png"), file("e\u{301}.png"), file("e\u{301}.yaml")])
    #expect(
      sets.sets == [
        ImageSet(image: "e\u{301}.png", companions: ["e\u{301}.yaml"]),
        ImageSet(image: "\u{e9}.png", companions: []),
      ])
  }

  @Test func everyFileIsInOnePlace() {
    var random = SeededRandom(seed: 5)
    for _ in 0..<200 {
      var files = Set<RelativePath>()
      for _ in 0..<random.next(below: 40) {
        let kind = ["png", "jpg", "yaml", "txt", "decision", "webp"][random.next(below: 6)]
        files.insert(RelativePath("f/\(random.next(below: 15)).\(kind)"))
      }
      let sets = CompanionSets.make(
        files.map { file($0, isHeld: random.chance(0.05)) }.shuffled(using: &random))
      let heldStems = Set(sets.heldImages.map(\.stem))
      let held = files.filter { heldStems.contains($0.stem) }
      #expect((sets.sets.flatMap(\.files) + sets.orphans + held).sorted() == files.sorted())
    }
  }
}
