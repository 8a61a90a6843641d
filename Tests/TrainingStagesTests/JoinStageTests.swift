import DarkroomTesting
import FileCustody
import FileSystem
import ImageCatalog
import PipelineCore
import PipelineEngine
import Testing
import TrainingData

@testable import TrainingStages

@Suite struct JoinStageTests {
  private static func bench(_ projects: [String: Int] = ["a": 60, "b": 25], seed: UInt64 = 1) throws
    -> JoinWorkspace
  {
    let bench = try JoinWorkspace()
    for (project, groups) in projects.sorted(by: { $0.key < $1.key }) {
      var random = SeededRandom(seed: seed + UInt64(groups))
      try bench.addProject(project, groups: groups, random: &random)
    }
    return bench
  }

  @Test("Python, from the databases alone, comes to the same rows, splits and sums", arguments: 1...UInt64(6))
  func judged(seed: UInt64) async throws {
    let bench = try Self.bench(["a": 150], seed: seed)
    var random = SeededRandom(seed: seed)
    let rows = try #require(try DecisionDatabase.openForReading(workspace: bench.path, project: "a")).rows()
    let custody = try bench.custody()
    var seen: [SeenFile] = []
    for row in rows {
      for (image, digest) in zip(row.images, row.digests ?? []) where random.chance(0.8) {
        seen.append(
          SeenFile(
            origin: RelativePath(row.directory ?? "").appending(image), kind: .image,
            digest: random.chance(0.98) ? digest : Digest(of: "another"),
            status: FileStatus(device: 1, inode: 2, size: 3, modified: 4, changed: 5)))
      }
    }
    try custody.register(seen, project: "a")
    for row in rows where row.finalCrop != nil && random.chance(0.3) {
      _ = try bench.makeCrop(project: "a", group: row.group.rawValue)
    }
    try addOlderCrops(bench, rows, &random)
    let run = try await bench.run()
    #expect(run.joined == ["a"] && run.outcome.state == .succeeded)
    try bench.judge("a")
    let manifest = try #require(try bench.dataset("a")["manifest.json"])
    for reason in ["machine", "in-older-records", "crop-without-decision"] {
      #expect(manifest.contains(reason))
    }
  }

