import DarkroomTesting
import Foundation
import LogAnalytics
import OperationLog
import PipelineCore
import Testing

/// The team's real logs, where they are at hand: `DARKROOM_SHARED_DATA`, or `../shared/data` beside the package.
@Suite struct SharedDataTests {
  private static let logs = "file_operations_logs"

  @Test(
    .enabled(
      if: SharedData.path(logs) != nil,
      "there is no shared/data/file_operations_logs: set DARKROOM_SHARED_DATA to its folder"))
  func everyCropIsThere() async throws {
    let source = String(try #require(SharedData.path(Self.logs)).dropLast(Self.logs.utf8.count + 1))
    let workspace = try StageWorkspace()
    for folder in ["file_operations_logs", "log_archives"] {
      try FileManager.default.removeItem(atPath: workspace.root + "/data/" + folder)
      try FileManager.default.copyItem(
        atPath: "\(source)/\(folder)", toPath: workspace.root + "/data/" + folder)
    }
    let runs = try await workspace.runAll()
    var crops = 0
    var events = 0
    for key in try #require(runs["merge"]).results.keys {
      let day = try DayEvents.read(try #require(workspace.path("merge", UnitKey(key), "internal/rows")))
      events += day.rows.count
      crops += day.rows.filter { day.strings[Int($0.operation)] == "crop" }.count
    }
    #expect(crops == 3978)
    #expect(events == 3980)
    #expect(runs["extract"]?.failures.isEmpty == true)
    #expect(runs["reconcile"]?.results[""]?.counters["lines"] == 3980)
    guard let judged = try Self.judge(source) else {
      try Test.cancel("python3 is the judge of the rest, and is not there")
    }
    #expect(judged == "3980 3980 3978")
  }

  /// Lines, distinct lines and crops as Python counts them; `nil` without Python.
  private static func judge(_ folder: String) throws -> String? {
    let program = """
      import sys, glob, gzip, json
      lines = []
      for path in glob.glob(sys.argv[1] + '/*/*'):
          with (gzip.open if path.endswith('.gz') else open)(path, 'rt') as file: lines += file.readlines()
      print(len(lines), len(set(lines)), sum(json.loads(line).get('operation') == 'crop' for line in lines))
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program, folder]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return process.terminationStatus == 0 ? output.trimmingCharacters(in: .whitespacesAndNewlines) : nil
  }
}
