public import PipelineCore

/// `logs.slices`: what happened in each quarter hour, hour, day, week and month of the workspace's time zone.
public struct SlicesStage: Stage {
  public static let description = StageDescription(
    kind: "logs.slices", version: 1,
    summary: "Cuts the bins into slices of local time, with empty ones as zero",
    discussion: """
      Reads the bins of `logs.aggregate` and makes `slices_v1/15min.jsonl`, `1H.jsonl`, `D.jsonl`, `W.jsonl` (weeks \
      from Monday) and `M.jsonl`. A line is a slice: `start` (local time with its offset), `start_utc`, `events`, \
      `files` and `work_seconds`, and the same `by_script` and operation for those that have any; \
      `machine_events` and `machine_files` say which part machines did and are left out when it is none. Every \
      slice from the first to the last with anything in it has a line.

      Slices follow the clock of `timeZone`: on the day when clocks are put forward a day has 23 hours, and the hour \
      that clocks show twice in autumn is two slices with different offsets. A day whose midnight does not \
      exist starts when its clock does.

      The unit is the whole stage.
      """,
    settings: [
      Setting("timeZone", .timeZone, default: "UTC", "The IANA time zone of the slices."),
      Setting(
        "maximumGapDays", .integer(62...36_600), default: 366,
        "Longer times without an event, in days, are left open instead of filled; they come from wrong clocks."
      ),
    ],
    observesItsExpansion: true)

  private let timeZone: String
  private let maximumGapDays: Int64

  public init(_ definition: StageDefinition) {
    timeZone = definition.settings["timeZone"]?.stringValue ?? "UTC"
    maximumGapDays = definition.settings["maximumGapDays"]?.integerValue ?? 366
  }

  public func units(_ context: ExpansionContext) throws -> any Sequence<UnitDefinition> {
    let days = try CommittedDays(
      context, kind: AggregateStage.description.kind, file: BinTable.internalName,
      neededBy: Self.description.kind)
    return [UnitDefinition(inputs: days.inputs)]
  }

  public func run(_ order: UnitOrder, _ context: UnitContext) async throws -> UnitResult {
    var source = SliceSource()
    for input in order.inputs {
      try context.checkCancellation()
      source.add(try BinTable(try StageFile.read("\(context.workspace)/\(input.path)"), path: input.path))
    }
    source.finish()
    let stretches = source.stretches(maximumGap: maximumGapDays)
    let zone = try ZoneRules(
      timeZone,
      stretches: stretches.map {
        source.entries[$0.lowerBound].start...source.entries[$0.upperBound - 1].start
      })
    var result = UnitResult(findings: gaps(source, stretches))
    for (index, width) in SliceWidth.allCases.enumerated() {
      let artifact = try write(width, source, stretches, zone, context)
      result.counters["rows"] = (result.counters["rows"] ?? 0) + (artifact.rows ?? 0)
      result.artifacts.append(artifact)
      context.progress(Int64(index + 1), Int64(SliceWidth.allCases.count))
    }
    return result
  }

  private func write(
    _ width: SliceWidth, _ source: SliceSource, _ stretches: [Range<Int>], _ zone: ZoneRules,
    _ context: UnitContext
  ) throws -> UnitResult.Artifact {
    var file = try StageFileWriter("slices_v1/\(width.rawValue).jsonl", below: context.artifact)
    var writer = SliceWriter(zone: zone, names: source.names)
    var rows = 0
    for stretch in stretches {
      try Slice.each(width, of: source, in: stretch, SliceCalendar(zone: zone)) { slice in
        writer.append(slice)
        rows += 1
        if writer.line.bytes.count > 1 << 18 {
          try context.checkCancellation()
          try file.write(writer.line.bytes)
          writer.clear()
        }
      }
    }
    try file.write(writer.line.bytes)
    return try file.finish(rows: rows)
  }

  private func gaps(_ source: SliceSource, _ stretches: [Range<Int>]) -> [Diagnostic] {
    zip(stretches, stretches.dropFirst()).map { before, after in
      let last = TimestampText.utcSeconds(source.entries[before.upperBound - 1].start * 1_000_000)
      let next = TimestampText.utcSeconds(source.entries[after.lowerBound].start * 1_000_000)
      return Diagnostic(
        .warning, code: "long-gap",
        "there is no event between \(last) and \(next), more than \(maximumGapDays) days; no slices fill the gap",
        help: "look for records with a wrong clock, or raise maximumGapDays")
    }
  }
}
