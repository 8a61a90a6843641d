import Foundation
import PipelineCore

/// A snapshot written by hand into a workspace, file by file.
struct SnapshotFixture {
  /// A repeatable source of numbers (SplitMix64).
  struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  /// Content by path inside the snapshot.
  var files: [String: String] = [:]
  /// Replacements of what the manifest says, by path.
  var falseDigests: Set<String> = []
  var rows: [String: Int64] = [:]

  /// Writes the files, the manifest and the link. Returns the manifest's digest.
  @discardableResult
  func write(into workspace: String) throws -> Digest {
    let entries = files.keys.sorted().map { path -> JSONValue in
      let content = files[path] ?? ""
      let digest = falseDigests.contains(path) ? Digest(of: "other") : Digest(of: content)
      return [
        "path": .string(path), "bytes": .integer(Int64(content.utf8.count)), "sha256": .string(digest.hex),
        "rows": rows[path].map { .integer($0) } ?? .null,
      ]
    }
    let manifest =
      JSONValue.object(["schema": "snapshot_manifest_v1", "files": .array(entries)]).canonical + "\n"
    let digest = Digest(of: manifest)
    let directory = "\(workspace)/data/snapshot/versions/\(digest.hex)"
    for (path, content) in files.merging(["manifest.json": manifest], uniquingKeysWith: { $1 }) {
      let url = URL(fileURLWithPath: "\(directory)/\(path)")
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(content.utf8).write(to: url)
    }
    let link = "\(workspace)/data/snapshot/current"
    if (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) != nil {  // Absent the first time.
      try FileManager.default.removeItem(atPath: link)
    }
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "versions/\(digest.hex)")
    return digest
  }

  /// What one script did with one operation on a day.
  struct Share {
    var script: String
    var operation: String
    var files: Int64
    var workSeconds: Double = 0
    var machineFiles: Int64 = 0
  }

  /// Adds the aggregate of `day`.
  mutating func addDay(_ day: Day, _ shares: [Share]) {
    func members(_ shares: [Share], files: String = "files_processed") -> [String: JSONValue] {
      [
        files: .integer(shares.reduce(0) { $0 + $1.files }),
        "machine_files": .integer(shares.reduce(0) { $0 + $1.machineFiles }),
        "work_seconds": .number(shares.reduce(0) { $0 + $1.workSeconds }),
        "event_count": .integer(shares.reduce(0) { $0 + $1.files }),
      ]
    }
    // The name of the figure differs between the two groupings, as it does in the real files.
    func grouped(_ name: (Share) -> String, files: String) -> JSONValue {
      .object(Dictionary(grouping: shares, by: name).mapValues { .object(members($0, files: files)) })
    }
    let aggregate: JSONValue = [
      "schema": "daily_aggregate_v1", "day": .string(day.description), "totals": .object(members(shares)),
      "by_script": grouped(\.script, files: "files_processed"),
      "by_operation": grouped(\.operation, files: "files"), "projects_touched": [],
    ]
    files["daily_aggregate_v1/day=\(day)/aggregate.json"] = aggregate.canonical + "\n"
  }

  /// Sets the sessions: one line per (script, day, start minute, active seconds, files).
  mutating func setSessions(
    _ sessions: [(script: String, day: Day, startMinute: Int, activeSeconds: Double, files: Int64)]
  ) {
    let lines = sessions.map { session -> String in
      func time(_ minute: Int) -> String {
        let day = session.day.advanced(by: minute / 1440)
        let (hour, rest) = (minute % 1440 / 60, minute % 60)
        return "\(day)T\(hour < 10 ? "0" : "")\(hour):\(rest < 10 ? "0" : "")\(rest):00.000000Z"
      }
      let record: JSONValue = [
        "session_id": .string("ses:\(session.day):\(session.startMinute)"),
        "script_id": .string(session.script),
        "day": .string(session.day.description), "start_ts_utc": .string(time(session.startMinute)),
        "end_ts_utc": .string(time(session.startMinute + Int(session.activeSeconds / 60) + 5)),
        "active_seconds": .number(session.activeSeconds),
        "duration_seconds": .number(session.activeSeconds + 300), "files_processed": .integer(session.files),
        "event_count": .integer(session.files), "operations": [:],
      ]
      return record.canonical + "\n"
    }
    files["derived_sessions_v1/sessions.jsonl"] = lines.joined()
    rows["derived_sessions_v1/sessions.jsonl"] = Int64(lines.count)
  }

  /// Sets the accounts of input lines and their total.
  mutating func setLines(
    _ accounts: [(
      file: String, accepted: Int64, duplicates: Int64, quarantined: [String: Int64], blank: Int64
    )]
  ) {
    func members(_ accepted: Int64, _ duplicates: Int64, _ quarantined: [String: Int64], _ blank: Int64)
      -> [String: JSONValue]
    {
      [
        "lines": .integer(accepted + duplicates + quarantined.values.reduce(0, +) + blank),
        "accepted": .integer(accepted), "duplicates": .integer(duplicates), "blank": .integer(blank),
        "quarantined": .object(quarantined.mapValues { .integer($0) }),
      ]
    }
    files["reconciliation_v1/files.jsonl"] = accounts.map { account in
      let counts = members(account.accepted, account.duplicates, account.quarantined, account.blank)
      return JSONValue.object(counts.merging(["file": .string(account.file)]) { $1 }).canonical + "\n"
    }.joined()
    let reasons = accounts.reduce(into: [String: Int64]()) { $0.merge($1.quarantined, uniquingKeysWith: +) }
    files["reconciliation_v1/total.json"] =
      JSONValue.object(
        members(
          accounts.reduce(0) { $0 + $1.accepted }, accounts.reduce(0) { $0 + $1.duplicates }, reasons,
          accounts.reduce(0) { $0 + $1.blank })
      ).canonical + "\n"
  }

  /// Adds project metrics.
  mutating func setProjects(_ projects: [JSONValue], baseline: Double?) {
    files["project_metrics_v1/projects.json"] =
      JSONValue.object([
        "schema": "project_metrics_v1", "projects": .array(projects),
        "baseline": [
          "images_per_hour": baseline.map { .number($0) } ?? .null, "projects": ["mojo1", "mojo2"],
        ],
      ]).canonical + "\n"
  }
}

