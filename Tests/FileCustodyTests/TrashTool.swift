import Foundation
import Testing

/// A desktop's own program for the Trash: an independent judge of what custody puts there.
enum TrashTool {
  /// Runs a program with the Trash of a scratch workspace. A test whose program is not on this machine ends here, and
  /// says so.
  static func run(
    _ words: [String], dataHome: String, input: String = ""
  ) throws -> (status: Int32, output: String) {
    guard let answer = try runIfThere(words, dataHome: dataHome, input: input) else {
      try Test.cancel("\(words[0]) is not on this machine")
    }
    return answer
  }

  /// The same for a program that is one judge of several.
  /// - Returns: `nil` when the program is not on this machine.
  static func runIfThere(
    _ words: [String], dataHome: String, input: String = ""
  ) throws -> (status: Int32, output: String)? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.environment = ProcessInfo.processInfo.environment.merging([
      "XDG_DATA_HOME": dataHome, "HOME": dataHome, "LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "utf-8",
    ]) { $1 }
    let (output, errors, lines) = (Pipe(), Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = lines
    try process.run()
    lines.fileHandleForWriting.write(Data(input.utf8))
    try lines.fileHandleForWriting.close()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let problem = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    if process.terminationStatus == 127 { return nil }
    return (process.terminationStatus, String(decoding: text + problem, as: UTF8.self))
  }
}
