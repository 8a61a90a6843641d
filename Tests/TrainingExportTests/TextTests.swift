import DarkroomTesting
import FileSystem
import PipelineCore
import Testing
import TrainingData
import TrainingStages

@testable import TrainingExport

@Suite struct ExportNameTests {
  @Test("Names are unique whatever the ids are, also where case does not count, and plain")
  func unique() {
    let hash = "x" + Digest(of: "A").hex.prefix(32)
    let ids = [
      "a", "A", "b-1", "b", "g_0123456789abcdef0123", "x", hash, "", "a.b", "a/b", "a b", "-a", "é",
      "e\u{301}",
      String(repeating: "a", count: 64), String(repeating: "a", count: 65), "..", "a\n",
    ]
    var keys: [String] = []
    for id in ids {
      for index in [0, 1, 11] { keys.append(ExportName.key(group: id, index: index)) }
      for name in ["1", "a.png"] { keys.append(ExportName.key(group: id, name: name)) }
    }
    #expect(Set(keys.map { $0.lowercased() }).count == keys.count)
    for key in keys {
      #expect(key.wholeMatch(of: /[a-z0-9_][a-z0-9_-]*/) != nil, "\(key)")
      // With an extension, it fits the name field of a tar header.
      #expect(key.utf8.count <= 91)
    }
    #expect(ExportName.key(group: "g_0123456789abcdef0123", index: 3) == "g_0123456789abcdef0123-3")
  }

  @Test func suffixes() {
    #expect(ExportName.suffix("a.b.PNG") == ".png")
    #expect(ExportName.suffix("a") == "")
    #expect(ExportName.suffix(".png") == "")
    #expect(ExportName.suffix("a.p ng") == "")
    #expect(ExportName.suffix("a.veryverylong") == "")
  }
}

@Suite struct CSVTextTests {
  @Test("Cells are what RFC 4180 makes of them, and nothing is put in front of what looks like a formula")
  func cells() {
    #expect(
      CSVText.record([
        .null, .text(""), .text("a"), .text("a,b"), .text("a\"b"), .text("a\r\nb"), .text("=1+1"),
        .text("-1"),
        .text(" a "), .truth(true), .integer(-3), .number(0.1), .number(.nan), .texts(["a", "b\"c"]),
        .numbers([0, 0.5]), .integers([1]), .texts([]),
      ])
        == ",\"\",a,\"a,b\",\"a\"\"b\",\"a\r\nb\",=1+1,-1, a ,true,-3,0.1,,\"[\"\"a\"\",\"\"b\\\"\"c\"\"]\",\"[0.0,0.5]\",[1],[]\r\n"
    )
  }

  @Test("A combining mark after a quote hides it from nobody")
  func marks() {
    #expect(CSVText.field(.text("a\"\u{301}b")) == "\"a\"\"\u{301}b\"")
    #expect(CSVText.field(.text("a,\u{301}")) == "\"a,\u{301}\"")
  }
}

@Suite struct SpaceTests {
  private func contents(_ images: ExportImages, bytes: Int64) -> DatasetExport.Contents {
    let rows = ExportFolder.File(path: "train.jsonl", bytes: 10, digest: nil, rows: 1)
    let image = ExportFolder.File(path: "images/a.png", bytes: bytes, digest: nil, rows: nil)
    return DatasetExport.Contents(
      project: "p", format: .preferences, images: images, accounts: [:], files: [image, rows])
  }

  @Test("What the disk has no room for is refused; hard links take none")
  func space() throws {
    let workspace = try TemporaryWorkspace()
    let free = try FileSystem.freeSpace(of: workspace.path)
    #expect(free > 0)
    try ProjectExport.checkSpace(contents(.copy, bytes: 1_000), in: workspace.path)
    try ProjectExport.checkSpace(contents(.link, bytes: .max / 4), in: workspace.path)
    let refusal = #expect(throws: Diagnostic.self) {
      try ProjectExport.checkSpace(contents(.copy, bytes: .max / 4), in: workspace.path)
    }
    #expect(refusal?.code == "file-disk-full")
  }
}

@Suite struct NewFolderTests {
  private let workspace: TemporaryWorkspace
  private var target: String { "\(workspace.path)/new" }

  init() throws { workspace = try TemporaryWorkspace() }

  @Test("A folder has its name when all of it is there; what a killed process left goes first")
  func whole() throws {
    let folder = try NewFolder(target, owner: "w")
    try FileSystem.makeDirectories("\(folder.building)/old")
    try FileSystem.create("\(folder.building)/old/part", [1])
    try folder.make { path in
      #expect(try FileStatus(target) == nil)
      #expect(try FileSystem.filesBelow(path) == [])
      try FileSystem.makeDirectories("\(path)/a/b")
      try FileSystem.create("\(path)/a/b/c", [1])
    }
    #expect(try FileSystem.filesBelow(workspace.path) == ["new/a/b/c"])
  }

  @Test("After an error nothing is left")
  func failed() throws {
    struct Full: Error {}
    let folder = try NewFolder(target, owner: "w")
    #expect(throws: Full.self) {
      try folder.make { path in
        try FileSystem.create("\(path)/a", [1])
        throw Full()
      }
    }
    #expect(try FileSystem.list(workspace.path) == [])
  }

  @Test("A name that is taken is refused, even when it is taken meanwhile, and what has it stays")
  func taken() throws {
    let folder = try NewFolder(target, owner: "w")
    #expect(throws: FileError.self) {
      try folder.make { path in
        try FileSystem.create("\(path)/a", [1])
        try FileSystem.makeDirectory(target)
      }
    }
    #expect(try FileSystem.list(workspace.path) == ["new"])
    #expect(try FileSystem.list(target) == [])
    #expect(throws: Diagnostic.self) { try NewFolder(target, owner: "w") }
    #expect(throws: Diagnostic.self) { try NewFolder("\(workspace.path)/none/new", owner: "w") }
  }
}
