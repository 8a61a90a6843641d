/// When which recommender was in use, as far as decisions tell it.
///
/// A recommender is in use from the first decision on one of its recommendations to the first one on a recommendation of
/// the recommender that came after it; the last one to the end. A decision without a recommendation in that time is
/// counted as its abstention. Rows cannot tell an abstention from a group that was decided before anyone was asked, so
/// the share is an upper bound. Decisions of the older system are left out: it did not always store a recommendation.
struct UsePeriods {
  /// The seconds of decisions by recommender.
  private var recommended: [RecommenderID: [Int64]] = [:]
  /// The seconds of decisions without a recommendation.
  private var unrecommended: [Int64] = []

  /// - Parameter recommender: `nil` for a decision without a recommendation.
  mutating func add(_ time: DecisionTime, of recommender: RecommenderID?) {
    if let recommender {
      recommended[recommender, default: []].append(time.seconds)
    } else {
      unrecommended.append(time.seconds)
    }
  }

  /// Decisions without a recommendation among all in each recommender's time of use, without those on recommendations of
  /// others. Recommenders with decisions of the older system only are not in it.
  func abstentions() -> [RecommenderID: Proportion] {
    let starts = recommended.compactMap { recommender, times in
      times.min().map { (recommender: recommender, start: $0) }
    }.sorted { ($0.start, $0.recommender) < ($1.start, $1.recommender) }
    var abstentions: [RecommenderID: Proportion] = [:]
    for (index, (recommender, start)) in starts.enumerated() {
      let end = index + 1 < starts.count ? starts[index + 1].start : .max
      func count(_ times: [Int64]) -> Int { times.count { start <= $0 && $0 < end } }
      let without = count(unrecommended)
      abstentions[recommender] = Proportion(without, of: without + count(recommended[recommender] ?? []))
    }
    return abstentions
  }
}
