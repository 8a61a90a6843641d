import Foundation
import Testing

@Suite("darkroom import") struct ImportProgramTests {
  private static let header =
    "session_id,set_id,directory,image_count,chosen_index,chosen_path,crop_x1,crop_y1,crop_x2,crop_y2,timestamp,"
    + "image_0_path,image_0_stage,width_0,height_0\r\n"
  private static let log =
    header
    + "s,set,crop,1,0,crop/a.png,10,20,300,400,2025-10-08T18:47:32Z,crop/a.png,stage1_generated,1000,800\r\n"
    + "torn\r\n"

  private func workspace() throws -> ProgramWorkspace {
    let workspace = try ProgramWorkspace()
    try FileManager.default.createDirectory(
      atPath: "\(workspace.root)/data/projects", withIntermediateDirectories: true)
    try workspace.write(
      "data/projects/mojo3.project.json", #"{ "schema": "project_v1", "id": "mojo3", "root": "mojo3" }"#)
    try workspace.write("data/in/log.csv", Self.log)
    return workspace
  }

  private func account(_ text: String) throws -> [String: Int] {
    let value = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let files = try #require(value["files"] as? [[String: Any]])
    return try #require(files.first).compactMapValues { $0 as? Int }
  }

  @Test func itWritesOnlyWhenAskedAndOnlyOnce() throws {
    let workspace = try workspace()
    let line = ["import", "\(workspace.root)/data/in/log.csv", "--project", "mojo3"]
    let database = "data/training/ai_training_decisions/mojo3.db"
    let quarantine = "data/review/import/mojo3/log.csv.quarantine.jsonl"

    let dry = try workspace.finish(workspace.process(line))
    #expect(
      dry.status == 0
        && dry.output.contains(
          "would write 1 decision and 1 crop\nnothing was changed: give --apply to do it")
    )
    #expect(dry.output.contains("log.csv:3: it has 1 fields"))
    #expect(!workspace.exists(database) && !workspace.exists(quarantine))

    let first = try workspace.finish(workspace.process(line + ["--apply", "--json"]))
    #expect(first.status == 0)
    let expected = [
      "records": 2, "accepted": 0, "repaired": 1, "duplicates": 0, "undecided": 0, "blank": 0,
      "quarantined": 1,
      "new": 1, "present": 0, "repeats": 0,
    ]
    #expect(try account(first.output) == expected)
    let bytes = try workspace.read(quarantine)

    let second = try workspace.finish(workspace.process(line + ["--apply", "--json"]))
    #expect(try account(second.output) == expected.merging(["new": 0, "present": 1]) { $1 })
    #expect(try workspace.read(quarantine) == bytes)
  }
}
