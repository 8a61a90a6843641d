import PipelineCore

/// Decisions to learn from: in each group somebody chose one of several candidates, each described by one row of
/// numbers. A group of one candidate is legal and teaches nothing.
///
/// Groups should be independent of each other; where some are near-copies, give one of them, or leave all to
/// ``PairedBootstrap``'s clusters.
public struct ChoiceGroups: Hashable, Sendable {
  /// The candidates' rows, group after group.
  public private(set) var rows: FeatureRows
  /// The row of each group's first candidate, and at the end the number of rows.
  private(set) var starts = [0]
  /// Which candidate was chosen, for each group, from 0 within the group.
  public private(set) var chosen: [Int] = []

  /// No groups yet; `features` name the columns. Throws as ``FeatureRows/init(names:)``.
  public init(features: [String]) throws { rows = try FeatureRows(names: features) }

  /// The names of the features.
  public var features: [String] { rows.names }
  /// How many groups there are.
  public var count: Int { chosen.count }
  /// How many of them have something to choose from: two candidates or more.
  public var comparable: Int { (0..<count).count { candidates(of: $0).count > 1 } }

  /// The rows of a group's candidates, as indices into ``rows``.
  public func candidates(of group: Int) -> Range<Int> { starts[group]..<starts[group + 1] }

  /// Adds a group. `label` names it in an error.
  ///
  /// Throws `learning-chosen-index` when there is no such candidate, and as ``FeatureRows/append(_:label:)``; the
  /// groups are then as they were.
  public mutating func append(
    candidates: [[Double]], chosen index: Int, label: @autoclosure () -> String? = nil
  ) throws {
    guard candidates.indices.contains(index) else {
      throw Diagnostic(
        code: "learning-chosen-index",
        "group \(count)\(label().map { " (\($0))" } ?? "") has \(candidates.count) candidates; candidate \(index) is not among them"
      )
    }
    let before = rows.count
    let number = count
    do {
      for (place, candidate) in candidates.enumerated() {
        try rows.append(candidate, label: "candidate \(place) of group \(label() ?? String(number))")
      }
    } catch {
      rows.shorten(to: before)
      throw error
    }
    starts.append(rows.count)
    chosen.append(index)
  }

  /// Makes room for so many candidates, to save time.
  public mutating func reserve(groups: Int, candidates: Int) {
    rows.reserve(rows: candidates)
    starts.reserveCapacity(groups + 1)
    chosen.reserveCapacity(groups)
  }
}
