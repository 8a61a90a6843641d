import DarkroomTesting
import FileSystem
import Foundation
import PipelineCore
import PipelineStore
import Testing

@Suite struct WorkspaceLockTests {
  private let workspace: TemporaryWorkspace

  init() throws { workspace = try TemporaryWorkspace() }

  /// Another process that takes the lock as the program does, and says so.
  private func holder() throws -> Process {
    try FileSystem.makeDirectories("\(workspace.path)/data/state")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c",
      """
      import fcntl, os, sys
      f = open(sys.argv[1], "a+")
      fcntl.flock(f, fcntl.LOCK_EX)
      f.truncate(0); f.write("%d\\n" % os.getpid()); f.flush()
      os.write(1, b"held\\n")
      sys.stdin.read()
      """, "\(workspace.path)/data/state/lock",
    ]
    let output = Pipe()
    process.standardInput = Pipe()
    process.standardOutput = output
    try process.run()
    #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "held\n")
    return process
  }

  @Test(
    "The second taker is refused with the first one's process number, and gets the lock once that is killed")
  func refused() throws {
    let process = try holder()
    #expect(WorkspaceLock.isHeld(workspace: workspace.path))
    let error = #expect(throws: Diagnostics.self) { _ = try WorkspaceLock(workspace: workspace.path) }
    #expect(error?.items.map(\.code) == ["workspace-busy"])
    #expect(error?.items.first?.message.contains("process \(process.processIdentifier)") == true)
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(!WorkspaceLock.isHeld(workspace: workspace.path))
    let lock = try WorkspaceLock(workspace: workspace.path)
    #expect(WorkspaceLock.isHeld(workspace: workspace.path))
    #expect(try workspace.text("data/state/lock") == "\(getpid())\n")
    _ = consume lock
    #expect(!WorkspaceLock.isHeld(workspace: workspace.path))
  }

  @Test("Whoever only asks whether the lock is held does not keep a run from starting")
  func asking() async throws {
    let path = workspace.path
    _ = try WorkspaceLock(workspace: path)
    let asking = Task.detached {
      while !Task.isCancelled { _ = WorkspaceLock.isHeld(workspace: path) }
    }
    for _ in 0..<200 {
      let lock = try WorkspaceLock(workspace: path)
      _ = consume lock
    }
    asking.cancel()
    await asking.value
  }

  @Test("The lock does not pass to child processes")
  func children() throws {
    let lock = try WorkspaceLock(workspace: workspace.path)
    let child = Process()
    child.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    child.arguments = ["sh", "-c", "ls -l /proc/self/fd /dev/fd 2>/dev/null | grep -c state/lock || true"]
    let output = Pipe()
    child.standardOutput = output
    try child.run()
    #expect(String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) == "0\n")
    child.waitUntilExit()
    _ = consume lock
  }
}
