import DarkroomTesting
import FileSystem
import Foundation
import PipelineCore
import TrainingData
import TrainingReports

/// Python with scipy and statsmodels, which computes the same report on its own.
enum ReportJudge {
  private static func python(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-B"] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }

  /// Whether the libraries are there. `scripts/setup --tests` installs them.
  static let isThere: Bool = {
    // `try?`: a python3 that cannot be started is one that is not there.
    (try? python(["-c", "import scipy.stats, statsmodels.stats.proportion"]).status) == 0
  }()

  /// What the judge finds wrong with `report` on `dataset`; empty when it agrees.
  static func differences(_ report: TrainingReport, _ dataset: DatasetFiles) throws -> String {
    let file = "\(dataset.path)/report.json"
    try FileSystem.removeFile(file)
    try FileSystem.create(file, report.json.canonical.utf8)
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
    let (status, output) = try python(["\(folder)/report_judge.py", dataset.path, file])
    return status == 0 ? "" : "status \(status): \(output)"
  }
}
