import DarkroomTesting
import FileSystem
import Learning
import PipelineCore
import RecommendationModels
import Testing
import TrainingData

@testable import TrainingStages

@Suite struct FitStageTests {
  private let bench: FitBench

  init() throws { bench = try FitBench() }

  @Test("A known preference is learned, calibrated, bounded and promoted; a second run does nothing")
  func knownPreference() async throws {
    var person = SyntheticDecisions(.preferring(noise: 0.6), seed: 1)
    try SyntheticDataset(groups: person.groups(4_000)).publish(bench.workspace)
    let first = try await bench.run()
    #expect(first.state == .succeeded && first.findings.isEmpty)
    #expect(first.counters["promoted"] == 1)
    let model = try #require(try bench.current())
    #expect(try bench.models().count == 3 && Set(bench.models().values).count == 2)

    // Judged on new groups, many enough to tell.
    let fresh = person.groups(6_000)
    let answers = try fresh.map { try #require(try model.answer($0.images)) }
    func share(_ right: [Bool]) -> Double { Double(right.count { $0 }) / Double(max(1, right.count)) }
    let right = zip(answers, fresh).map { $0.index == $1.chosen }
    let best = share(fresh.map { $0.best == $0.chosen })
    #expect(share(right) > best - 0.02, "\(share(right)) of \(best)")
    let outcomes = zip(answers, right).map { AnswerOutcome(confidence: $0.confidence, isRight: $1) }
    let error = ReliabilityCurve(of: outcomes).expectedCalibrationError
    #expect(error < 0.05, "\(error)")
    let sure = zip(answers, right).filter(\.0.isSure).map(\.1)
    #expect(sure.count > 600 && sure.count < 6_000)
    #expect(1 - share(sure) <= 0.1, "\(1 - share(sure)) of \(sure.count)")

    let account = model.account
    #expect(account.at("crop", "kept") == true)
    let overlap = try #require(account.at("crop", "test_iou")?.doubleValue)
    let plain = try #require(account.at("crop", "test_iou_of_no_crop")?.doubleValue)
    #expect(overlap > plain + 0.1)
    #expect(account.at("exposure", "test") == "blind and none")
    #expect(account.at("promotion", "promoted") == true)
    let text = try #require(try bench.workspace.text(RecommendationModel.currentPath))
    #expect(!text.contains(bench.workspace.path))
    #expect(model.text == text)

    let second = try await bench.run()
    #expect(second.state == .succeeded && second.units == 0)
    // As if its checkpoint had been lost, and from nothing, with another parallelism: the same bytes.
    let models = try bench.models()
    let other = try FitBench()
    var again = SyntheticDecisions(.preferring(noise: 0.6), seed: 1)
    try SyntheticDataset(groups: again.groups(4_000)).publish(other.workspace)
    _ = try await other.run(jobs: 1)
    #expect(try other.models() == models)
    #expect(try other.artifacts() == bench.artifacts())
  }

  @Test("Decisions made by chance give a candidate that is not promoted")
  func chance() async throws {
    var person = SyntheticDecisions(.guessing, seed: 2)
    try SyntheticDataset(groups: person.groups(3_000)).publish(bench.workspace)
    let night = try await bench.run()
    #expect(night.state == .succeeded && night.counters["promoted"] == nil)
    #expect(try bench.current() == nil && bench.models().count == 1)
    #expect(try await bench.run().units == 0)
  }

  // MARK: What is no model

  @Test("Too few decisions, unmeasured images and one class are notes with counts; the night goes on")
  func lacking() async throws {
    #expect(try await bench.run().units == 0)
    var person = SyntheticDecisions(.preferring(noise: 0.6), seed: 3)
    try SyntheticDataset(groups: person.groups(60)).publish(bench.workspace)
    let few = try await bench.run()
    #expect(few.state == .succeeded && few.findings.map(\.code) == ["training-no-model"])
    #expect(few.findings[0].severity == .note)
    #expect(few.findings[0].message.contains("100, 60 and 1"))
    #expect(few.findings[0].message.contains("of 60 decisions"))
    #expect(try bench.models().isEmpty)
    #expect(try bench.artifacts().contains { $0.contains("no model was fitted") })
    #expect(try await bench.run().units == 0)

    let groups = person.groups(1_000)
    try SyntheticDataset(groups: groups, unmeasured: Set(groups.indices)).publish(bench.workspace)
    let unmeasured = try await bench.run()
    #expect(unmeasured.state == .succeeded)
    #expect(unmeasured.findings[0].message.contains("1000 not-measured"))

    var first = SyntheticDecisions(.first, seed: 4)
    try SyntheticDataset(groups: first.groups(1_000)).publish(bench.workspace)
    let oneClass = try await bench.run()
    #expect(oneClass.state == .succeeded && oneClass.findings.map(\.code) == ["training-no-model"])
    #expect(try bench.models().isEmpty)
  }

  // MARK: The present model

  /// A bound that few groups can show.
  private static let easy: [String: JSONValue] = ["errorBound": 0.25]

  /// A bound that a person of two minds keeps.
  private static let lenient: [String: JSONValue] = ["errorBound": 0.5]

  /// A workspace with a promoted model.
  private func promoted(
    _ groups: [SyntheticDecisions.Group], _ settings: [String: JSONValue] = easy
  ) async throws -> RecommendationModel {
    try SyntheticDataset(groups: groups).publish(bench.workspace)
    let night = try await bench.run(settings)
    let figures = try bench.artifacts()
    #expect(night.counters["promoted"] == 1, "\(figures)")
    return try #require(try bench.current())
  }

  @Test(
    "With more decisions of the same kind the present model stays; with another taste a better one takes its place"
  )
  func present() async throws {
    var person = SyntheticDecisions(.preferring(noise: 0.2), seed: 5)
    let groups = person.groups(1_500)
    let model = try await promoted(groups, Self.lenient)
    try SyntheticDataset(groups: groups + person.groups(20)).publish(bench.workspace)
    let second = try await bench.run(Self.lenient)
    #expect(second.units == 1 && second.counters["promoted"] == nil)
    #expect(try bench.current() == model)
    #expect(try bench.models().count == 4)
    #expect(try bench.history().entries.map(\.isPromoted) == [true])
    // The opposite of what was liked is chosen from now on.
    let other = person.groups(3_000).map(\.withOppositeTaste)
    try SyntheticDataset(groups: groups + other).publish(bench.workspace)
    let third = try await bench.run(Self.lenient)
    let figures = try bench.artifacts()
    #expect(third.counters["promoted"] == 1, "\(figures)")
    let next = try #require(try bench.current())
    let old = Digest(of: model.text)
    #expect(next.predecessor == old && next.account.at("promotion", "against_present") != .null)
    #expect(try await bench.run(Self.lenient).units == 0)
    // No group has judged twice.
    let judged = try bench.history().entries.map { Set($0.groups) }
    try #require(judged.count == 2)
    #expect(judged[0].isDisjoint(with: judged[1]))
    let test = (groups + other).indices.map { SyntheticDataset.lineage("p1", $0) }
      .filter { Split(lineage: $0) == .test }
    #expect(judged[0].union(judged[1]) == Set(test.map(JudgementHistory.mark)))
    // The older one is still there, by its name.
    #expect(try bench.workspace.text(RecommendationModel.path(old)) == model.text)
  }

  @Test("A candidate that looks better waits until enough groups that have judged nothing are there")
  func waiting() async throws {
    var person = SyntheticDecisions(.preferring(noise: 0.2), seed: 14)
    let groups = person.groups(1_100)
    let model = try await promoted(groups, Self.lenient)
    let more = groups + person.groups(2_400).map(\.withOppositeTaste)
    try SyntheticDataset(groups: more).publish(bench.workspace)
    let night = try await bench.run(Self.lenient.merging(["minimumGroups": 350]) { $1 })
    #expect(night.state == .succeeded && night.counters["waiting"] == 1)
    try #require(night.findings.map(\.code) == ["training-model-waiting"])
    #expect(night.findings[0].severity == .note)
    let fresh = (groups.count..<more.count).count {
      Split(lineage: SyntheticDataset.lineage("p1", $0)) == .test
    }
    #expect(night.findings[0].message.contains("\(350 - fresh) more"))
    #expect(try bench.artifacts().contains { $0.contains("\"outcome\":\"waiting\"") })
    #expect(try bench.current() == model && bench.history().entries.count == 1)

    // The history cannot be read: nothing is judged, and it stays as it is.
    let history = try #require(try bench.workspace.text(JudgementHistory.path))
    try FileSystem.removeFile("\(bench.workspace.path)/\(JudgementHistory.path)")
    try bench.workspace.write(JudgementHistory.path, String(history.prefix(100)))
    let torn = try await bench.run(Self.lenient)
    #expect(torn.state == .succeeded && torn.counters["kept"] == 1)
    #expect(torn.findings.map(\.code) == ["judgements-unreadable"])
    #expect(try bench.workspace.text(JudgementHistory.path) == String(history.prefix(100)))
    #expect(try await bench.run(Self.lenient).units == 0)
  }

  @Test("A current.json that cannot be read is a warning, and is never replaced")
  func damaged() async throws {
    var person = SyntheticDecisions(.preferring(noise: 0.2), seed: 6)
    let groups = person.groups(1_500)
    let model = try await promoted(groups)
    let torn = String(model.text.prefix(1_000))
    try FileSystem.removeFile("\(bench.workspace.path)/\(RecommendationModel.currentPath)")
    try bench.workspace.write(RecommendationModel.currentPath, torn)
    let night = try await bench.run(Self.easy)
    #expect(night.state == .succeeded && night.counters["promoted"] == nil)
    #expect(night.findings.map(\.code) == ["model-unreadable"] && night.findings[0].severity == .warning)
    #expect(try bench.workspace.text(RecommendationModel.currentPath) == torn)
    #expect(try await bench.run(Self.easy).units == 0)
    // The candidate's file in its place, as the finding says: nothing is promoted, and nothing was lost.
    try FileSystem.removeFile("\(bench.workspace.path)/\(RecommendationModel.currentPath)")
    try bench.workspace.write(RecommendationModel.currentPath, model.text)
    let mended = try await bench.run(Self.easy)
    #expect(mended.state == .succeeded && mended.findings.isEmpty)
    #expect(try bench.current() == model && bench.history().entries.count == 1)
    #expect(try await bench.run(Self.easy).units == 0)
  }

  @Test("A model of other features is a clear error to use, is compared with nothing, and may be replaced")
  func otherFeatures() async throws {
    var person = SyntheticDecisions(.preferring(noise: 0.2), seed: 7)
    let groups = person.groups(1_500)
    let model = try await promoted(groups)
    let old = model.text.replacing(FeatureSet.digest.hex, with: Digest(of: "others").hex)
      .replacing(FeatureSet.name, with: "group-figures-0")
    let error = #expect(throws: Diagnostic.self) {
      try RecommendationModel(Array(old.utf8), path: RecommendationModel.currentPath)
    }
    #expect(error?.code == "model-other-features" && error?.message.contains("group-figures-0") == true)
    try FileSystem.removeFile("\(bench.workspace.path)/\(RecommendationModel.currentPath)")
    try bench.workspace.write(RecommendationModel.currentPath, old)
    let same = try await bench.run(Self.easy)
    #expect(same.state == .succeeded && same.counters["waiting"] == 1)
    #expect(same.findings.map(\.code).contains("model-other-features"))
    // The groups that judged it judge none of the new features: others do.
    try SyntheticDataset(groups: groups + person.groups(1_500)).publish(bench.workspace)
    let night = try await bench.run(Self.easy)
    #expect(night.state == .succeeded && night.counters["promoted"] == 1)
    #expect(try bench.current()?.predecessor == Digest(of: old))
    #expect(try await bench.run(Self.easy).units == 0)
  }

