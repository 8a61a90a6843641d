import DarkroomTesting
import FileSystem
import Testing

@testable import TrainingStages

@Suite struct DecidedProjectsTests {
  @Test("Only decision databases name projects; backups beside them do not")
  func names() throws {
    let workspace = try TemporaryWorkspace()
    #expect(try DecidedProjects.ids(workspace: workspace.path) == [])
    let folder = "\(workspace.path)/data/training/ai_training_decisions"
    try FileSystem.makeDirectories(folder)
    for name in ["b.db", "a.db", "a.db.v3-backup", ".db", ".hidden.db"] {
      try FileSystem.create("\(folder)/\(name)", [])
    }
    #expect(try DecidedProjects.ids(workspace: workspace.path) == ["a", "b"])
  }
}
