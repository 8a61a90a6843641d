import DarkroomTesting
import FileSystem
import PipelineCore
import RecommendationModels
import Testing
import TrainingData

@testable import TrainingStages

/// A person puts another model in the place of the promoted one, or loses a file.
@Suite struct ModelRollbackTests {
  private let bench: FitBench
  private var current: String { "\(bench.workspace.path)/\(RecommendationModel.currentPath)" }

  /// A bound that a person of two minds keeps, and few groups.
  private static let lenient: [String: JSONValue] = ["errorBound": 0.5, "minimumGroups": 40]

  init() throws { bench = try FitBench() }

  /// Two promoted models: the second is fitted on many decisions of the opposite taste.
  private func promoteTwo(_ person: inout SyntheticDecisions) async throws -> (
    first: String, second: String, groups: [SyntheticDecisions.Group]
  ) {
    var groups = person.groups(800)
    try SyntheticDataset(groups: groups).publish(bench.workspace)
    #expect(try await bench.run(Self.lenient).counters["promoted"] == 1)
    let first = try #require(try bench.workspace.text(RecommendationModel.currentPath))
    groups += person.groups(1_600).map(\.withOppositeTaste)
    try SyntheticDataset(groups: groups).publish(bench.workspace)
    #expect(try await bench.run(Self.lenient).counters["promoted"] == 1)
    let second = try #require(try bench.workspace.text(RecommendationModel.currentPath))
    try #require(Digest(of: first) != Digest(of: second))
    return (first, second, groups)
  }

  private func put(_ model: String) throws {
    try FileSystem.removeFile(current)
    try bench.workspace.write(RecommendationModel.currentPath, model)
  }

  private func marks(_ groups: Range<Int>) -> Set<String> {
    Set(
      groups.map { SyntheticDataset.lineage("p1", $0) }.filter { Split(lineage: $0) == .test }
        .map(JudgementHistory.mark))
  }

  // MARK: Going back

  @Test("A model that a person put away does not come back by itself, however often the fit runs")
  func staysAway() async throws {
    var person = SyntheticDecisions(.preferring(noise: 0.2), seed: 51)
    var (first, second, groups) = try await promoteTwo(&person)
    try put(first)
    let night = try await bench.run(Self.lenient)
    #expect(night.state == .succeeded && night.counters["promoted"] == nil)
    let note = try #require(night.findings.first { $0.code == "model-put-back" })
    #expect(note.severity == .note && note.message.contains(Digest(of: second).hex))
    #expect(try bench.workspace.text(RecommendationModel.currentPath) == first)
    #expect(try bench.artifacts().contains { $0.contains("\"put_back\":\"\(Digest(of: second).hex)\"") })
    // The history has it, once, and another run does nothing.
    let entry = try #require(try bench.history().entries.last)
    #expect(entry.candidate == Digest(of: second) && !entry.isPromoted)
    #expect(entry.comparison == Digest(of: first).hex && Set(entry.groups) == marks(groups.indices))
    #expect(try await bench.run(Self.lenient).units == 0)

    // A few more decisions: they are compared with what the person chose, and told of no more.
    groups += person.groups(50).map(\.withOppositeTaste)
    try SyntheticDataset(groups: groups).publish(bench.workspace)
    let later = try await bench.run(Self.lenient)
    #expect(later.units == 1 && later.counters["promoted"] == nil && later.counters["waiting"] == 1)
    #expect(!later.findings.contains { $0.code == "model-put-back" })
    let decided = try #require(try bench.workspace.text(FitStage.decisionPath))
    let candidate = try #require(decided.firstMatch(of: #/"candidate":"([0-9a-f]{64})"/#)?.1)
    let file = try #require(try bench.workspace.text("\(RecommendationModel.folder)/\(candidate).json"))
    #expect(file.contains("\"predecessor\":\"\(Digest(of: first).hex)\""))
    #expect(try bench.workspace.text(RecommendationModel.currentPath) == first)
  }

