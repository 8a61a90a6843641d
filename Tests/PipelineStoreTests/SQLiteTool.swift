import Foundation

/// SQLite's own command line program: an independent judge of the database file.
enum SQLiteTool {
  struct Answer {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Runs SQL on a database file, foreign keys on.
  static func run(_ database: String, _ sql: String) throws -> Answer {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["sqlite3", "-bail", database, "PRAGMA foreign_keys = ON; \(sql)"]
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let problem = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Answer(
      status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
      errors: String(decoding: problem, as: UTF8.self))
  }
}
