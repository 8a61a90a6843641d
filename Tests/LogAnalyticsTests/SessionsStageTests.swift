import OperationLog
import PipelineCore
import Testing

@testable import LogAnalytics

@Suite struct SessionsStageTests {
  private func stage(_ workspace: FakeWorkspace) -> SessionsStage {
    SessionsStage(StageDefinition(id: "sessions", uses: "logs.sessions"), read: workspace.reader)
  }

  /// Python's own computation of the contract's rule, with decimals made from whole microseconds.
  private static let judge = """
    import sys, json, collections
    from datetime import datetime, timedelta, timezone
    def text(us): return (datetime(1970,1,1) + timedelta(microseconds=us)).isoformat(timespec='microseconds') + 'Z'
    def seconds(us): return us // 10**6 if us % 10**6 == 0 else us / 10**6
    by_script = collections.defaultdict(list)
    for line in sys.stdin:
        event = json.loads(line)
        if event['type'] == 'file_operation' and not event['machine']: by_script[event['script']].append(event)
    found = []
    for script, events in by_script.items():
        groups = []
        for event in events:
            if groups and event['ts'] - groups[-1][-1]['ts'] < 300 * 10**6: groups[-1].append(event)
            else: groups.append([event])
        for group in groups:
            times = [e['ts'] for e in group]
            active = sum(min(b - a, 60 * 10**6) for a, b in zip(times, times[1:]))
            found.append((times[0], script.encode(), dict(
                active_seconds=seconds(active), day=text(times[0])[:10], duration_seconds=seconds(times[-1] - times[0]),
                end_ts_utc=text(times[-1]), event_count=len(group),
                files_processed=sum(1 if e['count'] is None else e['count'] for e in group),
                operations=dict(collections.Counter(e['operation'] for e in group)),
                script_id=script, start_ts_utc=text(times[0]))))
    for _, _, row in sorted(found, key=lambda f: f[:2]):
        print(json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(',', ':')))
    """

  private func judged(_ days: [DayEvents]) throws -> [String] {
    var input = ""
    for day in days {
      for row in day.rows {
        input +=
          JSONValue.object([
            "ts": .integer(row.timestamp), "script": .string(day.strings[Int(row.script)]),
            "operation": .string(day.strings[Int(row.operation)]), "type": .string(row.type.name),
            "machine": .bool(row.isMachine), "count": row.fileCount.map { .integer(Int64($0)) } ?? .null,
          ]).canonical + "\n"
      }
    }
    return lines(try Judge.python(Self.judge, input: input))
  }

  @Test(arguments: UInt64(1)...4)
  func pythonAgrees(seed: UInt64) async throws {
    let workspace = try FakeWorkspace()
    let days = FakeLog.days(FakeLog.random(seed: seed, count: 2000))
    let stage = stage(workspace)
    let unit = try #require(try workspace.units(stage, workspace.merged(days)).first)
    let done = try await workspace.run(stage, unit, as: "sessions").committed
    let ours = try lines(try workspace.text("derived_sessions_v1/sessions.jsonl", of: done)).map { line in
      let value = try json(line)
      #expect(value.canonical == line, "a line is canonical")
      var members = value.objectValue ?? [:]
      #expect(members.removeValue(forKey: "session_id")?.stringValue?.hasPrefix("ses:") == true)
      return JSONValue.object(members).canonical
    }
    let theirs = try judged(days).map { try json($0).canonical }
    #expect(ours == theirs)
    #expect(done.outputs.first?.rows == Int64(ours.count))
  }

  @Test func onlyChangedDaysAreRead() async throws {
    let workspace = try FakeWorkspace()
    var events = FakeLog.random(seed: 5, count: 1500)
    let stage = stage(workspace)
    let before = FakeLog.days(events)
    let first = try await workspace.run(
      stage, try #require(try workspace.units(stage, workspace.merged(before)).first), as: "sessions")
    #expect(workspace.takeReads() == before.map(\.day.description))

    // One more event in a middle day, joined to what is around it.
    let changed = before[before.count / 2]
    events.append(FakeEvent(timestamp: try #require(changed.rows.last).timestamp + 1))
    let after = FakeLog.days(events)
    let unit = try #require(try workspace.units(stage, workspace.merged(after)).first)
    let second = try await workspace.run(stage, unit, as: "sessions", previous: first.committed)
    #expect(workspace.takeReads() == [changed.day.description])
    let cold = try await workspace.run(stage, unit, as: "sessions")
    #expect(second.committed.outputs.map(\.digest) == cold.committed.outputs.map(\.digest))
    #expect(second.result.counters["days reused"] == Int64(after.count - 1))
    #expect(first.committed.outputs.map(\.digest) != cold.committed.outputs.map(\.digest))
  }

  @Test func noDaysGiveNoSessions() async throws {
    let workspace = try FakeWorkspace()
    let stage = stage(workspace)
    let unit = try #require(try workspace.units(stage, workspace.merged([])).first)
    let done = try await workspace.run(stage, unit, as: "sessions").committed
    #expect(try workspace.text("derived_sessions_v1/sessions.jsonl", of: done) == "")
  }

  @Test func withoutMergeStageItSaysWhatIsMissing() throws {
    let workspace = try FakeWorkspace()
    let stage = stage(workspace)
    let error = #expect(throws: Diagnostics.self) { try workspace.units(stage) }
    #expect(error?.items.first?.code == "missing-upstream")
  }
}
