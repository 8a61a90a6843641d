import Foundation
import Testing
import TrainingData
import TrainingExport

/// Where a reader is not installed, its tests fail: none is skipped.
@Suite struct ReaderTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  /// Runs a script without the packages of the environment (`-S`).
  private func runBare(_ arguments: [String]) throws -> (status: Int32, errors: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-S", "-B"] + arguments
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  @Test("The judge of exports fails without the format's reader", arguments: ExportFormat.allCases)
  func judge(format: ExportFormat) throws {
    let bench = try ExportBench(groups: 2, seed: 61)
    let (path, _) = try bench.write(format)
    let script = Self.folder.appendingPathComponent("read_export.py").path
    let result = try runBare([script, format.rawValue, path, bench.dataset.path, ""])
    #expect(result.status != 0 && result.errors.contains("ModuleNotFoundError"), "\(result.errors)")
  }

  @Test("The test command names every reader that is missing, and tests nothing")
  func command() throws {
    let script = Self.folder.appendingPathComponent("../../scripts/check-readers").standardized.path
    let result = try runBare([script])
    #expect(result.status != 0)
    for package in [
      "datasets", "pandas", "pycocotools", "webdataset", "pillow", "jsonschema", "scikit-learn",
    ] {
      #expect(result.errors.contains("is missing: \(package)"), "\(result.errors)")
    }
  }
}