  // MARK: Rows

  @Test(
    "The same or nearly the same images in another project never both train and judge",
    arguments: [true, false])
  func nearDuplicates(isByContent: Bool) async throws {
    var person = SyntheticDecisions(.preferring(noise: 0.6), seed: 8)
    let groups = person.groups(200)
    var same = groups
    let digest: (Int, Int) -> String? = { isByContent ? Digest(of: "\($0) \($1)").hex : nil }
    if isByContent {
      // Hashes that say nothing: only that the files are the same tells it.
      for number in same.indices { same[number].hashes = same[number].hashes.map { _ in 0 } }
    }
    try SyntheticDataset(project: "a", groups: groups, digest: digest).publish(bench.workspace)
    // The same pictures again: their splits are those of other names.
    try SyntheticDataset(project: "b", groups: same, digest: digest).publish(bench.workspace)
    var rows = FitRows()
    for project in ["a", "b"] {
      let dataset = try #require(try DatasetFiles.current(workspace: bench.workspace.path, project: project))
      try rows.add(dataset) {}
    }
    #expect(rows.groups.count == 400)
    let crossing = groups.indices.count {
      Split(lineage: SyntheticDataset.lineage("a", $0)) != Split(lineage: SyntheticDataset.lineage("b", $0))
    }
    rows.separateProjects()
    #expect(crossing > 20 && rows.leftOut[.nearDuplicate] == crossing)
    #expect(rows.groups.count == 400 - crossing)
    let splits = Dictionary(grouping: rows.groups, by: \.lineage).mapValues { Set($0.map(\.split)) }
    #expect(splits.count == 200 && splits.values.allSatisfy { $0.count == 1 })
  }

  @Test("Groups on which a model in use said nothing are the hard ones: they do not judge")
  func abstained() throws {
    var person = SyntheticDecisions(.preferring(noise: 0.2), seed: 10)
    try SyntheticDataset(groups: person.groups(20), modelSince: 12).publish(bench.workspace)
    var rows = FitRows()
    try rows.add(try #require(try DatasetFiles.current(workspace: bench.workspace.path, project: "p1"))) {}
    let clean = Set(rows.groups.filter(\.isClean).map(\.lineage))
    #expect(clean == Set((0...12).map { SyntheticDataset.lineage("p1", $0) }))
  }

  @Test("Judged are decisions that no recommendation touched, if they are enough; the model says which")
  func exposure() async throws {
    var person = SyntheticDecisions(.preferring(noise: 0.2), seed: 9)
    try SyntheticDataset(groups: person.groups(1_500), shownPercent: 95).publish(bench.workspace)
    _ = try await bench.run(Self.easy)
    let model = try #require(try bench.current())
    #expect(model.account.at("exposure") == ["train": "all", "validation": "all", "test": "all"])
  }
}
