import OperationLog
import PipelineCore
import Testing

@testable import LogAnalytics

@Suite struct SlicesStageTests {
  private func slices(
    _ days: [DayEvents], _ settings: [String: JSONValue]
  ) async throws -> (files: [String: [String]], result: UnitResult) {
    let workspace = try FakeWorkspace()
    let stage = SlicesStage(StageDefinition(id: "slices", uses: "logs.slices", settings: settings))
    let unit = try #require(try workspace.units(stage, try await workspace.aggregated(days)).first)
    let (done, result) = try await workspace.run(stage, unit, as: "slices")
    var files: [String: [String]] = [:]
    for width in ["15min", "1H", "D", "W", "M"] {
      files[width] = lines(try workspace.text("slices_v1/\(width).jsonl", of: done))
    }
    return (files, result)
  }

  /// Python's zoneinfo, by another method: it labels every quarter hour by the wall clock and groups equal labels,
  /// with day labels that never go backwards.
  private static let judge = """
    import sys, json
    from datetime import datetime, timedelta, timezone
    from zoneinfo import ZoneInfo
    zone = ZoneInfo(sys.argv[1])
    sums = {}
    for line in sys.stdin:
        b = json.loads(line)
        s = sums.setdefault(b['start'], {})
        t = s.setdefault(b['script'], {}).setdefault(b['operation'], [0, 0, 0])
        for i, k in enumerate(['events', 'files', 'work']): t[i] += b[k]
    times = sorted(sums)
    def local(t): return datetime.fromtimestamp(t, timezone.utc).astimezone(zone)
    newest = None
    groups = {width: [] for width in ['15min', '1H', 'D', 'W', 'M']}
    for t in range(times[0] - 33 * 86400, times[-1] + 900, 900):
        l = local(t)
        if newest is None or l.date() > newest: newest = l.date()
        d = newest
        keys = {'15min': t, '1H': (l.date(), l.hour, l.utcoffset()), 'D': d, 'W': d - timedelta(days=d.weekday()),
                'M': (d.year, d.month)}
        for width, found in groups.items():
            if not found or found[-1][0] != keys[width]: found.append((keys[width], l, t, {}))
            for script, ops in sums.get(t, {}).items():
                for op, v in ops.items():
                    w = found[-1][3].setdefault(script, {}).setdefault(op, [0, 0, 0])
                    for i in range(3): w[i] += v[i]
    def seconds(us): return us // 10**6 if us % 10**6 == 0 else us / 10**6
    def tally(v): return dict(events=v[0], files=v[1], work_seconds=seconds(v[2]))
    def total(vs): return [sum(v[i] for v in vs) for i in range(3)]
    for width, found in groups.items():
        full = [i for i, g in enumerate(found) if g[3]]
        for key, l, t, scripts in found[full[0]:full[-1] + 1]:
            off = int(l.utcoffset().total_seconds())
            clock = '%s%02d:%02d' % ('-' if off < 0 else '+', abs(off) // 3600, abs(off) // 60 % 60)
            row = dict(tally(total([v for ops in scripts.values() for v in ops.values()])),
                start=l.replace(tzinfo=None).isoformat() + clock,
                start_utc=datetime.fromtimestamp(t, timezone.utc).replace(tzinfo=None).isoformat() + 'Z',
                by_script={s: dict(tally(total(ops.values())), operations={o: tally(v) for o, v in ops.items()})
                           for s, ops in scripts.items()})
            print(width, json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(',', ':')))
    """

  private func judged(_ days: [DayEvents], zone: String) throws -> [String: [String]] {
    var input = ""
    for (index, day) in days.enumerated() {
      let previous = index > 0 ? days[index - 1] : nil
      let next = index + 1 < days.count ? days[index + 1] : nil
      let near = MidnightEdges(
        previous: previous?.day == day.day.advanced(by: -1) ? previous : nil,
        next: next?.day == day.day.advanced(by: 1) ? next : nil)
      let table = BinTable(day, edges: near)
      for bin in table.bins {
        input +=
          JSONValue.object([
            "start": .integer(bin.start / 1_000_000), "script": .string(table.names[Int(bin.script)]),
            "operation": .string(table.names[Int(bin.operation)]), "events": .integer(bin.tally.events),
            "files": .integer(bin.tally.files), "work": .integer(bin.tally.workMicroseconds),
          ]).canonical + "\n"
      }
    }
    var found: [String: [String]] = [:]
    for line in lines(try Judge.python(Self.judge, [zone], input: input)) {
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      found[parts[0], default: []].append(parts[1])
    }
    return found
  }

