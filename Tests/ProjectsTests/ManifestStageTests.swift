import PipelineCore
import Projects
import Testing

@Suite struct ManifestStageTests {
  private func manifest(_ stages: String) throws -> ProjectManifest {
    let text = #"{ "schema": "project_v1", "id": "p", "root": "p", "stages": \#(stages) }"#
    return try ProjectManifest(Array(text.utf8), path: "p.project.json")
  }

  @Test func stagesKeepTheirOrderAndExactRanks() throws {
    let read = try manifest(#"[{"name": "final", "rank": 2.25}, {"rank": 1, "name": "raw"}]"#)
    #expect(
      read.stages == [
        ManifestStage(name: "final", thousandths: 2_250), ManifestStage(name: "raw", thousandths: 1_000),
      ])
    let usual = #"{ "schema": "project_v1", "id": "p", "root": "p" }"#
    #expect(try ProjectManifest(Array(usual.utf8), path: "p.project.json").stages.isEmpty)
  }

  @Test(arguments: [
    "[]", "{}", #"["raw"]"#, #"[{"name": "raw"}]"#, #"[{"name": "", "rank": 1}]"#,
    #"[{"name": "a/b", "rank": 1}]"#,
    #"[{"name": "é", "rank": 1}]"#, #"[{"name": "raw", "rank": 0}]"#, #"[{"name": "raw", "rank": -1}]"#,
    #"[{"name": "raw", "rank": "1"}]"#, #"[{"name": "raw", "rank": 1.0001}]"#,
    #"[{"name": "raw", "rank": 2e6}]"#,
    #"[{"name": "raw", "rank": 1, "folder": "x"}]"#,
    #"[{"name": "raw", "rank": 1}, {"name": "RAW", "rank": 2}]"#,
  ]) func whatIsNoStageIsAnError(_ stages: String) throws {
    let error = #expect(throws: Diagnostics.self) { try manifest(stages) }
    #expect(error?.items.map(\.code) == ["manifest-stages"])
    #expect(error?.items.first?.location?.line == 1)
  }
}
