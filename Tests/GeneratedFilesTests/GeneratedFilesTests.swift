import FileSystem
import Testing

@testable import DarkroomCLI

/// What the repository says of the code is what the code says of itself.
@Suite struct GeneratedFilesTests {
  private static let repository = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  @Test(arguments: GeneratedFile.all.indices)
  func isFresh(_ index: Int) throws {
    let file = GeneratedFile.all[index]
    let present = String(decoding: try FileSystem.read("\(Self.repository)/\(file.path)"), as: UTF8.self)
    let fresh = try file.fresh(present)
    #expect(present == fresh, "\(file.path) is out of date; run scripts/generate")
  }

  @Test func keepsWhatPeopleWrote() throws {
    let file = try #require(GeneratedFile.all.first { $0.part == "exit codes" })
    let begin = "<!-- generated: exit codes; `scripts/generate` writes it -->\n"
    let end = "<!-- end of generated: exit codes -->\n"
    let fresh = try file.fresh("before\n\(begin)old\n\(end)after\n")
    #expect(fresh.hasPrefix("before\n\(begin)\n| Code |"))
    #expect(fresh.hasSuffix(" |\n\n\(end)after\n"))
    #expect(!fresh.contains("old"))
    #expect(throws: (any Error).self) { try file.fresh("no markers") }
  }

  @Test func everyExitCodeIsInTheTable() {
    for status in ExitStatus.allCases {
      #expect(ExitStatus.markdown.contains("| \(status.rawValue) | \(status.meaning) |\n"))
    }
  }
}