  @Test(arguments: [
    ("Europe/Berlin", "2025-03-25"), ("Europe/Berlin", "2025-10-21"), ("America/New_York", "2025-03-05"),
    ("America/New_York", "2025-10-28"), ("Australia/Lord_Howe", "2025-04-01"),
    ("Australia/Lord_Howe", "2025-09-30"),
    ("Asia/Kathmandu", "2025-12-28"), ("America/Sao_Paulo", "2017-10-10"),
    ("America/Sao_Paulo", "2018-02-13"),
    ("Africa/Cairo", "2025-04-20"), ("Africa/Cairo", "2025-10-27"), ("Pacific/Apia", "2011-12-26"),
    ("UTC", "2024-02-26"), ("America/Havana", "2025-03-05"), ("America/Havana", "2025-10-29"),
    ("Africa/Casablanca", "2025-02-18"), ("Pacific/Chatham", "2025-09-24"), ("Asia/Tehran", "2022-09-17"),
  ])
  func pythonAgrees(zone: String, start: String) async throws {
    // The judge does not know machines.
    let events = FakeLog.random(seed: 21, count: 250, start: start).map { event in
      var event = event
      event.isMachine = false
      return event
    }
    let days = FakeLog.days(events)
    let found = try await slices(days, ["timeZone": .string(zone)]).files
    let judged = try judged(days, zone: zone)
    for width in ["15min", "1H", "D", "W", "M"] {
      let ours = found[width] ?? []
      let theirs = judged[width] ?? []
      #expect(ours.count == theirs.count)
      let difference = zip(ours, theirs).first { $0 != $1 }
      #expect(difference == nil, "\(zone) \(width)")
    }
  }

  @Test func sumsOfAllWidthsAgree() async throws {
    let days = FakeLog.days(FakeLog.random(seed: 4, count: 900, spread: 12))
    let found = try await slices(days, ["timeZone": "America/New_York"]).files
    let sums = try found.mapValues { lines in
      try lines.reduce(into: [Int64(0), 0, 0, 0]) { sums, line in
        let value = try json(line)
        sums[0] += value["events"]?.integerValue ?? 0
        sums[1] += value["files"]?.integerValue ?? 0
        sums[2] += value["machine_events"]?.integerValue ?? 0
        sums[3] += Int64(((value["work_seconds"]?.doubleValue ?? 0) * 1_000_000).rounded())
      }
    }
    #expect(Set(sums.values).count == 1)
    #expect(sums["D"]?[0] == Int64(days.reduce(0) { $0 + $1.rows.count { $0.type == .fileOperation } }))
  }

  @Test func gapsAreFilledWithZero() async throws {
    let days = FakeLog.days([.at("2025-10-10", 0), .at("2025-10-14", 0)])
    let found = try await slices(days, [:]).files
    #expect(found["D"]?.count == 5)
    #expect(
      found["D"]?[1]
        == #"{"by_script":{},"events":0,"files":0,"start":"2025-10-11T00:00:00+00:00","#
        + #""start_utc":"2025-10-11T00:00:00Z","work_seconds":0}"#)
    #expect(found["15min"]?.count == 4 * 96 + 1)
    #expect(found["M"]?.count == 1)
  }

  @Test func wrongClocksDoNotFillMillennia() async throws {
    let days = FakeLog.days([.at("2025-10-10", 0), .at("2025-10-11", 0), .at("9999-12-31", 86_399)])
    let (found, result) = try await slices(days, [:])
    #expect(found["D"]?.count == 3)
    #expect(found["15min"]?.count == 98)
    #expect(result.findings.map(\.code) == ["long-gap"])
  }

  @Test func nothingGivesEmptyFiles() async throws {
    let found = try await slices([], ["timeZone": "Europe/Berlin"]).files
    #expect(found.values.map(\.count) == [0, 0, 0, 0, 0])
  }
}
