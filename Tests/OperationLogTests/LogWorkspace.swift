import DarkroomTesting
import Foundation
import Testing
import PipelineCore

@testable import OperationLog

/// A temporary workspace in which logs are extracted as the engine would have it done.
final class LogWorkspace {
  let root: String
  private var artifactCount = 0

  init() throws {
    root = NSTemporaryDirectory() + "logs-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: root + "/data/logs", withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }  // A left-over folder harms no test.

  func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: root + "/" + path))
  }

  func write(_ text: String, to path: String) throws { try write(text.utf8, to: path) }

  /// One extraction and what it left.
  struct Extraction {
    let result: UnitResult
    /// The workspace-relative folder.
    let artifact: String
    let files: [String: [UInt8]]
    let accounting: ExtractAccounting
    let previous: PreviousResult

    /// The lines of all `events.jsonl`, by day.
    var events: [JSONLine] {
      files.filter { $0.key.hasSuffix("events.jsonl") }.sorted { $0.key < $1.key }.flatMap {
        JSONLine.all($0.value)
      }
    }
    var quarantine: [JSONLine] {
      files.filter { $0.key.hasPrefix("quarantine_v1/") }.flatMap { JSONLine.all($0.value) }
    }
  }

  /// A parsed JSON line.
  struct JSONLine {
    let members: [String: Any]
    static func all(_ bytes: [UInt8]) -> [JSONLine] {
      bytes.split(separator: 0x0A).compactMap {
        // `try?`: the tests count the lines, and a line that is not JSON would be missing.
        (try? JSONSerialization.jsonObject(with: Data($0))).flatMap { $0 as? [String: Any] }.map {
          JSONLine(members: $0)
        }
      }
    }
    subscript(key: String) -> String? { members[key] as? String }
    func number(_ key: String) -> Int? { members[key] as? Int }
  }

  func extract(
    _ log: String, options: LogExtraction.Options = .init(), previous: PreviousResult? = nil,
    digest: Digest? = nil
  ) throws -> Extraction {
    artifactCount += 1
    let artifact = "state/artifact-\(artifactCount)"
    try FileManager.default.createDirectory(atPath: root + "/" + artifact, withIntermediateDirectories: true)
    let content = try Data(contentsOf: URL(fileURLWithPath: root + "/" + log))
    let known = content.withUnsafeBytes { Digest(of: $0) }
    let order = UnitOrder(
      unit: UnitID(stage: "extract", key: UnitKey(log)), kind: "logs.extract",
      inputs: [
        InputReference(
          path: log, length: log.hasSuffix(".gz") ? nil : Int64(content.count), digest: digest ?? known)
      ], previous: previous)
    let context = UnitContext(workspace: root, artifact: root + "/" + artifact, publication: root + "/none")
    let result = try LogExtraction(order, context, options: options).run()
    let files = try contents(artifact)
    let outputs = try result.artifacts.map { file in
      let bytes = files[file.name] ?? []
      let digest = bytes.withUnsafeBytes { Digest(of: $0) }
      if digest != file.digest { throw Failure("\(file.name) has another digest than the result says") }
      return OutputFile(
        name: file.name, path: artifact + "/" + file.name, digest: digest, bytes: Int64(bytes.count),
        rows: file.rows)
    }
    if Set(outputs.map(\.name)) != Set(files.keys) {
      throw Failure("listed \(outputs.map(\.name)), made \(files.keys)")
    }
    let json = try TapeJSON.read(root + "/" + artifact + "/internal/accounting.json", name: "accounting")
    guard let accounting = ExtractAccounting(json) else { throw Failure("the accounting cannot be read") }
    return Extraction(
      result: result, artifact: artifact, files: files, accounting: accounting,
      previous: PreviousResult(fingerprint: Fingerprint([]), outputs: outputs))
  }

  /// Every file below a folder of the workspace.
  func contents(_ folder: String) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: root + "/" + folder) {
      var isFolder: ObjCBool = false
      let path = root + "/" + folder + "/" + name
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
        continue
      }
      files[name] = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }
    return files
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  /// Runs a program with `input` on its standard input and returns its standard output. A test whose program is not there
  /// ends here, and says so.
  static func run(_ words: [String], input: [UInt8] = []) throws -> [UInt8] {
    let file = NSTemporaryDirectory() + "input-" + UUID().uuidString
    try Data(input).write(to: URL(fileURLWithPath: file))
    defer { try? FileManager.default.removeItem(atPath: file) }  // A left-over file harms no test.
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
    try process.run()
    let output = [UInt8](pipe.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    if process.terminationStatus == 127 { try Test.cancel("\(words[0]) is not on this machine") }
    if process.terminationStatus != 0 { throw Failure("\(words) ended with \(process.terminationStatus)") }
    return output
  }

  static func gzip(_ bytes: [UInt8]) throws -> [UInt8] { try run(["gzip", "-nc"], input: bytes) }
}

/// A valid line, with its newline; `index` makes it different from others.
func sampleLine(_ index: Int, day: String = "2025-10-10", second: Int = 0, extra: String = "") -> String {
  let time = String(format: "%02d:%02d:%02d", second / 3600 % 24, second / 60 % 60, second % 60)
  return """
    {"type": "file_operation", "script": "sorter", "session_id": "s1", "timestamp": "\(day)T\(time)Z", \
    "operation": "move", "source_dir": "a", "dest_dir": "__selected", "file_count": 1, \
    "files": ["image_\(index).png"]\(extra)}

    """
}
