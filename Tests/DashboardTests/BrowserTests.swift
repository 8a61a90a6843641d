import Foundation
import PipelineCore
import Testing

@testable import Dashboard

/// The page in headless Chromium. Without a browser these tests say so and pass, unless `DARKROOM_REQUIRE_BROWSER=1`.
/// `DARKROOM_SCREENSHOTS=FOLDER` keeps pictures of the pages, to be looked at.
@Suite(.serialized) struct BrowserTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path

  /// Runs the check on a rendered workspace. Without a browser the test ends here, and says so.
  private func check(
    _ workspace: TestWorkspace, pictures name: String? = nil
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-B", "\(Self.folder)/browser_check.py", workspace.path]
    if let name, let folder = ProcessInfo.processInfo.environment["DARKROOM_SCREENSHOTS"] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
      process.arguments? += ["--screenshots", "\(folder)/\(name)"]
    }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 77 else { return (process.terminationStatus, output) }
    let isRequired = ProcessInfo.processInfo.environment["DARKROOM_REQUIRE_BROWSER"] == "1"
    #expect(!isRequired, "DARKROOM_REQUIRE_BROWSER=1, but \(output)")
    try Test.cancel("not tested in a browser: \(output)")
  }

  @Test(arguments: [
    "year", "four days", "one day", "empty", "first run failed", "interrupted", "nothing decided",
  ])
  func pageHolds(_ name: String) async throws {
    let workspace = try PageTests.workspace(name)
    try await workspace.render()
    let (status, output) = try check(workspace, pictures: name)
    #expect(status == 0, "\(name): \(output)")
  }

  /// The check itself must be able to fail.
  @Test(arguments: [
    (
      "data-figure=\"/latest_day/files\" data-value=\"", "data-figure=\"/latest_day/files\" data-value=\"1",
      "in the snapshot"
    ),
    (
      "data-figure=\"/recommendations/0/recommenders/0/all/share\" data-value=\"0.",
      "data-figure=\"/recommendations/0/recommenders/0/all/share\" data-value=\"0.1", "in the snapshot"
    ),
    ("<caption>Sessions by day</caption>", "", "table without a caption"),
    ("<link rel=\"icon\" href=\"data:,\">", "<img src=\"http://127.0.0.1:9/x.png\">", "problem"),
    ("</h1>", "</h1><h1>Two</h1>", "not exactly one h1"),
    ("<main id=\"main\"", "<p style=\"width:900px\">wide</p><main id=\"main\"", "the page is"),
    ("--soft:#5c5952", "--soft:#c5c2bb", "low contrast"),
  ])
  func checkFindsFaults(_ original: String, _ replacement: String, _ expected: String) async throws {
    let workspace = try PageTests.workspace("year")
    try await workspace.render()
    let html = try workspace.html
    try #require(html.contains(original))
    let path = URL(fileURLWithPath: "\(workspace.path)/data/dashboard/index.html")
    try Data(html.replacingOccurrences(of: original, with: replacement).utf8).write(to: path)
    let (status, output) = try check(workspace)
    #expect(status == 1 && output.contains(expected), "\(output)")
  }
}