  @Test("Groups that were there when a person went back judge nothing against their choice; later ones do")
  func laterEvidence() async throws {
    var person = SyntheticDecisions(.preferring(noise: 0.2), seed: 52)
    var groups = person.groups(1_200)
    func night() async throws -> FitBench.Night {
      // Those that were decided with a recommendation are left over by a judgement that has enough of the others.
      try SyntheticDataset(groups: groups, shownPercent: 45).publish(bench.workspace)
      return try await bench.run(Self.lenient)
    }
    #expect(try await night().counters["promoted"] == 1)
    let used = Set(try bench.history().entries.flatMap(\.groups))
    #expect(marks(groups.indices).subtracting(used).count > 40)
    // The person goes on without a model.
    try FileSystem.removeFile(current)
    _ = try await night()
    let there = groups.count
    groups += person.groups(30)
    #expect(try await night().counters["waiting"] == 1)
    groups += person.groups(1_000)
    #expect(try await night().counters["promoted"] == 1)
    let judged = try #require(try bench.history().entries.last)
    #expect(judged.isPromoted && judged.comparison == "none")
    #expect(Set(judged.groups).isSubset(of: marks(there..<groups.count)))
  }

  @Test("Without current.json there is no model from then on, with a warning; what was put away stays away")
  func takenAway() async throws {
    var person = SyntheticDecisions(.preferring(noise: 0.2), seed: 53)
    let groups = person.groups(800)
    try SyntheticDataset(groups: groups).publish(bench.workspace)
    #expect(try await bench.run(Self.lenient).counters["promoted"] == 1)
    let model = try #require(try bench.workspace.text(RecommendationModel.currentPath))
    try FileSystem.removeFile(current)
    let night = try await bench.run(Self.lenient)
    #expect(night.state == .succeeded && night.counters["promoted"] == nil)
    let warning = try #require(night.findings.first { $0.code == "model-missing" })
    #expect(warning.severity == .warning)
    #expect(warning.help?.contains(RecommendationModel.path(Digest(of: model))) == true)
    #expect(try bench.current() == nil)
    #expect(try await bench.run(Self.lenient).units == 0)
    // As the help says.
    try bench.workspace.write(RecommendationModel.currentPath, model)
    let back = try await bench.run(Self.lenient)
    #expect(back.state == .succeeded && back.counters["promoted"] == nil)
    #expect(back.findings.contains { $0.code == "model-found" && $0.severity == .note })
    #expect(try bench.workspace.text(RecommendationModel.currentPath) == model)
    #expect(try await bench.run(Self.lenient).units == 0)
  }

