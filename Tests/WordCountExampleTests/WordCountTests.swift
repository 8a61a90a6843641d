import DarkroomTesting
import FileSystem
import PipelineCore
import PipelineEngine
import Testing

@testable import WordCountExample

/// The example does what its words promise: a person who copies it starts from something that works.
@Suite struct WordCountTests {
  private let workspace: TemporaryWorkspace

  init() throws {
    workspace = try TemporaryWorkspace()
    let source = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let pipeline = try FileSystem.read("/\(source)/Sources/WordCountExample/words.json")
    try workspace.write("pipelines/words.json", String(decoding: pipeline, as: UTF8.self))
    try workspace.write("texts/a.txt", "The cat sat.\nThe cat slept.")
    try workspace.write("texts/more/b.txt", "A dog met the cat.")
    try workspace.write("texts/notes.md", "not counted")
  }

  /// The units that one run started, by name.
  private func run() async throws -> [String] {
    let observer = RecordingObserver()
    let outcome = try await WordCount.run(workspace.path, observer: observer)
    #expect(outcome.state == .succeeded, "\(outcome.stages.flatMap(\.errors))")
    #expect(outcome.didWork == !observer.started.isEmpty)
    return observer.started.map(\.description).sorted()
  }

  @Test func countsEveryFileAndThenNothing() async throws {
    #expect(try await run() == ["count/texts/a.txt", "count/texts/more/b.txt", "total"])
    #expect(
      try workspace.text("reports/words.tsv") == "a\t1\ncat\t3\ndog\t1\nmet\t1\nsat\t1\nslept\t1\nthe\t3\n")
    #expect(try await run() == [])
  }

  @Test func aChangedFileIsCountedAgainAndNoOther() async throws {
    _ = try await run()
    try workspace.write("texts/more/b.txt", "A dog met two cats.")
    #expect(try await run() == ["count/texts/more/b.txt", "total"])
    #expect(try workspace.text("reports/words.tsv")?.contains("\ncats\t1\n") == true)
    #expect(try await run() == [])
  }

  @Test func aChangeOfNoWordEndsEarly() async throws {
    _ = try await run()
    try workspace.write("texts/a.txt", "The cat slept; the cat sat!")
    #expect(try await run() == ["count/texts/a.txt"])
  }

  @Test func aFileThatGoesTakesItsWordsAlong() async throws {
    _ = try await run()
    try FileSystem.removeFile("\(workspace.path)/texts/more/b.txt")
    #expect(try await run() == ["total"])
    #expect(try workspace.text("reports/words.tsv") == "cat\t2\nsat\t1\nslept\t1\nthe\t2\n")
  }

  @Test func theExampleIsShort() throws {
    let source = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    var lines = 0
    for name in ["WordCount.swift", "words.json"] {
      lines += try FileSystem.read("\(source)/Sources/WordCountExample/\(name)").count { $0 == 10 }
    }
    #expect(lines < 100)
  }
}
