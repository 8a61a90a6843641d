import PipelineCore
import Testing

@testable import Dashboard

@Suite struct DaySeriesTests {
  private func aggregate(_ day: Day, files: Double) -> DailyAggregate {
    var aggregate = DailyAggregate(unreadable: day)
    aggregate.isReadable = true
    aggregate.activity = .quietDay(hasSessions: true)
    aggregate.activity.sessions = PartialSum()
    aggregate.activity.files = PartialSum(value: files)
    aggregate.activity.byScript = Shares([("a", files)])
    return aggregate
  }

  @Test func gapsAreZeroAndUnreadableDaysAreNot() throws {
    let first = try day("2025-10-06")
    let series = try #require(
      DaySeries([
        aggregate(first, files: 5), DailyAggregate(unreadable: first.advanced(by: 2)),
        aggregate(first.advanced(by: 3), files: 7),
      ]))
    let files = series.activities(sessions: nil).map(\.activity.files)
    #expect(files.map(\.value) == [5, 0, nil, 7])
    #expect(files.map(\.missing) == [0, 0, 1, 0])
    let week = try #require(series.bins(.week, sessions: nil).first)
    #expect(week.activity.files == PartialSum(value: 12, missing: 1))
    #expect(week.unreadableDays == 1)
    #expect(series.activities(sessions: nil).allSatisfy { $0.activity.sessions.value == nil })
    #expect(series.activities(sessions: [:]).map(\.activity.sessions.value) == [0, 0, 0, 0])
  }

  @Test func aLonelyDayFarAwayDoesNotStretchTheRange() throws {
    let first = try day("2025-10-06")
    let series = try #require(
      DaySeries([
        aggregate(first, files: 1), aggregate(first.advanced(by: 1), files: 1),
        aggregate(try day("9999-12-31"), files: 1), aggregate(try day("1970-01-01"), files: 1),
      ]))
    #expect(series.range == first...first.advanced(by: 1))
    #expect(series.outlying.map(\.description) == ["1970-01-01", "9999-12-31"])
  }

  @Test func binsOfAnyUnitAddUpToTheDays() throws {
    var random = SnapshotFixture.Generator(state: 3)
    for _ in 0..<60 {
      let first = Day(number: Int.random(in: 15_000..<25_000, using: &random))
      var aggregates: [DailyAggregate] = []
      var total = 0.0
      for offset in 0..<Int.random(in: 1..<900, using: &random)
      where Bool.random(using: &random) || offset == 0 {
        let files = Double(Int.random(in: 0..<1000, using: &random))
        total += files
        aggregates.append(aggregate(first.advanced(by: offset), files: files))
      }
      let series = try #require(DaySeries(aggregates.shuffled(using: &random)))
      for unit in [BinUnit.day, .week, .month, .year] {
        let bins = series.bins(unit, sessions: nil)
        #expect(bins.reduce(0) { $0 + ($1.activity.files.value ?? .nan) } == total)
        #expect(bins.reduce(0) { $0 + $1.dayCount } == series.dayCount)
        #expect(
          zip(bins, bins.dropFirst()).allSatisfy { $0.days.upperBound.advanced(by: 1) == $1.days.lowerBound })
        #expect(bins.allSatisfy { unit.start(of: $0.days.upperBound) == $0.start })
      }
      #expect(series.bins(BinUnit(dayCount: series.dayCount), sessions: nil).count <= 122)
    }
  }

  @Test func weeksOfTheKeyFiguresDoNotOverlap() throws {
    let first = try day("2025-10-01")
    let series = try #require(
      DaySeries((0..<14).map { aggregate(first.advanced(by: $0), files: Double($0)) }))
    let all = series.activities(sessions: nil)
    let week = Week(endingWith: series.range.upperBound, of: all)
    let before = Week(endingWith: week.days.lowerBound.advanced(by: -1), of: all)
    #expect(week.activity.files.value == 70)
    #expect(before.activity.files.value == 21)
    #expect((week.coveredDays, before.coveredDays) == (7, 7))
  }

  @Test func scalesReachTheHighestBar() {
    var random = SnapshotFixture.Generator(state: 9)
    for _ in 0..<500 {
      let highest =
        Double.random(in: 0..<1, using: &random)
        * ([1, 10, 1e3, 1e5, 1e8].randomElement(using: &random) ?? 1)
      for scale in [ValueScale.counts(upTo: highest), .hours(upTo: highest)] {
        #expect(scale.top >= highest)
        #expect(scale.ticks.count >= 2 && scale.ticks.count <= 7)
        #expect(Set(scale.ticks.map(scale.label)).count == scale.ticks.count)
      }
    }
  }
}
