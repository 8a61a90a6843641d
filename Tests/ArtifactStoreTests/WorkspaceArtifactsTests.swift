import ArtifactStore
import DarkroomTesting
import FileSystem
import Foundation
import PipelineCore
import PipelineEngine
import Testing

@Suite struct WorkspaceArtifactsTests {
  private let workspace: TemporaryWorkspace
  private let store = InMemoryCheckpointStore()
  private let artifacts: WorkspaceArtifacts
  private let run: RunID

  init() throws {
    workspace = try TemporaryWorkspace()
    artifacts = WorkspaceArtifacts(
      workspace: workspace.path, pipeline: "p", store: store, clock: ManualClock())
    try artifacts.recover()
    run = try store.beginRun(
      RunStart(
        pipeline: "p", definition: Digest(of: "d"), parameters: [:], selection: .everything, startedAt: 1))
  }

  private static let unit = UnitID(stage: "s", key: "u")

  /// Stages what `make` puts into the staging directories, and places it.
  private func place(
    _ fingerprint: String = "f", declared: [String] = [], unit: UnitID = Self.unit,
    make: (Staging) throws -> UnitResult
  ) throws -> (staged: StagedOutputs, placed: PlacedOutputs) {
    let staging = try artifacts.prepare(unit, attempt: 1, run: run)
    let staged = try artifacts.examine(
      try make(staging), of: unit, declared: declared, in: staging, fingerprint: Digest(of: fingerprint))
    let placed = try #require(artifacts.place([staged]).first).get()
    return (staged, placed)
  }

  private func commit(_ staged: StagedOutputs) throws {
    try store.commit(
      CommitGroup(
        pipeline: "p", run: run,
        checkpoints: [
          Checkpoint(
            unit: staged.unit, fingerprint: Digest(of: "f"), components: .parts([]), outputs: staged.outputs,
            counters: [:], run: run, artifact: staged.artifact)
        ]))
  }

