import Foundation
import PipelineCore
import Testing

@testable import PipelineEngine

/// A directory that goes with the value, and the ways to run a shell script in it.
final class ScratchDirectory: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent("child-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  // A directory that stays behind harms no test.
  deinit { try? FileManager.default.removeItem(atPath: path) }

  var log: String { "\(path)/attempt.log" }
  var logText: String { get throws { try String(contentsOfFile: log, encoding: .utf8) } }

  func write(_ name: String, _ text: String, mode: Int = 0o644) throws {
    let file = "\(path)/\(name)"
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
  }

  func read(_ name: String) throws -> String {
    try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
  }

  func makeDirectory(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
  }

  /// `/bin/sh -c script` in this directory. The mark makes its strays unlike those of the tests beside it.
  func shell(_ script: String) -> ChildProcess {
    ChildProcess(
      program: "sh", executable: "/bin/sh", arguments: ["-c", script],
      environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "DARKROOM_STAGING": path], workingDirectory: path,
      logFile: log)
  }

  func program(_ executable: String, _ arguments: [String] = []) -> ChildProcess {
    var child = shell("")
    child.program = executable
    child.executable = executable
    child.arguments = arguments
    return child
  }
}

/// Whether no process has this number.
func isGone(_ pid: Int32) -> Bool { kill(pid, 0) == -1 && errno == ESRCH }

/// The whole numbers that are lines of a child's output.
func numbers(_ ending: ChildEnding) -> [Int32] { ending.lastLines.compactMap { Int32($0) } }

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }
}
