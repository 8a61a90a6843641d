public import PipelineCore

/// Which stages and units of a pipeline a person asked for: the policy that the planner is given.
///
/// Run, resume, re-run of a stage, backfill, dry run and explain differ only in this value.
public struct Selection: Codable, Sendable, Equatable {
  /// Only these stages; empty means all.
  public var only: [StageID]
  /// With ``only``: these stages' dependents too.
  public var downstream: Bool
  /// These stages and all that depend on them; empty means no such bound.
  public var from: [StageID]
  /// These stages and all they need; empty means no such bound.
  public var until: [StageID]
  /// The selected units run even when they are up to date.
  public var force: Bool
  /// Only day units within these days, which then run even when they are up to date (backfill).
  public var days: ClosedRange<Day>?
  /// Only stages in which something failed, was blocked or was stopped in the last run, and their dependents.
  public var failedStages: [StageID]?

  public init(
    only: [StageID] = [], downstream: Bool = false, from: [StageID] = [], until: [StageID] = [],
    force: Bool = false, days: ClosedRange<Day>? = nil, failedStages: [StageID]? = nil
  ) {
    self.only = only
    self.downstream = downstream
    self.from = from
    self.until = until
    self.force = force
    self.days = days
    self.failedStages = failedStages
  }

  /// The whole pipeline, nothing forced.
  public static let everything = Selection()

  /// The stages to run. `finally` stages are always among them. Throws when a name is not a stage.
  public func stages(of pipeline: Pipeline) throws -> Set<StageID> {
    let all = pipeline.stages + pipeline.finally
    let graph = Graph(all.map { ($0.id, $0.needs) })
    func indices(_ names: [StageID]) throws -> [Int] {
      try names.map { name in
        if let index = graph.index(of: name) { return index }
        throw Diagnostics([
          Diagnostic(
            code: "unknown-stage", "the pipeline \(pipeline.name) has no stage \"\(name)\"",
            help: "its stages are \(all.map(\.id.rawValue).joined(separator: ", "))")
        ])
      }
    }
    var selected = Set(all.indices)
    if !only.isEmpty {
      let named = try indices(only)
      selected.formIntersection(downstream ? graph.closure(of: named, along: graph.dependents) : Set(named))
    }
    if !from.isEmpty {
      selected.formIntersection(graph.closure(of: try indices(from), along: graph.dependents))
    }
    if !until.isEmpty { selected.formIntersection(graph.closure(of: try indices(until), along: graph.needs)) }
    if let failedStages {
      let known = failedStages.compactMap { graph.index(of: $0) }
      selected.formIntersection(graph.closure(of: known, along: graph.dependents))
    }
    return Set(selected.map { all[$0].id }).union(pipeline.finally.map(\.id))
  }

  /// What to do with one unit of a selected stage.
  public func policy(for key: UnitKey, in stage: StageID) -> UnitPolicy {
    if let days, let day = Day(key.rawValue) { return days.contains(day) ? .force : .leave }
    return force && (only.isEmpty || only.contains(stage)) ? .force : .judge
  }
}

/// What a selection says of one unit.
public enum UnitPolicy: Sendable, Equatable {
  /// Run it if it is not up to date.
  case judge
  /// Run it.
  case force
  /// Leave it as it is: it is outside the selected days.
  case leave
}

/// The text form of a range of days.
public enum DayRange {
  /// Reads `A..B` or a single day; `nil` when it is not one or runs backwards.
  public static func parse(_ text: String) -> ClosedRange<Day>? {
    if let day = Day(text) { return day...day }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1].isEmpty, let first = Day(parts[0]), let last = Day(parts[2]),
      first <= last
    else { return nil }
    return first...last
  }
}
