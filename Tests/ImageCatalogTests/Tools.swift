import Foundation

/// Programs of others as judges.
enum Tool {
  struct Answer {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Runs a program found through PATH with `input` on its standard input.
  static func run(_ arguments: [String], input: String = "") throws -> Answer {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // `try?`: the system empties its temporary folder anyway.
    defer { try? FileManager.default.removeItem(at: folder) }
    // Files, not pipes: a pipe fills up while nobody reads the other one.
    let files = try ["input", "output", "errors"].map { name in
      let url = folder.appendingPathComponent(name)
      try Data(name == "input" ? Array(input.utf8) : []).write(to: url)
      return url
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    try process.run()
    process.waitUntilExit()
    return Answer(
      status: process.terminationStatus,
      output: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
  }

  /// Runs SQL with SQLite's own program; throws what it complains of.
  @discardableResult static func sqlite(_ database: String, _ sql: String) throws -> String {
    let answer = try run(["sqlite3", "-bail", database], input: sql)
    guard answer.status == 0, answer.errors.isEmpty else { throw Failure(text: answer.errors) }
    return answer.output
  }

  /// Runs a Python program.
  static func python(_ program: String, _ arguments: [String] = [], input: String = "") throws -> String {
    let answer = try run(["python3", "-c", program] + arguments, input: input)
    guard answer.status == 0 else { throw Failure(text: answer.errors) }
    return answer.output
  }

  struct Failure: Error { let text: String }

  /// Whether python3 runs and has the module.
  static func hasPython(_ module: String = "json") -> Bool { (try? python("import \(module)")) != nil }

  static let repository = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
}
