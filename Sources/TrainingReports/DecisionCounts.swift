public import PipelineCore
public import TrainingData

/// What people decided in one project, with and without recommendations.
public struct DecisionCounts: Sendable, Equatable {
  /// The UTC days of the first and the last decision; `nil` without decisions.
  public private(set) var days: ClosedRange<Day>?
  /// Decided groups. Decisions by machines are in no dataset.
  public private(set) var total = 0
  public private(set) var byExposure: [Exposure: Int] = [:]
  public private(set) var byAction: [SelectionRow.Action: Int] = [:]
  /// Finished crops.
  public private(set) var crops = 0
  /// Those of them that have a recommended crop.
  public private(set) var cropsWithRecommendation = 0
  private var latencies: [Exposure: [Double]] = [:]

  /// Seconds from showing a group to its decision.
  public func latency(_ exposure: Exposure) -> Median { Median(of: latencies[exposure] ?? []) }

  mutating func add(_ row: SelectionRow, day: Day) {
    days = days.map { min($0.lowerBound, day)...max($0.upperBound, day) } ?? day...day
    total += 1
    byExposure[row.exposure, default: 0] += 1
    byAction[row.action, default: 0] += 1
    if let latency = row.latency { latencies[row.exposure, default: []].append(latency) }
  }

  mutating func add(_ row: CropRow) {
    crops += 1
    if row.recommendedCrop != nil { cropsWithRecommendation += 1 }
  }

  var json: JSONValue {
    func number(_ count: Int?) -> JSONValue { .integer(Int64(count ?? 0)) }
    return [
      "n": number(total), "first_day": .optional(days?.lowerBound.description),
      "last_day": .optional(days?.upperBound.description),
      "by_exposure": .object(
        Dictionary(Exposure.allCases.map { ($0.rawValue, number(byExposure[$0])) }) { $1 }),
      "by_action": .object(
        Dictionary(SelectionRow.Action.allCases.map { ($0.rawValue, number(byAction[$0])) }) { $1 }),
      "crops": number(crops), "crops_with_recommendation": number(cropsWithRecommendation),
      "latency": .object(
        Dictionary(Exposure.allCases.map { ($0.rawValue, latency($0).secondsJSON) }) { $1 }),
    ]
  }
}
