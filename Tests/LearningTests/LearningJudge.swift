import Foundation

/// numpy, scipy and scikit-learn, as independent judges of numbers.
enum LearningJudge {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// Puts a question to `learning_judge.py`, as its members' names and values say there, and returns the answer.
  static func ask<Answer: Decodable>(_ task: String, _ question: [String: Any]) throws -> Answer {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("learning_judge.py")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-B", script.path]
    let input = Pipe()
    let output = Pipe()
    let errors = Pipe()
    process.standardInput = input
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    // The judge reads the whole question before it writes anything.
    let text = try JSONSerialization.data(withJSONObject: question.merging(["task": task]) { _, new in new })
    try input.fileHandleForWriting.write(contentsOf: text)
    try input.fileHandleForWriting.close()
    let answer = output.fileHandleForReading.readDataToEndOfFile()
    let problem = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(description: "\(task): \(String(decoding: problem, as: UTF8.self))")
    }
    return try JSONDecoder().decode(Answer.self, from: answer)
  }
}
