import Dashboard
import Foundation
import PipelineCore

/// A workspace in a temporary directory that goes away with the value.
final class TestWorkspace {
  let path: String
  var runs: [RunRecord] = []

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/dashboard-tests-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    // Nothing can be done about a directory that does not go away; the next test has its own.
    try? FileManager.default.removeItem(atPath: path)
  }

  /// A workspace with this snapshot and these runs.
  convenience init(_ snapshot: SnapshotFixture?, runs: [RunRecord] = []) throws {
    try self.init()
    self.runs = runs
    try snapshot?.write(into: path)
  }

  /// The workspace after a fit that decided so.
  func fitted(_ decision: JSONValue) throws -> TestWorkspace {
    try write("data/training/promotion.json", decision.canonical + "\n")
    return self
  }

  func write(_ relative: String, _ text: String) throws {
    let url = URL(fileURLWithPath: "\(path)/\(relative)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  var definition: StageDefinition {
    StageDefinition(id: "dashboard", uses: "dashboard.render", settings: ["title": "Darkroom", "runs": 14])
  }

  /// What the stage says it depends on.
  func unit() throws -> UnitDefinition? {
    let context = ExpansionContext(workspace: path, upstream: [], history: FixedHistory(records: runs))
    return try RenderStage(definition).units(context).first { _ in true }
  }

  /// Renders and publishes, as the engine does.
  @discardableResult
  func render() async throws -> UnitResult {
    let staging = "\(path)/staging"
    for name in ["artifact", "publication"] {
      try FileManager.default.createDirectory(atPath: "\(staging)/\(name)", withIntermediateDirectories: true)
    }
    let context = UnitContext(
      workspace: path, artifact: "\(staging)/artifact", publication: "\(staging)/publication",
      history: FixedHistory(records: runs))
    let order = UnitOrder(
      unit: UnitID(stage: "dashboard", key: .whole), kind: "dashboard.render", settings: definition.settings)
    let result = try await RenderStage(definition).run(order, context)
    try FileManager.default.createDirectory(
      atPath: "\(path)/data/dashboard", withIntermediateDirectories: true)
    for publication in result.publications {
      let target = URL(fileURLWithPath: "\(path)/\(publication.path)")
      let source = URL(fileURLWithPath: "\(staging)/publication/\(publication.path)")
      try Data(contentsOf: source).write(to: target)
    }
    try FileManager.default.removeItem(atPath: staging)
    return result
  }

  func text(_ relative: String) throws -> String {
    try String(contentsOfFile: "\(path)/\(relative)", encoding: .utf8)
  }
  var html: String { get throws { try text("data/dashboard/index.html") } }
  var document: JSONValue {
    get throws {
      try JSONDecoder().decode(JSONValue.self, from: Data(text("data/dashboard/dashboard.json").utf8))
    }
  }
}

/// The figures of a page, as its attributes say them.
func shownFigures(_ html: String) -> [String: String] {
  var figures: [String: String] = [:]
  for match in html.matches(of: /data-figure="([^"]*)" data-value="([^"]*)"/) {
    figures[String(match.1)] = String(match.2)
  }
  return figures
}

/// The value at a JSON pointer (RFC 6901); `nil` when there is none.
func value(at pointer: String, in document: JSONValue) -> JSONValue? {
  var value = document
  for part in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
    let name = part.replacingOccurrences(of: "~1", with: "/").replacingOccurrences(of: "~0", with: "~")
    if let items = value.arrayValue {
      guard let index = Int(name), items.indices.contains(index) else { return nil }
      value = items[index]
    } else {
      guard let member = value[name] else { return nil }
      value = member
    }
  }
  return value
}

/// A day that the test knows to exist.
func day(_ text: String) throws -> Day {
  guard let day = Day(text) else { throw NoSuchDay(text: text) }
  return day
}
struct NoSuchDay: Error { let text: String }
