import FileSystem
import PipelineCore
import PipelineSpec
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

  /// The examples of the reference page are valid; fragments are completed by what their place needs.
  @Test func theExamplesAreValid() throws {
    let page = String(
      decoding: try FileSystem.read("\(Self.repository)/Documents/pipeline-reference.md"), as: UTF8.self)
    let blocks = page.components(between: "```json\n", and: "```\n")
    #expect(blocks.count >= 8)
    let reader = PipelineReader(kinds: StageCatalog.kinds)
    for text in blocks.flatMap(Self.completed) {
      let parameters = text.contains("\"from\"") ? ["from": "2025-10-01"] : [:]
      do throws(Diagnostics) {
        _ = try reader.read(Array(text.utf8), path: "example.json", parameters: parameters)
      } catch {
        Issue.record("\(error)\n\(text)")
      }
    }
  }

  private static func completed(_ block: String) -> [String] {
    let name = block.split(separator: "\"").first.map(String.init) ?? ""
    let body = block.trimmingSuffix(while: \.isWhitespace)
    func file(_ stages: String, _ top: String = "") -> String {
      """
      { "version": 1, "name": "example", \(top)
        "stages": { "shrink": { "uses": "command", "with": { "run": ["true"] } }\(stages) } }
      """
    }
    func stage(_ rest: Substring) -> String {
      let run = rest.contains("\"run\"") ? "" : ", \"with\": { \"run\": [\"true\"] }"
      let level = #""parameters": { "level": { "type": "string", "default": "fast" } },"#
      return file(#", "x": { "uses": "command", "needs": ["shrink"]\#(run), \#(rest) }"#, level)
    }
    switch name {
    case "parameters", "pools", "finally": return [file("", body + ",")]
    case "foreach": return body.split(separator: "\n").map(stage)
    case "env": return [stage(body)]
    case "upload": return [file(#", "report": { "uses": "command", "with": { "run": ["true"] } }, "# + body)]
    default: return [body.hasPrefix("{") ? String(body) : file(", " + body)]
    }
  }
}

extension String {
  /// The texts between each `begin` and the next `end`.
  fileprivate func components(between begin: String, and end: String) -> [String] {
    split(separator: begin).dropFirst().compactMap { part in
      part.firstRange(of: end).map { String(part[..<$0.lowerBound]) }
    }
  }

  fileprivate func trimmingSuffix(while matches: (Character) -> Bool) -> Substring {
    var text = self[...]
    while let last = text.last, matches(last) { text.removeLast() }
    return text
  }
}