  private func publish(_ text: String, at path: String = "out/page") -> (Staging) throws -> UnitResult {
    { staging in
      let file = "\(staging.publication)/\(path)"
      try FileSystem.makeDirectories(String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)]))
      try FileSystem.create(file, text.utf8)
      return UnitResult(publications: [.init(path: path)])
    }
  }

  private func displaced() throws -> [String: String] { try workspace.contents("data/state/displaced") }

  @Test("The store does what every artifact store must do")
  func conformance() throws {
    var workspaces: [TemporaryWorkspace] = []
    let broken = try artifactStoreConformance {
      let workspace = try TemporaryWorkspace()
      workspaces.append(workspace)
      let store = WorkspaceArtifacts(
        workspace: workspace.path, pipeline: "p", store: InMemoryCheckpointStore(), clock: ManualClock())
      return (store, workspace.path)
    }
    #expect(broken == [])
  }

  @Test("A stranger's file where an output goes is moved aside, never replaced")
  func strangersFile() throws {
    try workspace.write("out/page", "a person's work")
    let first = try place(declared: ["out/page"], make: publish("one"))
    #expect(first.placed.findings.map(\.code) == ["displaced-file"])
    #expect(try workspace.text("out/page") == "one")
    #expect(try displaced() == ["out/page.1": "a person's work"])
    try commit(first.staged)
    let second = try place(declared: ["out/page"], make: publish("two"))
    #expect(second.placed.findings.isEmpty)
    try commit(second.staged)
    try workspace.write("out/page", "edited by hand")
    let third = try place(declared: ["out/page"], make: publish("three"))
    #expect(third.placed.findings.map(\.code) == ["displaced-file"])
    #expect(try displaced() == ["out/page.1": "a person's work", "out/page.2": "edited by hand"])
    #expect(try workspace.text("out/page") == "three")
  }

  @Test("What a killed run had put there already is taken over without a word")
  func placedBeforeCommit() throws {
    let first = try place(declared: ["out/page"], make: publish("one"))
    try commit(first.staged)
    _ = try place(declared: ["out/page"], make: publish("two"))
    let again = try place(declared: ["out/page"], make: publish("two"))
    #expect(again.placed.findings.isEmpty)
    #expect(try displaced().isEmpty)
  }

  @Test("A folder in the place of a published file is moved aside")
  func folderInTheWay() throws {
    try workspace.write("out/page/inner", "kept")
    _ = try place(declared: ["out/page"], make: publish("one"))
    #expect(try workspace.text("out/page") == "one")
    #expect(try displaced() == ["out/page.1/inner": "kept"])
  }

  @Test("An identical artifact folder is kept as it is, an altered one is moved aside")
  func artifactFolders() throws {
    func make(_ staging: Staging) throws -> UnitResult {
      try FileSystem.makeDirectories("\(staging.artifact)/sub")
      try FileSystem.create("\(staging.artifact)/sub/a", "text".utf8)
      return UnitResult(artifacts: [.init(name: "sub/a", rows: 3)])
    }
    let first = try place(make: make)
    let path = try #require(first.staged.outputs.first?.path)
    let inode = try FileStatus("\(workspace.path)/\(path)")?.inode
    let second = try place(make: make)
    #expect(try FileStatus("\(workspace.path)/\(path)")?.inode == inode)
    #expect(second.placed.findings.isEmpty)
    let folder = try #require(first.staged.artifact)
    for damage in ["\(path)", "\(folder)/extra"] {
      try workspace.write(damage, "altered")
      let repaired = try place(make: make)
      #expect(repaired.placed.findings.map(\.code) == ["displaced-file"])
      #expect(try workspace.contents(folder) == ["sub/a": "text"])
    }
    #expect(try displaced().values.sorted() == ["altered", "altered", "text"])
  }

  @Test("A symbolic link is switched by one rename, and its digest is that of its target text")
  func links() throws {
    func make(_ target: String) -> (Staging) throws -> UnitResult {
      { staging in
        try FileSystem.makeDirectories("\(staging.publication)/out")
        try FileSystem.makeLink("\(staging.publication)/out/current", to: target)
        return UnitResult(publications: [.init(path: "out/current", form: .link)])
      }
    }
    let first = try place(declared: ["out/current"], make: make("versions/1"))
    #expect(first.staged.outputs.first?.digest == Digest(of: "versions/1"))
    try commit(first.staged)
    let second = try place(declared: ["out/current"], make: make("versions/2"))
    #expect(try FileSystem.linkTarget("\(workspace.path)/out/current") == "versions/2")
    #expect(second.placed.findings.isEmpty)
    #expect(throws: Diagnostic.self) {
      _ = try place(declared: ["out/current"]) { staging in
        try FileSystem.makeDirectories("\(staging.publication)/out")
        try FileSystem.create("\(staging.publication)/out/current", "a file".utf8)
        return UnitResult(publications: [.init(path: "out/current", form: .link)])
      }
    }
    #expect(try FileSystem.linkTarget("\(workspace.path)/out/current") == "versions/2")
  }

  @Test("Hard links: whose file got a second name is said, and its cached digest goes on")
  func hardLinks() throws {
    try workspace.write("source", "shared bytes")
    let cache = DigestCache(
      workspace: workspace.path, entries: [], clock: ManualClock(wallMicroseconds: 1 << 52))
    let digest = try cache.digest(of: "source")
    _ = cache.takeUnsaved()
    let path = workspace.path
    let made = try place { staging in
      try FileSystem.hardLink("\(path)/source", to: "\(staging.artifact)/copy")
      return UnitResult(artifacts: [.init(name: "copy", digest: digest, linkedFrom: "source")])
    }
    let identity = try #require(try FileStatus("\(path)/source")?.identity)
    #expect(made.placed.relinked == [identity])
    cache.relinked(made.placed.relinked)
    #expect(cache.takeUnsaved().map(\.path) == ["source"])
    #expect(try cache.digest(of: "source") == digest)
    #expect(cache.takeUnsaved().isEmpty)
    #expect(try artifacts.removeArtifacts([try #require(made.staged.artifact)]) == [identity])
    #expect(try workspace.text("source") == "shared bytes")
  }

  @Test("Recovery gets rid of names that are not UTF-8 and of folders without permission to write")
  func hostileStaging() throws {
    let staging = try artifacts.prepare(Self.unit, attempt: 1, run: run)
    let name = Array("\(staging.artifact)/".utf8CString.dropLast()) + [CChar(bitPattern: 0xFF), 0]
    let descriptor = Foundation.open(name, O_CREAT | O_WRONLY, 0o644)
    #expect(descriptor >= 0)
    close(descriptor)
    try FileSystem.makeDirectory("\(staging.artifact)/closed")
    try FileSystem.create("\(staging.artifact)/closed/file", "x".utf8)
    chmod("\(staging.artifact)/closed", 0o555)
    try artifacts.recover()
    #expect(try FileSystem.list("\(workspace.path)/data/state/staging") == [])
  }

  @Test("A pipe among the files is an error, not a wait for its writer", .timeLimit(.minutes(1)))
  func pipes() throws {
    mkfifo("\(workspace.path)/pipe", 0o644)
    #expect(throws: FileError.self) { _ = try FileSystem.digest("\(workspace.path)/pipe") }
    #expect(throws: (any Error).self) {
      _ = try place { staging in
        mkfifo("\(staging.artifact)/pipe", 0o644)
        return UnitResult(artifacts: [.init(name: "pipe")])
      }
    }
  }
}

