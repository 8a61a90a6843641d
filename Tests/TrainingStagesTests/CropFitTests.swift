import DarkroomTesting
import Learning
import PipelineCore
import RecommendationModels
import Testing
import TrainingData

@testable import TrainingStages

@Suite struct CropFitTests {
  private let settings = FitSettings(["errorBound": 0.5])

  /// Rows as a dataset would give them; every group has a crop.
  private static func rows(
    _ groups: [SyntheticDecisions.Group], _ rectangle: (SyntheticDecisions.Group) -> [Double] = \.rectangle
  ) -> FitRows {
    let named = groups.enumerated().map { (SyntheticDataset.lineage("p1", $0), $1) }
    return FitRows(
      groups: named.map { name, group in
        FitRows.Group(
          name: name, lineage: name, split: Split(lineage: name), isClean: true,
          candidates: FeatureSet.rows(of: group.images), chosen: group.chosen,
          rule: FeatureSet.ruleChoice(group.images))
      },
      crops: named.map { name, group in
        FitRows.Crop(
          name: name, lineage: name, split: Split(lineage: name),
          features: FeatureSet.cropRow(of: group.images[group.chosen]), rectangle: rectangle(group))
      })
  }

  private func judge(
    _ rows: FitRows, present: PresentModel = .none, past: JudgementHistory = JudgementHistory()
  ) throws -> CropJudgement {
    try CropJudgement(
      CropFit(rows, settings), rows, isJudged: true, present: present, past: .readable(past), settings)
  }

  @Test("Who mostly keeps the whole image gets no proposals, however well the rest is learned")
  func noCrop() throws {
    var person = SyntheticDecisions(.preferring(noise: 0.2), seed: 21)
    let groups = person.groups(900)
    // Only very bright images are cropped: a regression sees that brightness matters, and not where it begins to.
    let mostlyWhole = Self.rows(groups) { $0.images[$0.chosen].exposure < 0.8 ? [0, 0, 1, 1] : $0.rectangle }
    let fit = try CropFit(mostlyWhole, settings)
    let account = JSONValue.object(fit.account)
    #expect(fit.proposer == nil)
    #expect(try #require(account.at("against_mean", "low")?.doubleValue) > 0, "it beats the mean crop")
    #expect(try #require(account.at("against_no_crop", "high")?.doubleValue) < 0, "and not the whole image")
    #expect(try judge(mostlyWhole).proposer == nil)
    let drawn = try judge(Self.rows(groups))
    #expect(drawn.proposer != nil && drawn.account.at("proposer") == "own")
  }

  @Test(
    "A new proposer takes the place of the present one only when it is better, on crops that have judged none"
  )
  func present() throws {
    var person = SyntheticDecisions(.preferring(noise: 0.2), seed: 23)
    let groups = person.groups(900)
    let rows = Self.rows(groups)
    let own = try #require(try CropFit(rows, settings).proposer)
    // A proposer that learned crops elsewhere in the image.
    let other = try #require(
      try CropFit(Self.rows(groups) { $0.rectangle.map { $0 * 0.5 } }, settings).proposer)
    let choices = try ModelFit.choices(rows.groups(.train))
    let choice = try ChoiceModel.fit(training: choices, calibration: choices, threshold: choices)
    func model(_ crop: CropProposer) -> PresentModel {
      let model = RecommendationModel(
        choice: choice, crop: crop,
        basis: ModelBasis(datasets: [], settings: [:], method: 1), predecessor: nil, isPromoted: true,
        account: .null)
      return .usable(model, digest: Digest(of: model.text), bytes: Array(model.text.utf8))
    }
    let better = try judge(rows, present: model(other))
    #expect(better.proposer == own && better.account.at("kept") == true)
    #expect(better.used.count == rows.crops(.test).count)
    let equal = try judge(rows, present: model(own))
    #expect(equal.proposer == own && equal.account.at("proposer") == "present")

    // Where its proposals were shown only its failures are left: those do not judge it.
    let shown = FitRows(
      groups: rows.groups,
      crops: rows.crops.map { crop in
        var crop = crop
        crop.isClean = false
        return crop
      })
    let unfair = try judge(shown, present: model(other))
    #expect(unfair.proposer == other && unfair.used.isEmpty)
    #expect(try judge(shown).proposer == own, "without a present one there is nobody to be unfair to")

    var history = JudgementHistory()
    history.append(
      .init(
        basis: Digest(of: "b"), candidate: Digest(of: "c"), comparison: "none", isPromoted: false,
        groups: [], crops: Set(rows.crops(.test).map { JudgementHistory.mark($0.name) })))
    let again = try judge(rows, present: model(other), past: history)
    #expect(again.proposer == other && again.used.isEmpty, "what has judged judges no more")
    #expect(try judge(rows, past: history).proposer == nil)
  }

  @Test("Recommended crops that were taken as seen teach nothing; those taken unseen, and drawn ones, do")
  func accepted() throws {
    let workspace = try TemporaryWorkspace()
    var person = SyntheticDecisions(.preferring(noise: 0.2), seed: 24)
    var dataset = SyntheticDataset(groups: person.groups(30), croppedPercent: 100)
    (dataset.acceptedCrops, dataset.unseenCrops) = ([1, 2, 3, 4, 5], [4, 5])
    try dataset.publish(workspace)
    var rows = FitRows()
    try rows.add(try #require(try DatasetFiles.current(workspace: workspace.path, project: "p1"))) {}
    #expect(rows.croppings == 30 && rows.cropsLeftOut[.acceptedProposal] == 3)
    #expect(
      Set((0..<30).map { SyntheticDataset.lineage("p1", $0) }).subtracting(rows.crops.map(\.name))
        == Set([1, 2, 3].map { SyntheticDataset.lineage("p1", $0) }))
  }
}
