import Foundation

/// SQLite's own program as a judge.
enum Tool {
  struct Answer {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Runs a program found through PATH with `input` on its standard input, which is short.
  static func run(_ arguments: [String], input: String = "") throws -> Answer {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    let pipes = (input: Pipe(), output: Pipe(), errors: Pipe())
    process.standardInput = pipes.input
    process.standardOutput = pipes.output
    process.standardError = pipes.errors
    try process.run()
    pipes.input.fileHandleForWriting.write(Data(input.utf8))
    pipes.input.fileHandleForWriting.closeFile()
    let output = pipes.output.fileHandleForReading.readDataToEndOfFile()
    let errors = pipes.errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Answer(
      status: process.terminationStatus, output: String(decoding: output, as: UTF8.self),
      errors: String(decoding: errors, as: UTF8.self))
  }

  /// Runs SQL; throws what the program complains of.
  @discardableResult static func sqlite(_ database: String, _ sql: String) throws -> String {
    let answer = try run(["sqlite3", "-bail", database], input: sql)
    guard answer.status == 0, answer.errors.isEmpty else { throw Failure(text: answer.errors) }
    return answer.output
  }

  struct Failure: Error { let text: String }

  static let repository = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
}
