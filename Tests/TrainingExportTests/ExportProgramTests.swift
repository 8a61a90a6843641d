import DarkroomTesting
import FileSystem
import Foundation
import Testing
import TrainingData
import TrainingExport

/// The built program.
enum DarkroomProgram {
  struct Result {
    var status: Int32
    var output: String
    var errors: String
  }

  /// It lies where the tests were built.
  static let path: String = {
    if let named = ProcessInfo.processInfo.environment["DARKROOM_PROGRAM"] { return named }
    let bundle = CommandLine.arguments.lazy.compactMap { argument in
      argument.range(of: ".xctest").map { String(argument[..<$0.lowerBound]) }
    }.first
    return RelativePath(bundle ?? CommandLine.arguments[0]).folder.rawValue + "/darkroom"
  }()

  /// - Parameter limit: so many blocks of 1,024 bytes may a file of the program have; more is an error of the write.
  static func run(_ arguments: [String], in folder: String, limit: Int? = nil) throws -> Result {
    let scratch = try TemporaryWorkspace()
    let process = Process()
    let command = [path] + arguments
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      if let limit {
        ["bash", "-c", "trap '' XFSZ; ulimit -f \(limit); exec \"$@\"", "bash"] + command
      } else {
        command
      }
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardInput = FileHandle.nullDevice
    for name in ["out", "err"] { try FileSystem.create("\(scratch.path)/\(name)", []) }
    process.standardOutput = FileHandle(forWritingAtPath: "\(scratch.path)/out")
    process.standardError = FileHandle(forWritingAtPath: "\(scratch.path)/err")
    try process.run()
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus, output: try scratch.text("out") ?? "",
      errors: try scratch.text("err") ?? "")
  }
}

/// `darkroom train export` from outside.
@Suite struct ExportProgramTests {
  private func export(
    _ bench: ExportBench, _ arguments: String..., limit: Int? = nil
  ) throws -> DarkroomProgram.Result {
    try DarkroomProgram.run(
      ["train", "export", "--project", ExportBench.project] + arguments, in: bench.root, limit: limit)
  }

  @Test("A dry run says files, bytes and free space and writes nothing; then exactly that is written")
  func dryRun() throws {
    let bench = try ExportBench(groups: 20, seed: 31)
    let arguments = ["--format", "coco", "--images", "copy", "--to", "out"]
    let dry = try export(bench, arguments[0], arguments[1], "--images", "copy", "--to", "out", "--dry-run")
    #expect(dry.status == 0, "\(dry.errors)")
    #expect(dry.output.contains("would write"))
    #expect(dry.output.contains("are free there"))
    #expect(try FileStatus("\(bench.root)/out") == nil)
    let real = try export(bench, arguments[0], arguments[1], "--images", "copy", "--to", "out")
    #expect(real.status == 0, "\(real.errors)")
    try Readers.check("coco", "\(bench.root)/out", bench.dataset.path)
    // The same figures, whether they were foretold or done.
    func figures(_ text: String) -> [Substring] {
      text.split(separator: "\n").map {
        $0.replacing(/^would |; .*$/, with: "").replacing("wrote", with: "write")[...]
      }
    }
    #expect(figures(dry.output) == figures(real.output))
    #expect(try FileSystem.list(bench.root).filter { $0.hasPrefix(".") } == [])
  }

  @Test("A taken place, one in a project's folder, a project without dataset: refused, nothing written")
  func refusals() throws {
    let bench = try ExportBench(groups: 4, seed: 32)
    try FileSystem.makeDirectory("\(bench.root)/out")
    let taken = try export(bench, "--format", "csv", "--to", "out")
    #expect(taken.status == 8)
    #expect(taken.errors.contains("is there already"))
    try FileSystem.makeLink("\(bench.root)/door", to: "images")
    for place in ["images/out", "door/out", "images/../images/batch 0/out"] {
      let inside = try export(bench, "--format", "csv", "--to", place)
      #expect(inside.status == 8, "\(place)")
      #expect(inside.errors.contains("folder of project p1"))
    }
    #expect(try export(bench, "--format", "csv", "--to", "none/out").status == 8)
    #expect(try export(bench, "--format", "csv", "--to", "..").status == 8)
    #expect(try export(bench, "--format", "yolo", "--images", "none", "--to", "o").status == 64)
    #expect(try export(bench, "--format", "csv", "--images", "copy", "--to", "o").status == 64)
    try FileSystem.removeTree("\(bench.root)/data/training")
    #expect(try export(bench, "--format", "csv", "--to", "o").status == 6)
    #expect(try FileSystem.list("\(bench.root)/out") == [])
  }

  @Test("A disk that takes no more leaves nothing, says so, and the same command then succeeds")
  func full() throws {
    let bench = try ExportBench(groups: 40, seed: 33)
    let result = try export(bench, "--format", "webdataset", "--to", "out", limit: 40)
    #expect(result.status == 5)
    #expect(result.errors.contains("cannot"), "\(result.errors)")
    #expect(try FileSystem.list(bench.root).filter { $0.contains("out") } == [])
    #expect(try export(bench, "--format", "webdataset", "--to", "out").status == 0)
    try Readers.check("webdataset", "\(bench.root)/out", bench.dataset.path)
  }

  @Test(
    "Killed at any instant, nothing has the name or all of it; the same command then makes it, and nothing else is left"
  )
  func killed() throws {
    let bench = try ExportBench(groups: 60, seed: 35)
    for number in 0..<4 {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [
        DarkroomProgram.path, "train", "export", "--project", "p1", "--format", "imagefolder", "--to", "out",
      ]
      process.currentDirectoryURL = URL(fileURLWithPath: bench.root)
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      var files = 0
      while process.isRunning, files <= number * 15 {
        let unfinished = try FileSystem.list(bench.root).first { $0.hasPrefix(".out.") }
        // `try?`: it may be gone, or have its name, by now.
        files = unfinished.flatMap { try? FileSystem.filesBelow("\(bench.root)/\($0)").count } ?? 0
      }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      if try FileStatus("\(bench.root)/out") != nil {
        try Readers.check("imagefolder", "\(bench.root)/out", bench.dataset.path)
        try FileSystem.removeTree("\(bench.root)/out")
      }
    }
    #expect(try export(bench, "--format", "imagefolder", "--to", "out").status == 0)
    try Readers.check("imagefolder", "\(bench.root)/out", bench.dataset.path)
    #expect(try FileSystem.list(bench.root).filter { $0.hasPrefix(".") } == [])
  }

  @Test("JSON is the manifest that was written")
  func json() throws {
    let bench = try ExportBench(groups: 4, seed: 34)
    let result = try export(bench, "--format", "csv", "--to", "out", "--json")
    #expect(
      result.output == String(decoding: try FileSystem.read("\(bench.root)/out/manifest.json"), as: UTF8.self)
    )
  }
}