@Suite struct DigestCacheTests {
  private static let status = FileStatus(
    device: 1, inode: 2, size: 3, modified: 1_000_000_000, changed: 1_000_000_000)

  private func entry(observedAt: Int64) -> CachedDigest {
    CachedDigest(path: "a", status: Self.status, digest: Digest(of: "x"), observedAt: observedAt)
  }

  @Test(
    "A cached digest counts while the status is the same, and only if it was taken after the clock had moved on"
  )
  func trust() {
    #expect(entry(observedAt: 1_020_000_001).isTrusted(for: Self.status))
    #expect(!entry(observedAt: 1_020_000_000).isTrusted(for: Self.status))
    #expect(!entry(observedAt: 1_000_000_000).isTrusted(for: Self.status))
    let others = [
      FileStatus(device: 9, inode: 2, size: 3, modified: 1_000_000_000, changed: 1_000_000_000),
      FileStatus(device: 1, inode: 9, size: 3, modified: 1_000_000_000, changed: 1_000_000_000),
      FileStatus(device: 1, inode: 2, size: 9, modified: 1_000_000_000, changed: 1_000_000_000),
      FileStatus(device: 1, inode: 2, size: 3, modified: 9, changed: 1_000_000_000),
      FileStatus(device: 1, inode: 2, size: 3, modified: 1_000_000_000, changed: 9),
    ]
    for other in others { #expect(!entry(observedAt: .max).isTrusted(for: other)) }
  }

  @Test("Any change of a file is seen, however it is hidden")
  func changes() throws {
    let workspace = try TemporaryWorkspace()
    let cache = DigestCache(workspace: workspace.path, entries: [], clock: SystemClock())
    #expect(try cache.digest(of: "none") == nil)
    for text in ["one", "two", "six", "sixteen", ""] {
      try workspace.write("file", text)
      #expect(try cache.digest(of: "file") == Digest(of: text))
      #expect(try cache.digest(of: "file", length: 2) == Digest(of: String(text.prefix(2))))
      #expect(try cache.digest(of: "file", length: 99) == Digest(of: text))
    }
    // In place, same size, same inode, modification time put back.
    let path = "\(workspace.path)/file"
    try workspace.write("file", "aaaa")
    let before = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]
    #expect(try cache.digest(of: "file") == Digest(of: "aaaa"))
    try Data("bbbb".utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.modificationDate: before as Any], ofItemAtPath: path)
    #expect(try cache.digest(of: "file") == Digest(of: "bbbb"))
    #expect(throws: (any Error).self) { _ = try cache.digest(of: ".") }
  }
}
