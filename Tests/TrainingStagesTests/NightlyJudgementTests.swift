import DarkroomTesting
import Foundation
import Learning
import PipelineCore
import RecommendationModels
import Testing
import TrainingData

@testable import TrainingStages

/// Night after night a candidate of more decisions, as `training.fit` would fit and judge them.
@Suite struct NightlyJudgementTests {
  /// The groups of a project whose person guesses, as many as of each night.
  private static func group(_ number: Int, _ random: inout SeededRandom) -> FitRows.Group {
    let name = "p/g\(number)"
    let count = 2 + random.next(below: 3)
    let candidates = (0..<count).map { _ in
      FeatureSet.columns.map { _ in Double(random.next(below: 2_001)) / 1_000 - 1 }
    }
    return FitRows.Group(
      name: name, lineage: name, split: Split(lineage: name), isClean: true, candidates: candidates,
      chosen: random.next(below: count), rule: random.next(below: count))
  }

  private static let settings = FitSettings(["errorBound": 0.95, "minimumGroups": 50])

  /// The judgements of some nights of a person who guesses.
  static func nights(_ nights: Int, first: Int, each: Int, seed: UInt64) throws -> JudgementHistory {
    var random = SeededRandom(seed: seed)
    var groups = (0..<first).map { group($0, &random) }
    var history = JudgementHistory()
    var present = PresentModel.none
    for night in 0..<nights {
      if night > 0 { groups += (groups.count..<groups.count + each).map { group($0, &random) } }
      let basis = ModelBasis(
        datasets: [.init(project: "p", digest: Digest(of: "\(groups.count)"))], settings: settings.json,
        method: 1)
      let outcome = try ModelFit(
        rows: FitRows(groups: groups), settings: settings, basis: basis, present: present,
        past: .readable(history)
      ).run()
      guard case .candidate(let model, let judgement, _) = outcome else { continue }
      let digest = Digest(of: model.text)
      if let entry = judgement.entry(of: model, crops: [], digest: digest, comparison: "\(night)") {
        history.append(entry)
      }
      if model.isPromoted { present = .usable(model, digest: digest, bytes: Array(model.text.utf8)) }
    }
    return history
  }

  /// Of the first 300 people all who are judged within four nights: few are, for most guesses look no better than the rules.
  private static let judgedEarly: [UInt64] = [
    67, 76, 90, 92, 99, 100, 102, 140, 141, 149, 190, 233, 237, 255, 290,
  ]

  @Test("Guesses are promoted no more often than the level allows, however many nights they are judged")
  func guesses() throws {
    // `DARKROOM_PROOF_SEEDS=300` is the figure in the documentation; it takes some 6 minutes of a processor.
    let wanted = ProcessInfo.processInfo.environment["DARKROOM_PROOF_SEEDS"].flatMap(UInt64.init)
    let seeds = wanted.map { Array(0..<$0) } ?? Self.judgedEarly
    var judgements = 0
    var promotions = 0
    var people = 0
    for seed in seeds {
      let history = try Self.nights(wanted == nil ? 4 : 12, first: 900, each: 150, seed: seed)
      judgements += history.entries.count
      promotions += history.entries.count(where: \.isPromoted)
      if history.entries.contains(where: \.isPromoted) { people += 1 }
      #expect(
        Set(history.entries.flatMap(\.groups)).count == history.entries.reduce(0) { $0 + $1.groups.count })
    }
    if wanted != nil {
      print(
        "\(seeds.count) people who guess: \(judgements) judgements, \(promotions) promotions, of \(people)")
    }
    // Without judgements there is nothing to look at: where another fit has others, look for their seeds anew.
    try #require(judgements >= 10)
    // 2.5 % of the judgements, and four standard deviations.
    let expected = 0.025 * Double(judgements)
    #expect(Double(promotions) <= expected + 4 * expected.squareRoot() + 1, "\(promotions) of \(judgements)")
  }

  @Test("Near-copies are one group for the error bound, however many they are")
  func copies() throws {
    /// Decisions of a person who always takes the sharpest, of which each is there so many times.
    func abstention(copies: Int) throws -> Abstention? {
      var groups: [FitRows.Group] = []
      var random = SeededRandom(seed: 41)
      for number in 0..<850 {
        var group = Self.group(number, &random)
        let first = group.candidates.map { $0[0] }
        group.chosen = first.indices.reduce(0) { first[$1] > first[$0] ? $1 : $0 }
        for copy in 0..<copies {
          group.name = "p/g\(number)_\(copy)"
          groups.append(group)
        }
      }
      let settings = FitSettings(["minimumGroups": 50, "errorBound": 0.05])
      let outcome = try ModelFit(
        rows: FitRows(groups: groups), settings: settings,
        basis: ModelBasis(datasets: [], settings: settings.json, method: 1), present: .none,
        past: .readable(JudgementHistory())
      ).run()
      guard case .candidate(let model, _, _) = outcome else { return nil }
      return model.choice.abstention
    }
    // Some 40 lineages without an error do not show a bound of 5 %, and their copies show nothing more: 59 would.
    let (one, four) = (try #require(try abstention(copies: 1)), try #require(try abstention(copies: 4)))
    #expect(one.groups < 59 && one.groups == four.groups, "\(one) \(four)")
    #expect(one.threshold == nil && four.threshold == nil)
  }
}
