import Projects
import Testing

@Suite struct ProductionFoldersTests {
  @Test func namesOfTheManifestWinAndTheOthersKeepTheirUsualNames() throws {
    let text = #"""
      { "schema": "project_v1", "id": "mojo3", "root": "mojo3", "folders": { "selected": "keep", "cropAuto": "auto" } }
      """#
    let folders = try ProjectManifest(Array(text.utf8), path: "mojo3.project.json").production
    #expect(folders.all == ["keep", "__crop", "auto", "__cropped", "__delete_staging"])
  }
}
