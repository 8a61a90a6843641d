import PipelineCore

/// By how much one ranker is better than another on the same groups, and how sure that is.
public struct PairedDifference: Hashable, Codable, Sendable {
  /// The mean outcome of the first ranker minus that of the second, over groups.
  public var difference: Double
  /// The interval's ends: the difference is between them with the confidence `level`.
  public var low: Double
  public var high: Double
  /// 0–1, two-sided.
  public var level: Double
  /// How many groups were compared.
  public var groups: Int
  /// How many independent clusters they make.
  public var clusters: Int

  public init(difference: Double, low: Double, high: Double, level: Double, groups: Int, clusters: Int) {
    self.difference = difference
    self.low = low
    self.high = high
    self.level = level
    self.groups = groups
    self.clusters = clusters
  }
}

/// The percentile bootstrap of a paired difference (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993,
/// chapter 13), drawing whole clusters, for groups of one cluster are near-copies and no evidence of their own.
public enum PairedBootstrap {
  /// Compares the outcomes of two rankers, group by group: 1 for right and 0 for wrong, or any score.
  ///
  /// `clusters` names each group's cluster, such as its lineage; without it every group is its own. The mean is over
  /// groups, so that larger clusters count more. The interval's ends are percentiles with linear interpolation. The
  /// same arguments give the same interval on every machine; time is `replicates` × clusters. Throws
  /// `learning-row-length` when the lists are not of one length, `learning-too-few` without groups,
  /// `learning-not-finite` for an outcome that is NaN or infinite, `learning-settings`.
  public static func compare(
    _ first: [Double], _ second: [Double], clusters: [String]? = nil, replicates: Int = 2_000,
    level: Double = 0.95, seed: UInt64
  ) throws -> PairedDifference {
    let count = first.count
    guard second.count == count, clusters?.count ?? count == count else {
      throw Diagnostic(
        code: "learning-row-length",
        "there are \(count) outcomes of the first ranker, \(second.count) of the second and \(clusters?.count ?? count) clusters; they must be as many"
      )
    }
    guard count > 0 else {
      throw Diagnostic(code: "learning-too-few", "there are no held-back groups to compare on")
    }
    guard replicates > 0, level > 0, level < 1 else {
      throw Diagnostic(
        code: "learning-settings",
        "\(replicates) replicates at level \(level); at least 1, and a level above 0 and below 1, are needed")
    }
    for group in 0..<count where !(first[group].isFinite && second[group].isFinite) {
      throw Diagnostic(
        code: "learning-not-finite",
        "the outcomes of group \(group) are \(first[group]) and \(second[group]): not numbers to compare")
    }
    let sums = clusterSums(zip(first, second).map(-), clusters)
    let means = resampledMeans(sums, replicates: replicates, seed: seed).sorted()
    let tail = (1 - level) / 2
    return PairedDifference(
      difference: sums.reduce(0) { $0 + $1.sum } / Double(count), low: percentile(means, tail),
      high: percentile(means, 1 - tail), level: level, groups: count, clusters: sums.count)
  }

  /// Each cluster's sum of differences and number of groups, in order of first appearance.
  private static func clusterSums(_ differences: [Double], _ clusters: [String]?) -> [(
    sum: Double, count: Int
  )] {
    guard let clusters else { return differences.map { ($0, 1) } }
    var places: [String: Int] = [:]
    var sums: [(sum: Double, count: Int)] = []
    for (cluster, difference) in zip(clusters, differences) {
      if let place = places[cluster] {
        sums[place].sum += difference
        sums[place].count += 1
      } else {
        places[cluster] = sums.count
        sums.append((difference, 1))
      }
    }
    return sums
  }

  private static func resampledMeans(
    _ sums: [(sum: Double, count: Int)], replicates: Int, seed: UInt64
  ) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<replicates).map { _ in
      var sum = 0.0
      var count = 0
      for _ in 0..<sums.count {
        let drawn = sums[generator.next(below: sums.count)]
        sum += drawn.sum
        count += drawn.count
      }
      return sum / Double(count)
    }
  }

  /// The value that this share of the sorted values does not exceed, interpolated (type 7 of Hyndman and Fan 1996).
  static func percentile(_ sorted: [Double], _ share: Double) -> Double {
    let place = share * Double(sorted.count - 1)
    let below = Int(place)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
  }
}