  private func addOlderCrops(
    _ bench: JoinWorkspace, _ rows: [DecisionRow], _ random: inout SeededRandom
  ) throws {
    var records = OlderRecords()
    for row in rows where random.chance(0.15) {
      // Most logs have the row's crop, as one of several.
      let own = random.chance(0.7) ? row.finalCrop : nil
      for second in 0...random.next(below: 2) {
        records.crops.append(
          OlderCrop(
            project: "a", group: row.group, image: row.images[own == nil ? 0 : row.userSelectedIndex ?? 0],
            rectangle: try (second == 0 ? own : nil)
              ?? CropRectangle(x1: 0.125, y1: 0.1, x2: 0.75, y2: 0.3 + Double(second) / 7),
            at: try #require(UTCTime("2025-01-01T00:00:0\(second)Z")),
            imageWidth: random.chance(0.7) ? 600 : nil,
            imageHeight: 900, session: random.chance(0.5) ? "s" : nil))
      }
    }
    // A group that was never decided.
    records.crops.append(
      OlderCrop(
        project: "a", group: GroupID(project: "a", folder: "gone", stems: ["x"]), image: "x.png",
        rectangle: try CropRectangle(x1: 0, y1: 0, x2: 1, y2: 1),
        at: try #require(UTCTime("2025-01-01T00:00:00Z"))))
    try DecisionDatabase(workspace: bench.path, project: "a").record(records)
  }

  @Test("The bytes do not depend on jobs, threads and parts")
  func sameBytes() async throws {
    let one = try Self.bench()
    let many = try Self.bench()
    #expect(try await one.run(jobs: 1).joined == ["a", "b"])
    #expect(try await many.run(jobs: 8).joined == ["a", "b"])
    let expected = try one.datasets()
    #expect(try many.datasets() == expected)
    let lines = try one.dataset("a")
    for (threads, rowsInPart) in [(1, 1), (1, 1_000), (3, 1), (2, 7), (8, 11)] {
      let folder = "\(one.path)/again \(threads) \(rowsInPart)"
      try FileSystem.makeDirectories(folder)
      let outcome = try DatasetJoin(
        workspace: one.path, project: "a", threads: threads, rowsInPart: rowsInPart
      )
      .run(into: folder)
      #expect(outcome.manifest.json.pretty == lines["manifest.json"])
      for file in ["selections.jsonl", "crops.jsonl", "images.jsonl"] {
        #expect(String(decoding: try FileSystem.read("\(folder)/\(file)"), as: UTF8.self) == lines[file])
      }
    }
  }

  @Test("A second run does nothing; a new decision joins its project again, and only that")
  func incremental() async throws {
    let bench = try Self.bench()
    _ = try bench.custody()
    _ = try await bench.run()
    let (a, b) = (try bench.dataset("a"), try bench.dataset("b"))
    #expect(try await bench.run().observer.started.isEmpty)
    var random = SeededRandom(seed: 99)
    repeat { try bench.decide("b", 1_000 + random.next(below: 1_000), &random) } while random.chance(0.5)
    #expect(try await bench.run().joined == ["b"])
    #expect(try bench.dataset("a") == a)
    #expect(try bench.dataset("b") != b)
    #expect(try FileSystem.list("\(bench.path)/data/training/datasets/b/versions").count == 2)
    _ = try bench.makeCrop(project: "a", group: "g_unknown")
    let run = try await bench.run()
    #expect(run.joined == ["a"])
    #expect(try bench.dataset("a") != a, "the manifest tells of the receipt")
    let findings = run.observer.attempts.flatMap(\.findings).map(\.code)
    #expect(findings.contains("crop-without-decision"))
  }

  @Test("A crop's time of the older system that is no time is told of and null; an empty one is null")
  func olderCropTimes() async throws {
    let bench = try Self.bench(["a": 60])
    _ = try await bench.run()
    func cropped() throws -> [String: String?] {
      let dataset = try #require(try DatasetFiles.current(workspace: bench.path, project: "a"))
      return Dictionary(uniqueKeysWithValues: try dataset.rows(CropRow.self).map { ($0.group, $0.croppedAt) })
    }
    let groups = try cropped().keys.sorted()
    let times = ["yesterday", "2025-13-08T19:00:00Z", "", "2025-10-08 19:00:00+02:00"]
    try #require(groups.count > times.count)
    for (group, time) in zip(groups, times) {
      try Shell.run(
        "sqlite3", "\(bench.path)/\(DecisionDatabase.path(project: "a"))",
        "UPDATE ai_decisions SET schema_version = 3, crop_timestamp = '\(time)' WHERE group_id = '\(group)'")
    }
    let run = try await bench.run()
    let warnings = run.observer.attempts.flatMap(\.findings).filter { $0.code == "crop-time-unreadable" }
    try #require(warnings.count == 1)
    #expect(warnings[0].severity == .warning)
    #expect(groups.map(warnings[0].message.contains).prefix(5) == [true, true, false, false, false])
    let after = try cropped()
    let read = groups.prefix(times.count).map { after[$0] ?? nil }
    #expect(read == [nil, nil, nil, "2025-10-08T17:00:00.000000Z"])
    #expect(try bench.dataset("a")["manifest.json"]?.contains(#""crop-time-unreadable": 2"#) == true)
  }

  @Test("A decision that is taken back takes its rows with it, and the old version is there again")
  func undo() async throws {
    let bench = try Self.bench(["a": 30])
    _ = try await bench.run()
    let first = try FileSystem.linkTarget("\(bench.path)/data/training/datasets/a/current")
    let database = try DecisionDatabase(workspace: bench.path, project: "a")
    let row = try #require(try database.rows().first { $0.actor == .human })
    try database.removeRow(group: row.group)
    _ = try await bench.run()
    #expect(try FileSystem.linkTarget("\(bench.path)/data/training/datasets/a/current") != first)
    #expect(try bench.dataset("a").values.allSatisfy { !$0.contains(row.group.rawValue) })
    try database.restoreRow(row)
    _ = try await bench.run()
    #expect(try FileSystem.linkTarget("\(bench.path)/data/training/datasets/a/current") == first)
  }

  @Test("Groups that go to another split are told by their names")
  func movedSplits() async throws {
    let bench = try Self.bench(["a": 150])
    func splits() throws -> [String: Split] {
      guard let dataset = try DatasetFiles.current(workspace: bench.path, project: "a") else { return [:] }
      return Dictionary(
        uniqueKeysWithValues: try dataset.rows(SelectionRow.self).map { ($0.group, $0.split) })
    }
    let first = try await bench.run()
    #expect(!first.observer.attempts.flatMap(\.findings).map(\.code).contains("split-moved"))
    let database = try DecisionDatabase(workspace: bench.path, project: "a")
    var moves = 0
    // Whoever gave a cluster its name and is taken back leaves it to the next.
    for row in try database.rows().filter({ $0.actor == .human }).prefix(60) where moves == 0 {
      let before = try splits()
      try database.removeRow(group: row.group)
      let told = try await bench.run().observer.attempts.flatMap(\.findings).filter {
        $0.code == "split-moved"
      }
      let after = try splits()
      let moved = after.keys.filter { before[$0] != after[$0] }.sorted()
      #expect(told.count == (moved.isEmpty ? 0 : 1))
      for group in moved.prefix(5) { #expect(told.first?.message.contains(group) == true) }
      if !moved.isEmpty { moves += 1 }
    }
    #expect(moves > 0)
  }

  @Test(
    "What is wrong with one database fails that project alone, and says what to do",
    arguments: ["corrupt", "newer", "older", "locked", "measurements", "shared"])
  func badDatabase(kind: String) async throws {
    let bench = try Self.bench()
    let path = "\(bench.path)/\(DecisionDatabase.path(project: "a"))"
    var lock: Shell?
    let code: String
    switch kind {
    case "corrupt":
      code = "decision-database-corrupt"
      var bytes = try FileSystem.read(path)
      for index in 100..<bytes.count { bytes[index] = 0xAB }
      try FileSystem.removeFile(path)
      try FileSystem.create(path, bytes)
    case "newer":
      code = "decision-database-newer"
      try Shell.run("sqlite3", path, "PRAGMA user_version = 5")
    case "older":
      code = "decision-database-older"
      try FileSystem.removeFile(path)
      try Shell.run(
        "sqlite3", path,
        "CREATE TABLE ai_decisions (group_id TEXT PRIMARY KEY, timestamp TEXT, project_id TEXT, images TEXT, user_action TEXT); PRAGMA user_version = 3"
      )
    case "locked":
      code = "decision-database-locked"
      lock = try Shell.locking(path)
    case "measurements":
      code = "measurement-database-foreign"
      let measurements = "\(bench.path)/data/training/image_measurements/a.db"
      try FileSystem.removeFile(measurements)
      try Shell.run("sqlite3", measurements, "CREATE TABLE other (a)")
    default:
      code = "project-shared-name"
      try bench.workspace.write(
        "data/projects/second.project.json", #"{"schema":"project_v1","id":"a","root":"elsewhere"}"#)
    }
    let run = try await bench.run()
    try lock?.end()
    #expect(run.joined == ["b"] && run.failed == ["a"])
    let errors = run.observer.attempts.flatMap(\.findings).filter { $0.severity == .error }
    #expect(errors.map(\.code) == [code], "\(errors)")
    #expect(errors.first?.help != nil)
    #expect(try FileStatus("\(bench.path)/data/training/datasets/a") == nil)
    #expect(try bench.dataset("b").count == 4)
  }

  @Test("A waiting .decision file without a row is a finding, one with a row is none")
  func sidecars() async throws {
    let bench = try Self.bench(["a": 10])
    let row = try #require(
      try DecisionDatabase.openForReading(workspace: bench.path, project: "a")?.rows().first)
    let status = FileStatus(device: 1, inode: 2, size: 3, modified: 4, changed: 5)
    let known = "__crop/\(RelativePath(row.images[0]).stem).decision"
    try bench.custody().register(
      [known, "__crop/stranger.decision", "x/not a decision.txt"].map {
        SeenFile(origin: RelativePath($0), kind: .companion, digest: Digest(of: $0), status: status)
      }, project: "a")
    let run = try await bench.run()
    let findings = run.observer.attempts.flatMap(\.findings)
    #expect(findings.map(\.code).contains("sidecar-without-row"))
    let finding = try #require(findings.first { $0.code == "sidecar-without-row" })
    #expect(finding.message.contains("__crop/stranger.decision") && !finding.message.contains(known))
  }

  @Test("A workspace without decisions has nothing to join; an empty database gives an empty dataset")
  func nothing() async throws {
    let bench = try JoinWorkspace()
    #expect(try await bench.run().observer.started.isEmpty)
    _ = try DecisionDatabase(workspace: bench.path, project: "a")
    #expect(try await bench.run().joined == ["a"])
    try bench.judge("a")
    #expect(try bench.dataset("a")["selections.jsonl"] == "")
  }
}
