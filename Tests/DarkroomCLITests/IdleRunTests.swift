import Foundation
import Testing

/// What a settled world must not overlook: each change is made after a run has remembered that there is nothing to do.
@Suite struct IdleRunTests {
  /// Runs until the program has remembered the world; a file that was modified a moment ago keeps it from that.
  private func settle(_ workspace: ProgramWorkspace) throws {
    for _ in 1...20 {
      #expect(try workspace.run("run", "copying").status == 0)
      let folder = "\(workspace.root)/data/state/settled"
      // `try?`: before the first memory there is no folder.
      if let names = try? FileManager.default.contentsOfDirectory(atPath: folder), !names.isEmpty { return }
    }
    Issue.record("the world never settled")
  }

  private func didWork(_ workspace: ProgramWorkspace, _ arguments: [String] = []) throws -> Bool {
    let result = try workspace.finish(workspace.process(["run", "copying"] + arguments))
    #expect(result.status == 0, "\(result.output)\(result.errors)")
    return !result.output.contains("nothing to do")
  }

  @Test func staysIdleAndCountsItsRuns() throws {
    let workspace = try ProgramWorkspace.copying()
    try settle(workspace)
    #expect(try !didWork(workspace))
    #expect(try !didWork(workspace))
    #expect(try workspace.run("runs", "--limit", "1").output.contains("nothing to do"))
  }

  @Test func noticesChangedInputsNewFilesAndAlteredOutputs() throws {
    let workspace = try ProgramWorkspace.copying()
    try settle(workspace)
    try workspace.write("data/in/f1.txt", "other 1\n")
    #expect(try didWork(workspace))
    try settle(workspace)
    try workspace.write("data/in/f4.txt", "text 4\n")
    #expect(try didWork(workspace))
    try settle(workspace)
    try workspace.write("data/all.txt", "altered\n")
    #expect(try didWork(workspace))
    try settle(workspace)
    try FileManager.default.removeItem(atPath: "\(workspace.root)/data/page")
    #expect(try didWork(workspace))
  }

  @Test func noticesAFileInALinkedFolder() throws {
    let workspace = try ProgramWorkspace.copying()
    let elsewhere = try ProgramWorkspace()
    let folder = "\(workspace.root)/data/in"
    try FileManager.default.moveItem(atPath: folder, toPath: "\(elsewhere.root)/photos")
    try FileManager.default.createSymbolicLink(
      atPath: folder, withDestinationPath: "\(elsewhere.root)/photos")
    try settle(workspace)
    try elsewhere.write("photos/f9.txt", "text 9\n")
    #expect(try didWork(workspace))
    #expect(workspace.exists("data/out/data/in/f9.txt"))
  }

  @Test func parametersAndDefinitionsAreWorldsOfTheirOwn() throws {
    let workspace = try ProgramWorkspace.copying()
    try settle(workspace)
    #expect(try didWork(workspace, ["--param", "greeting=hi"]))
    try workspace.write(
      "pipelines/copying.json", ProgramWorkspace.copyingText.replacing("echo page", with: "echo leaf"))
    #expect(try didWork(workspace))
  }

  @Test func aDamagedMemoryIsNone() throws {
    let workspace = try ProgramWorkspace.copying()
    try settle(workspace)
    let folder = "\(workspace.root)/data/state/settled"
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      var bytes = try workspace.read("data/state/settled/\(name)")
      bytes[bytes.count / 2] ^= 1
      try bytes.write(to: URL(filePath: "\(folder)/\(name)"))
    }
    #expect(try !didWork(workspace))
  }
}
