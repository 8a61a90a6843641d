import PipelineCore
import Testing

@testable import Dashboard

@Suite struct HistoryTests {
  private func shown(_ records: [RunRecord]) throws -> ShownHistory {
    try ShownHistory(FixedHistory(records: records), limit: 14, workspace: "/workspace")
  }

  @Test func aRunReadsTheSameWhileItRendersAndAfterItEnded() throws {
    let date = try day("2025-10-11")
    for failing in [nil, "merge" as StageID] {
      let during = RunRecord.nightly(7, date, state: .running, failing: failing, errors: ["e"])
      let after = RunRecord.nightly(
        7, date, state: failing == nil ? .succeeded : .failed, failing: failing, errors: ["e"])
      #expect(try shown([during]).digest == shown([after]).digest)
    }
  }

  @Test func runsThatOnlyDrewThePageAreNotShown() throws {
    let date = try day("2025-10-11")
    let all: Set<StageID> = ["extract", "merge", "sessions", "aggregate", "projects", "snapshot", "notify"]
    let night = RunRecord.nightly(7, date)
    let redraw = RunRecord.nightly(8, date.advanced(by: 1), upToDate: all)
    #expect(try shown([redraw, night]).digest == shown([night]).digest)
    var broken = redraw
    broken.stages[7].state = .failed
    broken.state = .failed
    #expect(try shown([broken, night]).runs.map(\.id.rawValue) == [8, 7])
  }

  @Test func everyPartOfAShownRunIsInTheDigest() throws {
    let record = RunRecord.nightly(7, try day("2025-10-11"))
    let digest = try shown([record]).digest
    let changes: [(inout RunRecord) -> Void] = [
      { $0.id = RunID(8) }, { $0.pipeline = "other" }, { $0.startedAt += 1 }, { $0.stages[0].id = "x" },
      { $0.stages[0].kind = "x" }, { $0.stages[0].state = .upToDate }, { $0.stages[0].startedAt = 1 },
      { $0.stages[6].endedAt = 1 }, { $0.stages[0].unitsDone += 1 }, { $0.stages[0].unitsUpToDate += 1 },
      { $0.stages[0].unitsFailed += 1 }, { $0.stages[0].unitsBlocked += 1 },
      { $0.stages[0].counters["rows"] = 0 },
      { $0.stages[0].errors = ["x"] }, { $0.state = .interrupted },
    ]
    for change in changes {
      var changed = record
      change(&changed)
      #expect(try shown([changed]).digest != digest)
    }
  }

  @Test func outcomesFollowTheStages() throws {
    let date = try day("2025-10-11")
    func outcome(_ state: RunRecord.State, _ stage: StageRecord.State) throws -> ShownRun.Outcome? {
      var record = RunRecord.nightly(1, date, state: state)
      record.stages[2].state = stage
      return try shown([record]).runs.first?.outcome
    }
    #expect(try outcome(.running, .succeeded) == .succeeded)
    #expect(try outcome(.running, .failed) == .failed)
    #expect(try outcome(.running, .blocked) == .failed)
    #expect(try outcome(.running, .waiting) == .unfinished)
    #expect(try outcome(.stopped, .stopped) == .stopped)
    #expect(try outcome(.interrupted, .running) == .interrupted)
    #expect(try outcome(.failed, .succeeded) == .failed)
  }

  @Test func aFailureStaysOpenUntilItsStageSucceeds() throws {
    let date = try day("2025-10-11")
    let failed = RunRecord.nightly(1, date, failing: "notify", errors: ["e"])
    let partial = RunRecord.nightly(2, date.advanced(by: 1), skipping: ["notify", "snapshot"])
    let whole = RunRecord.nightly(3, date.advanced(by: 2))
    let open = try shown([partial, failed]).openFailures
    #expect(open.map(\.stage) == ["notify"])
    #expect(open.map(\.run.id.rawValue) == [1])
    #expect(try shown([whole, failed]).openFailures.isEmpty)
    #expect(try shown([partial, whole, failed]).openFailures.isEmpty)
    var other = failed
    other.pipeline = "crops"
    #expect(try shown([whole, other]).otherFailures.map(\.pipeline) == ["crops"])
  }

  @Test func countsFailuresInARow() throws {
    let date = try day("2025-10-11")
    let history = try shown([
      .nightly(4, date, state: .running, failing: "merge"), .nightly(3, date, failing: "merge"),
      .nightly(2, date),
      .nightly(1, date, failing: "merge"),
    ])
    #expect(history.failuresInARow == 2)
    #expect(history.lastSuccess?.id == RunID(2))
  }
}
