import Foundation
import Testing

/// A sample of the crash sweep: faults at durable operations of a nightly run, then the same command again.
/// `scripts/crash-sweep --help` says how to sweep more, and a difference comes with the command that repeats it.
@Suite struct CrashSweepTests {
  private static let repository = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// The program lies where the tests were built.
  private static let program: String = {
    if let named = ProcessInfo.processInfo.environment["DARKROOM_PROGRAM"] { return named }
    let bundle = CommandLine.arguments.lazy.compactMap { argument in
      argument.range(of: ".xctest").map { String(argument[..<$0.lowerBound]) }
    }.first
    let folder = (bundle ?? CommandLine.arguments[0]) as NSString
    return folder.deletingLastPathComponent + "/darkroom"
  }()

  /// The script's code for a machine that cannot inject faults: not Linux, no C compiler, no Python.
  private static let skipped: Int32 = 77

  private func sweep(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "\(Self.repository)/scripts/crash-sweep")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["DARKROOM_PROGRAM": Self.program]) {
      $1
    }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  private func expectNoDifference(_ arguments: [String]) throws {
    let (status, output) = try sweep(arguments)
    if status == Self.skipped { try Test.cancel("the crash sweep cannot run on this machine: \(output)") }
    print(output)
    #expect(status == 0, "\(output)")
  }

  @Test func faultsAtSampledOperationsChangeNothing() throws {
    try expectNoDifference(["--points", "136", "--random", "16", "--seed", "20251010", "--environments"])
  }

  @Test func faultsAtNightsWithImagesLoseNothing() throws {
    try expectNoDifference(["--images", "--points", "90", "--random", "10", "--seed", "20251010"])
  }

  @Test func randomHistoriesWithKillsAndUndosKeepEveryFile() throws {
    try expectNoDifference(["--histories", "2", "--size", "40", "--seed", "20251010"])
  }

  /// Before the faults, the nights are run with 1 and with 8 jobs, and twice: the same bytes, and then nothing to do.
  @Test func faultsAtNightsOfTrainingChangeNothing() throws {
    try expectNoDifference([
      "--training", "--points", "8", "--random", "2", "--seed", "20251011",
      "--modes", "kill,torn,enospc,eio-once,kill-random",
    ])
  }
}
