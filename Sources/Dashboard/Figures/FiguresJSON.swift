import PipelineCore

extension PartialSum {
  /// `json` together with how many days lack the figure, where some do.
  func members(_ name: String) -> [(String, JSONValue)] {
    missing > 0 && value != nil
      ? [(name, json), ("\(name)_days_not_recorded", .integer(Int64(missing)))] : [(name, json)]
  }
}

extension Activity {
  /// The activity as JSON; shares are lists in the order of the document's `scripts` and `operations`.
  func json(_ series: DaySeries) -> [String: JSONValue] {
    let totals =
      files.members("files") + machineFiles.members("machine_files") + events.members("events")
      + workSeconds.members("work_seconds")
      + sessions.members("sessions")
    var members = Dictionary(totals) { _, last in last }
    members["files_by_script"] = .array(series.scripts.map { PartialSum.json(byScript[$0.name]) })
    members["files_by_operation"] = .array(series.operations.map { PartialSum.json(byOperation[$0.name]) })
    return members
  }
}

/// The page's figures as `dashboard.json`: what `data-figure` on the page points into (RFC 6901).
struct FigureDocument {
  let value: JSONValue
  /// The bars of the charts, in order; their JSON is `/chart/bins/START`.
  let bins: [TimeBin]
  let unit: BinUnit
  let latest: (day: Day, activity: Activity)?
  /// The same day of the week before the latest, when the range has it.
  let weekBefore: (day: Day, activity: Activity)?
  let trailing: Week?
  let previous: Week?

  init(_ figures: Figures) {
    var document: [String: JSONValue] = ["schema": "dashboard_v1"]
    document["snapshot"] = figures.snapshot.map { .string($0.hex) } ?? .null
    document["warnings"] = .array(figures.findings.map { .string($0.message) })
    if let series = figures.days {
      let all = series.activities(sessions: figures.sessions?.countByDay)
      unit = BinUnit(dayCount: series.dayCount)
      bins = series.bins(unit, sessions: figures.sessions?.countByDay)
      latest = all.last.map { ($0.day, $0.activity) }
      weekBefore = all.dropLast(7).last.map { ($0.day, $0.activity) }
      let week = Week(endingWith: series.range.upperBound, of: all)
      trailing = week
      previous = Week(endingWith: week.days.lowerBound.advanced(by: -1), of: all)
      document.merge(Self.daily(series, all, unit, bins)) { _, new in new }
      document["latest_day"] = latest.map { latest in
        .object(latest.activity.json(series).merging(["day": .string(latest.day.description)]) { $1 })
      }
      document["trailing_7_days"] = trailing.map { Self.week($0, series) }
      document["previous_7_days"] = previous.map { Self.week($0, series) }
    } else {
      (bins, unit, latest, weekBefore, trailing, previous) = ([], .day, nil, nil, nil, nil)
      document["days"] = .null
    }
    document["sessions"] = figures.sessions.map { ["total": .integer(Int64($0.total))] } ?? .null
    document["projects"] = figures.projects.map(Self.projects) ?? .null
    document["reconciliation"] = figures.reconciliation.map(Self.reconciliation) ?? .null
    document["recommendations"] = .array(figures.recommendations.map(\.json))
    document["model"] = figures.model?.json ?? .null
    document["data_checks"] = .array(figures.dataChecks.map(\.json))
    value = .object(document)
  }

  private static func daily(
    _ series: DaySeries, _ all: [(day: Day, activity: Activity, isReadable: Bool)], _ unit: BinUnit,
    _ bins: [TimeBin]
  ) -> [String: JSONValue] {
    func names(_ totals: [NamedTotal]) -> JSONValue {
      .array(totals.map { ["name": .string($0.name), "files": PartialSum.json($0.files)] })
    }
    var days: [String: JSONValue] = [:]
    for (day, activity, _) in all { days[day.description] = .object(activity.json(series)) }
    var chart: [String: JSONValue] = [:]
    for bin in bins {
      var members = bin.activity.json(series)
      members["first"] = .string(bin.days.lowerBound.description)
      members["last"] = .string(bin.days.upperBound.description)
      chart[bin.start.description] = .object(members)
    }
    let range: JSONValue = [
      "first": .string(series.range.lowerBound.description),
      "last": .string(series.range.upperBound.description),
    ]
    return [
      "days": .object(days), "range": range, "scripts": names(series.scripts),
      "operations": names(series.operations),
      "outlying_days": .array(series.outlying.map { .string($0.description) }),
      "chart": ["unit": .string(unit.rawValue), "bins": .object(chart)],
    ]
  }

  private static func week(_ week: Week, _ series: DaySeries) -> JSONValue {
    var members = week.activity.json(series)
    members["first"] = .string(week.days.lowerBound.description)
    members["last"] = .string(week.days.upperBound.description)
    members["days_covered"] = .integer(Int64(week.coveredDays))
    return .object(members)
  }

  private static func projects(_ figures: ProjectFigures) -> JSONValue {
    [
      "baseline_images_per_hour": PartialSum.json(figures.baseline),
      "list": figures.projects.map { projects in
        .array(
          projects.map { project in
            [
              "id": project.id.map { .string($0) } ?? .null,
              "images": project.images.map { .integer($0) } ?? .null,
              "work_seconds": PartialSum.json(project.workSeconds),
              "images_per_hour": PartialSum.json(project.imagesPerHour),
            ]
          })
      } ?? .null,
    ]
  }

  private static func account(_ account: LineAccount) -> JSONValue {
    func number(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
    return [
      "file": account.file.map { .string($0) } ?? .null, "lines": number(account.lines),
      "accepted": number(account.accepted), "duplicates": number(account.duplicates),
      "quarantined": account.quarantined.map { reasons in
        .object(Dictionary(reasons.map { ($0.reason, .integer($0.lines)) }) { $1 })
      } ?? .null,
      "quarantined_lines": number(account.quarantinedLines), "blank": number(account.blank),
      "balanced": account.isBalanced.map { .bool($0) } ?? .null,
    ]
  }

  private static func reconciliation(_ reconciliation: Reconciliation) -> JSONValue {
    [
      "total": account(reconciliation.total),
      "total_matches_files": reconciliation.totalMatchesFiles.map { .bool($0) } ?? .null,
      "files": reconciliation.files.map { .array($0.map(account)) } ?? .null,
    ]
  }
}
