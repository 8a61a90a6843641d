import Learning
import PipelineCore
import RecommendationModels
import TrainingData

/// Which proposer of crops a candidate gets: its own when on crops that have judged nothing yet it is better than no crop,
/// and than the present model's proposer; else the present model's.
struct CropJudgement {
  let proposer: CropProposer?
  /// The crops that judged, and are used up by that; none unless the candidate is judged.
  let used: [FitRows.Crop]
  /// Counts and scores, for people.
  let account: JSONValue

  /// - Parameter isJudged: whether the candidate itself is judged; without that, nothing is used up.
  init(
    _ fit: CropFit, _ rows: FitRows, isJudged: Bool, present: PresentModel, past: PastJudgements,
    _ settings: FitSettings
  ) throws {
    var account = fit.account
    let standing: CropProposer? = if case .usable(let model, _, _) = present { model.crop } else { nil }
    // The present proposer's successes are not among the crops that it was shown for: only the others compare fairly.
    let fresh =
      isJudged && fit.proposer != nil
      ? Self.fresh(rows, past.history).filter { standing == nil || $0.isClean } : []
    let lineages = Set(fresh.map(\.lineage)).count
    var reasons: [String] = []
    if let own = fit.proposer, lineages >= CropFit.minimumHeldBack {
      used = fresh
      let overlaps = try CropOverlaps(fresh) { own.rectangle(features: $0.features) }
      account["judged"] = .integer(Int64(fresh.count))
      account["test_iou"] = overlaps.mean
      func compare(_ name: String, _ what: String, _ other: CropOverlaps) throws {
        let difference = try overlaps.compared(with: other, settings)
        account["test_against_\(name)"] = difference.json
        account["test_iou_of_\(name)"] = other.mean
        if difference.low <= 0 {
          reasons.append("it is not shown to overlap more with people's crops than \(what)")
        }
      }
      try compare("no_crop", "the whole image", CropOverlaps(fresh) { _ in CropOverlaps.wholeImage })
      if let standing {
        try compare(
          "present", "the present model's", CropOverlaps(fresh) { standing.rectangle(features: $0.features) })
      }
    } else {
      used = []
      if fit.proposer != nil, isJudged {
        reasons.append(
          "\(lineages) lineages with a crop have judged none yet\(standing == nil ? "" : " and had no proposal shown"), and \(CropFit.minimumHeldBack) are needed"
        )
      }
    }
    let isOwn = fit.proposer != nil && reasons.isEmpty
    if !reasons.isEmpty { account["reason"] = .string(reasons.joined(separator: "; ")) }
    account["kept"] = .bool(isOwn)
    proposer = isOwn ? fit.proposer : standing
    account["proposer"] = proposer == nil ? "none" : isOwn ? "own" : "present"
    self.account = .object(account)
  }

  /// The crops of the test split of lineages of which no crop has judged.
  private static func fresh(_ rows: FitRows, _ history: JudgementHistory) -> [FitRows.Crop] {
    let marks = history.crops
    if marks.isEmpty { return rows.crops(.test) }
    var used: Set<String> = []
    for crop in rows.crops where marks.contains(JudgementHistory.mark(crop.name)) {
      used.insert(crop.lineage)
    }
    return rows.crops(.test).filter { !used.contains($0.lineage) }
  }
}