  @Test("A promoted model from another workspace is a person's choice like any other, and no fit that died")
  func foreign() async throws {
    let other = try FitBench()
    var colleague = SyntheticDecisions(.preferring(noise: 0.2), seed: 61)
    try SyntheticDataset(groups: colleague.groups(800).map(\.withOppositeTaste)).publish(other.workspace)
    #expect(try await other.run(Self.lenient).counters["promoted"] == 1)
    let foreign = try #require(try other.workspace.text(RecommendationModel.currentPath))

    var person = SyntheticDecisions(.preferring(noise: 0.2), seed: 52)
    let groups = person.groups(1_200)
    // Enough groups are left over that judged nothing yet.
    try SyntheticDataset(groups: groups, shownPercent: 45).publish(bench.workspace)
    #expect(try await bench.run(Self.lenient).counters["promoted"] == 1)
    let own = try #require(try bench.workspace.text(RecommendationModel.currentPath))
    #expect(marks(groups.indices).subtracting(try bench.history().groups).count > 40)
    try put(foreign)
    let night = try await bench.run(Self.lenient)
    #expect(night.state == .succeeded && night.counters["promoted"] == nil)
    #expect(
      night.findings.contains { $0.code == "model-put-back" && $0.message.contains(Digest(of: own).hex) })
    #expect(try bench.workspace.text(RecommendationModel.currentPath) == foreign)
    let entry = try #require(try bench.history().entries.last)
    #expect(entry.candidate == Digest(of: own) && !entry.isPromoted)
    #expect(entry.comparison == Digest(of: foreign).hex && Set(entry.groups) == marks(groups.indices))
    #expect(try await bench.run(Self.lenient).units == 0)
  }

  @Test(
    "What a person chose is followed like a promoted model: back, forth, back again, lost, restored, lost")
  func mindChanged() async throws {
    var person = SyntheticDecisions(.preferring(noise: 0.2), seed: 51)
    var (first, second, groups) = try await promoteTwo(&person)
    /// The codes of what a fit says, and whether it names this model; it promotes nothing, and another fit does nothing.
    func night(_ code: String, _ model: String) async throws {
      let night = try await bench.run(Self.lenient)
      #expect(night.state == .succeeded && night.units == 1 && night.counters["promoted"] == nil)
      let found = night.findings.first { $0.code == code }
      let codes = night.findings.map(\.code)
      #expect(found?.message.contains(Digest(of: model).hex) == true, "\(codes)")
      #expect(codes.count { $0.hasPrefix("model-") } == 1)
      let entry = try #require(try bench.history().entries.last)
      #expect(entry.candidate == Digest(of: model) && Set(entry.groups) == marks(groups.indices))
      #expect(
        try bench.history().standing
          == bench.workspace.text(RecommendationModel.currentPath).map { Digest(of: $0) })
      #expect(try await bench.run(Self.lenient).units == 0)
    }
    try put(first)
    try await night("model-put-back", second)
    try put(second)
    try await night("model-put-back", first)
    // With other decisions, too.
    groups += person.groups(20)
    try SyntheticDataset(groups: groups).publish(bench.workspace)
    try put(first)
    try await night("model-put-back", second)
    try FileSystem.removeFile(current)
    try await night("model-missing", first)
    try bench.workspace.write(RecommendationModel.currentPath, first)
    try await night("model-found", first)
    groups += person.groups(20)
    try SyntheticDataset(groups: groups).publish(bench.workspace)
    try FileSystem.removeFile(current)
    try await night("model-missing", first)
    let promotions = try bench.history().entries.map(\.isPromoted)
    #expect(promotions == [true, true, false, false, false, false, true, false])
  }

  // MARK: What is repeated

  @Test("A fit whose checkpoint was lost gives the same model, history and artifact again")
  func repeated() async throws {
    var person = SyntheticDecisions(.preferring(noise: 0.2), seed: 51)
    _ = try await promoteTwo(&person)
    let (models, artifacts) = (try bench.models(), try bench.artifacts())
    bench.loseCheckpoints()
    #expect(try await bench.run(Self.lenient).counters["promoted"] == 1)
    #expect(try bench.models() == models && Set(bench.artifacts()) == Set(artifacts))
    // Killed between placing the model and the history.
    let history = try #require(try bench.workspace.text(JudgementHistory.path))
    let model = try #require(try bench.current())
    let earlier = try bench.history().before(
      basis: model.basis.digest, comparison: try #require(model.predecessor).hex,
      present: Digest(of: model.text))
    #expect(earlier.entries.count == 1)
    try FileSystem.removeFile("\(bench.workspace.path)/\(JudgementHistory.path)")
    try bench.workspace.write(JudgementHistory.path, earlier.text)
    bench.loseCheckpoints()
    #expect(try await bench.run(Self.lenient).counters["promoted"] == 1)
    #expect(try bench.workspace.text(JudgementHistory.path) == history)
    #expect(try bench.models() == models)
  }

  @Test(
    "A fit that died before it wrote the history has used up its groups, also when decisions come before the next one"
  )
  func diedBeforeDecisions() async throws {
    var person = SyntheticDecisions(.preferring(noise: 0.2), seed: 51)
    var (_, second, groups) = try await promoteTwo(&person)
    let whole = try bench.history()
    /// The history as it was when this many candidates were judged, and so many more decisions.
    func die(_ judged: Int, more: Int) throws {
      var before = JudgementHistory()
      for entry in whole.entries.prefix(judged) { before.append(entry) }
      try FileSystem.removeFile("\(bench.workspace.path)/\(JudgementHistory.path)")
      if judged > 0 { try bench.workspace.write(JudgementHistory.path, before.text) }
      groups += person.groups(more)
      try SyntheticDataset(groups: groups).publish(bench.workspace)
      bench.loseCheckpoints()
    }
    // With the model before it, and with no history at all: then not even the same decisions can be judged as before.
    for (judged, more) in [(0, 0), (1, 30), (0, 30)] {
      try die(judged, more: more)
      let night = try await bench.run(Self.lenient)
      #expect(night.state == .succeeded && night.counters["promoted"] == nil)
      let note = try #require(night.findings.first { $0.code == "model-found" })
      #expect(note.severity == .note && note.message.contains(Digest(of: second).hex))
      let history = try bench.history()
      try #require(history.entries.count == judged + 1)
      let entry = history.entries[judged]
      #expect(entry.candidate == Digest(of: second) && entry.isPromoted && entry.isFound)
      #expect(Set(entry.groups) == marks(groups.indices) && history.standing == Digest(of: second))
      #expect(try bench.workspace.text(RecommendationModel.currentPath) == second)
      #expect(try await bench.run(Self.lenient).units == 0)
      bench.loseCheckpoints()
      _ = try await bench.run(Self.lenient)
      #expect(try bench.history() == history)
    }
  }

  @Test("A predecessor that is gone is a warning; the present model and the history stay")
  func predecessor() async throws {
    var person = SyntheticDecisions(.preferring(noise: 0.2), seed: 51)
    let (first, second, _) = try await promoteTwo(&person)
    let history = try #require(try bench.workspace.text(JudgementHistory.path))
    let file = "\(bench.workspace.path)/\(RecommendationModel.path(Digest(of: first)))"
    try FileSystem.removeFile(file)
    bench.loseCheckpoints()
    let night = try await bench.run(Self.lenient)
    #expect(night.state == .succeeded && night.counters["promoted"] == nil && night.counters["kept"] == 1)
    let warning = try #require(night.findings.first { $0.code == "model-missing" })
    #expect(warning.severity == .warning && warning.message.contains(Digest(of: first).hex))
    #expect(try bench.workspace.text(RecommendationModel.currentPath) == second)
    #expect(try bench.workspace.text(JudgementHistory.path) == history)
    #expect(try await bench.run(Self.lenient).units == 0)
    // Restored, the fit finds what it found at first.
    try FileSystem.create(file, first.utf8)
    let restored = try await bench.run(Self.lenient)
    #expect(restored.counters["promoted"] == 1 && !restored.findings.contains { $0.code == "model-missing" })
    #expect(try bench.workspace.text(RecommendationModel.currentPath) == second)
    #expect(try bench.workspace.text(JudgementHistory.path) == history)
  }

  @Test("What lies in the place of a predecessor is it, or nobody can tell what it was")
  func predecessorFile() throws {
    let text = "{}\n"
    let path = RecommendationModel.path(Digest(of: text))
    func found(_ digest: Digest) throws -> String {
      switch try PresentModel(predecessor: digest, workspace: bench.workspace.path) {
      case .unreadable(let problem, let state):
        #expect(problem.code == "model-missing" && problem.message.contains(RecommendationModel.path(digest)))
        return state
      case .none, .usable, .otherFeatures: return "found"
      }
    }
    #expect(try found(Digest(of: text)).hasPrefix("missing"))
    try bench.workspace.write(path, text)
    #expect(try found(Digest(of: text)) == Digest(of: text).hex)
    try FileSystem.makeDirectories("\(bench.workspace.path)/\(RecommendationModel.path(Digest(of: "b")))")
    #expect(try found(Digest(of: "b")) != "found")
    let link = "\(bench.workspace.path)/\(RecommendationModel.path(Digest(of: "c")))"
    try FileSystem.makeLink(link, to: "nowhere.json")
    #expect(try found(Digest(of: "c")) != "found")
  }

  @Test("A current.json that is a link to nowhere is a warning and stays")
  func linkToNowhere() async throws {
    var person = SyntheticDecisions(.preferring(noise: 0.2), seed: 56)
    try SyntheticDataset(groups: person.groups(800)).publish(bench.workspace)
    try FileSystem.makeDirectories("\(bench.workspace.path)/\(RecommendationModel.folder)")
    try FileSystem.makeLink(current, to: "nowhere.json")
    let night = try await bench.run(Self.lenient)
    #expect(night.state == .succeeded && night.counters["promoted"] == nil)
    #expect(night.findings.map(\.code) == ["model-unreadable"])
    #expect(try FileSystem.linkTarget(current) == "nowhere.json")
  }
}

extension SyntheticDecisions.Group {
  /// The same images, chosen from by the opposite taste.
  var withOppositeTaste: Self {
    var group = self
    let likings = group.images.map { -SyntheticDecisions.liking($0) }
    group.chosen = likings.indices.reduce(0) { likings[$1] > likings[$0] ? $1 : $0 }
    return group
  }
}
