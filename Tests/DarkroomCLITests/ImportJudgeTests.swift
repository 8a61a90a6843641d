import Foundation
import Testing

/// `darkroom import` from outside, judged by Python's own readers of CSV, JSON and SQLite.
@Suite("darkroom import, judged by Python") struct ImportJudgeTests {
  private func workspace() throws -> ProgramWorkspace {
    let workspace = try ProgramWorkspace()
    try FileManager.default.createDirectory(
      atPath: "\(workspace.root)/data/projects", withIntermediateDirectories: true)
    try workspace.write(
      "data/projects/mojo3.project.json", #"{ "schema": "project_v1", "id": "mojo3", "root": "mojo3" }"#)
    return workspace
  }

  private static let database = "data/training/ai_training_decisions/mojo3.db"

  /// Makes a log, a database and sidecars from a seed, and says what has to become of them.
  private static let makeScript = #"""
    import csv, json, os, random, sqlite3, sys
    root, seed = sys.argv[1], int(sys.argv[2])
    r = random.Random(seed)
    os.makedirs(root + "/in/sidecars/deep")
    want = {"log": dict(records=0, accepted=0, repaired=0, duplicates=0, quarantined=0, repeats=0),
            "db": dict(records=0, accepted=0, repaired=0, quarantined=0, duplicates=0),
            "sidecars": dict(records=0, accepted=0, duplicates=0, undecided=0, quarantined=0)}
    log, seen, groups = want["log"], set(), {}
    header = "session_id,set_id,directory,image_count,chosen_index,chosen_path,crop_x1,crop_y1,crop_x2,crop_y2,timestamp,image_0_path,image_0_stage,width_0,height_0".split(",")
    with open(root + "/in/log.csv", "w", newline="") as f:
        w = csv.writer(f); w.writerow(header)
        for n in range(300):
            log["records"] += 1
            name = "crop/i%d.png" % r.randrange(120); pixels = r.random() < .7
            x, y = r.randrange(0, 500), r.randrange(0, 400)
            box = (x, y, x + 100, y + 200) if pixels else (x / 1000, y / 800, x / 1000 + .1, y / 800 + .25)
            when = "2025-10-%02dT%02d:00:00Z" % (r.randrange(1, 9), r.randrange(24))
            row = ["s%d" % (n % 3), "set", "crop", 1, 0, name, *box, when, name, "s", 1000, 800]
            if r.random() < .05: row[6], row[8] = 5000, 6000; log["quarantined"] += 1
            else:
                key = (name, when, tuple(v / s for v, s in zip(box, (1000, 800, 1000, 800))) if pixels else box)
                if key in seen: log["duplicates"] += 1
                else:
                    seen.add(key); log["repaired" if pixels else "accepted"] += 1
                    if name in groups: log["repeats"] += 1
                    groups.setdefault(name, []).append(key)
            w.writerow(row)
            if r.random() < .05 and row[6] != 5000: w.writerow(row); log["records"] += 1; log["duplicates"] += 1
    db = sqlite3.connect(root + "/in/old.db"); d = want["db"]
    db.execute("""CREATE TABLE ai_decisions (group_id TEXT PRIMARY KEY, timestamp TEXT, project_id TEXT, directory TEXT,
      batch_number INTEGER, images TEXT, ai_selected_index INTEGER, ai_crop_coords TEXT, ai_confidence REAL,
      user_selected_index INTEGER, user_action TEXT, ai_crop_accepted BOOLEAN, final_crop_coords TEXT, crop_timestamp TEXT,
      image_width INTEGER, image_height INTEGER, selection_match BOOLEAN, crop_match BOOLEAN)""")
    for n in range(200):
        d["records"] += 1
        ai, user = r.randrange(2), r.randrange(2)
        v = ["old%d" % n, "2025-10-20T10:00:00Z", "mojo3", "f", 1, '["a.png", "b.png"]', ai, None, .5, user, "crop",
             None, "[0.1, 0.2, 0.3, 0.4]", "2025-10-21T00:00:00Z", 1000, 800, int(ai == user), None]
        kind = r.randrange(6)
        if kind == 0: v[12] = "[100, 160, 300, 320]"; d["repaired"] += 1
        elif kind == 1: v[16] = 1 - v[16]; d["repaired"] += 1
        elif kind == 2: v[r.choice((9, 6))] = 7; d["quarantined"] += 1
        else: d["accepted"] += 1
        db.execute("INSERT INTO ai_decisions VALUES (%s)" % ",".join("?" * len(v)), v)
    db.commit(); db.close()
    picked = {k: json.loads(i)[u] for k, i, u in sqlite3.connect(root + "/in/old.db").execute(
        "SELECT group_id, images, user_selected_index FROM ai_decisions") if u in (0, 1)}
    bad = {"old%d" % n for n in range(200)} - {g for (g,) in sqlite3.connect(root + "/in/old.db").execute(
        "SELECT group_id FROM ai_decisions WHERE ai_selected_index < 2 AND user_selected_index < 2")}
    s = want["sidecars"]
    for n in range(100):
        s["records"] += 1; kind = r.randrange(4); folder = r.choice(("", "deep/"))
        if kind == 0: what = {"group_id": "s%d" % n, "images": ["a.png"], "ai_recommendation": None, "user_decision": None}; s["undecided"] += 1
        elif kind == 1:
            what = {"group_id": "s%d" % n, "images": ["a.png", "b.png"], "ai_recommendation": None,
                    "user_decision": {"action": r.choice(("approve", "override", "manual_crop")), "selected_index": 1, "timestamp": "2025-10-21T00:00:00Z"}}
            s["accepted"] += 1
        elif kind == 2:
            group = "old%d" % r.randrange(200); image = r.choice(("a.png", "b.png"))
            what = {"group_id": group, "project_id": "mojo3", "image": image, "needs_crop": True, "ai_route": "manual"}
            if group in bad: picked[group] = image; bad.discard(group); s["accepted"] += 1; s.setdefault("made", []).append(group)
            elif picked[group] == image: s["duplicates"] += 1
            else: s["quarantined"] += 1
        else: what = "torn"; s["quarantined"] += 1
        with open(root + "/in/sidecars/%s%04d.decision" % (folder, n) if kind != 2 else root + "/in/sidecars/%04d.decision" % n, "w") as f:
            json.dump(what, f) if what != "torn" else f.write("{")
    s.pop("made", None)
    want["decisions"] = len(groups) + d["accepted"] + d["repaired"] + s["accepted"]
    want["crops"] = len(seen)
    print(json.dumps(want))
    """#

  /// Checks what is in the database against the log.
  private static let checkScript = #"""
    import collections, csv, json, sqlite3, sys
    root = sys.argv[1]
    made = collections.defaultdict(list)
    for r in csv.DictReader(open(root + "/in/log.csv", newline="")):
        box = [float(r["crop_" + k]) for k in ("x1", "y1", "x2", "y2")]
        if max(box) > 1: box = [v / s for v, s in zip(box, (1000, 800, 1000, 800))]
        if max(box) <= 1: made[r["image_0_path"].split("/")[1]].append((r["timestamp"][:19], box, r["session_id"]))
    db = sqlite3.connect(root + "/data/training/ai_training_decisions/mojo3.db")
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    rows = collections.defaultdict(list)
    for group, image, coords, when, session, n in db.execute(
            "SELECT group_id, image, crop_coords, crop_timestamp, session, occurrence FROM older_crops ORDER BY group_id, occurrence"):
        assert n == len(rows[image]), (group, n)
        rows[image].append((when[:19], json.loads(coords), session))
    assert rows.keys() == made.keys()
    for image, crops in rows.items():
        times = [c[0] for c in crops]
        assert times == sorted(times)
        unique = {(c[0], tuple(c[1])) for c in made[image]}
        assert {(c[0], tuple(c[1])) for c in crops} == unique and len(crops) == len(unique), image
        first = made[image][0]
        stands = db.execute("SELECT final_crop_coords, substr(crop_timestamp, 1, 19) FROM ai_decisions WHERE images = ?",
                            (json.dumps([image]),)).fetchall()
        assert [(json.loads(a), b) for a, b in stands] == [(first[1], first[0])], (image, stands)
    print(db.execute("SELECT count(*) FROM ai_decisions").fetchone()[0], db.execute("SELECT count(*) FROM older_crops").fetchone()[0])
    """#

  private func json(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test("Every record of logs, databases and sidecars is accounted for as Python counts it", arguments: 0..<4)
  func sums(seed: Int) throws {
    let workspace = try workspace()
    let want = try json(try ProgramWorkspace.python(Self.makeScript, [workspace.root, "\(seed)"]))
    let sources = ["in/sidecars", "in/log.csv", "in/old.db"].map { "\(workspace.root)/\($0)" }
    let line = ["import"] + sources + ["--project", "mojo3", "--json"]
    let before = try contents("\(workspace.root)/in")

    let dry = try json(try workspace.finish(workspace.process(line)).output)
    #expect(!workspace.exists(Self.database))
    let wet = try json(try workspace.finish(workspace.process(line + ["--apply"])).output)
    let again = try json(try workspace.finish(workspace.process(line + ["--apply"])).output)
    for account in [dry, wet, again] {
      let files = try #require(account["files"] as? [[String: Any]])
      #expect(files.map { $0["file"] as? String } == ["log.csv", "old.db", "sidecars"])
      for (file, name) in zip(files, ["log", "db", "sidecars"]) {
        for (key, count) in try #require(want[name] as? [String: Int]) {
          #expect(file[key] as? Int == count, "\(name) \(key)")
        }
        func sum(_ keys: [String]) -> Int { keys.reduce(0) { $0 + (file[$1] as? Int ?? -1) } }
        #expect(
          sum(["accepted", "repaired", "duplicates", "undecided", "blank", "quarantined"])
            == file["records"] as? Int)
        #expect(sum(["present", "new"]) == sum(["accepted", "repaired"]))
      }
    }
    for (account, isNew) in [(dry, true), (wet, true), (again, false)] {
      #expect(account["newDecisions"] as? Int == (isNew ? want["decisions"] as? Int : 0))
      #expect(account["newCrops"] as? Int == (isNew ? want["crops"] as? Int : 0))
    }
    #expect(
      try ProgramWorkspace.python(Self.checkScript, [workspace.root])
        == "\(want["decisions"] ?? "") \(want["crops"] ?? "")\n")
    #expect(try contents("\(workspace.root)/in") == before)
  }

  /// Every file below a folder with its content.
  private func contents(_ folder: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      // A folder has no content.
      files[name] = FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data()
    }
    return files
  }

  // MARK: Faults

  private static let log =
    "session_id,set_id,directory,image_count,chosen_index,chosen_path,crop_x1,crop_y1,crop_x2,crop_y2,timestamp,"
    + "image_0_path,image_0_stage,width_0,height_0\r\n"
    + "s,set,crop,1,0,crop/a.png,10,20,300,400,2025-10-08T18:47:32Z,crop/a.png,s,1000,800\r\n"
    + "s,set,crop,1,0,crop/a.png,11,20,300,400,2025-10-08T19:47:32Z,crop/a.png,s,1000,800\r\ntorn\r\n"

  /// Runs `body` while a Python program has the workspace's decision database in a transaction.
  private func whileLocked(_ workspace: ProgramWorkspace, _ kind: String, _ body: () throws -> Void) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c",
      "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1], isolation_level=None)\ndb.execute('BEGIN \(kind)')\n"
        + "print('ready', flush=True)\nsys.stdin.read()", "\(workspace.root)/\(Self.database)",
    ]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    #expect(output.fileHandleForReading.readData(ofLength: 5) == Data("ready".utf8))
    defer { process.waitUntilExit() }
    defer { try? input.fileHandleForWriting.close() }  // `try?`: the other program then ends with this one.
    try body()
  }

  private func dump(_ workspace: ProgramWorkspace) throws -> String {
    try ProgramWorkspace.python(
      "import sqlite3, sys\nprint('\\n'.join(sqlite3.connect(sys.argv[1]).iterdump()))",
      ["\(workspace.root)/\(Self.database)"])
  }

  @Test("A database that another program keeps locked is an error; after it, the same command does it all")
  func locked() throws {
    let workspace = try workspace()
    try workspace.write("data/in/log.csv", Self.log)
    try workspace.write("data/in/empty.csv", String(Self.log.prefix { !$0.isNewline }) + "\r\n")
    let line = ["import", "--project", "mojo3", "--apply"]
    _ = try workspace.finish(workspace.process(line + ["\(workspace.root)/data/in/empty.csv"]))
    let before = try dump(workspace)
    try whileLocked(workspace, "EXCLUSIVE") {
      let result = try workspace.finish(workspace.process(line + ["\(workspace.root)/data/in/log.csv"]))
      #expect(result.status != 0 && result.errors.contains("[decision-database-locked]"))
    }
    #expect(try dump(workspace) == before)
    let result = try workspace.finish(workspace.process(line + ["\(workspace.root)/data/in/log.csv"]))
    #expect(result.status == 0 && result.output.contains("wrote 1 decision and 2 crops"))
  }

  @Test(
    "Killed between the file of what was put aside and the database, the same command again gives the same")
  func killed() throws {
    func prepared() throws -> ProgramWorkspace {
      let workspace = try workspace()
      try workspace.write("data/in/log.csv", Self.log)
      try workspace.write("data/in/empty.csv", String(Self.log.prefix { !$0.isNewline }) + "\r\n")
      let made = try workspace.finish(
        workspace.process(
          ["import", "--project", "mojo3", "--apply", "\(workspace.root)/data/in/empty.csv"]))
      #expect(made.status == 0)
      return workspace
    }
    let (whole, killed) = (try prepared(), try prepared())
    func command(_ workspace: ProgramWorkspace) -> Process {
      workspace.process(
        ["import", "--project", "mojo3", "--apply", "--json", "\(workspace.root)/data/in/log.csv"],
        environment: ["SWIFT_BACKTRACE": "enable=no"])
    }
    let expected = try whole.finish(command(whole))
    let quarantine = "data/review/import/mojo3/log.csv.quarantine.jsonl"
    // Others may read and nobody else may write: the import gets as far as its first write to the database.
    try whileLocked(killed, "IMMEDIATE") {
      let process = command(killed)
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      while process.isRunning, !killed.exists(quarantine) { sched_yield() }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      #expect(process.terminationReason == .uncaughtSignal)
    }
    #expect(killed.exists(quarantine))
    #expect(try ProgramWorkspace.python(Self.countScript, ["\(killed.root)/\(Self.database)"]) == "0 0\n")
    let again = try killed.finish(command(killed))
    #expect(again.status == 0 && again.output == expected.output)
    #expect(try dump(killed) == dump(whole))
    #expect(try killed.read(quarantine) == whole.read(quarantine))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: "\(killed.root)/data/review/import/mojo3")
        == ["log.csv.quarantine.jsonl"])
  }

  private static let countScript =
    "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1])\n"
    + "print(*(db.execute('SELECT count(*) FROM ' + t).fetchone()[0] for t in ('ai_decisions', 'older_crops')))"
}
