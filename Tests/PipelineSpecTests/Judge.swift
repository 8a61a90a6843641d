import Foundation
import Testing

/// Python as an independent judge of JSON and JSON Schema.
enum Judge {
  /// Whether python3 runs, and has the module.
  static func hasPython(module: String = "json") -> Bool { (try? run("import \(module)", "")) != nil }

  /// Runs a program with `input` on its standard input; returns what it prints. Throws when it fails.
  static func run(_ program: String, _ input: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // `try?`: the system empties its temporary folder anyway.
    defer { try? FileManager.default.removeItem(at: folder) }
    // A file, not a pipe: a pipe fills up while nobody reads the other one.
    let source = folder.appendingPathComponent("input")
    try Data(input.utf8).write(to: source)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program]
    process.standardInput = try FileHandle(forReadingFrom: source)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let printed = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
    return String(decoding: printed, as: UTF8.self)
  }

  struct Failure: Error { let status: Int32 }

  /// The lines that it prints for lines of hexadecimal bytes.
  static func verdicts(_ program: String, on documents: [[UInt8]], prefix: String = "") throws -> [String] {
    let lines = documents.map { bytes in
      bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    let input = prefix + lines.joined(separator: "\n") + "\n"
    return try run(program, input).split(separator: "\n").map(String.init)
  }
}
