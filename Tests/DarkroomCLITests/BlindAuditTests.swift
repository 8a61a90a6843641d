import Foundation
import ImageCatalog
import ImageFiles
import Testing

/// Groups whose recommendation is hidden, as a person meets them.
@Suite struct BlindAuditTests {
  private let workspace: ProgramWorkspace
  private let images = ["20250710_100000_stage1_generated.png", "20250710_100000_stage2_upscaled.png"]

  init() throws {
    workspace = try ProgramWorkspace(pipelines: [
      "night": """
      { "version": 1, "name": "night", "stages": {
          "catalog": { "uses": "images.catalog" },
          "recommend": { "uses": "images.recommend", "needs": ["catalog"], "with": { "blindShare": 1 } } } }
      """
    ])
    for folder in ["data/projects", "images"] {
      try FileManager.default.createDirectory(
        atPath: "\(workspace.root)/\(folder)", withIntermediateDirectories: true)
    }
    try workspace.write(
      "data/projects/p1.project.json", #"{ "schema": "project_v1", "id": "p1", "root": "images" }"#)
    for (number, name) in images.enumerated() {
      let bytes = (0..<24 * 24 * 3).map { UInt8(($0 * (number + 3)) % 251) }
      let pixels = try #require(RGBRaster(width: 24, height: 24, bytes: bytes))
      try ImageFiles.create("\(workspace.root)/images/\(name)", pixels: pixels)
    }
    #expect(try workspace.run("run", "night").status == 0)
  }

  @Test func aHiddenRecommendationIsNotShownAndCannotBeTaken() throws {
    let listed = try workspace.run("groups")
    #expect(listed.output.contains("hidden") && !listed.output.contains("image 2"))
    let json = try workspace.run("groups", "--json").output
    #expect(json.contains("\"blind\": true") && json.contains("\"recommendation\": null"))
    let group = try #require(json.firstMatch(of: /g_[0-9a-f]{20}/)).output

    for action in ["approve", "accept-crop"] {
      let refused = try workspace.run("decide", String(group), action)
      #expect(refused.status != 0 && refused.errors.contains("hidden"), "\(refused)")
      // The refusal gives nothing away.
      #expect(refused.errors.contains(images[0]) && refused.errors.contains(images[1]))
    }
    // The recommended image is no default for a crop.
    let crop = try workspace.run("decide", String(group), "crop", "0.1,0.1,0.9,0.9")
    #expect(crop.status != 0 && crop.errors.contains("name the image"))
    let inbox = "data/review/inbox/p1.jsonl"
    #expect(!workspace.exists(inbox))

    #expect(try workspace.run("decide", String(group), "override", images[0]).status == 0)
    let line = String(decoding: try workspace.read(inbox), as: UTF8.self)
    let decision = try Decision(line: Array(line.dropLast().utf8), path: inbox, number: 1)
    #expect(decision.blind && decision.image == images[0])
    // What was hidden is recorded word for word, to be compared.
    let stored = try workspace.read("data/review/recommendations/p1/\(group).json")
    let recommendation = try Recommendation(Array(stored), path: "stored")
    #expect(decision.recommendation == recommendation && recommendation.blind && recommendation.index == 1)
    // Decided, it is no secret any more.
    #expect(try workspace.run("groups", "--all").output.contains("image 2"))
  }

  @Test func whetherARecommendationWasSeenIsRecordedOnlyWhenSaid() throws {
    let hidden = try #require(
      try workspace.run("groups", "--json").output.firstMatch(of: /g_[0-9a-f]{20}/)
    ).output
    let untrue = try workspace.run("decide", String(hidden), "override", images[0], "--shown")
    #expect(untrue.status != 0 && untrue.errors.contains("hidden"), "\(untrue)")
    try workspace.write(
      "pipelines/night.json",
      """
      { "version": 1, "name": "night", "stages": {
          "catalog": { "uses": "images.catalog" },
          "recommend": { "uses": "images.recommend", "needs": ["catalog"], "with": { "blindShare": 0 } } } }
      """)
    #expect(try workspace.run("run", "night").status == 0)
    let group = String(hidden)
    #expect(try workspace.run("decide", group, "approve", "--shown", "--blind").status != 0)
    let unseen = try workspace.run("decide", group, "approve", "--blind")
    #expect(unseen.status != 0 && unseen.errors.contains("was not seen"), "\(unseen)")
    let inbox = "data/review/inbox/p1.jsonl"
    #expect(!workspace.exists(inbox))

    func last() throws -> Decision {
      let lines = try workspace.read(inbox).split(separator: UInt8(ascii: "\n"))
      return try Decision(line: Array(try #require(lines.last)), path: inbox, number: lines.count)
    }
    #expect(try workspace.run("decide", group, "approve").status == 0)
    #expect(try last().shownAt == nil && !last().blind)
    #expect(try workspace.run("undo", "--group", group).status == 0)
    #expect(try workspace.run("decide", group, "approve", "--shown").status == 0)
    let seen = try last()
    #expect(seen.shownAt == seen.decidedAt && !seen.blind)
  }
}