extension SnapshotFixture {
  /// A lifelike snapshot: `days` days that end with `last`, busy on weekdays, quiet on Sundays.
  static func lifelike(days: Int, endingWith last: Day, seed: UInt64 = 7) -> SnapshotFixture {
    var fixture = SnapshotFixture()
    var random = Generator(state: seed)
    let work: [(script: String, operation: String, files: ClosedRange<Int64>)] = [
      ("multi_crop_tool", "crop", 300...1400), ("ai_assisted_reviewer", "move", 400...2600),
      ("web_image_selector", "move", 100...900), ("character_sorter", "move", 0...500),
      ("web_image_selector", "send_to_trash", 50...420), ("desktop_image_selector_crop", "crop", 0...260),
      ("dedupe", "stage_delete", 0...180), ("multi_directory_viewer", "copy", 0...60),
      ("legacy_batch", "create", 0...25),
    ]
    var sessions: [(script: String, day: Day, startMinute: Int, activeSeconds: Double, files: Int64)] = []
    var logs:
      [(file: String, accepted: Int64, duplicates: Int64, quarantined: [String: Int64], blank: Int64)] = []
    for day in last.advanced(by: 1 - days)...last where day.weekday != 6 || day == last {
      if Int.random(in: 0..<40, using: &random) == 0, day != last { continue }
      let load = day.weekday == 5 ? 0.3 : Double.random(in: 0.5...1.1, using: &random)
      var shares: [Share] = []
      for (script, operation, range) in work where day.number % 9 != 0 || script != "dedupe" {
        let files = Int64(Double(Int64.random(in: range, using: &random)) * load)
        if files == 0 { continue }
        let seconds = (Double(files) * Double.random(in: 3...9, using: &random) * 10).rounded() / 10
        shares.append(Share(script: script, operation: operation, files: files, workSeconds: seconds))
        var minute = Int.random(in: 420...560, using: &random)
        let parts = Int.random(in: 1...4, using: &random)
        for part in 0..<parts {
          let share = part == 0 ? files - files / Int64(parts) * Int64(parts - 1) : files / Int64(parts)
          sessions.append((script, day, minute, (seconds * 1000 / Double(parts)).rounded() / 1000, share))
          minute += Int.random(in: 60...200, using: &random)
        }
      }
      fixture.addDay(day, shares)
      let accepted = shares.reduce(0) { $0 + $1.files }
      let name = day.description.replacingOccurrences(of: "-", with: "")
      let isOdd = Int.random(in: 0..<30, using: &random) == 0
      logs.append(
        (
          "data/log_archives/file_operations_\(name).log.gz", accepted, accepted / 90,
          isOdd ? ["malformed-json": 3, "bad-utf8": 1] : [:], isOdd ? 2 : 0
        ))
    }
    fixture.setSessions(sessions.sorted { ($0.day, $0.startMinute) < ($1.day, $1.startMinute) })
    fixture.setLines(logs)
    fixture.setProjects(
      [
        project("mojo1", "Mojo 1", "archived", 41_208, 181_000, last.advanced(by: -240)),
        project("mojo2", "Mojo 2", "finished", 38_777, 150_400, last.advanced(by: -90)),
        project("mojo3", "Mojo 3", "active", 17_412, 61_250, last),
        project("unassigned", nil, nil, 214, 0, last.advanced(by: -3)),
      ], baseline: 874.6)
    return fixture
  }

  static func project(
    _ id: String, _ title: String?, _ status: String?, _ images: Int64, _ seconds: Int64, _ last: Day
  ) -> JSONValue {
    [
      "project_id": .string(id), "title": title.map { .string($0) } ?? .null,
      "status": status.map { .string($0) } ?? .null, "images": .integer(images),
      "work_seconds": .integer(seconds),
      "images_per_hour": seconds > 0 ? .number(Double(images) * 3600 / Double(seconds)) : .null,
      "last_day": .string(last.description),
    ]
  }
}
