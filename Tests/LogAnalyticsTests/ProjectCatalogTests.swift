import Foundation
import PipelineCore
import Testing

@testable import LogAnalytics
@testable import Projects

@Suite struct ProjectCatalogTests {
  private func manifest(_ id: String, root: String, _ more: String = "") throws -> ProjectManifest {
    try ProjectManifest(
      Array(#"{"schema": "project_v1", "id": "\#(id)", "root": "\#(root)"\#(more)}"#.utf8),
      path: "\(id).project.json")
  }

  private func problems(_ text: String) -> [Diagnostic] {
    do {
      _ = try ProjectManifest(Array(text.utf8), path: "data/projects/a.project.json")
      return []
    } catch {
      return (error as? Diagnostics)?.items ?? []
    }
  }

  @Test func readsAWholeManifest() throws {
    let text = """
      { "schema": "project_v1", "id": "mojo3", "title": "Mojo \\u00fc", "root": "./mojo3/", "status": "finished",
        "startedAt": "2025-09-01", "finishedAt": "2025-10-11T12:00:00Z",
        "folders": { "selected": "keep", "crop": "__crop", "deleteStaging": "bin" },
        "paths": ["/mnt/old/mojo3", "crop"] }
      """
    let manifest = try ProjectManifest(Array(text.utf8), path: "x")
    #expect(manifest.title == "Mojo ü")
    #expect(manifest.root == PathComponents("mojo3"))
    #expect(manifest.status == .finished)
    #expect(manifest.folders == ["keep": .selected, "__crop": .crop, "bin": .delete])
    #expect(manifest.paths == [PathComponents("/mnt/old/mojo3"), PathComponents("crop")])
  }

  @Test func longestPrefixOfWholeComponentsWins() throws {
    let catalog = ProjectCatalog([
      ("1", try manifest("mojo", root: "mojo")),
      ("2", try manifest("inner", root: "mojo/inner", #", "paths": ["/mnt/x"]"#)),
    ])
    func id(_ path: String) -> String? { catalog.project(of: PathComponents(path))?.id }
    #expect(id("mojo/__crop") == "mojo")
    #expect(id("mojo/inner/__crop") == "inner")
    #expect(id("mojo/innermost") == "mojo")
    #expect(id("mojo3/__crop") == nil)
    #expect(id("a/mojo") == nil)
    #expect(id("/mojo") == nil)
    #expect(id("/mnt/x/y") == "inner")
    #expect(
      catalog.project(source: PathComponents("mojo"), destination: PathComponents("mojo/inner"))?.id == "mojo"
    )
    #expect(
      catalog.project(source: PathComponents("new"), destination: PathComponents("mojo/inner"))?.id == "inner"
    )
  }

  @Test func everyErrorHasItsPlace() throws {
    let found = problems(
      """
      { "schema": "project_v2", "id": "a b",
        "root": 3, "status": "done", "startedAt": "soon",
        "folders": { "crop": "x/y", "croped": "z" }, "paths": [1],
        "colour": "red", "id": "c" }
      """)
    #expect(found.count == 10)
    #expect(found.allSatisfy { $0.location?.path == "data/projects/a.project.json" && $0.severity == .error })
    let root = try #require(found.first { $0.location?.pointer == "/root" })
    #expect(root.location?.line == 2 && root.location?.column == 11)
    #expect(found.contains { $0.code == "duplicate-key" && $0.location?.line == 4 })
    #expect(found.contains { $0.code == "unknown-key" && $0.location?.pointer == "/folders/croped" })
  }

  @Test(arguments: [
    ("", 1, 1), ("{", 1, 2), ("{\n  \"id\" 3}", 2, 8), ("{\"a\": 01}", 1, 7), ("{\"a\": \"x}", 1, 7),
    ("{\"a\": 1,}", 1, 9), ("[1] 2", 1, 5), ("{\"a\": \"\\x\"}", 1, 8), ("{\"ü\": nul}", 1, 7),
  ])
  func syntaxErrorsHaveTheirPlace(text: String, line: Int, column: Int) {
    let found = problems(text)
    #expect(found.count == 1)
    #expect(found.first?.location?.line == line)
    #expect(found.first?.location?.column == column)
  }

  @Test func notUTF8AndDeepNesting() {
    #expect(throws: Diagnostics.self) { try ProjectManifest([0xFF], path: "x") }
    #expect(problems(String(repeating: "[", count: 100_000)).count == 1)
  }

  @Test func readsWhatFoundationReads() throws {
    let text =
      #"{"a":[1,-2.5e-3,true,null,"\ud83d\ude00\n\u0041/"],"b":{"c":"é","d":[]},"e":9223372036854775807}"#
    func plain(_ tree: LocatedJSON) -> JSONValue {
      switch tree.content {
      case .scalar(let value): value
      case .array(let items): .array(items.map(plain))
      case .object(let members):
        .object(Dictionary(uniqueKeysWithValues: members.map { ($0.name, plain($0.value)) }))
      }
    }
    let tree = try LocatedJSON.parse(Array(text.utf8), path: "x")
    let expected = try json(text)
    #expect(plain(tree) == expected)
  }

  @Test func badManifestsLoseNothingElse() throws {
    let workspace = try FakeWorkspace()
    try workspace.write("data/projects/a.project.json", #"{"schema":"project_v1","id":"a","root":"a"}"#)
    try workspace.write("data/projects/b.project.json", #"{"schema":"project_v1","id":"b""#)
    try workspace.write("data/projects/c.project.json", #"{"schema":"project_v1","id":"c","root":"a/"}"#)
    try workspace.write("data/projects/notes.txt", "not a manifest")
    let paths = try ProjectCatalog.manifestPaths(workspace: workspace.path)
    #expect(paths.count == 3)
    let catalog = ProjectCatalog.read(paths + ["data/projects/gone.project.json"], workspace: workspace.path)
    #expect(catalog.projects.map(\.id) == ["a"])
    #expect(
      Set(catalog.problems.map(\.code)) == ["manifest-syntax", "manifest-conflict", "manifest-unreadable"])
    #expect(catalog.problems.allSatisfy { $0.location != nil })
    #expect(catalog.warnings.allSatisfy { $0.severity == .warning })
  }

  /// The published schema and the reader know the same members.
  @Test func schemaAndReaderAgree() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let schema = try json(
      try String(
        contentsOf: root.appendingPathComponent("data/schema/project_v1.schema.json"), encoding: .utf8))
    let properties = try #require(schema["properties"]?.objectValue)
    #expect(Set(properties.keys) == ProjectManifest.memberNames)
    let folders = try #require(properties["folders"]?["properties"]?.objectValue)
    #expect(Set(folders.keys) == Set(ProjectManifest.folderKeys.keys))
    for (name, folder) in folders {
      let usual = try #require(folder["default"]?.stringValue)
      #expect(DestinationFolders.defaults[usual] == ProjectManifest.folderKeys[name])
    }
    #expect(
      properties["status"]?["enum"] == .array(ProjectManifest.Status.allCases.map { .string($0.rawValue) }))
    #expect(schema["required"] == ["schema", "id", "root"])
  }

  @Test func noProjectsFolderIsNoProjects() throws {
    #expect(try ProjectCatalog.manifestPaths(workspace: try FakeWorkspace().path).isEmpty)
  }
}
