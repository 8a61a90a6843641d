import Foundation
import Testing

/// A temporary workspace and the built program, for tests that look from outside.
final class ProgramWorkspace: Sendable {
  struct Result {
    let status: Int32
    let output: String
    let errors: String
  }

  let root: String

  init(pipelines: [String: String] = [:]) throws {
    root = NSTemporaryDirectory() + "darkroom-cli-\(UUID().uuidString)"
    for folder in ["configs", "pipelines", "data/in"] {
      try FileManager.default.createDirectory(atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
    }
    try write("configs/darkroom.json", "{ \"version\": 1 }\n")
    for (name, text) in pipelines { try write("pipelines/\(name).json", text) }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }  // `try?`: the folder is temporary anyway.

  func write(_ path: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(filePath: "\(root)/\(path)"))
  }

  func read(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: "\(root)/\(path)")) }

  func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(root)/\(path)") }

  /// Copies a file into each of three units, joins them, and makes a page at the end.
  static let copyingText = """
    {
      "version": 1, "name": "copying",
      "parameters": { "greeting": { "type": "string", "default": "hello" } },
      "stages": {
        "copy": {
          "uses": "command", "foreach": { "files": "data/in/*.txt" }, "inputs": ["${unit}"],
          "outputs": ["data/out/${unit}"],
          "with": { "run": ["sh", "-c", "mkdir -p $(dirname ${staging}/data/out/${unit}) && grep -v bad ${unit} > ${staging}/data/out/${unit} || { echo kaputt >&2; exit 3; }"] }
        },
        "days": {
          "uses": "command", "foreach": { "days": "2026-03-01..2026-03-05" }, "outputs": ["data/days/${unit}"],
          "with": { "run": ["sh", "-c", "mkdir -p ${staging}/data/days && echo ${unit} > ${staging}/data/days/${unit}"] }
        },
        "join": {
          "uses": "command", "needs": ["copy", "days"], "outputs": ["data/all.txt"],
          "with": { "run": ["sh", "-c", "mkdir -p ${staging}/data && echo '${parameters.greeting}' > ${staging}/data/all.txt"] }
        }
      },
      "finally": {
        "page": { "uses": "command", "outputs": ["data/page"],
          "with": { "run": ["sh", "-c", "mkdir -p ${staging}/data && echo page > ${staging}/data/page"] } }
      }
    }
    """

  static func copying() throws -> ProgramWorkspace {
    let workspace = try ProgramWorkspace(pipelines: ["copying": copyingText])
    for number in 1...3 { try workspace.write("data/in/f\(number).txt", "text \(number)\n") }
    return workspace
  }

  /// One unit that reads from the pipe `data/gate` until the test closes it.
  static func gated() throws -> ProgramWorkspace {
    let workspace = try ProgramWorkspace(pipelines: [
      "gated": """
      { "version": 1, "name": "gated", "stages": {
          "wait": { "uses": "command", "outputs": ["data/done"],
            "with": { "run": ["sh", "-c", "cat data/gate >/dev/null; mkdir -p ${staging}/data && echo 1 > ${staging}/data/done"] } },
          "next": { "uses": "command", "needs": ["wait"], "outputs": ["data/next"],
            "with": { "run": ["sh", "-c", "mkdir -p ${staging}/data && echo 1 > ${staging}/data/next"] } } } }
      """
    ])
    #expect(mkfifo("\(workspace.root)/data/gate", 0o600) == 0)
    return workspace
  }

  // MARK: The program

  /// The program lies where the tests were built.
  static let program: String = {
    if let named = ProcessInfo.processInfo.environment["DARKROOM_PROGRAM"] { return named }
    let bundle = CommandLine.arguments.lazy.compactMap { argument in
      argument.range(of: ".xctest").map { String(argument[..<$0.lowerBound]) }
    }.first
    let folder = (bundle ?? CommandLine.arguments[0]) as NSString
    return folder.deletingLastPathComponent + "/darkroom"
  }()

  /// A process of the program, not started; its output goes to the given places.
  func process(_ arguments: [String], environment: [String: String] = [:]) -> Process {
    let process = Process()
    process.executableURL = URL(filePath: Self.program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: root)
    var variables = ProcessInfo.processInfo.environment
    for name in ["NO_COLOR", "COLUMNS"] { variables[name] = nil }
    variables["TZ"] = "UTC"
    variables.merge(environment) { $1 }
    process.environment = variables
    process.standardInput = FileHandle.nullDevice
    return process
  }

  func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Result {
    try finish(process(arguments, environment: environment))
  }

  /// Runs a process to its end. Output goes through files: a full pipe cannot block it.
  func finish(_ process: Process) throws -> Result {
    let folder = NSTemporaryDirectory() + "darkroom-output-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }  // `try?`: the folder is temporary anyway.
    for name in ["out", "err"] { try Data().write(to: URL(filePath: "\(folder)/\(name)")) }
    process.standardOutput = FileHandle(forWritingAtPath: "\(folder)/out")
    process.standardError = FileHandle(forWritingAtPath: "\(folder)/err")
    try process.run()
    process.waitUntilExit()
    func text(_ name: String) throws -> String {
      String(decoding: try Data(contentsOf: URL(filePath: "\(folder)/\(name)")), as: UTF8.self)
    }
    let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return Result(status: status, output: try text("out"), errors: try text("err"))
  }

  /// Runs python3 with a script; for SQLite and pseudo-terminals.
  static func python(_ script: String, _ arguments: [String], environment: [String: String] = [:]) throws
    -> String
  {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: data, as: UTF8.self)
  }
}
