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
    #expect(try bench.models().count == 2 && Set(bench.models().values).count == 1)

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
    let plain = try #require(account.at("crop", "test_iou_of_mean")?.doubleValue)
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
    try SyntheticDataset(groups: person.groups(2_500)).publish(bench.workspace)
    let night = try await bench.run()
    #expect(night.state == .succeeded && night.counters["promoted"] == 0)
    #expect(try bench.current() == nil && bench.models().count == 1)
    #expect(try await bench.run().units == 0)
  }
}
