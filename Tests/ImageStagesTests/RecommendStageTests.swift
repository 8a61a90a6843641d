import DarkroomTesting
import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore
import Testing

@testable import ImageStages

@Suite struct RecommendStageTests {
  let bench: StageBench
  /// One image of a group of two.
  let upscaled = "20250701_080000_stage2_upscaled.png"
  /// A group by itself.
  let single = "20250701_090000_stage1_generated.png"

  init() throws {
    bench = try StageBench()
    try bench.set("a/20250701_080000_stage1_generated.png")
    try bench.set("a/\(upscaled)")
    try bench.set("b/\(single)")
  }

  private func published(_ image: String) throws -> Recommendation? {
    let path = RecommendStage.path(project: StageBench.project, group: try bench.group(image).group.id)
    guard let text = try bench.workspace.text(path) else { return nil }
    return try Recommendation(Array(text.utf8), path: path)
  }

  /// Lets a program of the shell recommend.
  private func recommend(_ script: String, timeout: String = "20s") {
    bench.settings["recommend"] = [
      "recommender": "command", "command": ["/bin/sh", "-c", .string(script)], "name": "judge",
      "timeout": .string(timeout), "version": "1",
    ]
  }

  /// A program that answers index 0 of every group, but does something else when a line holds `word`.
  private static func answering(_ word: String, _ otherwise: String) -> String {
    let answer = #"printf '{"group":"%s","index":0}\n' "$(expr "$q" : '.*"group":"\([^"]*\)"')""#
    return #"while read -r q; do case "$q" in *\#(word)*) \#(otherwise);; *) \#(answer);; esac; done"#
  }

  @Test func theRuleTakesTheHighestStage() async throws {
    let before = try bench.tree()
    #expect(try await bench.run().done("recommend").count == 2)
    let recommendation = try #require(try published(upscaled))
    let record = try bench.group(upscaled)
    #expect(recommendation.index == 1 && recommendation.image == upscaled)
    #expect(recommendation.recommender == "rule" && recommendation.crop == nil)
    #expect(recommendation.confidence == nil)
    #expect(recommendation.group == record.group.id && recommendation.images == record.group.images)
    #expect(recommendation.digests.map(\.self) == record.digests)
    #expect(try bench.tree() == before, "a recommendation moves nothing")
    #expect(try bench.rows().isEmpty && bench.receipts(.review).isEmpty)
  }

  @Test func askingAgainChangesNothing() async throws {
    try await bench.run()
    #expect(try await bench.run().done("recommend").isEmpty)
    try await bench.expectIdempotence()
  }

  @Test func noneRecommendsNothing() async throws {
    bench.settings["recommend"] = ["recommender": "none"]
    #expect(try await bench.run().done("recommend").isEmpty)
    #expect(try await bench.run().state == .succeeded)
    #expect(try published(upscaled) == nil)
  }

  @Test func onlyUndecidedGroupsAreAsked() async throws {
    recommend(Self.answering("nothing", ":"))
    try await bench.run()
    let decision = try bench.decide(single, .reject)
    bench.settings["recommend"]?["version"] = "2"
    let night = try await bench.run()
    #expect(night.done("recommend") == [UnitKey(try bench.group(upscaled).group.id.rawValue)])
    // Its files come back in the course of the night, after the recommender.
    try bench.undo(decision)
    #expect(try await bench.run().done("recommend").isEmpty)
    #expect(try await bench.run().done("recommend") == [UnitKey(decision.group.rawValue)])
    #expect(try published(single)?.version == "2")
  }

  // MARK: Bad input

  @Test func aGroupWithAnUnreadableImageHasNoRecommendation() async throws {
    try bench.write("a/\(single)", "no image")
    recommend(Self.answering("nothing", ":"))
    let night = try await bench.night()
    #expect(night.done("recommend").count == 2)
    #expect(night.errors("recommend").count == 1)
    #expect(night.errors("recommend").allSatisfy { $0.hasPrefix("image-") })
  }

  private struct Bad: CustomTestStringConvertible {
    var what: String
    /// What the program does on the group of one image.
    var deed: String
    var codes: Set<String>
    var timeout = "20s"
    var testDescription: String { what }
  }

  private static let bad = [
    Bad(what: "hangs", deed: "sleep 1000", codes: ["program-timeout"], timeout: "300ms"),
    Bad(what: "dies", deed: "exit 3", codes: ["program-failed"]),
    Bad(
      what: "floods", deed: "exec tr '\\0' x < /dev/zero", codes: ["answer-too-long"]),
    Bad(
      what: "lies about the group", deed: #"echo '{"group":"g_00000000000000000000","index":0}'"#,
      codes: ["answer-invalid"]),
    Bad(
      what: "lies about the index",
      deed: #"printf '{"group":"%s","index":1}\n' "$(expr "$q" : '.*"group":"\([^"]*\)"')""#,
      codes: ["answer-invalid"]),
  ]

  /// The night with a recommender that fails on one group: the other group has its recommendation, what was decided is
  /// carried out, nothing is lost, and the next night with a better program makes good for it.
  @Test(arguments: bad) private func aBadProgramCostsItsGroupOnly(_ bad: Bad) async throws {
    try bench.set("c/20250701_100000_stage1_generated.png")
    bench.settings["recommend"] = ["recommender": "none"]
    try await bench.run()
    try bench.decide("20250701_100000_stage1_generated.png", .override)
    recommend(Self.answering(single, bad.deed), timeout: bad.timeout)
    let before = Set(try bench.tree().values)
    let night = try await bench.night()

    #expect(night.state == .failed)
    let errors = night.errors("recommend")
    #expect(errors.count == 1 && bad.codes.isSuperset(of: errors), "\(errors)")
    let error = try #require(night.findings("recommend").first { $0.severity == .error })
    #expect(error.message.contains("judge") || error.message.contains("sh"), "\(error)")
    #expect(try published(single) == nil)
    #expect(try published(upscaled)?.index == 0)
    #expect(night.done("review").count == 1)
    #expect(try bench.exists("__selected/20250701_100000_stage1_generated.png"))
    #expect(night.errors("audit").isEmpty)
    #expect(Set(try bench.tree().values) == before)

    recommend(Self.answering("nothing", ":"))
    try await bench.run()
    #expect(try published(single)?.index == 0)
  }

  @Test func aFailureLeavesAnEarlierRecommendation() async throws {
    recommend(Self.answering("nothing", ":"))
    try await bench.run()
    let before = try bench.workspace.contents("data/review/recommendations")
    #expect(before.count == 2)
    recommend("exit 1")
    #expect(try await bench.night().state == .failed)
    #expect(try bench.workspace.contents("data/review/recommendations") == before)
  }

  @Test func aCommandWithoutAProgramRunsNothing() async throws {
    bench.settings["recommend"] = ["recommender": "command"]
    let error = await #expect(throws: Diagnostics.self) { try await bench.night() }
    #expect(error?.items.map(\.code) == ["recommender-command"])
    #expect(try bench.workspace.contents("data/state").isEmpty)
  }
}
